"""The web doors, without a browser: who gets in, what a page holds, what it never holds."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import (
    NOW,
    SECRET,
    Keys,
    case_draft,
    decided,
    reviewer,
    settle,
    token_of,
)
from tests.integration.pages import faults

from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Language
from evenhand.base.sealing import make_keys, read_key
from evenhand.cases import steps
from evenhand.cases.models import Case
from evenhand.desk.limits import FORM_SENDS_MAX
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.transparency.publish import publish

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 21)
PUBLIC_PAGES = ["/", "/screened/", "/reports/", f"/reports/{DAY}/", "/nowhere/"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A state folder of the test's own, and no memory of earlier sendings."""
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.PUBLIC_FILES = tmp_path / "public"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield tmp_path
    cache.clear()


@pytest.fixture
def keys() -> Keys:
    return Keys.fresh()


@pytest.fixture
def signed_in(client: Client) -> Callable[..., Person]:
    """Signs a member of staff in without a passkey, which the browser test uses."""

    def sign_in(*roles: Role, name: str = "Ada Example") -> Person:
        member = reviewer(name, *roles)
        client.force_login(member, backend=BACKEND)
        return member

    return sign_in


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def link_to(decision_id: UUID, home: Path) -> str:
    key = read_key(home / "keys" / "token.key")
    return f"/objection/{decision_id}/{token_of(decision_id, key=key)}/"


def published(home: Path) -> None:
    publish(DAY, now=NOW, folder=home / "public")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_public_pages_are_usable_in_every_language(
    client: Client, home: Path, path: str, language: Language
) -> None:
    published(home)

    response = client.get(path, headers={"accept-language": language.value})

    assert response.status_code == (404 if path == "/nowhere/" else 200)
    assert f'<html lang="{language.value}">' in text_of(response)
    assert response.headers["Content-Language"] == language.value
    assert faults(text_of(response)) == []


def test_the_first_page_leads_to_the_proof(client: Client) -> None:
    assert 'href="/proof/"' in text_of(client.get("/"))


def test_an_explicit_language_is_remembered(client: Client) -> None:
    client.get("/?lang=kk")

    assert '<html lang="kk">' in text_of(client.get("/", headers={"accept-language": "de"}))


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, "/staff/sign-in/", "/static/evenhand/house.css"])
def test_every_answer_forbids_foreign_and_inline_code(client: Client, path: str) -> None:
    response = client.get(path)

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_a_report_is_handed_out_as_it_was_published(client: Client, home: Path) -> None:
    published(home)
    folder = home / "public" / "reports" / DAY.isoformat()

    for name in ("report.json", "report.csv"):
        response = client.get(f"/reports/{DAY}/{name}")
        assert b"".join(response.streaming_content) == (folder / name).read_bytes()
    schema = client.get("/reports/daily-report-3.schema.json")
    assert schema.headers["Content-Type"] == "application/schema+json"


