"""The list of published days, of which index, months, feeds and small figures are made."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from evenhand.transparency.editions import every_report
from evenhand.transparency.figures import Figure, Report
from evenhand.transparency.files import swap_in
from evenhand.transparency.sections import HEADLINES

LISTED = (*HEADLINES, Figure.OBJECTIONS_UPHELD)
"""The figures of each day that the list holds."""


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """A day in the list of all reports; a figure that is None is withheld."""

    day: date
    revision: int
    at: datetime
    complete: bool
    figures: Mapping[Figure, int | None]

    @property
    def screened(self) -> int | None:
        """Gives how much was screened."""
        return self.figures.get(Figure.SCREENED)

    @property
    def decisions(self) -> int | None:
        """Gives how many decisions were taken."""
        return self.figures.get(Figure.DECISIONS)

    @classmethod
    def of(cls, report: Report) -> "PublishedDay":
        """Gives what the list holds of a report."""
        return cls(
            day=report.day,
            revision=report.revision,
            at=report.generated_at,
            complete=report.complete,
            figures={figure: report.public.figures[figure] for figure in LISTED},
        )


def read_days(reports: Path) -> list[PublishedDay]:
    """Gives every published day, the latest first; where no list can be read, from its report."""
    days = listed_days(reports)
    if days is None:
        days = [PublishedDay.of(report) for report in every_report(reports)][::-1]
    return days


def listed_days(reports: Path) -> list[PublishedDay] | None:
    """Gives the list; None where there is none, or none that can be read."""
    try:
        rows = json.loads((reports / "index.json").read_text("utf-8"))["days"]
        return [_day(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return None


def with_day(days: Iterable[PublishedDay], added: PublishedDay) -> list[PublishedDay]:
    """Gives the list with a day added, or put in the place of its earlier edition."""
    by_day = {entry.day: entry for entry in days} | {added.day: added}
    return sorted(by_day.values(), key=lambda entry: entry.day, reverse=True)


def write_days(days: Sequence[PublishedDay], reports: Path) -> None:
    """Writes the list."""
    rows = [
        {
            "day": entry.day.isoformat(),
            "revision": entry.revision,
            "generated_at": entry.at.isoformat(timespec="seconds"),
            "complete": entry.complete,
            "figures": {figure.value: quantity for figure, quantity in entry.figures.items()},
        }
        for entry in days
    ]
    swap_in(reports / "index.json", json.dumps({"days": rows}, indent=1) + "\n")


def _day(row: Mapping[str, object]) -> PublishedDay:
    """Gives a day from its row; the list of an earlier version named two figures, and no time."""
    figures = row.get(
        "figures", {"screened": row.get("screened"), "decisions": row.get("decisions")}
    )
    assert isinstance(figures, dict)
    day = date.fromisoformat(str(row["day"]))
    at = row.get("generated_at")
    return PublishedDay(
        day=day,
        revision=int(str(row["revision"])),
        at=datetime.fromisoformat(str(at))
        if at
        else datetime(day.year, day.month, day.day, tzinfo=UTC),
        complete=bool(row.get("complete", True)),
        figures={figure: figures[figure.value] for figure in LISTED if figure.value in figures},
    )
