"""The exact numbers of one UTC day, computed from records and from nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from evenhand.base.lists import ActionKind, RecordKind
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
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Duration,
    Exact,
    Figure,
    Span,
)

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
    RecordKind.REPORT_RECEIVED: Figure.REPORTS_RECEIVED,
    RecordKind.REPORT_ANSWERED: Figure.REPORTS_ANSWERED,
    RecordKind.CASE_OPENED: Figure.CASES_OPENED,
    RecordKind.CASE_CLOSED: Figure.CASES_CLOSED,
    RecordKind.OBJECTION_RECEIVED: Figure.OBJECTIONS_RECEIVED,
    RecordKind.OBJECTION_UPHELD: Figure.OBJECTIONS_UPHELD,
    RecordKind.OBJECTION_REFUSED: Figure.OBJECTIONS_REFUSED,
    RecordKind.COMPLAINT_RECEIVED: Figure.COMPLAINTS_RECEIVED,
    RecordKind.STRIKE_GIVEN: Figure.STRIKES_GIVEN,
    RecordKind.MISUSE_SUSPENDED: Figure.MISUSE_SUSPENDED,
    RecordKind.EVIDENCE_OPENED: Figure.EVIDENCE_OPENED,
    RecordKind.LEGAL_RECEIVED: Figure.LEGAL_RECEIVED,
    RecordKind.PRESERVED: Figure.PRESERVED,
    RecordKind.DANGER_REPORTED: Figure.DANGERS_REPORTED,
    RecordKind.CLOCK_MISSED: Figure.CLOCKS_MISSED,
}
"""The number that each kind of record adds to; kinds that are not here are not reported."""

FAMILY_OF_ACTION: Mapping[ActionKind, Figure] = {
    ActionKind.NONE: Figure.LEFT_UP,
    ActionKind.LABEL: Figure.LEFT_UP,
    ActionKind.WARN: Figure.LEFT_UP,
    ActionKind.UNLIST: Figure.RESTRICTED,
    ActionKind.DEINDEX: Figure.DEINDEXED,
    ActionKind.HOLD: Figure.HELD,
    ActionKind.REFUSE: Figure.REFUSED,
    ActionKind.QUARANTINE: Figure.REMOVED,
    ActionKind.RESTRICT: Figure.RESTRICTED,
    ActionKind.GEO_WITHHOLD: Figure.RESTRICTED,
    ActionKind.REDACT: Figure.REMOVED,
    ActionKind.SUSPEND: Figure.ACCOUNTS_BLOCKED,
    ActionKind.LOCK: Figure.ACCOUNTS_BLOCKED,
    ActionKind.BLOCK_CHANNEL: Figure.CHANNELS_BLOCKED,
    ActionKind.DEACTIVATE: Figure.ACCOUNTS_BLOCKED,
}
"""What the gravest action of a decision makes of what was decided."""

FAKE_ACCOUNT = "m.spam.fake_account"
"""A refusal under this harm is a fake account that did not come in."""


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
        for figure, quantity in figures_of(cell).items():
            if quantity == 0:
                continue
            figures[figure] += quantity
            for breakdown in BREAKDOWNS_OF[figure]:
                breakdowns[breakdown][key_of(cell, DIMENSION_OF_BREAKDOWN[breakdown])] += quantity
    return Exact(
        figures=dict(figures),
        breakdowns={breakdown: dict(cells) for breakdown, cells in breakdowns.items()},
        durations={
            span: Duration(row.records, row.median_milliseconds, row.p95_milliseconds)
            for row in durations
            if (span := _span(row)) is not None
        },
    )


def figures_of(cell: Cell) -> Mapping[Figure, int]:
    """Gives the figures that records of these columns add to, and how much."""
    kind = RecordKind(cell.kind)
    if kind is RecordKind.DECISION:
        return {Figure.DECISIONS: cell.quantity, _family(cell): cell.quantity}
    figure = FIGURE_OF_KIND.get(kind)
    return {} if figure is None else {figure: cell.quantity}


def key_of(cell: Cell, dimension: Dimension) -> str:
    """Gives the key under which records of these columns are counted."""
    return str(getattr(cell, COLUMN[dimension]))


def _family(cell: Cell) -> Figure:
    action = ActionKind(cell.action) if cell.action else ActionKind.NONE
    if action is ActionKind.REFUSE and cell.harm == FAKE_ACCOUNT:
        return Figure.FAKE_ACCOUNTS_REFUSED
    return FAMILY_OF_ACTION[action]


COLUMN: Mapping[Dimension, str] = {
    Dimension.HARM: "harm",
    Dimension.ACTION: "action",
    Dimension.AUTOMATION: "automation",
    Dimension.MARKET: "market",
    Dimension.SOURCE: "source",
    Dimension.LANGUAGE: "language",
    Dimension.CHANNEL_KIND: "channel_kind",
    Dimension.REASON: "outcome",
    Dimension.REGIME: "regime",
    Dimension.REQUEST: "request",
    Dimension.LANE: "lane",
    Dimension.DATA: "outcome",
}
"""The column of a record that each property is read from."""


def _span(row: DurationByAutomation) -> Span | None:
    if row.kind == RecordKind.DECISION:
        return Span.SEND_TO_VERDICT if row.automatic else Span.CASE_TO_DECISION
    if row.kind == RecordKind.EFFECT_CONFIRMED and row.automatic:
        return Span.VERDICT_TO_EFFECT
    return None
