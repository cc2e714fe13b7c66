"""Cases: opened once, decided by a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.integration.cases_of_tests import (
    NOW,
    SECRET,
    Keys,
    case_draft,
    decided,
    reviewer,
    settle,
)

from evenhand.actions.models import Action, Decision
from evenhand.actions.ports import InForce
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind, TargetKind
from evenhand.cases import queries, reactions, steps
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.cases.queries import CaseFilter
from evenhand.evidence.models import Hold
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db


def recorded() -> list[str]:
    return list(Record.objects.order_by("serial").values_list("kind", flat=True))


def test_a_case_is_opened_once_per_origin() -> None:
    first = steps.open_case(case_draft(), now=NOW)

    second = steps.open_case(case_draft(), now=NOW)

    assert second.id == first.id
    assert recorded() == [RecordKind.CASE_OPENED]


def test_an_open_case_holds_its_evidence_and_a_closed_one_does_not() -> None:
    case = steps.open_case(case_draft(Keys.fresh()), now=NOW)
    assert Hold.objects.filter(holder=case.id).count() == 1

    steps.decide_case(case.id, ActionKind.NONE, by=reviewer(), reason="A quotation.", now=NOW)

    assert not Hold.objects.exists()


def test_a_case_closed_without_action_decides_nothing() -> None:
    case = steps.open_case(case_draft(), now=NOW)

    decision = steps.decide_case(
        case.id, ActionKind.NONE, by=reviewer(), reason="A quotation.", now=NOW
    )

    assert decision is None
    assert queries.case_of(case.id).outcome == CaseOutcome.NO_ACTION
    assert recorded() == [RecordKind.CASE_OPENED, RecordKind.CASE_CLOSED]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (ActionKind.REDACT, TargetKind.EVENT),
        (ActionKind.SUSPEND, TargetKind.ACCOUNT),
        (ActionKind.BLOCK_CHANNEL, TargetKind.CHANNEL),
        (ActionKind.UNLIST, TargetKind.CHANNEL),
        (ActionKind.WARN, TargetKind.ACCOUNT),
    ],
)
def test_a_person_decides_and_the_decision_carries_their_reasons(
    kind: ActionKind, target: TargetKind
) -> None:
    case = steps.open_case(case_draft(Keys.fresh()), now=NOW)
    ada = reviewer()

    decision = steps.decide_case(case.id, kind, by=ada, reason="It incites hatred.", now=NOW)

    assert decision is not None
    action = Action.objects.get(decision=decision)
    assert (action.kind, action.target_kind) == (kind, target)
    assert (decision.staff, decision.case) == (ada.id, case.id)
    assert decision.reason == "It incites hatred."
    assert decision.automation == "partial"
    assert queries.case_of(case.id).outcome == CaseOutcome.ACTED


def test_a_case_is_closed_by_one_person_only() -> None:
    case = steps.open_case(case_draft(), now=NOW)
    steps.decide_case(case.id, ActionKind.NONE, by=reviewer(), reason="A quotation.", now=NOW)

    with pytest.raises(CaseNotClosed):
        steps.decide_case(
            case.id, ActionKind.SUSPEND, by=reviewer("Ben Example"), reason="No.", now=NOW
        )

    assert not Decision.objects.exists()


def test_somebody_without_the_role_closes_nothing() -> None:
    case = steps.open_case(case_draft(), now=NOW)
    operator = reviewer("Olga Example", Role.OPERATOR)

    with pytest.raises(CaseNotClosed):
        steps.decide_case(case.id, ActionKind.NONE, by=operator, reason="No.", now=NOW)

    assert queries.case_of(case.id).state == CaseState.OPEN


def test_a_case_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        steps.decide_case(new_id(now=NOW), ActionKind.NONE, by=reviewer(), reason="No.", now=NOW)


def test_a_case_cannot_be_closed_by_nobody() -> None:
    case = steps.open_case(case_draft(), now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(id=case.id).update(state="closed", outcome="no_action")


def test_an_effect_that_failed_becomes_one_case() -> None:
    keys = Keys.fresh()
    decision = decided(keys, ActionKind.REFUSE)
    settle(InForce.NO)
    record = Record.objects.get(kind=RecordKind.EFFECT_FAILED)

    reactions.open_case_for_failed_effect(record, NOW)
    reactions.open_case_for_failed_effect(record, NOW)

    case = Case.objects.get()
    assert (case.kind, case.decision_id) == (CaseKind.FAILED_EFFECT, decision.id)


def test_the_queue_is_ordered_by_harm_reach_and_clock() -> None:
    def opened(event: str, **more: object) -> Case:
        return steps.open_case(replace(case_draft(event=event), **more), now=NOW)

    mild = opened("$mild", harm="m.spam", severity=1)
    usual = opened("$usual")
    seen_by_many = opened("$many", reach=40_000)
    clock_runs_out = opened("$clock", harm="m.spam", severity=1, due_at=NOW + timedelta(hours=1))
    danger = opened("$danger", harm="m.violence.threats", severity=4, reach=10)

    page = queries.queue(CaseFilter())

    assert [case.id for case in page.cases] == [
        danger.id,
        clock_runs_out.id,
        seen_by_many.id,
        usual.id,
        mild.id,
    ]
    assert (page.total, page.pages) == (5, 1)
    assert queries.queue(CaseFilter(harm="m.spam")).total == 2
    assert queries.queue(CaseFilter(queue="danger")).total == 1
    assert queries.open_counts() == {"review": 5}


def test_no_case_row_holds_what_was_written() -> None:
    steps.open_case(case_draft(Keys.fresh()), now=NOW)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM cases_case WHERE position(%s in cases_case::text) > 0", [SECRET]
        )
        assert cursor.fetchone() == (0,)
