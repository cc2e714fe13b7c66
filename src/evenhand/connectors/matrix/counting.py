"""What the door counts: for the journal by hour, and for `/metrics` since it started.

Counters hold no personal data: channel kinds, reasons, durations.
"""

from collections import Counter as Tally
from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from evenhand.actions.journal import CountedEntry, Counter, ShadowEntry
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind
from evenhand.rules.shadow import ShadowKey

Hourly = tuple[datetime, Counter, ChannelKind, str]

SECONDS_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5)
"""Bounds of the histogram of answer times: the goal is 10 ms at the 99th percentile."""


class Counters:
    """Counts; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._hours: Tally[Hourly] = Tally()
        self._totals: Tally[tuple[Counter, ChannelKind, str]] = Tally()
        self._answers: Tally[tuple[str, int]] = Tally()
        self._seconds: Tally[float] = Tally()
        self._seconds_sum = 0.0

    def screened(self, kind: ChannelKind, *, at: datetime) -> None:
        """Counts an event that was screened."""
        self._count(Counter.SCREENED, kind, "", at)

    def unscreened(self, kind: ChannelKind, reason: str, *, at: datetime) -> None:
        """Counts an event that passed unscreened, and why."""
        self._count(Counter.UNSCREENED, kind, reason, at)

    def answered(self, hook: str, status: int, *, seconds: float) -> None:
        """Counts an answer and how long it took."""
        with self._lock:
            self._answers[(hook, status)] += 1
            self._seconds[next((b for b in SECONDS_BOUNDS if seconds <= b), float("inf"))] += 1
            self._seconds_sum += seconds

    def take(self, *, now: datetime) -> list[CountedEntry]:
        """Gives what was counted since the last time, for the journal."""
        with self._lock:
            hours, self._hours = self._hours, Tally()
        return [
            CountedEntry(new_id(now=now), hour, counter, kind, reason, quantity)
            for (hour, counter, kind, reason), quantity in hours.items()
        ]

    def put_back(self, entries: list[CountedEntry]) -> None:
        """Takes back what the journal could not hold."""
        with self._lock:
            for entry in entries:
                key = (entry.hour, entry.counter, entry.channel_kind, entry.reason)
                self._hours[key] += entry.quantity

    def text(self, gauges: Mapping[str, float]) -> str:
        """Gives everything in the Prometheus text format."""
        with self._lock:
            lines = [
                *_head(
                    "evenhand_door_events_total", "counter", "Events by how they were screened."
                ),
                *(
                    f'evenhand_door_events_total{{result="{counter}",channel_kind="{kind}",'
                    f'reason="{reason}"}} {quantity}'
                    for (counter, kind, reason), quantity in sorted(self._totals.items())
                ),
                *_head("evenhand_door_answers_total", "counter", "Answers by hook and status."),
                *(
                    f'evenhand_door_answers_total{{hook="{hook}",status="{status}"}} {quantity}'
                    for (hook, status), quantity in sorted(self._answers.items())
                ),
                *self._histogram(),
            ]
        for name, value in gauges.items():
            lines.extend([f"# TYPE {name} gauge", f"{name} {value:g}"])
        return "\n".join(lines) + "\n"

    def _count(self, counter: Counter, kind: ChannelKind, reason: str, at: datetime) -> None:
        hour = at.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._hours[(hour, counter, kind, reason)] += 1
            self._totals[(counter, kind, reason)] += 1

    def _histogram(self) -> list[str]:
        name = "evenhand_door_answer_seconds"
        lines = _head(name, "histogram", "Time from a whole request to its answer.")
        below = 0
        for bound in (*SECONDS_BOUNDS, float("inf")):
            below += self._seconds[bound]
            label = "+Inf" if bound == float("inf") else f"{bound:g}"
            lines.append(f'{name}_bucket{{le="{label}"}} {below}')
        return [*lines, f"{name}_sum {self._seconds_sum:.6f}", f"{name}_count {below}"]


class Answered:
    """Which events were answered lately: two generations of hashes, so that it stays bounded."""

    def __init__(self, rows_max: int) -> None:
        self._half = rows_max // 2
        self._young: set[int] = set()
        self._old: set[int] = set()

    def add(self, event_id: str) -> None:
        """Remembers an event."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, set()
        self._young.add(hash(event_id))

    def __contains__(self, event_id: str) -> bool:
        value = hash(event_id)
        return value in self._young or value in self._old


def shadow_entries(shadowed: Mapping[ShadowKey, int], *, now: datetime) -> list[ShadowEntry]:
    """Gives what rules in shadow found, for the journal."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return [
        ShadowEntry(
            new_id(now=now), hour, key.rule, key.version, key.market, key.channel_kind, quantity
        )
        for key, quantity in shadowed.items()
    ]


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