@pytest.mark.parametrize(
    "path",
    [
        "/reports/2026-11-20/",
        "/reports/2026-13-40/",
        "/reports/.unfinished/",
        "/reports/embed/",
        f"/reports/{DAY}/.report.json.partial",
        f"/reports/{DAY}/..%2findex.json",
        f"/reports/{DAY}/report.json/",
    ],
)
def test_what_was_not_published_is_not_found(client: Client, home: Path, path: str) -> None:
    published(home)

    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/staff/",
        "/staff/cases/",
        "/staff/actions/",
        "/staff/reports/",
        f"/staff/reports/{DAY}/",
        f"/staff/cases/{UUID(int=1)}/",
        f"/staff/actions/{UUID(int=1)}/",
    ],
)
def test_the_console_lets_nobody_in_without_a_passkey(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/staff/sign-in/")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.POLICY_AUTHOR, Role.APPROVER])
def test_other_staff_see_reports_and_no_cases(
    client: Client, signed_in: Callable[..., Person], role: Role
) -> None:
    signed_in(role)
    begins = {Role.APPROVER: "/staff/legal/", Role.POLICY_AUTHOR: "/staff/rules/"}.get(
        role, "/staff/reports/"
    )

    assert client.get("/staff/", follow=True).redirect_chain[-1][0] == begins
    assert client.get(f"/staff/reports/{DAY}/").status_code == 200
    for path in ("/staff/cases/", "/staff/actions/"):
        assert client.get(path).status_code == 403


def test_a_legal_officer_reads_cases_and_decides_none(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    signed_in(Role.LEGAL_OFFICER)
    case = steps.open_case(case_draft(), now=NOW)

    assert client.get(f"/staff/cases/{case.id}/").status_code == 200
    answer = client.post(f"/staff/cases/{case.id}/decide/", {"kind": "none", "reason": "No."})
    assert answer.status_code == 403
    assert Case.objects.get().state == "open"


def test_a_session_ends_when_somebody_leaves(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    from evenhand.people.steps import leave

    member = signed_in()
    assert client.get("/staff/cases/").status_code == 200

    leave(member.id, by=None, now=NOW)

    assert client.get("/staff/cases/").status_code == 302


def test_console_pages_are_usable_and_hold_no_evidence(
    client: Client, signed_in: Callable[..., Person], keys: Keys
) -> None:
    signed_in()
    decision = decided(keys)
    settle()
    case = steps.open_case(case_draft(keys), now=NOW)
    action = decision.actions.get()

    for path in (
        "/staff/cases/",
        "/staff/cases/?state=all&kind=review&harm=m.spam&page=2",
        "/staff/cases/?state=nonsense&page=-1",
        f"/staff/cases/{case.id}/",
        "/staff/actions/?kind=suspend&state=in_force",
        f"/staff/actions/{action.id}/",
        "/staff/reports/",
        f"/staff/reports/{DAY}/",
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        assert SECRET not in text_of(response), path
        assert faults(text_of(response)) == [], path
        assert response.headers["Cache-Control"] == "no-store"


def test_a_reviewer_closes_a_case(
    client: Client, signed_in: Callable[..., Person], keys: Keys
) -> None:
    ada = signed_in()
    case = steps.open_case(case_draft(keys), now=NOW)

    page = client.post(
        f"/staff/cases/{case.id}/decide/",
        {"kind": ActionKind.REDACT.value, "reason": "It incites hatred."},
        follow=True,
    )

    assert "The case is closed." in text_of(page)
    closed = Case.objects.get(id=case.id)
    assert (closed.outcome, closed.closed_by) == ("acted", ada)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "none", "reason": ""}, "Please give your reasons."),
        ({"kind": "none", "reason": "x" * 1001}, "The reasons are too long."),
        ({"kind": "deactivate", "reason": "No."}, "Please choose one of the decisions offered."),
        ({"kind": "nonsense", "reason": "No."}, "Please choose one of the decisions offered."),
        ({}, "Please choose one of the decisions offered."),
    ],
)
def test_a_form_that_lacks_something_says_what(
    client: Client, signed_in: Callable[..., Person], form: dict[str, str], said: str
) -> None:
    signed_in()
    case = steps.open_case(case_draft(), now=NOW)

    page = client.post(f"/staff/cases/{case.id}/decide/", form, follow=True)

    assert said in text_of(page)
    assert Case.objects.get(id=case.id).state == "open"


def test_who_may_not_judge_sees_why_instead_of_a_form(
    client: Client, signed_in: Callable[..., Person], keys: Keys, home: Path
) -> None:
    decision = decided(keys, author="Rule Author")
    client.post(link_to(decision.id, home), {"text": "Please look again."})
    case = Case.objects.get()
    signed_in(name="Rule Author")

    page = text_of(client.get(f"/staff/cases/{case.id}/"))
    answer = client.post(
        f"/staff/cases/{case.id}/judge/", {"verdict": "refuse", "reason": "No."}, follow=True
    )

    assert "You wrote or approved the rule that decided." in page
    assert 'value="uphold"' not in page
    assert "You wrote or approved the rule that decided." in text_of(answer)
    assert Case.objects.get().state == "open"


@pytest.mark.parametrize(("verdict", "outcome"), [("uphold", "upheld"), ("refuse", "refused")])
def test_an_objection_goes_from_the_form_to_the_author(
    client: Client,
    signed_in: Callable[..., Person],
    keys: Keys,
    home: Path,
    verdict: str,
    outcome: str,
) -> None:
    decision = decided(keys)
    settle()
    link = link_to(decision.id, home)

    form = client.get(link, headers={"accept-language": "fr"})
    received = client.post(link, {"text": "C’était une citation."}, follow=True)
    case = Case.objects.get()
    signed_in()
    judged = client.post(
        f"/staff/cases/{case.id}/judge/",
        {"verdict": verdict, "reason": "I have read it again."},
        follow=True,
    )
    client.logout()
    seen = client.get(link, headers={"accept-language": "en"})

    assert faults(text_of(form)) == []
    assert "<textarea" in text_of(form)
    assert faults(text_of(received)) == []
    assert "<textarea" in text_of(received), "something can be added"
    assert judged.status_code == 200
    assert Case.objects.get().outcome == outcome
    assert "I have read it again." in text_of(seen)


@pytest.mark.parametrize(("text", "said"), [("  ", "field is empty"), ("ж" * 4001, "shorten it")])
def test_an_objection_that_cannot_be_taken_comes_back_with_its_words(
    client: Client, keys: Keys, home: Path, text: str, said: str
) -> None:
    decision = decided(keys)

    page = client.post(link_to(decision.id, home), {"text": text})

    assert page.status_code == 422
    assert said in text_of(page)
    assert text in text_of(page)
    assert faults(text_of(page)) == []
    assert not Case.objects.exists()


def test_a_rule_says_its_reason_in_the_language_of_the_reader(
    client: Client, keys: Keys, home: Path
) -> None:
    from evenhand.wiring import rulebook

    rule = "advance_fee"
    link = link_to(decided(keys, rule=rule).id, home)

    for language in Language:
        page = text_of(client.get(link, headers={"accept-language": language.value}))
        said = rulebook().sentence(rule, "", language)
        assert said
        assert f'<dd lang="{language.value}">{escape(said)}</dd>' in page


