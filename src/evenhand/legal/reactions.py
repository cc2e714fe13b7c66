"""What follows from records of the rooms below: an order whose effects are there is executed."""

from datetime import datetime

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision
from evenhand.base.lists import Ground, RecordKind
from evenhand.legal.history_steps import locked
from evenhand.legal.lists import MatterState
from evenhand.legal.release_steps import executed
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction


def note_effect(record: Record, now: datetime) -> None:
    """Notes that an order is executed when the last of its effects was confirmed.

    An effect that failed leaves the matter open: a case shows it, the clock runs, and a person
    tries again or concludes with the reason that the authority is told.
    """
    decision = Decision.objects.filter(pk=record.subject, ground=Ground.ORDER.value).first()
    if decision is None or decision.case is None:
        return
    states = set(Action.objects.filter(decision=decision).values_list("state", flat=True))
    if states != {ActionState.IN_FORCE.value}:
        return
    matter = locked(decision.case)
    if matter.state == MatterState.RELEASED:
        executed(matter, by=None, now=now, facts={"whole": True})


EFFECTS_OF_ORDERS = Reaction(
    consumer="legal.effects_of_orders",
    kinds=frozenset({RecordKind.EFFECT_CONFIRMED}),
    react=note_effect,
)
"""For the worker's list of reactions."""
