"""Writes the scrutiny of an order from another Member State, and what follows from its outcome.

Regulation (EU) 2021/784 Art. 4(6) and (7): an order that infringes the law ceases to have effect,
and the content is reinstated at once unless the messenger's own terms forbid it.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from evenhand.actions.checks import UNDO
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.actions.steps import undo
from evenhand.base.lists import ActionKind, RecordKind, UndoResult
from evenhand.legal import clock_steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.clocks import ClockPlan
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.lists import (
    ClockName,
    MatterState,
    NoticeState,
    ScrutinyAsker,
    ScrutinyOutcome,
)
from evenhand.legal.models import Matter, Scrutiny
from evenhand.legal.queries import actor_of, law_of
from evenhand.legal.scrutiny import check_begin, check_end, due_at
from evenhand.people.models import Person


def begin_scrutiny(
    matter_id: UUID,
    asker: ScrutinyAsker,
    *,
    asked_at: datetime,
    by: Person,
    note: str,
    now: datetime,
) -> Scrutiny:
    """Keeps that an order is scrutinised, by whom that was set going, and starts its clock."""
    with transaction.atomic():
        matter = locked(matter_id)
        windows = law_of(matter)[0].windows
        findings = check_begin(
            actor_of(matter_id, by),
            MatterState(matter.state),
            windows,
            asker=asker,
            asked_at=asked_at,
            received_at=matter.received_at,
            told_at=_told_at(matter),
            note=note,
            now=now,
        )
        if findings:
            raise StepRefused(matter=matter_id, findings=findings)
        one, made = Scrutiny.objects.get_or_create(
            matter=matter,
            defaults={
                "asked_by": asker.value,
                "asked_at": asked_at,
                "noted_by": by,
                "noted_at": now,
                "note": note,
            },
        )
        if made:
            due = due_at(windows, asker, asked_at=asked_at, received_at=matter.received_at)
            plan = ClockPlan(ClockName.SCRUTINY, due - asked_at, statutory=True)
            clock_steps.start(matter, plan, at=asked_at)
            facts = {"asked_by": asker.value, "asked_at": asked_at.isoformat()}
            write_step(matter, "scrutiny_begun", by=by.id, now=now, facts=facts)
    return one


def end_scrutiny(
    matter_id: UUID,
    outcome: ScrutinyOutcome,
    *,
    by: Person,
    note: str,
    kept: str = "",
    now: datetime,
) -> Scrutiny:
    """Keeps what a scrutiny found; an order that infringes the law is taken back at once.

    kept  why the messenger's own terms forbid to reinstate the content; then it stays away
    """
    with transaction.atomic():
        matter = locked(matter_id)
        one = Scrutiny.objects.filter(matter=matter).first()
        before = None if one is None else ScrutinyOutcome(one.outcome)
        findings = check_end(actor_of(matter_id, by), outcome, before, note=note, kept=kept)
        if findings:
            raise StepRefused(matter=matter_id, findings=findings)
        assert one is not None
        one.outcome, one.outcome_at, one.outcome_by = outcome.value, now, by
        one.outcome_note, one.kept = note, kept
        if outcome is ScrutinyOutcome.INFRINGES and not kept:
            one.reinstated = _reinstate(matter, by=by, now=now)
        one.save()
        clock_steps.stop(matter, ClockName.SCRUTINY, now=now)
        write_step(
            matter,
            "scrutiny_ended",
            by=by.id,
            now=now,
            kind=RecordKind.LEGAL_STEP,
            facts={
                "outcome": outcome.value,
                "reinstated": one.reinstated,
                "kept_by_terms": bool(kept),
            },
        )
    return one


def _reinstate(matter: Matter, *, by: Person, now: datetime) -> int:
    """Has every measure of an order taken back that can be; gives how many."""
    reason = f"{matter.number}: the order infringes the law (Regulation (EU) 2021/784 Art. 4(7))."
    standing = Action.objects.filter(
        decision__origin=f"order:{matter.id}",
        state__in=[ActionState.PENDING.value, ActionState.IN_FORCE.value],
    ).select_related("decision")
    able = [one for one in standing if _can_be_undone(one)]
    for one in able:
        undo(one.id, by=by.id, reason=reason, now=now)
    return len(able)


def _can_be_undone(one: Action) -> bool:
    match UNDO[ActionKind(one.kind)]:
        case UndoResult.NOT_POSSIBLE:
            return False
        case UndoResult.COMPENSATED:
            return bool(one.decision.account)
        case _:
            return True


def _told_at(matter: Matter) -> datetime | None:
    told = matter.notices.filter(state=NoticeState.SENT.value)
    moment: datetime | None = told.aggregate(first=Min("sent_at"))["first"]
    return moment
