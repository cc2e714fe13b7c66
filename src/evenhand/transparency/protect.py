"""Pure: the public report is `protect` of the exact one. It only withholds and merges.

Noise is not used, since nobody could recompute a noisy number from the records.

**One breakdown.** A cell of one to four is never shown. All such cells are merged, together with
at least one cell that is large enough to be shown, the smallest first, until the merged sum is at
least five and every cell shown is larger than every cell merged. Which cells were merged, and how
many, is not said. Without the large cell among them, a merged sum of eight over two keys would
give both away (four and four); without "larger", a tie would. The tests enumerate every table that
gives the same publication, knowing this rule, and find at least two values for each small cell.
A breakdown whose total is one to four is withheld whole, and so is the total.

**Between breakdowns.** A breakdown splits one figure by one property; no two properties of a
figure are ever crossed in public. But some properties tell of each other: a law has its country,
so thirteen orders from Germany of which ten follow German law are three under another; what a
machine decides alone it found itself; some actions only a machine or an order takes. Such
properties stand in an order (`TOGETHER`). The first is published as above; each further one only
if no cell of its table crossed with those before it holds one to four. Else none of its cells is
shown, and all are one merged sum, which is the figure that is published anyway. So, where two
such tables are shown, both are shown in full, and whatever of them is subtracted by whoever knows
the laws is a sum of crossed cells, of which none is small. Where one is not shown, it says nothing
but that a small crossed cell exists. A law's country is shown rather than the law. What the
operator's policies offer for a harm is no such rule: rules and orders are not bound to it.

**Between a sum and its parts.** What decisions led to is split by every property too. So that all
decisions minus some of these families never gives away what another hides, nothing is published
of all decisions but the sum of what is published of each family. What a family withholds is not
added: all decisions may be too low by up to four per family.

**Between tables of the same things.** Whoever is concerned by a disclosure is counted beside the
disclosures themselves. The two are shown for the same keys, those that the disclosures show: by
its own cells a table of users would tell what the table of disclosures merges.

**Times.** A median over fewer than five is withheld, and each time is rounded up to a preferred
number: one long case is not known by its minutes. How many were measured is not said, only that it
is not too few: automatic decisions are measured apart from those of people, so it would be a cell
of another table. What is said is over how many at least: as many as other published numbers tell
anyway (`TOLD_BY`), which are parts of what was measured.

**What is accepted.** Deadlines follow from answers, statements from decisions: such figures are
nearly equal to sums of others, so they are published as totals alone, never split.

**Between versions of a day.** Records that come late form a batch of their own. Each batch is
protected alone, and the publication is the sum of the publications of its batches: subtracting one
version from the next gives exactly the publication of the late batch, which is protected. What a
batch withholds is not added, so a revised number may be too low by up to four per batch.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce

from evenhand.base.lists import Automation
from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    FAMILIES,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Duration,
    Exact,
    Figure,
    Public,
    PublicBreakdown,
    Span,
    sorted_rows,
)
from evenhand.transparency.implied import JOINTLY
from evenhand.transparency.preferred import rounded_up

THRESHOLD = 5
"""The smallest number of decisions that is ever shown alone: five, as statistical offices do."""


COUNTED_BESIDE: Mapping[Figure, Figure] = {Figure.USERS_DISCLOSED: Figure.DISCLOSURES}
"""Figures of which each record counts one or more where it counts one for another figure."""


TOLD_BY: Mapping[Span, tuple[Figure, ...]] = {
    Span.REPORT_TO_ANSWER: (Figure.REPORTS_ANSWERED,),
    Span.OBJECTION_TO_ANSWER: (Figure.OBJECTIONS_UPHELD, Figure.OBJECTIONS_REFUSED),
}
"""Figures that count nothing but what a span measures."""

DOOR = (
    Breakdown.FAKE_ACCOUNTS_REFUSED_BY_AUTOMATION,
    Breakdown.REFUSED_BY_AUTOMATION,
    Breakdown.HELD_BY_AUTOMATION,
)
"""What the door alone decides by itself, and measures each time."""


def protect(batches: Sequence[Exact]) -> Public:
    """Gives what may be published of a day whose records were counted in these batches."""
    assert batches, "a day has at least one batch, even an empty one"
    public = _protect_batch(batches[0])
    for batch in batches[1:]:
        public = _added(public, _protect_batch(batch))
    return public


def protect_cells(cells: Mapping[str, int], *, threshold: int = THRESHOLD) -> PublicBreakdown:
    """Gives one breakdown as it may be published."""
    assert all(quantity > 0 for quantity in cells.values()), "a cell of zero does not exist"
    total = sum(cells.values())
    if 0 < total < threshold:
        return PublicBreakdown(withheld=True)
    ascending = sorted((quantity, key) for key, quantity in cells.items())
    hidden = _hidden_count([quantity for quantity, _ in ascending], threshold)
    return PublicBreakdown(
        rows=sorted_rows((key, quantity) for quantity, key in ascending[hidden:]),
        merged=sum(quantity for quantity, _ in ascending[:hidden]),
    )


def _hidden_count(ascending: Sequence[int], threshold: int) -> int:
    """Gives how many of the smallest cells are merged; with a large one, enough in sum."""
    small = sum(quantity < threshold for quantity in ascending)
    if small == 0:
        return 0
    hidden = min(small + 1, len(ascending))
    while hidden < len(ascending) and ascending[hidden] == ascending[hidden - 1]:
        hidden += 1
    assert sum(ascending[:hidden]) >= threshold
    return hidden


def protect_figure(quantity: int, *, threshold: int = THRESHOLD) -> int | None:
    """Gives a figure, or None where it lies between one and the threshold."""
    return None if 0 < quantity < threshold else quantity


def _protect_batch(exact: Exact) -> Public:
    for breakdown, figure in FIGURE_OF_BREAKDOWN.items():
        assert sum(exact.breakdown(breakdown).values()) == exact.figure(figure), breakdown
    figures = {figure: protect_figure(exact.figure(figure)) for figure in Figure}
    breakdowns = {breakdown: _protect_breakdown(exact, breakdown) for breakdown in Breakdown}
    for figure, like in COUNTED_BESIDE.items():
        if figures[like] is None:
            figures[figure] = None
        for breakdown in BREAKDOWNS_OF[figure]:
            cells = exact.breakdown(breakdown)
            breakdowns[breakdown] = _protect_like(cells, breakdowns[_same(breakdown, like)])
    rest = _without_family(exact)
    figures[Figure.DECISIONS] = reduce(
        _figure_added,
        [figures[family] for family in FAMILIES],
        protect_figure(rest.figure(Figure.DECISIONS)),
    )
    for breakdown in BREAKDOWNS_OF[Figure.DECISIONS]:
        breakdowns[breakdown] = reduce(
            _breakdown_added,
            [breakdowns[same] for same in _in_families(breakdown)],
            protect_cells(rest.breakdown(breakdown)),
        )
    return Public(
        figures=figures,
        breakdowns=breakdowns,
        durations={
            span: Duration(
                quantity=_told(span, duration.quantity, figures, breakdowns),
                median_ms=rounded_up(duration.median_ms),
                p95_ms=rounded_up(duration.p95_ms),
            )
            for span, duration in exact.durations.items()
            if duration.quantity >= THRESHOLD
        },
    )


def _told(
    span: Span,
    measured: int,
    figures: Mapping[Figure, int | None],
    breakdowns: Mapping[Breakdown, PublicBreakdown],
) -> int:
    """Gives how many of a span's measurements other published numbers tell of: at least five."""
    told = sum(figures[figure] or 0 for figure in TOLD_BY.get(span, ()))
    if span is Span.SEND_TO_VERDICT:
        rows = [row for breakdown in DOOR for row in breakdowns[breakdown].rows]
        told = sum(row.quantity for row in rows if row.key == Automation.FULL)
    return told if THRESHOLD <= told <= measured else THRESHOLD


