"""The front door and the staff side of the legal desk, without a browser."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.matters_of_tests import ACCOUNT, CHANNEL, Desk, desk, plan_of, withhold
from tests.integration.pages import faults
from tests.integration.people_of_tests import member, options_on

from evenhand.authorities.models import Authority
from evenhand.base.clock import now
from evenhand.base.lists import Language, RecordKind
from evenhand.base.sealing import make_keys, read_key
from evenhand.desk.doors import PROVED_AT
from evenhand.legal.asking import link_for
from evenhand.legal.lists import Said, Substance
from evenhand.legal.models import Matter
from evenhand.markets.lists import AuthorityKind, MarketState, RightsQuestion
from evenhand.markets.models import MarketProposal
from evenhand.markets.queries import signed_off, state_of
from evenhand.markets.regimes import law
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
TCO = "eu-tco-removal"
PUBLIC = [
    "/authorities/",
    "/authorities/de/",
    "/authorities/kz/",
    "/authorities/kg/",
    "/authorities/ru/",
    "/authorities/check/",
    "/concerned/",
    "/api/",
]
STAFF = [
    "/staff/legal/",
    "/staff/legal/emergencies/",
    "/staff/legal/authorities/",
    "/staff/legal/authorities/new/",
    "/staff/legal/markets/",
    "/staff/legal/markets/de/",
    "/staff/legal/markets/kg/",
    "/staff/legal/law/",
    "/staff/legal/law/eu-dsa/",
    "/staff/legal/law/eu-eevidence/",
]


def nobody() -> Any:
    """What the settings of these tests name: nobody broke a rule."""
    from tests.integration.matters_of_tests import Upheld

    return Upheld()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    from evenhand import wiring

    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.PUBLIC_URL = "http://localhost:8600"
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.VIOLATIONS = "tests.integration.test_legal_pages.nobody"
    cache.clear()
    wiring.pager.cache_clear()
    yield tmp_path
    cache.clear()
    wiring.pager.cache_clear()


@pytest.fixture
def client() -> Client:
    return Client(HTTP_HOST="localhost:8600")


@pytest.fixture
def office() -> Desk:
    return desk(now=now())


def signed_in(person: Person) -> Client:
    """Somebody who is signed in and has just shown their passkey."""
    client = Client(HTTP_HOST="localhost:8600")
    client.force_login(person, backend=BACKEND)
    session = client.session
    session[PROVED_AT] = now().isoformat()
    session.save()
    return client


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_are_usable_in_every_language(
    client: Client, path: str, language: Language
) -> None:
    answer = client.get(path, headers={"accept-language": language.value})

    assert answer.status_code == 200
    assert faults(text_of(answer)) == []


@pytest.mark.parametrize(
    ("language", "title", "field"),
    [
        ("de", "Entfernungsanordnung für terroristische Inhalte", "Aktenzeichen"),
        ("kk", "Террористік контентті жою нұсқамасы", ""),
        ("en", "Removal order for terrorist content", ""),
    ],
)
def test_titles_and_fields_stand_in_the_readers_language(
    client: Client, language: str, title: str, field: str
) -> None:
    page = text_of(client.get("/authorities/de/", headers={"accept-language": language}))

    assert title in page
    assert field in page
    assert ("Removal order for terrorist content" in page) is (language == "en")
    assert ("no lawyer has read" in page) is False or language == "en"


def test_a_doubt_is_told_in_the_readers_language(office: Desk) -> None:
    matter = office.received(EPOC, now(), fraud={"score": 30, "reasons": [
        ["document_missing", 30, "The order itself is not attached."],
        ["of_another_day", 5, "As it was said then."],
    ]})  # fmt: skip
    page = text_of(
        signed_in(office.lawyer).get(
            f"/staff/legal/{matter.id}/", headers={"accept-language": "de"}
        )
    )

    assert "Die Anordnung selbst liegt nicht bei." in page
    assert "The order itself is not attached." not in page
    assert "As it was said then." in page


def test_choosing_a_country_leads_to_its_page(client: Client) -> None:
    assert client.get("/authorities/?country=KZ").headers["Location"] == "/authorities/kz/"
    assert client.get("/authorities/qq/").status_code == 404


def test_a_country_without_law_is_told_the_way_of_mutual_assistance(client: Client) -> None:
    page = text_of(client.get("/authorities/kg/"))

    assert "mutual legal assistance" in page
    assert "un-voluntary-disclosure" not in page


def test_unverified_entries_are_marked_where_they_are_shown(client: Client) -> None:
    page = text_of(client.get("/authorities/kz/"))

    assert "kz-41-1-prescription" in page
    assert "unverified" in page


def test_the_signed_document_is_the_document(client: Client, office: Desk) -> None:
    document = client.get("/.well-known/authority-contact.json").content
    signed = client.get("/.well-known/authority-contact.jws").content.decode()
    keys = client.get("/.well-known/jwks.json").json()["keys"]

    head, payload, signature = signed.split(".")
    assert bytes_of(payload) == document
    header = json.loads(bytes_of(head))
    key = next(one for one in keys if one["kid"] == header["kid"])
    Ed25519PublicKey.from_public_bytes(bytes_of(key["x"])).verify(
        bytes_of(signature), f"{head}.{payload}".encode()
    )
    found = json.loads(document)
    assert found["countries"]["KG"]["route"] == "mutual_legal_assistance"
    assert set(found["kinds"]) <= set(law().kinds)


@pytest.mark.parametrize(
    ("one", "other"),
    [("@known:example.test", "@nobody:example.test"), ("+4930123456", "+4930123457")],
)
def test_the_checker_says_the_same_of_all_that_is_well_formed(
    client: Client, office: Desk, one: str, other: str
) -> None:
    office.received(EPOC, now())

    pages = [
        text_of(client.post("/authorities/check/", {"identifier": text})).replace(text, "…")
        for text in (one, other)
    ]

    strip = [page[page.index("<main") : page.index("</main>")] for page in pages]
    without_token = [part[: part.index("csrfmiddlewaretoken")] for part in strip]
    assert without_token[0] == without_token[1]
    assert "Well formed" in pages[0]


def test_the_checker_names_a_fault(client: Client) -> None:
    page = text_of(client.post("/authorities/check/", {"identifier": "203.0.113.5"}))

    assert "Add the time" in page
    assert faults(page) == []


def test_was_i_concerned_has_one_constant_answer(client: Client, office: Desk, home: Path) -> None:
    office.received(EPOC, now())
    key = read_key(home / "keys" / "token.key")

    today = now().date()

    links = [link_for(name, until=today, key=key) for name in (ACCOUNT, "@other:x.test")]
    said = [text_of(client.get(link)) for link in links]
    over = link_for(ACCOUNT, until=today - timedelta(days=1), key=key)

    assert said[0] == said[1]
    assert "There is nothing that we can tell you" in said[0]
    assert client.get(f"/concerned/QHg6eA/{today}/wrong/").status_code == 404
    assert client.get(over).status_code == 404
    later = links[0].replace(str(today), str(today + timedelta(days=1)))
    assert client.get(later).status_code == 404


@pytest.mark.parametrize("path", STAFF)
def test_staff_pages_are_usable(office: Desk, path: str) -> None:
    office.received(TCO, now() - timedelta(minutes=50))

    answer = signed_in(office.lawyer).get(path)

    assert answer.status_code == 200
    assert faults(text_of(answer)) == []


def test_reviewers_and_operators_see_no_legal_page(office: Desk) -> None:
    for role in (Role.REVIEWER, Role.OPERATOR, Role.POLICY_AUTHOR):
        client = signed_in(member(f"Some {role.value}", role))
        assert client.get("/staff/legal/").status_code == 403


def test_what_runs_out_first_stands_first(office: Desk) -> None:
    late = office.received(EPOC, now() - timedelta(hours=2))
    soon = office.received(TCO, now() - timedelta(minutes=50))

    page = text_of(signed_in(office.lawyer).get("/staff/legal/"))

    assert page.index(soon.number) < page.index(late.number)


def test_a_matter_is_seen_by_who_took_it(office: Desk) -> None:
    matter = office.received(TCO, now())
    client = signed_in(office.second_approver)
    path = f"/staff/legal/{matter.id}/"
    assert client.get(path).status_code == 404

    client.post(f"{path}take/")

    assert client.get(path).status_code == 200


def test_what_a_request_names_is_shown_for_a_reason_that_is_kept(office: Desk) -> None:
    matter = office.received(TCO, now())
    client = signed_in(office.lawyer)
    path = f"/staff/legal/{matter.id}/"
    assert CHANNEL not in text_of(client.get(path))

    without = client.post(f"{path}reveal/", {"reason": ""}, follow=True)
    shown = client.post(f"{path}reveal/", {"reason": "To see which room is meant."})

    assert CHANNEL not in text_of(without)
    assert CHANNEL in text_of(shown)
    assert Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ, subject=matter.id).exists()


def test_a_removal_order_goes_its_whole_way(office: Desk) -> None:
    matter = office.received(TCO, now())
    path = f"/staff/legal/{matter.id}/"
    lawyer, approver = signed_in(office.lawyer), signed_in(office.approver)

    lawyer.post(f"{path}call-back/", {"said": "confirmed", "note": "The duty officer knew it."})
    assert "known before?" in text_of(lawyer.get(path))
    known = {"informed_at": (now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")}
    proof = {"authenticity": "call_back", "note": "Form and call fit."}
    lawyer.post(f"{path}validate/", proof | known)
    answers = {f"substance-{one.value}": Said.NO.value for one in Substance}
    lawyer.post(f"{path}assess/", answers | {"reason": "Nothing of the kind."})
    plan = {
        "plan": "accept",
        "answer": "It is done.",
        "measure": "geo_withhold",
        "targets": CHANNEL,
        "territory": "DE",
        "harm": "m.violence.extremist",
        "notified": ACCOUNT,
    }
    prepared = lawyer.post(f"{path}prepare/", plan, follow=True)
    assert faults(text_of(prepared)) == []
    assert "Sign and release" not in text_of(lawyer.get(path))
    page = approver.get(path)
    assert "Sign and release" in text_of(page)
    credential = office.keys[office.approver.id].sign_in(options_on(page))
    approver.post(f"{path}release/", {"credential": json.dumps(credential)})

    matter.refresh_from_db()
    assert (matter.state, matter.released_by, matter.prepared_by) == (
        "released",
        office.approver,
        office.lawyer,
    )
    page = text_of(lawyer.get(path))
    assert faults(page) == []
    assert "5. Telling the user" in page


def test_who_prepared_can_not_release(office: Desk) -> None:
    matter = office.prepared(TCO, withhold("DE"), now())
    client = signed_in(office.lawyer)

    answer = client.post(f"/staff/legal/{matter.id}/release/", {"credential": "{}"}, follow=True)

    matter.refresh_from_db()
    assert matter.state == "prepared"
    assert "alert" in text_of(answer)


def test_whom_a_plan_names_is_shown_to_who_may_sign_it_and_that_is_recorded(office: Desk) -> None:
    matter = office.prepared(EPOC, plan_of(EPOC), now() - timedelta(minutes=1))
    matter_window(matter, office)
    page = f"/staff/legal/{matter.id}/"

    def reads() -> list[Any]:
        found = Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ, subject=matter.id)
        return [one.opening.body for one in found.order_by("at", "id")]

    assert ACCOUNT not in text_of(signed_in(office.lawyer).get(page))
    assert reads() == []
    shown = signed_in(office.lawyer).post(f"{page}reveal/", {"reason": "To compare the plan."})
    assert ACCOUNT in text_of(shown)
    assert len(reads()) == 1

    assert ACCOUNT in text_of(signed_in(office.approver).get(page))
    assert reads()[-1]["reason"] == "release"


def test_a_signature_is_over_the_digest_that_is_shown(office: Desk) -> None:
    from evenhand.people.signature import KeptAssertion, holds

    matter = office.prepared(EPOC, plan_of(EPOC), now() - timedelta(minutes=1))
    matter_window(matter, office)
    client = signed_in(office.approver)
    path = f"/staff/legal/{matter.id}/"
    page = client.get(path)
    credential = office.keys[office.approver.id].sign_in(options_on(page))

    client.post(f"{path}release/", {"credential": json.dumps(credential)})

    matter.refresh_from_db()
    assert matter.state == "released"
    assert bytes(matter.digest or b"").hex() in text_of(page)
    assert holds(KeptAssertion.from_json(matter.assertion or {}), bytes(matter.digest or b""))


def matter_window(matter: Matter, office: Desk) -> None:
    """Ends the enforcing authority's window, where the entry has one."""
    client = signed_in(office.approver)
    client.post(
        f"/staff/legal/{matter.id}/window/", {"answer": "no_ground", "note": "Their letter."}
    )


