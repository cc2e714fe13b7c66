"""What follows from records of the rooms below: an order whose effects are there is executed."""

from datetime import datetime

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision
from evenhand.base.lists import Ground, RecordKind
from evenhand.legal.clock_steps import page_key
from evenhand.legal.history_steps import locked
from evenhand.legal.lists import MatterState
from evenhand.legal.ports import Pager
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


def page_failed_effect(record: Record, pager: Pager) -> None:
    """Calls the people on duty to an order whose effect could not be had; its clock runs on."""
    decision = Decision.objects.filter(pk=record.subject, ground=Ground.ORDER.value).first()
    if decision is None or decision.case is None:
        return
    matter = locked(decision.case)
    pager.page(
        f"{matter.number}: an effect could not be had at the messenger.",
        urgent=True,
        key=page_key(matter.id, f"failed:{record.id}"),
    )


def failed_orders(pager: Pager) -> Reaction:
    """Gives the reaction that pages for effects that failed; for the worker's list."""
    return Reaction(
        consumer="legal.failed_orders",
        kinds=frozenset({RecordKind.EFFECT_FAILED}),
        react=lambda record, _now: page_failed_effect(record, pager),
    )


EFFECTS_OF_ORDERS = Reaction(
    consumer="legal.effects_of_orders",
    kinds=frozenset({RecordKind.EFFECT_CONFIRMED}),
    react=note_effect,
)
"""For the worker's list of reactions."""
