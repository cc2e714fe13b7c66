"""Reading published reports back from their folders."""

from collections.abc import Iterator
from pathlib import Path

from evenhand.base.errors import InputRefused
from evenhand.transparency.documents import from_json
from evenhand.transparency.figures import Report


def read_report(folder: Path) -> Report | None:
    """Gives a report from its folder; one that another version wrote counts as missing."""
    path = folder / "report.json"
    try:
        return from_json(path.read_text("utf-8")) if path.is_file() else None
    except (InputRefused, UnicodeDecodeError):
        return None


def every_report(reports: Path) -> Iterator[Report]:
    """Gives the latest edition of every day, the earliest first: what lists are made anew from."""
    for folder in sorted(reports.glob("????-??-??")):
        report = read_report(folder)
        if report is not None:
            yield report
