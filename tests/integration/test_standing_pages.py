"""The page of strikes and pauses: who sees it, what it records, what it lifts."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.pages import faults
from tests.integration.people_of_tests import member
from tests.integration.test_standing import ACCOUNT, REPORTER, a_case, decide

from evenhand.base.clock import now
from evenhand.base.lists import RecordKind
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.records.models import Record, RecordOpening
from evenhand.standing.lists import MisuseKind
from evenhand.standing.models import Strike
from evenhand.standing.queries import may_report
from evenhand.standing.steps import note_unfounded

pytestmark = pytest.mark.django_db
PAGE = "/staff/standing/"


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


def signed_in(name: str, *roles: Role) -> Client:
    client = Client()
    client.force_login(member(name, *roles), backend=BACKEND)
    return client


def find(client: Client, *, account: str = ACCOUNT, reason: str = "A complaint.") -> str:
    fields = {"do": "find", "account": account, "reason": reason}
    return client.post(PAGE, fields, follow=True).content.decode()


def test_a_reviewer_finds_an_account_and_that_is_recorded() -> None:
    decide(member("Ada", Role.REVIEWER), at=now())

    text = find(signed_in("Rita", Role.REVIEWER))

    assert "Harassment" in text
    assert "1 count now" in text
    assert "Lift the strike" not in text
    assert faults(text) == []
    read = Record.objects.get(kind=RecordKind.PERSONAL_DATA_READ)
    body = RecordOpening.objects.get(record=read).body
    assert body["reason"] == "A complaint."
    assert ACCOUNT not in str(body)


@pytest.mark.parametrize(
    ("account", "reason", "said"),
    [
        ("", "Why.", "name an account"),
        ("@" * 300, "Why.", "name an account"),
        (ACCOUNT, " ", "Give a reason"),
        (ACCOUNT, "x" * 5000, "Give a reason"),
    ],
)
def test_without_account_or_reason_nothing_is_shown(account: str, reason: str, said: str) -> None:
    text = find(signed_in("Rita", Role.REVIEWER), account=account, reason=reason)

    assert said in text
    assert "count now" not in text
    assert not Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ).exists()


def test_an_unknown_account_has_nothing_against_it() -> None:
    assert "0 count now" in find(signed_in("Rita", Role.REVIEWER), account="<script>@x")


@pytest.mark.parametrize("role", [Role.LEGAL_OFFICER, Role.OPERATOR, Role.CHILD_SAFETY])
def test_others_do_not_pass(role: Role) -> None:
    assert signed_in("Olaf", role).get(PAGE).status_code == 403


def test_a_senior_lifts_by_the_page_and_a_reviewer_does_not() -> None:
    decide(member("Ada", Role.REVIEWER), at=now())
    strike = Strike.objects.get()
    fields = {"do": "lift_strike", "id": str(strike.id), "reason": "Satire."}

    refused = signed_in("Rita", Role.REVIEWER).post(PAGE, fields, follow=True).content.decode()
    strike.refresh_from_db()
    assert strike.lifted_at is None
    assert "Only a senior reviewer" in refused

    assert "Lift the strike" in find(signed_in("Sue", Role.SENIOR))
    lifted = signed_in("Sam", Role.SENIOR).post(PAGE, fields, follow=True).content.decode()
    strike.refresh_from_db()
    assert strike.lifted_at is not None
    assert "It is lifted" in lifted


def test_a_pause_is_shown_without_a_name_and_ended() -> None:
    begun = now() - timedelta(days=1)
    for moment in (begun, begun, begun, now(), now()):
        pause = note_unfounded(
            REPORTER, MisuseKind.REPORT, a_case(at=moment).id, moment, filed_at=moment, judged=1
        )
    assert pause is not None
    senior = signed_in("Sue", Role.SENIOR)
    text = senior.get(PAGE).content.decode()
    assert "End the pause" in text
    assert faults(text) == []

    senior.post(PAGE, {"do": "lift_misuse", "id": str(pause.id), "reason": "Two were right."})

    assert may_report(REPORTER, now())


@pytest.mark.parametrize("what", ["lift_strike", "lift_misuse"])
@pytest.mark.parametrize("id_", ["", "x", "01a1fdfa-4600-7b6d-88f5-4c3ed1faf7ab"])
def test_what_does_not_exist_is_not_found(what: str, id_: str) -> None:
    senior = signed_in("Sue", Role.SENIOR)

    answer = senior.post(PAGE, {"do": what, "id": id_, "reason": "Why."})

    assert answer.status_code == 404
