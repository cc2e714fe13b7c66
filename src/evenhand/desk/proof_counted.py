"""In which numbers of its day's report an entry is counted, in words: from public files alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from evenhand.proof.counting import Counted, counted_in, figures_of, is_counted
from evenhand.proof.openings import LOG, MERGED, TOTAL
from evenhand.proof.receipts import Receipt
from evenhand.transparency import words
from evenhand.transparency.figures import Dimension, Figure


@dataclass(frozen=True, slots=True)
class CountedRows:
    """What the page says of it.

    rows     each number that contains the entry, with what it is called
    is_late  the report of its day was counted before the entry was in the log
    """

    rows: tuple[tuple[str, str], ...] = ()
    is_late: bool = False


def counted_rows(receipt: Receipt) -> CountedRows:
    """Gives where the report of its day counts an entry; nothing before there is one."""
    shown = receipt.shown
    report = _report(str(shown.get("day", "")))
    if report is None or report[LOG] is None or shown.get("gagged") or not figures_of(shown):
        return CountedRows()
    if not is_counted(report, receipt.index):
        return CountedRows(is_late=True)
    return CountedRows(rows=tuple(_rows(counted_in(shown, report))))


def _report(day: str) -> dict[str, Any] | None:
    path = Path(settings.PUBLIC_FILES) / "reports" / day / "report.json"
    try:
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return report


def _rows(counted: tuple[Counted, ...]) -> Iterator[tuple[str, str]]:
    for one in counted:
        if one.quantity == 0:
            continue
        yield _title(one), f"{_cell(one)}{words.quantity(one.quantity)}"


def _title(one: Counted) -> str:
    figure = Figure(one.name.figure)
    if one.name.dimension == TOTAL:
        return gettext(words.FIGURES[figure])
    return words.title_of(figure, Dimension(one.name.dimension))


def _cell(one: Counted) -> str:
    if one.name.dimension == TOTAL:
        return ""
    if one.name.cell == MERGED:
        return gettext("Others, together") + ": "
    return words.cell(Dimension(one.name.dimension), one.name.cell) + ": "
