"""Writing the public site: static files that any web server can carry, and reading them back.

    public/reports/index.json            every published day
    public/reports/2026-11-21            a link to the day's latest edition, swapped whole
    public/reports/2026-11-21.1/         an edition: report.json, report.csv, index.html, de.html …

Earlier editions stay where they are. Each file is swapped in whole, so that readers never see half
of one; whoever is killed between two files writes what is missing the next time.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evenhand.transparency.changes import Change, changes
from evenhand.transparency.documents import as_csv, as_json, from_json, schema_text
from evenhand.transparency.figures import Figure, Report
from evenhand.transparency.pages import day_pages, house_style

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """A day in the list of all reports; a figure that is None is withheld."""

    day: date
    revision: int
    screened: int | None
    decisions: int | None


def published(day: date, *, folder: Path) -> Report | None:
    """Gives the latest publication of a day from its file, None if there is none."""
    path = folder / "reports" / day.isoformat() / "report.json"
    return from_json(path.read_text("utf-8")) if path.is_file() else None


def published_days(*, folder: Path) -> list[PublishedDay]:
    """Gives every published day, the latest first."""
    path = folder / "reports" / "index.json"
    if not path.is_file():
        return []
    return [
        PublishedDay(
            day=date.fromisoformat(row["day"]),
            revision=row["revision"],
            screened=row["screened"],
            decisions=row["decisions"],
        )
        for row in json.loads(path.read_text("utf-8"))["days"]
    ]


def write_site(report: Report, reports: Path, *, beside: Mapping[str, str] = NOTHING) -> None:
    """Writes an edition of a day with the files that belong beside it, then what it changes."""
    _write_edition(report, reports, beside)
    _write_index(report, reports)


def _write_edition(report: Report, reports: Path, beside: Mapping[str, str]) -> None:
    """Writes an edition beside the others, then swaps the day's link to it."""
    edition = reports / f"{report.day.isoformat()}.{report.revision}"
    partial = edition.with_name(f".{edition.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    before = _edition(report.day, report.revision - 1, reports)
    changed = changes(before, report) if before else ()
    for file, content in {**_files(report, changed), **beside}.items():
        (partial / file).write_text(content, encoding="utf-8")
    if edition.exists():
        shutil.rmtree(edition)
    partial.replace(edition)
    link = reports / f".{report.day.isoformat()}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(edition.name, target_is_directory=True)
    link.replace(reports / report.day.isoformat())


def _edition(day: date, revision: int, reports: Path) -> Report | None:
    path = reports / f"{day.isoformat()}.{revision}" / "report.json"
    return from_json(path.read_text("utf-8")) if path.is_file() else None


def _files(report: Report, changed: tuple[Change, ...]) -> dict[str, str]:
    return {
        "report.json": as_json(report),
        "report.csv": as_csv(report),
        **day_pages(report, changed),
    }


def _write_index(report: Report, reports: Path) -> None:
    days = {entry.day: entry for entry in published_days(folder=reports.parent)}
    days[report.day] = PublishedDay(
        day=report.day,
        revision=report.revision,
        screened=report.public.figures[Figure.SCREENED],
        decisions=report.public.figures[Figure.DECISIONS],
    )
    rows = [
        {
            "day": entry.day.isoformat(),
            "revision": entry.revision,
            "screened": entry.screened,
            "decisions": entry.decisions,
        }
        for entry in sorted(days.values(), key=lambda entry: entry.day, reverse=True)
    ]
    _write_file(reports / "index.json", json.dumps({"days": rows}, indent=1) + "\n")
    _write_file(reports / "daily-report-1.schema.json", schema_text())
    _write_file(reports / "house.css", house_style())


def _write_file(path: Path, content: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)
