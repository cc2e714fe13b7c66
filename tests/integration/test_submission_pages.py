"""The staff page on the DSA Transparency Database: who sees it, what it shows, what it changes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.drafts_of_tests import EVENT, NOW, by_person
from tests.integration.cases_of_tests import reviewer
from tests.integration.pages import faults

from evenhand.actions.drafts import Measure
from evenhand.actions.steps import decide
from evenhand.base.lists import ActionKind, Language
from evenhand.base.sealing import make_keys
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import STAFF_ROLES, Role
from evenhand.statements import steps
from evenhand.statements.lists import Reversal, SubmissionState
from evenhand.statements.models import Submission
from evenhand.wiring import statement_terms

pytestmark = pytest.mark.django_db

SEES = {Role.OPERATOR, Role.SENIOR, Role.LEGAL_OFFICER, Role.AUDITOR}
CHANGES = {Role.SENIOR, Role.LEGAL_OFFICER}
FAULT = {"field": "decision_facts", "fault": "personal_data", "why": "mail"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield tmp_path
    cache.clear()


def browser(role: Role) -> tuple[Client, Person]:
    member = reviewer(f"{role.value} {uuid4()}", role)
    client = Client()
    client.force_login(member, backend=BACKEND)
    return client, member


def submission(state: SubmissionState = SubmissionState.REFUSED) -> Submission:
    decision = decide(by_person(Measure(ActionKind.REDACT, EVENT)), now=NOW)
    row = steps.enter(decision.id, statement_terms(), now=NOW)
    assert row is not None
    row.state, row.faults = state.value, [FAULT] if state is SubmissionState.REFUSED else []
    row.answered_at = NOW + timedelta(minutes=1)
    row.save()
    return row


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_who_sees_and_who_changes(role: Role) -> None:
    row = submission()
    client, _ = browser(role)
    page = f"/staff/statements/{row.id}/"

    seen = [client.get("/staff/statements/").status_code, client.get(page).status_code]
    changed = client.post(f"{page}leave-out/", {"reason": "A test channel."}).status_code

    assert seen == ([200, 200] if role in SEES else [403, 403])
    assert changed == (302 if role in CHANGES else 403)
    row.refresh_from_db()
    assert (row.state == SubmissionState.GONE) is (role in CHANGES)


def test_strangers_are_sent_to_the_door() -> None:
    row = submission()

    assert Client().get("/staff/statements/").status_code == 302
    assert Client().get(f"/staff/statements/{row.id}/").status_code == 302
    assert Client().post(f"/staff/statements/{row.id}/again/").status_code == 302


def test_a_number_that_was_guessed_is_not_found() -> None:
    client, _ = browser(Role.LEGAL_OFFICER)

    assert client.get(f"/staff/statements/{uuid4()}/").status_code == 404
    assert client.post(f"/staff/statements/{uuid4()}/again/").status_code == 404


@pytest.mark.parametrize("language", list(Language))
def test_pages_are_whole_in_every_language_and_name_nobody(language: Language) -> None:
    row = submission()
    steps.note_reversal(row.decision_id, Reversal.OBJECTION_UPHELD, now=NOW)
    client, _ = browser(Role.SENIOR)

    for path in ("/staff/statements/", "/staff/statements/?reversed=1&state=refused",
                 f"/staff/statements/{row.id}/"):  # fmt: skip
        html = client.get(path, headers={"accept-language": language.value}).content.decode()

        assert faults(html) == []
        assert "@a:twin" not in html
        assert "!r:twin" not in html
        assert row.decision.reason not in html


def test_a_page_shows_the_entry_and_what_is_wrong_with_it() -> None:
    row = submission()
    client, _ = browser(Role.SENIOR)

    html = client.get(f"/staff/statements/{row.id}/").content.decode()

    assert "a mail address" in html
    assert "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS" in html
    assert str(row.decision_id) in html


def test_what_is_left_out_keeps_who_and_why() -> None:
    row = submission()
    client, member = browser(Role.LEGAL_OFFICER)

    client.post(f"/staff/statements/{row.id}/leave-out/", {"reason": " "})
    row.refresh_from_db()
    assert row.state == SubmissionState.REFUSED
    client.post(f"/staff/statements/{row.id}/leave-out/", {"reason": "A test channel."})

    row.refresh_from_db()
    assert (row.left_out_by, row.left_out_reason) == (member.id, "A test channel.")


def test_what_is_made_anew_waits_to_be_sent() -> None:
    row = submission()
    client, _ = browser(Role.LEGAL_OFFICER)

    client.post(f"/staff/statements/{row.id}/again/")

    row.refresh_from_db()
    assert (row.state, row.faults) == (SubmissionState.WAITING, [])


def test_what_is_accepted_stays_as_it_is() -> None:
    row = submission(SubmissionState.ACCEPTED)
    client, _ = browser(Role.LEGAL_OFFICER)

    said = client.post(f"/staff/statements/{row.id}/again/", follow=True).content.decode()

    row.refresh_from_db()
    assert row.state == SubmissionState.ACCEPTED
    assert "This entry is not refused, or no longer." in said


@pytest.mark.parametrize("query", ["?state=nothing", "?page=99999", "?page=x", "?reversed=2"])
def test_a_filter_that_does_not_exist_is_none(query: str) -> None:
    submission()
    client, _ = browser(Role.AUDITOR)

    assert client.get(f"/staff/statements/{query}").status_code == 200


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "No database is named in the settings"),
        ("off", "Nothing is submitted"),
        ("https://database.test", "How they stand"),
    ],
)
def test_the_page_says_whether_anything_is_sent(url: str, says: str, settings: Settings) -> None:
    settings.DSA_URL = url
    client, _ = browser(Role.AUDITOR)

    assert says in client.get("/staff/statements/").content.decode()