def test_a_refusal_names_its_ground_to_the_officer(office: Desk) -> None:
    matter = office.received(TCO, now())
    path = f"/staff/legal/{matter.id}/"
    signed_in(office.lawyer).post(
        f"{path}prepare/",
        {"plan": "refuse", "ground": "wrong_authority", "answer": "No such power."},
    )
    approver = signed_in(office.approver)
    credential = office.keys[office.approver.id].sign_in(options_on(approver.get(path)))
    approver.post(f"{path}release/", {"credential": json.dumps(credential)})

    page = text_of(
        signed_in(office.officer.person).get(f"/authorities/portal/requests/{matter.id}/")
    )

    assert "wrong_authority" in page
    assert "This kind of authority may not ask for it." in page


def test_nonsense_is_refused_and_nothing_breaks(office: Desk) -> None:
    matter = office.received(TCO, now())
    client = signed_in(office.lawyer)
    verbs = ["ask", "validate", "assess", "vote", "prepare", "return", "release", "window"]

    for verb in [*verbs, "notice", "review", "close", "call-back", "reveal"]:
        for form in ({}, {"reason": "x" * 5000, "note": "\0", "plan": "accept", "text": "?"}):
            answer = client.post(f"/staff/legal/{matter.id}/{verb}/", form)
            assert answer.status_code in {200, 302, 400, 403}, verb

    matter.refresh_from_db()
    assert matter.state == "received"


