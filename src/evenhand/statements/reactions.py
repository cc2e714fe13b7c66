"""What follows from records of the rooms below and above: a decision gets its entry, or falls."""

from datetime import datetime
from uuid import UUID

from evenhand.actions.models import Action
from evenhand.base.lists import RecordKind
from evenhand.records.models import Record, RecordOpening
from evenhand.records.outbox import Reaction
from evenhand.statements.lists import Reversal
from evenhand.statements.steps import Terms, enter, note_reversal

REVERSALS = {
    RecordKind.EFFECT_UNDONE: Reversal.UNDONE,
    RecordKind.EFFECT_COMPENSATED: Reversal.COMPENSATED,
    RecordKind.OBJECTION_UPHELD: Reversal.OBJECTION_UPHELD,
}


def entering(terms: Terms) -> Reaction:
    """Gives the reaction that makes the submission of each decision that belongs there."""

    def enter_decision(record: Record, now: datetime) -> None:
        enter(record.subject, terms, now=now)

    return Reaction(
        consumer="statements.enter",
        kinds=frozenset({RecordKind.DECISION}),
        react=enter_decision,
    )


def note_that_it_fell(record: Record, now: datetime) -> None:
    """Notes that a decision fell; that an action came to the end it was given is no such thing."""
    kind = RecordKind(record.kind)
    if kind is RecordKind.OBJECTION_UPHELD:
        decision = _decision_named(record)
        if decision is not None:
            note_reversal(decision, REVERSALS[kind], now=now)
    elif Action.objects.filter(decision_id=record.subject, undo_by__isnull=False).exists():
        note_reversal(record.subject, REVERSALS[kind], now=now)


NOTE_REVERSALS = Reaction(
    consumer="statements.reversals",
    kinds=frozenset(REVERSALS),
    react=note_that_it_fell,
)
"""For the worker's list of reactions."""


def _decision_named(record: Record) -> UUID | None:
    """Gives the decision that an objection's record names; None once the record is forgotten."""
    opening = RecordOpening.objects.filter(record_id=record.id).first()
    named = opening.body.get("decision") if opening else None
    return UUID(str(named)) if named else None
