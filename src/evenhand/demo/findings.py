"""What was expected, what was found, and how long it took."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the closing table."""

    what: str
    expected: str
    found: str
    holds: bool
    seconds: float | None = None


@dataclass(slots=True)
class Findings:
    """Everything that was looked at, and the times measured on the way."""

    lines: list[Finding] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    refused_seen: int = 0
    suspended_seen: int = 0
    notes: list[str] = field(default_factory=list)
    verdict_seconds: list[float] = field(default_factory=list)
    effect_seconds: list[float] = field(default_factory=list)

    def add(
        self, what: str, *, expected: object, found: object, seconds: float | None = None
    ) -> None:
        """Adds a line that holds when what was found equals what was expected."""
        line = Finding(what, _said(expected), _said(found), expected == found, seconds)
        self.lines.append(line)

    def miss(self, what: str) -> None:
        """Keeps the story of one thing that was not as expected."""
        self.misses.append(what)

    def say(self, what: str) -> None:
        """Keeps a remark that nothing is expected of."""
        self.notes.append(what)

    @property
    def hold(self) -> bool:
        """Tells whether every line holds; nothing looked at does not hold."""
        return bool(self.lines) and all(line.holds for line in self.lines)


def _said(value: object) -> str:
    """Gives a value as a person says it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(_said, value)) or "none"
        case _:
            return str(value)


def median_of(values: Sequence[float]) -> float | None:
    """Gives the median, or None of nothing."""
    return statistics.median(values) if values else None
