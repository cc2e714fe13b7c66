"""Who is protected: two keep it as a hash with an end, and the board decides on who is named."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings
from tests.integration.matters_of_tests import (
    ACCOUNT,
    ALL_NO,
    CHANNEL,
    NOW,
    desk,
    draft_of,
    plan_of,
)
from tests.integration.pages import faults
from tests.integration.people_of_tests import member
from tests.integration.test_legal_pages import signed_in

from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotFound
from evenhand.base.sealing import make_keys
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.drafts import BoardVote, IdentifierDraft, SubstanceAnswers
from evenhand.legal.fraud import FraudReason
from evenhand.legal.lists import BoardDecision, Finding, IdentifierKind, ProtectedGround
from evenhand.legal.models import Matter, ProtectedTarget
from evenhand.legal.protection import is_protected
from evenhand.legal.protection_steps import sweep_protected
from evenhand.legal.suspicion import suspicion
from evenhand.markets.regimes import law
from evenhand.people.roles import Role
from evenhand.records.models import Record, RecordOpening

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
PHONE = "+77015550100"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, settings: Settings) -> None:
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["localhost"]


def entry(one: Any, value: str = ACCOUNT, kind: IdentifierKind = IdentifierKind.ACCOUNT) -> Any:
    """An entry that two people stand for."""
    made = steps.protect(kind, value, ProtectedGround.PRESS, days=30, by=one.lawyer, now=NOW)
    return steps.confirm_protection(made.id, by=one.approver, now=NOW)


def named(value: str = ACCOUNT, kind: IdentifierKind = IdentifierKind.ACCOUNT) -> Any:
    return [IdentifierDraft(kind, value)]


def test_a_request_that_names_somebody_protected_goes_to_the_board() -> None:
    one = desk()
    entry(one)
    matter = one.validated(EPOC)

    assert matter.assessment.needs_board
    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)
    assert error.value.fields["findings"] == (Finding.BOARD_PENDING,)
    for person in one.board:
        steps.take(matter.id, by=person, now=NOW)
        ballot = BoardVote(BoardDecision.GO_ON, "He is a suspect himself.")
        steps.vote(matter.id, ballot, by=person, now=NOW)
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)


def test_who_is_protected_after_the_answers_were_given_is_protected_too() -> None:
    one = desk()
    matter = one.validated(EPOC)
    entry(one)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)
    assert error.value.fields["findings"] == (Finding.BOARD_PENDING,)
    answers = SubstanceAnswers(ALL_NO, "Nothing of the kind.")
    assert steps.assess(matter.id, answers, by=one.lawyer, now=NOW).needs_board


def test_it_is_a_reason_of_the_score() -> None:
    one = desk()
    draft, kind = draft_of(one, EPOC), law().kind(EPOC)

    def reasons() -> set[str]:
        found = suspicion(draft, kind, one.authority, one.officer, None, now=NOW)
        return {reason for reason, _, _ in found.reasons}

    before = reasons()
    entry(one)
    assert reasons() - before == {FraudReason.PROTECTED_TARGET.value}


@pytest.mark.parametrize(
    ("kind", "value", "asked", "as_kind"),
    [
        (IdentifierKind.PHONE, PHONE, PHONE, IdentifierKind.PHONE),
        (IdentifierKind.CHANNEL, CHANNEL, CHANNEL, IdentifierKind.CHANNEL),
        (
            IdentifierKind.CHANNEL,
            CHANNEL,
            f"https://matrix.to/#/{CHANNEL}/$event",
            IdentifierKind.LINK,
        ),
    ],
)
def test_numbers_channels_and_links_into_them_are_found(
    kind: IdentifierKind, value: str, asked: str, as_kind: IdentifierKind
) -> None:
    one = desk()
    entry(one, value, kind)

    assert is_protected(named(asked, as_kind), now=NOW)
    assert not is_protected(named("@other:example.test"), now=NOW)


def test_one_person_keeps_nobody_protected() -> None:
    one = desk()
    made = steps.protect(
        IdentifierKind.ACCOUNT, ACCOUNT, ProtectedGround.COUNSEL, days=30, by=one.lawyer, now=NOW
    )
    assert not is_protected(named(), now=NOW)
    with pytest.raises(StepRefused) as error:
        steps.confirm_protection(made.id, by=one.lawyer, now=NOW)
    assert error.value.fields["findings"] == (Finding.SAME_PERSON,)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProtectedTarget.objects.update(confirmed_by=one.lawyer)


def test_nobody_else_keeps_the_list() -> None:
    one = desk()
    reviewer = member("Rita Reviewer", Role.REVIEWER)
    with pytest.raises(StepRefused):
        steps.protect(
            IdentifierKind.ACCOUNT, ACCOUNT, ProtectedGround.PRESS, days=30, by=reviewer, now=NOW
        )
    made = entry(one)
    with pytest.raises(StepRefused):
        steps.end_protection(made.id, by=reviewer, now=NOW)


@pytest.mark.parametrize("days", [0, -1, 732])
def test_an_entry_has_an_end_in_sight(days: int) -> None:
    with pytest.raises(StepRefused):
        steps.protect(
            IdentifierKind.ACCOUNT,
            ACCOUNT,
            ProtectedGround.PRESS,
            days=days,
            by=desk().lawyer,
            now=NOW,
        )


@pytest.mark.parametrize("kind", [IdentifierKind.IP, IdentifierKind.EVENT, IdentifierKind.LINK])
def test_only_people_and_channels_are_protected(kind: IdentifierKind) -> None:
    with pytest.raises(InputRefused):
        steps.protect(kind, "something", ProtectedGround.PRESS, days=1, by=desk().lawyer, now=NOW)


def test_it_ends_by_its_day_and_is_forgotten() -> None:
    one = desk()
    made = entry(one)
    late = NOW + timedelta(days=30)

    assert not is_protected(named(), now=late)
    assert sweep_protected(now=late) == 1
    assert sweep_protected(now=late) == 0
    made.refresh_from_db()
    assert bytes(made.tag) == b""


def test_it_ends_earlier_by_two_people() -> None:
    one = desk()
    made = entry(one)
    for _ in range(2):
        assert steps.end_protection(made.id, by=one.lawyer, now=NOW).ended_at is None
    assert is_protected(named(), now=NOW)

    assert steps.end_protection(made.id, by=one.approver, now=NOW).ended_at == NOW
    assert not is_protected(named(), now=NOW)
    with pytest.raises(NotFound):
        steps.end_protection(made.id, by=one.lawyer, now=NOW)


def test_neither_row_nor_record_names_anybody() -> None:
    one = desk()
    made = entry(one)

    bodies = RecordOpening.objects.filter(record__subject=made.id).values_list("body", flat=True)
    assert Record.objects.filter(subject=made.id).count() == 2
    assert ACCOUNT not in repr([*bodies, *ProtectedTarget.objects.values()])


def test_the_page_keeps_the_list_by_two(settings: Settings) -> None:
    settings.PUBLIC_URL = "http://localhost:8600"
    one = desk(now=now())
    path = "/staff/legal/protected/"
    lawyer, approver = signed_in(one.lawyer), signed_in(one.approver)
    form = {"step": "propose", "target": ACCOUNT, "ground": "press", "days": "30"}
    for wrong in ({"target": ""}, {"target": "nonsense"}, {"ground": "x"}, {"days": "no"}):
        lawyer.post(f"{path}change/", form | wrong)
    assert not ProtectedTarget.objects.exists()

    lawyer.post(f"{path}change/", form)
    made = ProtectedTarget.objects.get()
    page = approver.get(path).content.decode()
    assert faults(page) == []
    assert ACCOUNT not in page
    approver.post(f"{path}change/", {"step": "confirm", "id": str(made.id)})
    made.refresh_from_db()
    assert made.confirmed_by == one.approver
    assert approver.post(f"{path}change/", {"step": "end", "id": "x"}).status_code == 404
    matter = one.received(EPOC, now())
    assert "somebody who is protected" in lawyer.get(f"/staff/legal/{matter.id}/").content.decode()
    assert Matter.objects.count() == 1
