"""Pure: deadlines in UTC, with pauses that have a reason, and the marks on the way.

A clock is a span from its start, without its pauses. Days are 24 hours: the laws here count
calendar time, and UTC has no summer time; a leap day is a day like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from evenhand.base.errors import NotAllowed
from evenhand.legal.limits import AFTER_REVIEW, EMERGENCY_TARGET, OWN_TARGET, WINDOW
from evenhand.legal.lists import ClockName
from evenhand.markets.entries import RequestKind
from evenhand.markets.lists import Window


class ClockRefused(NotAllowed):
    """A clock cannot be stopped or set going like this."""

    remedy = "See `why`; a pause needs a reason and a clock that runs."


class Mark(StrEnum):
    """What a clock has come to."""

    HALF = "half"
    FOUR_FIFTHS = "four_fifths"
    MISSED = "missed"


SHARES = {Mark.HALF: 0.5, Mark.FOUR_FIFTHS: 0.8, Mark.MISSED: 1.0}
"""Parts of its span after which a clock speaks."""


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """A clock as the checks see it."""

    started_at: datetime
    total: timedelta
    paused_at: datetime | None = None
    paused_total: timedelta = timedelta()
    stopped_at: datetime | None = None

    @property
    def due_at(self) -> datetime:
        """Gives when it runs out, if it is not paused again."""
        return self.started_at + self.total + self.paused_total

    def spent(self, now: datetime) -> timedelta:
        """Gives how much of its span has passed."""
        end = min(moment for moment in (now, self.paused_at, self.stopped_at) if moment)
        return max(timedelta(), end - self.started_at - self.paused_total)

    def share(self, now: datetime) -> float:
        """Gives the part of its span that has passed."""
        return self.spent(now) / self.total

    def left(self, now: datetime) -> timedelta:
        """Gives what is left of its span; negative when it is missed."""
        return self.total - self.spent(now)


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """A clock to be started."""

    name: ClockName
    total: timedelta
    statutory: bool


def clocks_of(kind: RequestKind, *, emergency: bool) -> tuple[ClockPlan, ...]:
    """Gives the clocks that start when a matter is received."""
    statutory = kind.emergency_deadline if emergency else None
    statutory = statutory or kind.deadline
    own = EMERGENCY_TARGET if emergency else OWN_TARGET
    total = kind.due_in(emergency=emergency) or own
    clocks = [ClockPlan(ClockName.ANSWER, total, statutory is not None and total == statutory)]
    if kind.enforcing_authority_notified and not emergency:
        # In an emergency the enforcing authority objects afterwards (Regulation (EU) 2023/1543
        # Art. 10(4)); nothing waits for it.
        window = kind.windows.get(Window.ENFORCING_AUTHORITY, WINDOW)
        clocks.append(ClockPlan(ClockName.WINDOW, window, statutory=True))
    return tuple(clocks)


def after_review_clock() -> ClockPlan:
    """Gives the clock of the look afterwards at an emergency."""
    return ClockPlan(ClockName.AFTER_REVIEW, AFTER_REVIEW, statutory=False)


def paused(clock: ClockFacts, *, now: datetime, reason: str) -> ClockFacts:
    """Gives the clock paused; without a reason it runs on."""
    if not reason.strip():
        raise ClockRefused(why="a pause needs a reason")
    if clock.paused_at is not None or clock.stopped_at is not None:
        raise ClockRefused(why="it does not run")
    return replace(clock, paused_at=now)


def resumed(clock: ClockFacts, *, now: datetime) -> ClockFacts:
    """Gives the clock running again, later by as long as it stood."""
    if clock.paused_at is None or clock.stopped_at is not None:
        raise ClockRefused(why="it is not paused")
    stood = max(timedelta(), now - clock.paused_at)
    return replace(clock, paused_at=None, paused_total=clock.paused_total + stood)


def restarted(clock: ClockFacts, *, now: datetime) -> ClockFacts:
    """Gives the clock from its beginning.

    Regulation (EU) 2021/784 Art. 3(8): the hour begins when the clarification is received.
    """
    if clock.stopped_at is not None:
        raise ClockRefused(why="it does not run")
    return ClockFacts(started_at=now, total=clock.total)


def marks(clock: ClockFacts, *, reached: Sequence[Mark], now: datetime) -> tuple[Mark, ...]:
    """Gives the marks that a running clock has come to and that were not spoken of yet."""
    if clock.paused_at is not None or clock.stopped_at is not None:
        return ()
    share = clock.share(now)
    return tuple(mark for mark, at in SHARES.items() if share >= at and mark not in reached)