def _protect_breakdown(exact: Exact, breakdown: Breakdown) -> PublicBreakdown:
    """Gives a breakdown as it may be published; all merged if others would tell of its cells."""
    cells = exact.breakdown(breakdown)
    total = sum(cells.values())
    if breakdown not in JOINTLY or total < THRESHOLD:
        return protect_cells(cells)
    crossed = exact.joints.get(breakdown, {})
    assert not crossed or sum(crossed.values()) == total, breakdown
    if crossed and min(crossed.values()) >= THRESHOLD:
        return protect_cells(cells)
    return PublicBreakdown(merged=total)


def _protect_like(cells: Mapping[str, int], shown: PublicBreakdown) -> PublicBreakdown:
    """Gives a breakdown of what is counted beside another: it shows and merges the same keys."""
    keys = {row.key for row in shown.rows}
    return PublicBreakdown(
        rows=sorted_rows((key, cells[key]) for key in keys),
        merged=0 if shown.withheld else sum(cells.values()) - sum(cells[key] for key in keys),
        withheld=shown.withheld,
    )


def _same(breakdown: Breakdown, figure: Figure) -> Breakdown:
    """Gives the breakdown of another figure by the same property."""
    dimension = DIMENSION_OF_BREAKDOWN[breakdown]
    return next(one for one in BREAKDOWNS_OF[figure] if DIMENSION_OF_BREAKDOWN[one] is dimension)


