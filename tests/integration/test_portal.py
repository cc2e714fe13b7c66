"""The portal: an officer is led to what the law allows, files, answers, fetches once."""

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pyrage
import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.matters_of_tests import ACCOUNT, CHANNEL, Desk, desk, refusal
from tests.integration.pages import faults
from tests.integration.people_of_tests import enrolled, options_on, passkey

from evenhand.authorities import queries as registry
from evenhand.base.clock import now
from evenhand.base.lists import Language
from evenhand.base.sealing import make_keys
from evenhand.demo.passkey import Passkey
from evenhand.legal import steps
from evenhand.legal.models import Matter
from evenhand.legal.queries import history
from evenhand.markets.lists import AuthorityKind
from evenhand.markets.regimes import law
from evenhand.people.passkeys import BACKEND

pytestmark = pytest.mark.django_db

NEW = "/authorities/portal/new/"
EPOC = "eu-epoc-subscriber"
TCO = "eu-tco-removal"


class NoViolations:
    """Nobody is known to have broken a rule."""

    def upheld(self, account: str) -> bool:
        return False


def no_violations() -> NoViolations:
    """What the settings of these tests name."""
    return NoViolations()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A state folder of the test's own, and no memory of earlier sendings."""
    from evenhand import wiring

    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.PUBLIC_FILES = tmp_path / "public"
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.PUBLIC_URL = "http://localhost:8600"
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.VIOLATIONS = "tests.integration.test_portal.no_violations"
    cache.clear()
    wiring.pager.cache_clear()
    yield tmp_path
    cache.clear()
    wiring.pager.cache_clear()


@pytest.fixture
def client() -> Client:
    """A visitor of the address for which passkeys are made."""
    return Client(HTTP_HOST="localhost:8600")


@pytest.fixture
def office() -> Desk:
    return desk(now=now())


@pytest.fixture
def key(office: Desk) -> Passkey:
    return enrolled(office.officer.person, passkey())


@pytest.fixture
def officer(client: Client, office: Desk) -> Client:
    """A client in which the officer is signed in."""
    client.force_login(office.officer.person, backend=BACKEND)
    return client


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def chosen(entry: str, **more: Any) -> list[tuple[str, str]]:
    kind = law().kind(entry)
    pairs = [("purpose", "identify_only"), ("emergency", "no"), ("entry", entry)]
    pairs += [("data", "chosen")]
    if kind.data_categories:
        pairs += [("category", "subscriber"), ("category", "identification")]
    return pairs + [(name, str(value)) for name, value in more.items()]


def filled(entry: str, **more: str) -> dict[str, Any]:
    """A whole form, as a browser sends it."""
    pairs = dict(chosen(entry))
    form: dict[str, Any] = {
        **pairs,
        "reference": "12 Js 345/26",
        "identifiers": CHANNEL if entry == TCO else ACCOUNT,
        **{f"field-{name}": "given" for name in law().kind(entry).mandatory_fields},
        "stage": "send",
        **more,
    }
    if law().kind(entry).data_categories:
        form["category"] = ["subscriber", "identification"]
    return form


def proof(client: Client, path: str, key: Passkey) -> str:
    """What the browser adds to a form that asks for the passkey."""
    return json.dumps(key.sign_in(options_on(client.get(path))))


def test_nobody_but_an_officer_gets_in(client: Client, office: Desk) -> None:
    assert (
        client.get("/authorities/portal/")
        .headers["Location"]
        .startswith("/authorities/portal/sign-in/")
    )

    client.force_login(office.lawyer, backend=BACKEND)

    assert client.get("/authorities/portal/").status_code == 403
    assert client.post(NEW, filled(TCO)).status_code == 403


def test_an_officer_sees_no_page_of_the_staff(officer: Client) -> None:
    for path in ("/staff/legal/", "/staff/reports/", "/staff/cases/", "/staff/legal/law/"):
        assert officer.get(path).status_code == 403


def test_only_what_the_law_allows_is_offered(officer: Client, office: Desk) -> None:
    page = text_of(officer.get(f"{NEW}?purpose=identify_only&emergency=no"))

    assert f'value="{EPOC}"' in page
    assert 'value="kz-authorised-body-request"' not in page


