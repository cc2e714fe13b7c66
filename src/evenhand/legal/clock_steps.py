"""Starts, pauses, stops and watches the clocks of matters."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from evenhand.base.lists import RecordKind
from evenhand.legal.clocks import ClockFacts, ClockPlan, Mark, marks, paused, restarted, resumed
from evenhand.legal.history_steps import locked, write_record, write_step
from evenhand.legal.limits import SWEEP_ROWS_MAX
from evenhand.legal.lists import ClockName
from evenhand.legal.models import Clock, Matter
from evenhand.legal.ports import Pager

WARNED = {
    Mark.HALF: "warned_50_at",
    Mark.FOUR_FIFTHS: "warned_80_at",
    Mark.MISSED: "missed_at",
}
"""The column in which each mark is kept."""


def start(matter: Matter, plan: ClockPlan, *, at: datetime) -> Clock:
    """Starts a clock; one that runs already stays as it is."""
    facts = ClockFacts(started_at=at, total=plan.total)
    clock, _ = Clock.objects.get_or_create(
        matter=matter,
        name=plan.name.value,
        defaults={
            "statutory": plan.statutory,
            "started_at": at,
            "total": plan.total,
            "due_at": facts.due_at,
            "paused_total": facts.paused_total,
        },
    )
    return clock


def pause(matter: Matter, name: ClockName, *, reason: str, now: datetime) -> None:
    """Pauses a clock that runs, for a reason; without that clock, does nothing."""
    clock = _running(matter, name)
    if clock is not None and clock.paused_at is None:
        _keep(clock, paused(facts_of(clock), now=now, reason=reason), reason=reason)


def go_on(matter: Matter, name: ClockName, *, from_start: bool, now: datetime) -> None:
    """Lets a paused clock run on, or begin anew where the law says so."""
    clock = _running(matter, name)
    if clock is None or clock.paused_at is None:
        return
    if from_start:
        clock.restarts += 1
        clock.warned_50_at = clock.warned_80_at = clock.missed_at = None
        _keep(clock, restarted(facts_of(clock), now=now), reason="")
    else:
        _keep(clock, resumed(facts_of(clock), now=now), reason="")


def stop(matter: Matter, name: ClockName, *, now: datetime) -> None:
    """Stops a clock: what it measured is done; in time or not is recorded."""
    _stop(matter, [name], now=now)


def stop_all(matter: Matter, *, now: datetime) -> None:
    """Stops every clock of a matter but those of what comes after its end."""
    _stop(matter, [ClockName.ANSWER, ClockName.WINDOW], now=now)


def _stop(matter: Matter, names: Sequence[ClockName], *, now: datetime) -> None:
    running = Clock.objects.filter(matter=matter, name__in=names, stopped_at=None)
    for clock in running.select_for_update(of=("self",)).order_by("id"):
        if clock.missed_at is None:
            in_time = clock.paused_at is not None or now <= clock.due_at
            write_record(
                matter,
                "clock_met" if in_time else "clock_missed",
                by=None,
                now=now,
                kind=RecordKind.CLOCK_MET if in_time else RecordKind.CLOCK_MISSED,
                facts={"clock": clock.name, "statutory": clock.statutory},
            )
            clock.missed_at = None if in_time else now
        clock.stopped_at = now
        clock.save(update_fields=["stopped_at", "missed_at"])


def sweep_clocks(pager: Pager, *, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Speaks of clocks at 50 and 80 per cent of their time, and pages when one is missed.

    Each mark is a column set in the transaction of its record and its page: said once, and not
    lost by a kill.
    """
    return sum(_speak(matter, clock, pager, now=now) for clock, matter in _due(now, rows_max))


def facts_of(clock: Clock) -> ClockFacts:
    """Gives a clock as the checks see it."""
    return ClockFacts(
        started_at=clock.started_at,
        total=clock.total,
        paused_at=clock.paused_at,
        paused_total=clock.paused_total,
        stopped_at=clock.stopped_at,
    )


DUE = """
SELECT id FROM legal_clock
WHERE stopped_at IS NULL AND paused_at IS NULL AND missed_at IS NULL
  AND (%(now)s >= due_at
       OR (warned_80_at IS NULL AND %(now)s >= due_at - total * 0.2)
       OR (warned_50_at IS NULL AND %(now)s >= due_at - total * 0.5))
ORDER BY due_at
LIMIT %(most)s
"""
"""Clocks that have something to say; `due_at` already contains the pauses."""


def _due(now: datetime, rows_max: int) -> list[tuple[int, UUID]]:
    rows = Clock.objects.raw(DUE, {"now": now, "most": rows_max})
    return [(clock.id, clock.matter_id) for clock in rows]


def _speak(matter_id: UUID, clock_id: int, pager: Pager, *, now: datetime) -> int:
    """Says what one clock has come to; the matter is locked first, as by every step."""
    with transaction.atomic():
        matter = locked(matter_id)
        clock = Clock.objects.select_for_update(of=("self",)).get(pk=clock_id)
        reached = [mark for mark, column in WARNED.items() if getattr(clock, column) is not None]
        new = marks(facts_of(clock), reached=reached, now=now)
        if not new:
            return 0
        for mark in new:
            setattr(clock, WARNED[mark], now)
        clock.save(update_fields=list(WARNED.values()))
        _say(matter, clock, new[-1], pager, now=now)
    return len(new)


def _say(matter: Matter, clock: Clock, mark: Mark, pager: Pager, *, now: datetime) -> None:
    missed = mark is Mark.MISSED
    write_step(
        matter,
        f"clock_{mark.value}",
        by=None,
        now=now,
        kind=RecordKind.CLOCK_MISSED if missed else RecordKind.CLOCK_WARNED,
        facts={"clock": clock.name, "statutory": clock.statutory},
    )
    if missed or mark is Mark.FOUR_FIFTHS:
        says = "has run out" if missed else "has a fifth of its time left"
        pager.page(
            f"{matter.number}: the clock for {clock.name} {says}.",
            urgent=missed,
            key=page_key(matter.id, f"{mark.value}:{clock.name}:{clock.restarts}"),
        )


def page_key(matter: UUID, about: str) -> UUID:
    """Gives the key of a page about one thing of one matter: the same thing pages once."""
    return uuid5(matter, about)


def _running(matter: Matter, name: ClockName) -> Clock | None:
    return (
        Clock.objects.select_for_update()
        .filter(matter=matter, name=name.value, stopped_at=None)
        .first()
    )


def _keep(clock: Clock, facts: ClockFacts, *, reason: str) -> None:
    clock.started_at = facts.started_at
    clock.paused_at = facts.paused_at
    clock.paused_total = facts.paused_total
    clock.due_at = facts.due_at
    clock.pause_reason = reason
    clock.save()
