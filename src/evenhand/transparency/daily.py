"""The exact numbers of one UTC day, computed from records and from nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from evenhand.base.lists import ActionKind, LegalLane, RecordKind
from evenhand.proof import counting
from evenhand.proof.counting import FAKE_ACCOUNT
from evenhand.records.hour_queries import HourCounted, hours
from evenhand.records.queries import (
    BEGINNING,
    END,
    Cell,
    Place,
    TimeTaken,
    counts,
    times,
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
from evenhand.transparency.implied import JOINTLY

FIGURE_OF_KIND: Mapping[RecordKind, Figure] = {
    RecordKind.DECISION: Figure.DECISIONS,
    **{kind: Figure(name) for kind, name in counting.FIGURES.items()},
}
"""The number that each kind of record adds to; kinds that are not here are not reported."""

BY_HOUR: Mapping[RecordKind, Breakdown] = {
    RecordKind.SCREENED: Breakdown.SCREENED_BY_HOUR,
    RecordKind.UNSCREENED: Breakdown.UNSCREENED_BY_HOUR,
}
"""Tables by the hour: of what the door counts by the hour, and so are its records."""

BY_COLUMN: Mapping[Figure, tuple[Breakdown, ...]] = {
    figure: tuple(one for one in breakdowns if one not in BY_HOUR.values())
    for figure, breakdowns in BREAKDOWNS_OF.items()
}
"""Tables by a column of the records."""

FIGURE_OF_ANSWER: Mapping[tuple[RecordKind, str], Figure] = {
    ended: Figure(name) for ended, name in counting.ANSWERS.items()
}
"""The number that an answer to an authority adds to, by how it ended."""

FAMILY_OF_ACTION: Mapping[ActionKind, Figure] = {
    kind: Figure(name) for kind, name in counting.FAMILIES.items()
}
"""What the gravest action of a decision makes of what was decided."""


def exact(day: date, *, after: Place = BEGINNING, through: Place = END) -> Exact:
    """Gives the exact numbers of a day, of the records between two places of the outbox."""
    return counted(
        counts(day, marked=[FAKE_ACCOUNT], after=after, through=through),
        times(day, MEASURED, after=after, through=through),
        hours(day, after=after, through=through),
    )


def counted(
    cells: Iterable[Cell],
    times_taken: Iterable[TimeTaken],
    hours_counted: Iterable[HourCounted] = (),
) -> Exact:
    """Gives the numbers of a day from its counted records: pure."""
    figures: Counter[Figure] = Counter()
    breakdowns: dict[Breakdown, Counter[str]] = defaultdict(Counter)
    joints: dict[Breakdown, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for cell in cells:
        for figure, quantity in figures_of(cell).items():
            if quantity == 0:
                continue
            if cell.only in ONE_OF_ALL:
                figures[figure] += quantity
            for breakdown in BY_COLUMN[figure]:
                column = COLUMN[DIMENSION_OF_BREAKDOWN[breakdown]]
                if _is_counted_by(cell, column):
                    breakdowns[breakdown][str(getattr(cell, column))] += quantity
                columns = [COLUMN[one] for one in JOINTLY.get(breakdown, ())]
                if columns and _is_counted_by_all(cell, columns):
                    joints[breakdown][tuple(str(getattr(cell, one)) for one in columns)] += quantity
    by_hour = _by_hour(hours_counted)
    return Exact(
        figures=dict(figures),
        breakdowns={breakdown: dict(cells) for breakdown, cells in breakdowns.items()} | by_hour,
        durations=_durations(times_taken),
        joints={breakdown: dict(cells) for breakdown, cells in joints.items()},
    )


def _by_hour(hours_counted: Iterable[HourCounted]) -> dict[Breakdown, dict[str, int]]:
    found: dict[Breakdown, dict[str, int]] = defaultdict(dict)
    for one in hours_counted:
        if one.quantity:
            found[BY_HOUR[RecordKind(one.kind)]][one.hour] = one.quantity
    return dict(found)


def figures_of(cell: Cell) -> Mapping[Figure, int]:
    """Gives the figures that records of these columns add to, and how much."""
    kind = RecordKind(cell.kind)
    if cell.lane == LegalLane.DRILL:
        return {}
    if kind is RecordKind.DECISION:
        return {Figure.DECISIONS: cell.quantity, _family(cell): cell.quantity}
    if kind is RecordKind.DISCLOSED and cell.outcome:
        return {Figure.DISCLOSURES: cell.records, Figure.USERS_DISCLOSED: cell.quantity}
    figure = FIGURE_OF_KIND.get(kind) or FIGURE_OF_ANSWER.get((kind, cell.outcome))
    return {} if figure is None else {figure: cell.quantity}


ALWAYS_TOLD = frozenset({"action", "outcome", "lane"})
"""Columns that a cell names whatever it is counted by."""

CROSSED = ("automation+source", "market+regime+request")
"""Columns by which cells are counted together; what is always told goes with them."""

ONE_OF_ALL = ("", "harm")
"""Each record is in one cell that is counted by harm: so figures are counted from these alone."""


def _is_counted_by(cell: Cell, column: str) -> bool:
    """Tells whether this cell, of all that hold the same records, counts for a column."""
    if column in ALWAYS_TOLD:
        return cell.only in ONE_OF_ALL
    return cell.only in ("", column)


def _is_counted_by_all(cell: Cell, columns: Sequence[str]) -> bool:
    """Tells whether this cell, of all that hold the same records, counts for columns crossed."""
    needed = set(columns) - ALWAYS_TOLD
    return cell.only == "" or (cell.only in CROSSED and needed <= set(cell.only.split("+")))


def _family(cell: Cell) -> Figure:
    action = ActionKind(cell.action) if cell.action else ActionKind.NONE
    if action is ActionKind.REFUSE and (cell.marked or cell.harm == FAKE_ACCOUNT):
        return Figure.FAKE_ACCOUNTS_REFUSED
    return FAMILY_OF_ACTION[action]


COLUMN: Mapping[Dimension, str] = {
    Dimension(name): column for name, column in counting.COLUMNS.items()
}
"""The column of a record that each property is read from; the hour is counted by itself."""


MEASURED = (
    RecordKind.DECISION,
    RecordKind.EFFECT_CONFIRMED,
    RecordKind.REPORT_ANSWERED,
    RecordKind.OBJECTION_UPHELD,
    RecordKind.OBJECTION_REFUSED,
    RecordKind.LEGAL_RELEASED,
    RecordKind.LEGAL_REFUSED,
    RecordKind.LEGAL_EXECUTED,
)
"""The kinds of records whose times are published."""

ORDERS = frozenset({"removal", "geo-restriction"})
"""What authorities ask that is done at the messenger, not at the desk."""


def duration_of(taken: Mapping[int, int]) -> Duration:
    """Gives median and 95th percentile of times, counted by the millisecond.

    A percentile is the shortest time that so many in a hundred do not exceed (percentile_disc).
    """
    total = sum(taken.values())
    median, p95 = (_reached(taken, total * share) for share in (50, 95))
    return Duration(total, median, p95)


def _durations(rows: Iterable[TimeTaken]) -> dict[Span, Duration]:
    spans: dict[Span, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if (span := _span(row)) is not None:
            spans[span][row.milliseconds] += row.records
    return {span: duration_of(taken) for span, taken in spans.items()}


def _reached(taken: Mapping[int, int], hundredths: int) -> int:
    reached = 0
    for milliseconds in sorted(taken):
        reached += taken[milliseconds]
        if reached * 100 >= hundredths:
            return milliseconds
    raise AssertionError("a share of nothing is reached nowhere")


def _span(row: TimeTaken) -> Span | None:
    match RecordKind(row.kind):
        case RecordKind.DECISION:
            return Span.SEND_TO_VERDICT if row.automatic else Span.CASE_TO_DECISION
        case RecordKind.EFFECT_CONFIRMED:
            return Span.VERDICT_TO_EFFECT if row.automatic else None
        case RecordKind.REPORT_ANSWERED:
            return Span.REPORT_TO_ANSWER
        case RecordKind.OBJECTION_UPHELD | RecordKind.OBJECTION_REFUSED:
            return Span.OBJECTION_TO_ANSWER
        case RecordKind.LEGAL_RELEASED | RecordKind.LEGAL_REFUSED:
            return _answered(row)
        case RecordKind.LEGAL_EXECUTED:
            return None if row.lane == LegalLane.DRILL else Span.RELEASE_TO_EFFECT
        case _:
            return None


def _answered(row: TimeTaken) -> Span | None:
    match row.lane:
        case LegalLane.DRILL:
            return None
        case LegalLane.EMERGENCY:
            return Span.EMERGENCY_TO_ANSWER
        case _:
            return Span.ORDER_TO_ANSWER if row.request in ORDERS else Span.REQUEST_TO_ANSWER