@pytest.mark.parametrize("kind", list(AuthorityKind))
def test_what_is_offered_is_accepted_and_nothing_else(kind: AuthorityKind) -> None:
    from evenhand.desk.intake import Asker, Choice, offers, refused, validators
    from evenhand.markets.lists import MarketState, Purpose

    on = now().date()
    for country in ("DE", "FR", "KZ", "IN", "BR", "US", "RU", "KG"):
        for state in (None, *MarketState):
            asker = Asker(country, kind, state, on)
            for purpose in Purpose:
                for emergency in (False, True):
                    for one in offers(asker, purpose=purpose, emergency=emergency):
                        for category in one.categories or (None,):
                            choice = Choice(
                                one.entry,
                                one.regime,
                                purpose,
                                emergency,
                                frozenset({category} if category else ()),
                            )
                            needed = validators(choice, asker)
                            found = refused(choice, asker)
                            assert not one.possible or set(found) <= (
                                {"not_validated"} if needed else set()
                            )
                            assert one.possible or found or one.against


def test_the_server_refuses_what_was_not_offered(officer: Client) -> None:
    form = filled("kz-authorised-body-request")

    answer = officer.post(NEW, form)

    assert answer.status_code == 403
    assert Matter.objects.count() == 0


def test_content_can_not_be_chosen(officer: Client) -> None:
    form = filled(EPOC) | {"category": ["subscriber", "content"]}

    answer = officer.post(NEW, form)

    assert answer.status_code == 422
    assert Matter.objects.count() == 0


@pytest.mark.parametrize("language", list(Language))
def test_every_step_is_usable_in_every_language(officer: Client, language: Language) -> None:
    steps_of = [
        [],
        [("purpose", "identify_only"), ("emergency", "no")],
        [("purpose", "identify_only"), ("emergency", "no"), ("entry", EPOC)],
        chosen(EPOC),
    ]
    for pairs in steps_of:
        answer = officer.get(f"{NEW}?{urlencode([*pairs, ('lang', language.value)])}")
        assert answer.status_code == 200
        assert faults(text_of(answer)) == []
    review = officer.post(NEW, filled(EPOC) | {"stage": "review"})
    assert review.status_code == 200
    assert faults(text_of(review)) == []


def test_the_review_shows_what_is_due_before_anything_is_sent(officer: Client) -> None:
    page = text_of(officer.post(NEW, filled(TCO) | {"stage": "review"}))

    assert "1 h" in page
    assert CHANNEL in page
    assert Matter.objects.count() == 0


def test_a_wrong_identifier_is_named_and_nothing_is_sent(officer: Client) -> None:
    answer = officer.post(NEW, filled(EPOC, identifiers=f"{ACCOUNT}\n0301 23456"))

    assert answer.status_code == 422
    assert "Line 2" in text_of(answer)
    assert faults(text_of(answer)) == []
    assert Matter.objects.count() == 0


def test_an_officer_files_and_follows(officer: Client, office: Desk) -> None:
    answer = officer.post(NEW, filled(TCO), follow=True)

    matter = Matter.objects.get()
    assert answer.status_code == 200
    assert matter.number in text_of(answer)
    assert "12 Js 345/26" in text_of(answer)
    assert faults(text_of(answer)) == []
    assert matter.officer == office.officer
    assert matter.fields["reference_number"] == "given"
    assert matter.number in text_of(officer.get("/authorities/portal/"))


def test_the_same_form_sent_twice_is_one_request(officer: Client) -> None:
    form = filled(TCO, sending="0197c0de-0000-7000-8000-000000000001")

    officer.post(NEW, form)
    officer.post(NEW, form)

    assert Matter.objects.count() == 1


def test_an_emergency_asks_its_questions(officer: Client) -> None:
    pairs = [("purpose", "identify_only"), ("emergency", "yes"), ("entry", EPOC)]
    page = text_of(
        officer.get(f"{NEW}?{urlencode([*pairs, ('data', 'chosen'), ('category', 'subscriber')])}")
    )

    assert "Who is in danger" in page