def test_an_entry_is_signed_off_by_a_legal_officer_alone(office: Desk) -> None:
    entry = next(kind for kind in law().kinds.values() if not kind.verified and kind.releases)
    path = f"/staff/legal/law/entries/{entry.id}/sign-off/"
    version = law().regime_of(entry).version

    refused = signed_in(office.approver).post(path, {"reason": "I read it in the act."})
    assert not signed_off(entry.id, version)
    signed_in(office.lawyer).post(path, {"reason": "I read it in the act."})

    assert refused.status_code == 403
    assert signed_off(entry.id, version)


def test_a_market_changes_by_two_people(office: Desk) -> None:
    path = "/staff/legal/markets/de/change/"
    lawyer, approver = signed_in(office.lawyer), signed_in(office.board[0])
    lawyer.post(path, {"step": "propose", "to": "contested", "reason": "Courts were bypassed."})
    proposal = MarketProposal.objects.get()
    page = text_of(lawyer.get("/staff/legal/markets/de/"))
    assert faults(page) == []

    lawyer.post(path, {"step": "approve", "id": str(proposal.id)})
    assert state_of("DE") is MarketState.OPEN
    approver.post(path, {"step": "approve", "id": str(proposal.id)})

    assert state_of("DE") is MarketState.CONTESTED


