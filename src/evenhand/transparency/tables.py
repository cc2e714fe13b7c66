"""Pure: a day's numbers as the tables that its page shows, in the active language."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from evenhand.transparency import charts, words
from evenhand.transparency.figures import FAMILIES, Dimension, Figure, PublicBreakdown, Report
from evenhand.transparency.sections import GROUP_OF_FAMILY, Table, breakdown_of

ROWS_MAX = 60
"""Rows of one table of a page: it stays light on a telephone; the files hold all."""

NOT_SHOWN = "·"
"""Stands where a number is none, or is not shown by itself."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row: its label, a number under each heading, and the bar of the first."""

    label: str
    detail: str
    numbers: tuple[str, ...]
    share: str
    bar: SafeString
    merged: bool = False


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table: the first number large, with its share and bar; the others beside it.

    more       rows that only the files hold
    is_hourly  its rows stand in the order of the hours, and a share is of what came in the hour
    """

    name: str
    title: str
    heading: str
    headings: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    totals: tuple[str, ...]
    drawn: bool
    wide: bool
    folded: bool
    more: int
    has_details: bool
    is_hourly: bool


def shown_table(table: Table, report: Report) -> ShownTable | None:
    """Gives a table; None where nothing at all is behind it."""
    columns = [
        (figure, report.public.breakdowns[breakdown])
        for figure in table.figures
        if (breakdown := breakdown_of(figure, table.dimension)) is not None
    ]
    lead = columns[0][1]
    columns = [columns[0], *(one for one in columns[1:] if not _is_empty(one[1]))]
    if all(_is_empty(cells) for _, cells in columns):
        return None
    rows = _rows(table, columns, more=lacks_some(columns[0][0], report))
    figures = [report.public.figures[figure] for figure, _ in columns]
    return ShownTable(
        name=f"{table.figures[0].value}-{table.dimension.value}",
        title=words.title_of(table.figures[0], table.dimension),
        heading=gettext(words.HEADINGS[table.dimension]),
        headings=tuple(gettext(words.FIGURES[figure]) for figure, _ in columns),
        rows=(*rows[:ROWS_MAX], *_merged_row(table, columns)),
        totals=tuple(words.quantity(one) for one in figures),
        drawn=table.drawn and bool(lead.rows),
        wide=table.wide,
        folded=table.folded,
        more=max(len(rows) - ROWS_MAX, 0),
        has_details=table.dimension is Dimension.HARM and table.drawn,
        is_hourly=table.dimension is Dimension.HOUR,
    )


def lacks_some(figure: Figure, report: Report) -> bool:
    """Tells whether there are a few more of a figure: a family of decisions that is not shown."""
    quantities = report.public.figures
    return figure is Figure.DECISIONS and any(quantities[family] is None for family in FAMILIES)


def _rows(
    table: Table, columns: Sequence[tuple[Figure, PublicBreakdown]], *, more: bool
) -> list[ShownRow]:
    """Gives the rows of all keys that any column shows: by the first column, then by name."""
    shown = [{row.key: row.quantity for row in cells.rows} for _, cells in columns]
    keys = {key for cells in shown for key in cells}
    lead, whole = shown[0], _whole(columns[0][1])
    longest = max(lead.values(), default=0)
    names = {key: words.cell(table.dimension, key) for key in keys}
    ordered = sorted(keys, key=lambda key: (-lead.get(key, 0), names[key].casefold()))
    if table.dimension is Dimension.HOUR:
        ordered = sorted(keys)
    return [
        ShownRow(
            label=names[key],
            detail=words.dsa_category(key) if table.dimension is Dimension.HARM else "",
            numbers=tuple(
                words.number(cells[key]) if key in cells else NOT_SHOWN for cells in shown
            ),
            share=_share(key, table, columns, whole, more=more),
            bar=_bar(key, columns, longest) if table.drawn and key in lead else SafeString(""),
        )
        for key in ordered
    ]


def _share(
    key: str,
    table: Table,
    columns: Sequence[tuple[Figure, PublicBreakdown]],
    whole: int,
    *,
    more: bool,
) -> str:
    """Gives a row's share of all; of an hour, how much of what came then was screened at once."""
    lead, *beside = [{row.key: row.quantity for row in cells.rows} for _, cells in columns]
    if key not in lead:
        return ""
    if table.dimension is not Dimension.HOUR:
        return words.share(lead[key], of=whole, more=more)
    passed = sum(cells.get(key, 0) for cells in beside)
    if not passed and any(cells.merged or cells.withheld for _, cells in columns[1:]):
        return ""
    return words.share(lead[key], of=lead[key] + passed, decimals=2)


def _bar(key: str, columns: Sequence[tuple[Figure, PublicBreakdown]], longest: int) -> SafeString:
    """Gives a row's bar; of decisions, with what they led to as far as that is shown."""
    quantity = next(row.quantity for row in columns[0][1].rows if row.key == key)
    groups: dict[int, int] = {}
    for figure, cells in columns[1:]:
        if figure in FAMILIES:
            part = sum(row.quantity for row in cells.rows if row.key == key)
            group = GROUP_OF_FAMILY[figure]
            groups[group] = groups.get(group, 0) + part
    if not groups:
        return mark_safe(charts.bar(quantity, of=longest))  # noqa: S308  numbers alone
    parts = [(group, groups[group]) for group in sorted(groups)]
    return mark_safe(charts.parted(parts, quantity, of=longest))  # noqa: S308  numbers alone


def _merged_row(
    table: Table, columns: Sequence[tuple[Figure, PublicBreakdown]]
) -> tuple[ShownRow, ...]:
    merged = [cells.merged for _, cells in columns]
    if not any(merged):
        return ()
    is_share = bool(merged[0]) and table.dimension is not Dimension.HOUR
    return (
        ShownRow(
            label=gettext("Others, together"),
            detail="",
            numbers=tuple(words.number(one) if one else NOT_SHOWN for one in merged),
            share=words.share(merged[0], of=_whole(columns[0][1])) if is_share else "",
            bar=SafeString(""),
            merged=True,
        ),
    )


def _whole(cells: PublicBreakdown) -> int:
    return sum(row.quantity for row in cells.rows) + cells.merged


def _is_empty(cells: PublicBreakdown) -> bool:
    return not cells.rows and not cells.merged and not cells.withheld