def _without_family(exact: Exact) -> Exact:
    """Gives the decisions that no family counts; of records there are none."""
    decisions = exact.figure(Figure.DECISIONS) - sum(exact.figure(one) for one in FAMILIES)
    breakdowns: dict[Breakdown, dict[str, int]] = {}
    for breakdown in BREAKDOWNS_OF[Figure.DECISIONS]:
        left = Counter(exact.breakdown(breakdown))
        for same in _in_families(breakdown):
            left.subtract(exact.breakdown(same))
        assert min(left.values(), default=0) >= 0, "a family counts decisions and nothing else"
        breakdowns[breakdown] = dict(+left)
    return Exact(figures={Figure.DECISIONS: decisions}, breakdowns=breakdowns, durations={})


def _in_families(breakdown: Breakdown) -> list[Breakdown]:
    """Gives the breakdowns of families by the property by which one splits all decisions."""
    dimension = DIMENSION_OF_BREAKDOWN[breakdown]
    return [
        one
        for family in FAMILIES
        for one in BREAKDOWNS_OF[family]
        if DIMENSION_OF_BREAKDOWN[one] is dimension
    ]


def _added(one: Public, late: Public) -> Public:
    return Public(
        figures={
            figure: _figure_added(one.figures[figure], late.figures[figure]) for figure in Figure
        },
        breakdowns={
            breakdown: _breakdown_added(one.breakdowns[breakdown], late.breakdowns[breakdown])
            for breakdown in Breakdown
        },
        durations=_durations_joined(one.durations, late.durations),
    )


def _figure_added(one: int | None, late: int | None) -> int | None:
    """Gives a sum in which what is withheld counts for nothing; None if nothing else is there."""
    if not one and not late:
        return None if one is None or late is None else 0
    return (one or 0) + (late or 0)


def _breakdown_added(one: PublicBreakdown, late: PublicBreakdown) -> PublicBreakdown:
    quantities = {row.key: row.quantity for row in one.rows}
    for row in late.rows:
        quantities[row.key] = quantities.get(row.key, 0) + row.quantity
    merged = one.merged + late.merged
    empty = not quantities and not merged
    return PublicBreakdown(
        rows=sorted_rows(quantities.items()),
        merged=merged,
        withheld=empty and (one.withheld or late.withheld),
    )


def _durations_joined(
    one: Mapping[Span, Duration], late: Mapping[Span, Duration]
) -> Mapping[Span, Duration]:
    """Gives the durations of the earlier batch: medians of two batches cannot be added."""
    return {**late, **one}