def test_another_officer_does_not_see_it(client: Client, office: Desk, officer: Client) -> None:
    from tests.integration.matters_of_tests import officer_for

    matter = office.received(TCO, now())
    other = officer_for(office.authority, "Olga Officer", office.lawyer, office.approver, now=now())

    client.force_login(other.person, backend=BACKEND)

    assert client.get(f"/authorities/portal/requests/{matter.id}/").status_code == 404


def test_a_question_is_answered(officer: Client, office: Desk) -> None:
    matter = office.received(TCO, now())
    question = steps.ask(
        matter.id, by=office.lawyer, text="Which post is meant?", missing=["legal_basis"], now=now()
    )
    path = f"/authorities/portal/requests/{matter.id}/"
    assert "Which post is meant?" in text_of(officer.get(path))
    assert faults(text_of(officer.get(path))) == []

    officer.post(f"{path}questions/{question.id}/", {"answer": "The first one."})

    matter.refresh_from_db()
    assert matter.state == "received"
    assert "The first one." in text_of(officer.get(path))


def test_the_answer_is_fetched_once_with_the_passkey(
    officer: Client, office: Desk, key: Passkey
) -> None:
    matter = office.released(EPOC, None, now() - timedelta(minutes=1))
    path = f"/authorities/portal/requests/{matter.id}/"
    assert faults(text_of(officer.get(path))) == []

    without = officer.post(f"{path}fetch/", {"credential": "{}"})
    fetched = officer.post(f"{path}fetch/", {"credential": proof(officer, path, key)})
    again = officer.post(f"{path}fetch/", {"credential": "{}"})

    assert without.status_code == again.status_code == 403
    assert fetched.headers["Content-Disposition"].endswith('.tar.age"')
    assert pyrage.decrypt(fetched.content, [office.identity]) == b"198.51.100.7"
    assert "Fetch the answer" not in text_of(officer.get(path))


def test_a_request_is_withdrawn(officer: Client, office: Desk) -> None:
    matter = office.received(TCO, now())

    officer.post(
        f"/authorities/portal/requests/{matter.id}/withdraw/", {"reason": "Sent by mistake."}
    )

    matter.refresh_from_db()
    assert matter.state == "withdrawn"


def test_a_key_is_registered_against_the_passkey(
    officer: Client, office: Desk, key: Passkey
) -> None:
    path = "/authorities/portal/keys/"
    recipient = str(pyrage.x25519.Identity.generate().to_public())

    refused = officer.post(path, {"recipient": recipient, "credential": "{}"})
    officer.post(path, {"recipient": recipient, "credential": proof(officer, path, key)})
    page = text_of(officer.get(path))

    assert refused.status_code == 403
    assert recipient in page
    assert "Waits for the call-back" in page
    assert faults(page) == []


def test_an_officer_ends_a_key_that_was_lost(officer: Client, office: Desk) -> None:
    path = "/authorities/portal/keys/"
    (held,) = registry.keys(office.officer.id)
    assert registry.usable_key(office.officer.id, now=now()) == held

    unknown = officer.post(path, {"end": str(uuid4())})
    answer = officer.post(path, {"end": str(held.id)}, follow=True)

    assert unknown.status_code == 404
    assert "The key has ended." in text_of(answer)
    assert faults(text_of(answer)) == []
    assert registry.usable_key(office.officer.id, now=now()) is None


def test_a_document_is_examined_and_kept_under_seal(officer: Client, office: Desk) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile("order.pdf", b"%PDF-1.4\n%nothing\n", "application/pdf")
    answer = officer.post(NEW, filled(TCO) | {"document": upload}, follow=True)

    document = Matter.objects.get().documents.get()
    assert answer.status_code == 200
    assert not document.trusted
    assert document.report["explained"] in text_of(answer)