def test_a_rule_that_is_gone_leaves_the_reason_as_it_was_given(
    client: Client, keys: Keys, home: Path
) -> None:
    decision = decided(keys, rule="no_longer_there", language=Language.DE)

    page = text_of(client.get(link_to(decision.id, home), headers={"accept-language": "fr"}))

    assert f'<dd lang="de">{escape(decision.reason)}</dd>' in page


def test_a_wrong_link_tells_nothing_of_the_decision(client: Client, keys: Keys) -> None:
    decision = decided(keys)

    known = client.get(f"/objection/{decision.id}/wrong/")
    unknown = client.get(f"/objection/{new_id(now=NOW)}/wrong/")

    assert known.status_code == unknown.status_code == 403
    assert text_of(known) == text_of(unknown)


def test_a_public_form_can_be_sent_so_often_and_then_not(
    client: Client, keys: Keys, home: Path
) -> None:
    link = link_to(decided(keys).id, home)

    for _ in range(FORM_SENDS_MAX):
        assert client.post(link, {"text": ""}).status_code == 422
    refused = client.post(link, {"text": ""})

    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert client.get(link).status_code == 200


def test_a_form_from_elsewhere_is_refused(keys: Keys, home: Path) -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(link_to(decided(keys).id, home), {"text": "Please look again."})

    assert answer.status_code == 403
    assert "This form is no longer valid" in text_of(answer)
    assert not Case.objects.exists()


def test_a_large_body_is_refused(client: Client, keys: Keys, home: Path) -> None:
    answer = client.post(link_to(decided(keys).id, home), {"text": "x" * 300_000})

    assert answer.status_code == 413


BROKEN_PROOFS = [
    {},
    {"credential": "nonsense"},
    {"credential": "[]"},
    {"credential": '{"id": 1}'},
    {"credential": '{"id": "a", "rawId": "a", "response": {}}'},
    {
        "credential": '{"id": "a", "rawId": "a", "type": "public-key", "response": {'
        '"clientDataJSON": "e30", "attestationObject": "AA", "authenticatorData": "AA",'
        ' "signature": "AA", "userHandle": "AA"}}'
    },
]


@pytest.mark.parametrize("form", BROKEN_PROOFS)
def test_a_broken_proof_enrols_no_key_and_leaves_the_link_alive(
    client: Client, form: dict[str, str]
) -> None:
    from evenhand.people.steps import invite, invited

    link = invite("Ada Example", [Role.REVIEWER], now=now())
    client.get(link.path)

    answer = client.post(link.path, form)

    assert answer.status_code == 403
    assert "This passkey could not be enrolled" in text_of(answer)
    assert invited(link.token, now=now()).name == "Ada Example"


@pytest.mark.parametrize("form", BROKEN_PROOFS)
def test_nobody_signs_in_without_proof(client: Client, form: dict[str, str]) -> None:
    client.get("/staff/sign-in/")

    answer = client.post("/staff/sign-in/", form)

    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session


def test_an_address_elsewhere_is_not_followed_after_signing_in(client: Client) -> None:
    page = text_of(client.get("/staff/sign-in/?next=https://elsewhere.test/"))

    assert 'name="next" value=""' in page
    assert 'value="/staff/cases/"' in text_of(client.get("/staff/sign-in/?next=/staff/cases/"))


def test_a_dead_link_is_explained(client: Client) -> None:
    answer = client.get("/staff/enrol/nothing-of-ours/")

    assert answer.status_code == 403
    assert "This link no longer works" in text_of(answer)


def test_evidence_is_not_opened_where_the_opener_does_not_answer(
    client: Client, signed_in: Callable[..., Person], keys: Keys
) -> None:
    signed_in()
    case = steps.open_case(case_draft(keys), now=NOW)

    answer = client.post(
        f"/staff/cases/{case.id}/evidence/", {"item": "evidence", "reason": "to decide the case"}
    )

    assert answer.status_code == 503
    assert SECRET not in text_of(answer)


def test_an_action_is_undone_with_reasons_and_not_without(
    client: Client, signed_in: Callable[..., Person], keys: Keys
) -> None:
    signed_in()
    action = decided(keys).actions.get()
    settle()

    without = client.post(f"/staff/actions/{action.id}/undo/", {"reason": " "}, follow=True)
    with_reasons = client.post(
        f"/staff/actions/{action.id}/undo/", {"reason": "A mistake."}, follow=True
    )

    assert "It was not undone." in text_of(without)
    assert "It is being undone." in text_of(with_reasons)
    action.refresh_from_db()
    assert (action.state, action.undo_reason) == ("undoing", "A mistake.")


def test_the_desk_tells_its_supervisor_that_it_is_well(client: Client) -> None:
    assert client.get("/health/").content == b"ok\n"
