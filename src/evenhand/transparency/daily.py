"""The exact numbers of one UTC day, computed from records and from nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from evenhand.base.lists import RecordKind
from evenhand.records.queries import (
    BEGINNING,
    END,
    Cell,
    DurationByAutomation,
    Place,
    counts,
    durations_by_automation,
)
from evenhand.transparency.figures import (
    FIGURE_OF_BREAKDOWN,
    FIGURE_OF_KIND,
    Breakdown,
    Duration,
    Exact,
    Figure,
    Span,
)

COLUMN: Mapping[Breakdown, str] = {
    Breakdown.DECISIONS_BY_HARM: "harm",
    Breakdown.DECISIONS_BY_ACTION: "action",
    Breakdown.DECISIONS_BY_AUTOMATION: "automation",
    Breakdown.DECISIONS_BY_MARKET: "market",
    Breakdown.DECISIONS_BY_SOURCE: "source",
    Breakdown.DECISIONS_BY_LANGUAGE: "language",
    Breakdown.SCREENED_BY_CHANNEL_KIND: "channel_kind",
    Breakdown.UNSCREENED_BY_CHANNEL_KIND: "channel_kind",
}
"""The column of a record that each breakdown splits by."""


def exact(day: date, *, after: Place = BEGINNING, through: Place = END) -> Exact:
    """Gives the exact numbers of a day, of the records between two places of the outbox."""
    return counted(
        counts(day, after=after, through=through),
        durations_by_automation(day, after=after, through=through),
    )


def counted(cells: Iterable[Cell], durations: Iterable[DurationByAutomation]) -> Exact:
    """Gives the numbers of a day from its counted records: pure."""
    figures: Counter[Figure] = Counter()
    breakdowns: dict[Breakdown, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        figure = FIGURE_OF_KIND.get(RecordKind(cell.kind))
        if figure is None or cell.quantity == 0:
            continue
        figures[figure] += cell.quantity
        for breakdown, of in FIGURE_OF_BREAKDOWN.items():
            if of is figure:
                breakdowns[breakdown][getattr(cell, COLUMN[breakdown])] += cell.quantity
    return Exact(
        figures=dict(figures),
        breakdowns={breakdown: dict(cells) for breakdown, cells in breakdowns.items()},
        durations={
            span: Duration(row.records, row.median_milliseconds, row.p95_milliseconds)
            for row in durations
            if (span := _span(row)) is not None
        },
    )


def _span(row: DurationByAutomation) -> Span | None:
    if row.kind == RecordKind.DECISION:
        return Span.SEND_TO_VERDICT if row.automatic else Span.CASE_TO_DECISION
    if row.kind == RecordKind.EFFECT_CONFIRMED and row.automatic:
        return Span.VERDICT_TO_EFFECT
    return None