def test_what_is_no_pdf_is_refused(officer: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile("order.pdf", b"MZ", "application/pdf")
    answer = officer.post(NEW, filled(TCO) | {"document": upload})

    assert answer.status_code == 422
    assert Matter.objects.count() == 0


def test_each_answer_is_there_as_pdf_and_json(officer: Client, office: Desk) -> None:
    matter = office.released(EPOC, None, now() - timedelta(minutes=1))
    path = f"/authorities/portal/requests/{matter.id}/papers"
    assert f"{path}/disclosure_certificate.pdf" in text_of(
        officer.get(f"/authorities/portal/requests/{matter.id}/")
    )

    for kind in ("receipt", "disclosure_certificate"):
        pdf, content = officer.get(f"{path}/{kind}.pdf"), officer.get(f"{path}/{kind}.json")
        assert pdf.content.startswith(b"%PDF-")
        assert content.json()["facts"]["number"] == matter.number
    assert officer.get(f"{path}/refusal.pdf").status_code == 404
    assert officer.get(f"{path}/receipt.exe").status_code == 404


def test_a_refusal_comes_as_a_form(officer: Client, office: Desk) -> None:
    matter = office.released(TCO, refusal(), now() - timedelta(minutes=1))

    pdf = officer.get(f"/authorities/portal/requests/{matter.id}/papers/tco_not_executed.pdf")

    assert pdf.content.startswith(b"%PDF-")


def test_what_the_officer_was_given_stands_in_the_history_once(
    officer: Client, office: Desk
) -> None:
    matter = office.released(TCO, refusal(), now() - timedelta(minutes=1))
    path = f"/authorities/portal/requests/{matter.id}/papers/tco_not_executed.pdf"

    for _ in range(2):
        given = officer.get(path).content

    [line] = [one for one in history(matter.id) if one.what == "answer_given"]
    assert line.facts["pdf_sha256"] == sha256(given).hexdigest()
    assert line.by == office.officer.person_id


def test_staff_read_the_same_and_it_does_not_count_as_given(client: Client, office: Desk) -> None:
    matter = office.released(TCO, refusal(), now() - timedelta(minutes=1))
    client.force_login(office.lawyer, backend=BACKEND)
    path = f"/staff/legal/{matter.id}/papers/tco_not_executed.json"

    assert path in text_of(client.get(f"/staff/legal/{matter.id}/"))
    answer = client.get(path)

    assert answer.json()["facts"]["ground"] == matter.ground
    assert "answer_given" not in [one.what for one in history(matter.id)]
    client.force_login(office.second_approver, backend=BACKEND)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        {"gag_basis": "x" * 500},
        {"validator_name": "x" * 250},
        {"reference": "x" * 201},
        {"identifiers": "https://matrix.to/#/" + "!" + "x" * 3_000 + ":market.test"},
    ],
)
def test_what_no_field_holds_is_said_in_words(officer: Client, typed: dict[str, str]) -> None:
    answer = officer.post(NEW, filled(TCO, **typed))

    assert answer.status_code == 422
    assert Matter.objects.count() == 0


def test_signs_that_nobody_types_are_left_out(officer: Client) -> None:
    field = f"field-{law().kind(TCO).mandatory_fields[0]}"

    sent = officer.post(
        NEW, filled(TCO, reference="12 Js\r\nBcc: 345/26\0", **{field: "given\0 here"})
    )

    matter = Matter.objects.get()
    assert sent.status_code == 302
    assert matter.reference == "12 Js Bcc: 345/26"
    assert matter.fields[field.removeprefix("field-")] == "given here"


@pytest.mark.parametrize("account", ["\u00b2", "-1", "9" * 5_000, "", "7"])
def test_a_number_that_counts_no_account_is_no_account(
    client: Client, office: Desk, account: str
) -> None:
    matter = office.received(TCO, now())
    client.force_login(office.lawyer, backend=BACKEND)

    answer = client.post(
        f"/staff/legal/{matter.id}/notice/",
        {"account": account, "state": "not_required", "basis": "x"},
        follow=True,
    )

    assert "This account is not concerned." in text_of(answer)
    assert not matter.notices.exists()


def test_a_basis_that_no_notice_holds_is_not_kept(client: Client, office: Desk) -> None:
    matter = office.received(TCO, now())
    client.force_login(office.lawyer, backend=BACKEND)

    answer = client.post(
        f"/staff/legal/{matter.id}/notice/",
        {"account": "0", "state": "not_required", "basis": "x" * 401},
        follow=True,
    )

    assert "A text is too long." in text_of(answer)
    assert not matter.notices.exists()