def test_a_market_is_opened_by_an_assessment_of_two(office: Desk) -> None:
    path = "/staff/legal/markets/fr/change/"
    answers = {f"right-{one.value}": "upheld" for one in RightsQuestion}
    signed_in(office.lawyer).post(path, {"step": "assess", "reason": "Sound.", **answers})
    page = text_of(signed_in(office.approver).get("/staff/legal/markets/fr/"))
    assert faults(page) == []
    assessment = page.split('name="id" value="')[1].split('"')[0]

    signed_in(office.board[0]).post(path, {"step": "open", "id": assessment})

    assert state_of("FR") is MarketState.OPEN


def test_an_authority_is_registered_by_two(office: Desk) -> None:
    form = {
        "name": "Ministry of Example",
        "country": "KZ",
        "kind": "ministry",
        "domains": "gov.example",
        "switchboard": "+7 7172 123456",
        "head_office": "office@gov.example",
        "language": "kk",
        "source": "https://gov.example/contact",
    }
    lawyer = signed_in(office.lawyer)
    wrong = lawyer.post("/staff/legal/authorities/new/", form | {"switchboard": "12"})
    made = lawyer.post(
        "/staff/legal/authorities/new/", form | {"name": " Ministry\x00 of\r\nExample\x1b "}
    )
    path = made.headers["Location"]

    assert Authority.objects.filter(name="Ministry of Example").exists()
    assert wrong.status_code == 422
    assert "Waits for a check" in text_of(lawyer.get(path))
    signed_in(office.approver).post(f"{path}change/", {"step": "confirm"})
    page = text_of(lawyer.get(path))
    assert "Checked by two" in page
    assert faults(page) == []


