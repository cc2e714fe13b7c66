"""Publishing a day: static files that any web server can carry, and the record that says so.

    public/reports/index.json            every published day
    public/reports/2026-11-21            a link to the day's latest revision, swapped whole
    public/reports/.revisions/2026-11-21.1/{report.json,report.csv,index.html,de.html,…}

Earlier revisions stay where they are. What was counted, and up to which record, stands in the
record of the publication; so files that are lost are written again exactly as they were.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.queries import BEGINNING, Place, bodies_about, last_settled
from evenhand.records.steps import append
from evenhand.transparency.daily import exact
from evenhand.transparency.documents import as_csv, as_json, from_json, schema_text
from evenhand.transparency.figures import Exact, Figure, Report
from evenhand.transparency.pages import house_style, static_pages
from evenhand.transparency.protect import THRESHOLD, protect

REVISIONS = ".revisions"


@dataclass(frozen=True, slots=True)
class _Publication:
    """One publication of a day, as its record tells."""

    through: Place
    at: datetime


def publish(day: date, *, now: datetime, folder: Path) -> Report:
    """Publishes a day, or its late records as a new revision, and gives what is public now.

    Late records that protection would not let show wait until there are enough of them. Calling
    it again without new records changes nothing but missing files.
    """
    reports = folder / "reports"
    with _alone(reports), transaction.atomic():
        publications = _publications(day)
        cuts = [publication.through for publication in publications]
        cut = last_settled(day)
        standing = published(day, folder=folder)
        if cuts and cuts[-1] == cut and standing and standing.revision == len(cuts):
            return standing
        batches = _batches(day, cuts)
        late = exact(day, after=cuts[-1] if cuts else BEGINNING, through=cut)
        if not publications or protect([*batches, late]) != protect(batches):
            _record(day, revision=len(cuts) + 1, through=cut, now=now)
            publications, batches = [*publications, _Publication(cut, now)], [*batches, late]
        report = Report(
            day=day,
            revision=len(publications),
            generated_at=publications[-1].at.replace(microsecond=0),
            complete=day < publications[-1].at.astimezone(UTC).date(),
            threshold=THRESHOLD,
            public=protect(batches),
        )
        _write(report, reports)
    return report


def exact_report(day: date, *, now: datetime) -> Report:
    """Gives a day's exact numbers as they stand now: for staff."""
    return Report(
        day=day,
        revision=0,
        generated_at=now.replace(microsecond=0),
        complete=day < now.astimezone(UTC).date(),
        threshold=THRESHOLD,
        public=exact(day).in_full(),
    )


def published(day: date, *, folder: Path) -> Report | None:
    """Gives the latest publication of a day from its file, None if there is none."""
    path = folder / "reports" / day.isoformat() / "report.json"
    return from_json(path.read_text("utf-8")) if path.is_file() else None


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """A day in the list of all reports; a figure that is None is withheld."""

    day: date
    revision: int
    screened: int | None
    decisions: int | None


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


def subject_of(day: date) -> UUID:
    """Gives the id under which the records of a day's publications are found."""
    return uuid5(NAMESPACE_URL, f"urn:evenhand:report:{day.isoformat()}")


def _publications(day: date) -> list[_Publication]:
    return [
        _Publication(
            through=Place(body["transaction"], body["serial"]),
            at=datetime.fromisoformat(body["at"]),
        )
        for body in bodies_about(subject_of(day), RecordKind.REPORT_PUBLISHED)
    ]


def _batches(day: date, cuts: list[Place]) -> list[Exact]:
    return [exact(day, after=after, through=cut) for after, cut in pairwise([BEGINNING, *cuts])]


def _record(day: date, *, revision: int, through: Place, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.REPORT_PUBLISHED,
            subject=subject_of(day),
            body={
                "day": day.isoformat(),
                "revision": revision,
                "transaction": through.transaction,
                "serial": through.serial,
                "at": now.isoformat(),
            },
        )
    )


def _write(report: Report, reports: Path) -> None:
    """Writes a revision beside the others, then swaps the day's link to it."""
    name = f"{report.day.isoformat()}.{report.revision}"
    revision = reports / REVISIONS / name
    partial = revision.with_name(name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for file, content in _files(report).items():
        (partial / file).write_text(content, encoding="utf-8")
    if revision.exists():
        shutil.rmtree(revision)
    partial.replace(revision)
    link = reports / f".{report.day.isoformat()}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(REVISIONS) / name, target_is_directory=True)
    link.replace(reports / report.day.isoformat())
    _write_index(report, reports)


def _files(report: Report) -> dict[str, str]:
    return {
        "report.json": as_json(report),
        "report.csv": as_csv(report),
        **static_pages(report),
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


@contextmanager
def _alone(reports: Path) -> Iterator[None]:
    """Keeps two publications apart, in whichever processes they run."""
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
