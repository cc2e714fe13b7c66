"""Objections: sealed at once, taken once, judged by somebody else."""

import pytest
from django.db import IntegrityError, connection, transaction
from tests.integration.cases_of_tests import (
    NOW,
    TOKEN_KEY,
    Keys,
    case_draft,
    decided,
    reviewer,
    settle,
    token_of,
)

from evenhand.actions.lists import ActionState, Verb
from evenhand.actions.models import Action, Decision, Delivery
from evenhand.actions.ports import InForce
from evenhand.appeals import steps
from evenhand.appeals.checks import ObjectionExists, ObjectionRefused, TokenWrong
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.base.sealing import unseal
from evenhand.cases import queries
from evenhand.cases import steps as cases
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.lists import CaseOutcome
from evenhand.cases.models import Case
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db


def recorded() -> list[str]:
    return list(Record.objects.order_by("serial").values_list("kind", flat=True))


def objected(keys: Keys, decision: Decision, text: str = "I quoted my own bank.") -> Case:
    return steps.object_to(
        decision.id,
        token_of(decision.id),
        text,
        token_key=TOKEN_KEY,
        evidence_key=keys.evidence.public_key,
        now=NOW,
    )


def test_an_objection_is_sealed_at_once() -> None:
    keys = Keys.fresh()

    case = objected(keys, decided(keys))

    assert case.objection is not None
    sealed = bytes(case.objection.sealed)
    assert b"bank" not in sealed
    assert unseal(sealed, key=keys.evidence) == b"I quoted my own bank."
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case WHERE cases_case::text LIKE '%bank.%'")
        assert cursor.fetchone() == (0,)


def test_an_objection_needs_the_link_that_was_given_out() -> None:
    keys = Keys.fresh()
    decision, other = decided(keys), decided(keys, event="$event2")

    for token in ("", token_of(other.id), token_of(decision.id, key=b"x" * 32)):
        with pytest.raises(TokenWrong):
            steps.object_to(
                decision.id,
                token,
                "Please look again.",
                token_key=TOKEN_KEY,
                evidence_key=keys.evidence.public_key,
                now=NOW,
            )
    assert not Case.objects.exists()


def test_a_decision_that_does_not_exist_yet_cannot_be_objected_to() -> None:
    decision_id = new_id(now=NOW)

    with pytest.raises(NotFound):
        steps.decision_objected_to(decision_id, token_of(decision_id), token_key=TOKEN_KEY)


def test_there_is_one_objection_per_decision() -> None:
    keys = Keys.fresh()
    decision = decided(keys)
    first = objected(keys, decision)

    with pytest.raises(ObjectionExists):
        objected(keys, decision, "And again.")

    assert queries.objection_to(decision.id) == first
    assert recorded().count(RecordKind.OBJECTION_RECEIVED) == 1


def test_an_empty_objection_opens_nothing() -> None:
    keys = Keys.fresh()

    with pytest.raises(ObjectionRefused):
        objected(keys, decided(keys), "  ")

    assert not Case.objects.exists()


def test_an_upheld_objection_undoes_what_was_done() -> None:
    keys = Keys.fresh()
    decision = decided(keys)
    settle()
    case = objected(keys, decision)

    undone = steps.uphold(case.id, by=reviewer(), reason="It was a quotation.", now=NOW)

    assert [action.state for action in undone] == [ActionState.UNDOING]
    assert Delivery.objects.filter(verb=Verb.UNDO, action=undone[0]).count() == 1
    assert not Delivery.objects.filter(verb=Verb.ANSWER).exists()
    assert queries.case_of(case.id).outcome == CaseOutcome.UPHELD
    assert RecordKind.OBJECTION_UPHELD in recorded()


def test_an_upheld_objection_to_what_never_took_effect_is_answered() -> None:
    keys = Keys.fresh()
    decision = decided(keys, ActionKind.REFUSE)
    settle(InForce.NO)
    case = objected(keys, decision)

    undone = steps.uphold(case.id, by=reviewer(), reason="It was a quotation.", now=NOW)

    assert undone == []
    answer = Delivery.objects.get(verb=Verb.ANSWER)
    assert answer.answer == {"upheld": True, "reason": "It was a quotation."}


def test_a_refused_objection_changes_nothing_and_is_answered() -> None:
    keys = Keys.fresh()
    decision = decided(keys)
    settle()
    case = objected(keys, decision)

    steps.refuse(case.id, by=reviewer(), reason=" It was an offer. ", now=NOW)
    settle()

    assert Action.objects.get(decision=decision).state == ActionState.IN_FORCE
    answer = Delivery.objects.get(verb=Verb.ANSWER)
    assert answer.answer == {"upheld": False, "reason": "It was an offer."}
    kinds = recorded()
    assert kinds.count(RecordKind.OBJECTION_REFUSED) == 1
    assert kinds.count(RecordKind.OBJECTION_ANSWERED) == 1
    assert kinds.count(RecordKind.STATEMENT_DELIVERED) == 1


def test_who_decided_cannot_judge_the_objection() -> None:
    keys = Keys.fresh()
    ada, ben = reviewer(), reviewer("Ben Example")
    case = cases.open_case(case_draft(keys), now=NOW)
    decision = cases.decide_case(case.id, ActionKind.SUSPEND, by=ada, reason="Hatred.", now=NOW)
    assert decision is not None
    objection = objected(keys, decision)

    for judge in (steps.uphold, steps.refuse):
        with pytest.raises(CaseNotClosed):
            judge(objection.id, by=ada, reason="I stay with it.", now=NOW)
    steps.refuse(objection.id, by=ben, reason="It was hatred.", now=NOW)

    assert queries.case_of(objection.id).closed_by == ben


def test_the_author_of_the_rule_cannot_judge_the_objection() -> None:
    keys = Keys.fresh()
    author = reviewer("Rule Author")
    case = objected(keys, decided(keys, author="Rule Author"))

    with pytest.raises(CaseNotClosed):
        steps.uphold(case.id, by=author, reason="My rule is right.", now=NOW)


@pytest.mark.parametrize("who", ["decided", "wrote the rule"])
def test_four_eyes_hold_in_the_database_too(who: str) -> None:
    keys = Keys.fresh()
    ada = reviewer("Rule Author" if who == "wrote the rule" else "Ada Example")
    case = objected(keys, decided(keys))
    if who == "decided":
        Case.objects.filter(id=case.id).update(barred_staff=ada.id)

    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(id=case.id).update(
            state="closed",
            outcome="refused",
            closed_by=ada,
            closed_by_name=ada.name,
            closed_at=NOW,
        )