def test_an_officer_is_invited_and_the_link_is_shown_once(office: Desk) -> None:
    path = f"/staff/legal/authorities/{office.authority.id}/"
    client = signed_in(office.lawyer)

    page = text_of(
        client.post(
            f"{path}change/",
            {"step": "invite", "name": "Nora New", "mailbox": "nora@example.test"},
        )
    )

    assert "/authorities/enrol/" in page
    assert "/authorities/enrol/" not in text_of(client.get(path))


def test_paper_is_entered_by_the_representative_and_the_clock_starts_when_served() -> None:
    from evenhand.base.lists import Language as Spoken
    from evenhand.markets.steps import name_representative

    office = desk(country="KZ", kind=AuthorityKind.MINISTRY, now=now())
    person = member("Rena Representative", Role.REPRESENTATIVE)
    name_representative(
        person, "KZ", office="Astana, Example St 1", languages=(Spoken.KK,), by=office.lawyer,
        now=now(),
    )  # fmt: skip
    client = signed_in(person)
    entry = "kz-authorised-body-request"
    query = f"authority={office.authority.id}&purpose=other"
    first = client.get("/staff/legal/paper/")
    second = client.get(f"/staff/legal/paper/?{query}")
    third = client.get(f"/staff/legal/paper/?{query}&entry={entry}")
    served = (now() - timedelta(hours=3)).replace(microsecond=0, second=0)

    form = {f"field-{name}": "given" for name in law().kind(entry).mandatory_fields}
    client.post(
        "/staff/legal/paper/",
        {
            **form,
            "authority": str(office.authority.id),
            "purpose": "other",
            "entry": entry,
            "identifiers": CHANNEL,
            "received_at": served.strftime("%Y-%m-%dT%H:%M"),
            "sending": "1",
        },
    )

    for page in (first, second, third):
        assert faults(text_of(page)) == []
    matter = Matter.objects.get()
    assert (matter.received_at, matter.entered_by) == (served, person)
    assert matter.clocks.get().started_at == served


def test_a_sample_is_drawn_and_reviewed(office: Desk) -> None:
    client = signed_in(office.board[0])

    page = client.get("/staff/legal/samples/?month=2026-01")
    drawn = client.post("/staff/legal/samples/2026-01/draw/", follow=True)

    assert faults(text_of(page)) == []
    assert drawn.status_code == 200
    assert client.get("/staff/legal/samples/?month=nonsense").status_code == 404
