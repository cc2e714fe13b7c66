"""What follows from records of the rooms below: strikes and labels are given, and lifted again.

One consumer for both, so that what gives a strike is always seen before what lifts it.
"""

from datetime import datetime

from evenhand.actions.models import Action, Decision
from evenhand.base.lists import ActionKind, Ground, RecordKind
from evenhand.cases.lists import CaseKind
from evenhand.cases.models import Case
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction
from evenhand.standing.label_steps import give_labels, lift_labels
from evenhand.standing.lists import LiftedWhy
from evenhand.standing.steps import ORIGIN, give_strike, lift_of

UNDONE = frozenset({RecordKind.EFFECT_UNDONE, RecordKind.EFFECT_COMPENSATED})


def keep_standing(record: Record, now: datetime) -> None:
    """Gives or lifts strikes and labels as one record asks for; idempotent by decision."""
    kind = RecordKind(record.kind)
    if kind is RecordKind.DECISION:
        _strike_for_decision(record, now)
        _label_by_rule(record, now)
    elif kind in UNDONE:
        _lift_for_undo(record, now)
    else:
        _judged(record, kind, now)


def _strike_for_decision(record: Record, now: datetime) -> None:
    """A person's decision in a case counts; what follows from strikes gives none itself."""
    decision = Decision.objects.filter(pk=record.subject, ground=Ground.CASE.value).first()
    if decision is None or decision.origin.startswith(ORIGIN):
        return
    assert decision.case is not None, "a constraint of the database"
    assert decision.staff is not None, "a constraint of the database"
    case = Case.objects.filter(pk=decision.case).only("opened_at").first()
    done_at = case.opened_at if case is not None else decision.at
    give_strike(decision, case=decision.case, by=decision.staff, done_at=done_at, now=now)
    give_labels(decision, by=decision.staff, now=now)


def _label_by_rule(record: Record, now: datetime) -> None:
    """A rule leaves a label only where that is what it proposes."""
    decision = Decision.objects.filter(pk=record.subject, ground=Ground.RULE.value).first()
    labels = Action.objects.filter(decision_id=record.subject, kind=ActionKind.LABEL.value)
    if decision is not None and labels.exists():
        give_labels(decision, by=None, now=now)


def _lift_for_undo(record: Record, now: datetime) -> None:
    """What a person undid counts no more; what ended by itself still does."""
    undone = Action.objects.filter(decision_id=record.subject, undo_by__isnull=False)
    action = undone.select_related("decision").first()
    if action is not None and action.undo_by is not None:
        lift_of(action.decision, why=LiftedWhy.UNDONE, by=action.undo_by, now=now)
        lift_labels(action.decision, why=LiftedWhy.UNDONE, by=action.undo_by, now=now)


def _judged(record: Record, kind: RecordKind, now: datetime) -> None:
    """An objection upheld lifts; one refused makes a rule's decision that of a person."""
    rows = Case.objects.filter(pk=record.subject, kind=CaseKind.OBJECTION.value)
    case = rows.select_related("decision").first()
    if case is None or case.decision is None or case.closed_by_id is None:
        return
    decision = case.decision
    if kind is RecordKind.OBJECTION_UPHELD:
        lift_of(decision, why=LiftedWhy.OBJECTION_UPHELD, by=case.closed_by_id, now=now)
        lift_labels(decision, why=LiftedWhy.OBJECTION_UPHELD, by=case.closed_by_id, now=now)
    elif decision.ground == Ground.RULE:
        give_strike(decision, case=case.id, by=case.closed_by_id, done_at=decision.at, now=now)
        give_labels(decision, by=case.closed_by_id, now=now)


STANDING = Reaction(
    consumer="standing",
    kinds=frozenset(
        {*UNDONE, RecordKind.DECISION, RecordKind.OBJECTION_UPHELD, RecordKind.OBJECTION_REFUSED}
    ),
    react=keep_standing,
)
"""For the worker's list of reactions."""
