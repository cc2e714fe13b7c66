"""What follows from records of the rooms below: an effect that failed becomes a case."""

from datetime import datetime

from evenhand.actions.models import Decision
from evenhand.base.lists import RecordKind
from evenhand.cases.again import about_decision
from evenhand.cases.lists import CaseKind
from evenhand.cases.steps import open_case
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction


def open_case_for_failed_effect(record: Record, now: datetime) -> None:
    """Opens a case for an effect that could not be brought about; idempotent by decision.

    What got past the door, or cannot be done at the messenger, needs a person.
    """
    decision = Decision.objects.filter(pk=record.subject).first()
    assert decision is not None, "an effect's record names its decision"
    origin = f"failed:{decision.id}:{record.action}"
    draft = about_decision(decision, kind=CaseKind.FAILED_EFFECT, origin=origin, now=now)
    open_case(draft, now=now)


FAILED_EFFECTS = Reaction(
    consumer="cases.failed_effects",
    kinds=frozenset({RecordKind.EFFECT_FAILED}),
    react=open_case_for_failed_effect,
)
"""For the worker's list of reactions."""
