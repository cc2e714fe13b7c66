"""Reading published reports back from their folders: an edition stays as it was published."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from evenhand.base.errors import EvenhandError, InputRefused
from evenhand.transparency.documents import from_json
from evenhand.transparency.figures import Report

FILE = "report.json"
DAYS = "????-??-??*"
"""Names of days and of their editions."""


class EditionLost(EvenhandError):
    """An edition's files are gone, and what would be written today is another report."""

    remedy = (
        "Put the edition's folder back from a copy of the public site; `evenhand verify report`"
        " tells whether it is the right one."
    )


def read_report(folder: Path) -> Report | None:
    """Gives a report from its folder; one that this version cannot read counts as missing."""
    path = folder / FILE
    try:
        return from_json(path.read_text("utf-8")) if path.is_file() else None
    except (InputRefused, UnicodeDecodeError):
        return None


def day_of(folder: Path) -> date | None:
    """Gives the day whose folder this is, or one of whose editions; None for anything else."""
    try:
        return date.fromisoformat(folder.name.partition(".")[0])
    except ValueError:
        return None


def latest_folders(reports: Path) -> dict[date, Path]:
    """Gives the folder of each day's latest edition that can be read, the earliest day first."""
    found: dict[date, tuple[int, Path]] = {}
    for folder in reports.glob(DAYS):
        day, number = day_of(folder), folder.name.partition(".")[2]
        if day is None or not number.isdecimal() or read_report(folder) is None:
            continue
        found[day] = max(found.get(day, (0, folder)), (int(number), folder))
    return {day: found[day][1] for day in sorted(found)}


def every_report(reports: Path) -> Iterator[Report]:
    """Gives the latest edition of every day, the earliest first: what lists are made anew from."""
    for folder in latest_folders(reports).values():
        report = read_report(folder)
        if report is not None:
            yield report
