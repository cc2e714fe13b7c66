"""What a daily report says: closed lists of its numbers, exact and public."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from evenhand.base.lists import RecordKind


class Figure(StrEnum):
    """A number about the whole day."""

    SCREENED = "screened"
    UNSCREENED = "unscreened"
    DECISIONS = "decisions"
    EFFECTS_CONFIRMED = "effects_confirmed"
    EFFECTS_FAILED = "effects_failed"
    EFFECTS_UNDONE = "effects_undone"
    EFFECTS_COMPENSATED = "effects_compensated"
    STATEMENTS_DELIVERED = "statements_delivered"
    STATEMENTS_UNDELIVERABLE = "statements_undeliverable"
    CASES_OPENED = "cases_opened"
    CASES_CLOSED = "cases_closed"
    OBJECTIONS_RECEIVED = "objections_received"
    OBJECTIONS_UPHELD = "objections_upheld"
    OBJECTIONS_REFUSED = "objections_refused"
    EVIDENCE_OPENED = "evidence_opened"


FIGURE_OF_KIND: Mapping[RecordKind, Figure] = {
    RecordKind.SCREENED: Figure.SCREENED,
    RecordKind.UNSCREENED: Figure.UNSCREENED,
    RecordKind.DECISION: Figure.DECISIONS,
    RecordKind.EFFECT_CONFIRMED: Figure.EFFECTS_CONFIRMED,
    RecordKind.EFFECT_FAILED: Figure.EFFECTS_FAILED,
    RecordKind.EFFECT_UNDONE: Figure.EFFECTS_UNDONE,
    RecordKind.EFFECT_COMPENSATED: Figure.EFFECTS_COMPENSATED,
    RecordKind.STATEMENT_DELIVERED: Figure.STATEMENTS_DELIVERED,
    RecordKind.STATEMENT_UNDELIVERABLE: Figure.STATEMENTS_UNDELIVERABLE,
    RecordKind.CASE_OPENED: Figure.CASES_OPENED,
    RecordKind.CASE_CLOSED: Figure.CASES_CLOSED,
    RecordKind.OBJECTION_RECEIVED: Figure.OBJECTIONS_RECEIVED,
    RecordKind.OBJECTION_UPHELD: Figure.OBJECTIONS_UPHELD,
    RecordKind.OBJECTION_REFUSED: Figure.OBJECTIONS_REFUSED,
    RecordKind.EVIDENCE_OPENED: Figure.EVIDENCE_OPENED,
}
"""The number that each kind of record adds to; kinds that are not here are not reported."""


class Breakdown(StrEnum):
    """A figure split by one property; no two properties are ever crossed."""

    DECISIONS_BY_HARM = "decisions_by_harm"
    DECISIONS_BY_ACTION = "decisions_by_action"
    DECISIONS_BY_AUTOMATION = "decisions_by_automation"
    DECISIONS_BY_MARKET = "decisions_by_market"
    DECISIONS_BY_SOURCE = "decisions_by_source"
    DECISIONS_BY_LANGUAGE = "decisions_by_language"
    SCREENED_BY_CHANNEL_KIND = "screened_by_channel_kind"
    UNSCREENED_BY_CHANNEL_KIND = "unscreened_by_channel_kind"


FIGURE_OF_BREAKDOWN: Mapping[Breakdown, Figure] = {
    Breakdown.DECISIONS_BY_HARM: Figure.DECISIONS,
    Breakdown.DECISIONS_BY_ACTION: Figure.DECISIONS,
    Breakdown.DECISIONS_BY_AUTOMATION: Figure.DECISIONS,
    Breakdown.DECISIONS_BY_MARKET: Figure.DECISIONS,
    Breakdown.DECISIONS_BY_SOURCE: Figure.DECISIONS,
    Breakdown.DECISIONS_BY_LANGUAGE: Figure.DECISIONS,
    Breakdown.SCREENED_BY_CHANNEL_KIND: Figure.SCREENED,
    Breakdown.UNSCREENED_BY_CHANNEL_KIND: Figure.UNSCREENED,
}
"""The figure that a breakdown's cells add up to."""


class Span(StrEnum):
    """A stretch of time that is measured."""

    SEND_TO_VERDICT = "send_to_verdict"
    VERDICT_TO_EFFECT = "verdict_to_effect"
    CASE_TO_DECISION = "case_to_decision"


@dataclass(frozen=True, slots=True)
class Duration:
    """How long something took, over `quantity` measurements."""

    quantity: int
    median_ms: int
    p95_ms: int


@dataclass(frozen=True, slots=True)
class Exact:
    """A batch of records of one day, counted exactly; for staff.

    A cell whose quantity is zero does not exist; every breakdown adds up to its figure.
    """

    figures: Mapping[Figure, int]
    breakdowns: Mapping[Breakdown, Mapping[str, int]]
    durations: Mapping[Span, Duration]

    def in_full(self) -> "Public":
        """Gives the same numbers in the form of a publication, nothing protected: for staff."""
        return Public(
            figures={figure: self.figure(figure) for figure in Figure},
            breakdowns={
                breakdown: PublicBreakdown(rows=sorted_rows(self.breakdown(breakdown).items()))
                for breakdown in Breakdown
            },
            durations=self.durations,
        )

    def figure(self, figure: Figure) -> int:
        """Gives a figure, zero if nothing was recorded."""
        return self.figures.get(figure, 0)

    def breakdown(self, breakdown: Breakdown) -> Mapping[str, int]:
        """Gives a breakdown's cells."""
        return self.breakdowns.get(breakdown, {})


@dataclass(frozen=True, slots=True)
class Row:
    """One cell that is published as it is."""

    key: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PublicBreakdown:
    """A breakdown as published: rows, largest first, and what is not broken down.

    merged    how many stand behind cells that are not shown, together; 0 if every cell is shown
    withheld  true if the whole is too small to be published, or not even known to be nothing
    """

    rows: tuple[Row, ...] = ()
    merged: int = 0
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Public:
    """A day as published. A figure that is None lies between one and the threshold."""

    figures: Mapping[Figure, int | None]
    breakdowns: Mapping[Breakdown, PublicBreakdown]
    durations: Mapping[Span, Duration]


@dataclass(frozen=True, slots=True)
class Report:
    """A day's numbers, and which publication of the day this is.

    revision  1 for the first; one more for each later publication; 0 for staff's exact numbers
    complete  false if the day was not over when its records were counted
    """

    day: date
    revision: int
    generated_at: datetime
    complete: bool
    threshold: int
    public: Public


def sorted_rows(cells: Iterable[tuple[str, int]]) -> tuple[Row, ...]:
    """Gives cells as rows, the largest first."""
    rows = (Row(key, quantity) for key, quantity in cells)
    return tuple(sorted(rows, key=lambda row: (-row.quantity, row.key)))
