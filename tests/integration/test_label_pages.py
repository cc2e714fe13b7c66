"""The page of labels: nameless until somebody is looked up, lifted by a senior with a reason."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.pages import faults
from tests.integration.people_of_tests import member
from tests.integration.test_standing import ACCOUNT, decide
from tests.integration.test_standing_pages import signed_in

from evenhand.base.clock import now
from evenhand.base.lists import RecordKind
from evenhand.people.roles import Role
from evenhand.records.models import Record, RecordOpening
from evenhand.standing.lists import LiftedWhy
from evenhand.standing.models import Label
from evenhand.standing.queries import labels_in_force

pytestmark = pytest.mark.django_db
PAGE = "/staff/standing/labels/"


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def label() -> Label:
    decide(member("Ada", Role.REVIEWER), at=now())
    return Label.objects.get()


def find(client: Client, *, name: str = ACCOUNT, reason: str = "A complaint.") -> str:
    fields = {"do": "find", "name": name, "reason": reason}
    return client.post(PAGE, fields, follow=True).content.decode()


def test_labels_are_shown_with_harm_and_end_and_without_a_name(label: Label) -> None:
    text = signed_in("Rita", Role.REVIEWER).get(PAGE).content.decode()

    assert "1 label is in force" in text
    assert "Harassment" in text
    assert f"/staff/actions/{label.decision.actions.get().id}/" in text
    assert ACCOUNT not in text
    assert "Lift the label" not in text
    assert faults(text) == []


def test_a_name_is_looked_up_for_a_reason_that_is_recorded(label: Label) -> None:
    text = find(signed_in("Rita", Role.REVIEWER))
    other = find(signed_in("Rosa", Role.REVIEWER), name="@nobody:x")

    assert "Labels in force" in text
    assert text.count("Harassment") == 2
    assert other.count("Harassment") == 1
    bodies = [
        RecordOpening.objects.get(record=read).body
        for read in Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ)
    ]
    assert [body["reason"] for body in bodies] == ["A complaint."] * 2
    assert ACCOUNT not in str(bodies)
    assert faults(text) == []


@pytest.mark.parametrize(
    ("name", "reason", "said"),
    [
        ("", "Why.", "name an account or a channel"),
        ("@" * 300, "Why.", "name an account or a channel"),
        (ACCOUNT, " ", "Give a reason"),
        (ACCOUNT, "x" * 5000, "Give a reason"),
    ],
)
def test_without_name_or_reason_nothing_is_shown(name: str, reason: str, said: str) -> None:
    text = find(signed_in("Rita", Role.REVIEWER), name=name, reason=reason)

    assert said in text
    assert "Labels in force" not in text
    assert not Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ).exists()


def test_a_senior_lifts_a_label_with_a_reason_and_nobody_else_does(label: Label) -> None:
    fields = {"do": "lift", "id": str(label.id), "reason": "It was satire."}

    refused = signed_in("Rita", Role.REVIEWER).post(PAGE, fields, follow=True).content.decode()
    silent = signed_in("Sue", Role.SENIOR).post(PAGE, {**fields, "reason": " "}, follow=True)
    assert "Only a senior reviewer" in refused
    assert "Please give your reasons." in silent.content.decode()
    assert len(labels_in_force(now())) == 1

    lifted = signed_in("Sam", Role.SENIOR).post(PAGE, fields, follow=True).content.decode()

    assert "no rule sees it" in lifted
    label.refresh_from_db()
    assert (label.target, label.lifted_why) == ("", LiftedWhy.BY_STAFF.value)
    assert labels_in_force(now()) == []
    record = Record.objects.get(kind=RecordKind.LABEL_LIFTED)
    assert RecordOpening.objects.get(record=record).body["reason"] == "It was satire."
    again = signed_in("Sol", Role.SENIOR).post(PAGE, fields, follow=True).content.decode()
    assert "It is lifted already." in again


def test_what_ended_stands_on_no_page(label: Label) -> None:
    Label.objects.update(
        given_at=now() - timedelta(days=9), expires_at=now() - timedelta(seconds=1)
    )

    assert "0 labels are in force" in signed_in("Sue", Role.SENIOR).get(PAGE).content.decode()


@pytest.mark.parametrize("id_", ["", "x", "01a1fdfa-4600-7b6d-88f5-4c3ed1faf7ab"])
def test_a_label_that_does_not_exist_is_not_found(id_: str) -> None:
    answer = signed_in("Sue", Role.SENIOR).post(PAGE, {"do": "lift", "id": id_, "reason": "Why."})

    assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.LEGAL_OFFICER, Role.OPERATOR, Role.CHILD_SAFETY])
def test_others_do_not_pass(role: Role) -> None:
    assert signed_in("Olaf", role).get(PAGE).status_code == 403
