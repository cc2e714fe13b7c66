"""Where the report of its day counts a receipt's record: from public files alone.

Nobody is asked: what a record adds to follows from the classes that its leaf commits to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from evenhand.base.errors import InputRefused
from evenhand.proof.counting import Counted, contradicts, counted_in, figures_of, is_counted
from evenhand.proof.receipts import Receipt
from evenhand.proof.recount import check_shape
from evenhand.proof.strict import strict_json
from evenhand.verify.findings import Differs, FileRefused, quoted
from evenhand.verify.places import Place, text_of

HOW_MUCH = "that the report's numbers follow from the log: `evenhand verify report` tells"


@dataclass(frozen=True, slots=True)
class CountedHere:
    """What was found of a record in the report of its day, and what stays open."""

    checked: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


def counted_here(receipt: Receipt, site: Place) -> CountedHere:
    """Tells in which numbers of its day's report a record is counted."""
    shown = receipt.shown
    if "day" not in shown:
        return CountedHere(unchecked=("its count: it names no day",))
    try:
        day = date.fromisoformat(str(shown["day"]))
        figures = figures_of(shown)
    except (TypeError, ValueError):
        return CountedHere(unchecked=("its count: it shows what this program does not know",))
    if not figures:
        return CountedHere(unchecked=("its count: no report counts records of its kind",))
    if shown.get("gagged"):
        return CountedHere(unchecked=("its count: it stands on the day on which it might be told",))
    report = _report(site, day)
    if report is None:
        return CountedHere(unchecked=(f"its count: no report of {day} is published here",))
    if not is_counted(report, receipt.index):
        why = f"its count: it entered the log after revision {report['revision']} of {day}"
        return CountedHere(unchecked=(why,))
    counted = counted_in(shown, report)
    if contradicts(report, counted):
        where = [_name(one) for one in counted if one.quantity == 0]
        raise Differs(
            file=f"reports/{day}/report.json",
            numbers="; ".join(where),
            why="does not count this record, though it was in the log before",
        )
    return CountedHere(
        (f"revision {report['revision']} of {day} counts it in " + _listed(counted),), (HOW_MUCH,)
    )


def _report(site: Place, day: date) -> Mapping[str, Any] | None:
    path = f"reports/{day.isoformat()}/report.json"
    content = site.read(path)
    if content is None:
        return None
    try:
        report = cast("dict[str, Any]", strict_json(text_of(content, path)))
        check_shape(report)
    except (InputRefused, ValueError, RecursionError) as error:
        raise FileRefused(file=path, why="is no daily report") from error
    if report["day"] != day.isoformat():
        raise Differs(file=path, why="is the report of another day")
    return report


def _listed(counted: tuple[Counted, ...]) -> str:
    return "; ".join(f"{_name(one)} ({_shown(one)})" for one in counted)


def _name(one: Counted) -> str:
    name = one.name
    return f"{quoted(name.figure)} by {quoted(name.dimension)}: {quoted(name.cell)}"


def _shown(one: Counted) -> str:
    if one.quantity is None:
        return "a few"
    return str(one.quantity) if one.quantity else "not shown by itself"
