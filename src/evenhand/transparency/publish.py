"""Publishing a day: the record that says so, and the files that `site` writes from it.

What was counted, and up to which record, stands in the record of the publication; so files that
are lost are written again exactly as they were.
"""

import fcntl
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
from evenhand.transparency.figures import Exact, Report
from evenhand.transparency.protect import THRESHOLD, protect
from evenhand.transparency.site import published, write_site


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
        write_site(report, reports)
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


@contextmanager
def _alone(reports: Path) -> Iterator[None]:
    """Keeps two publications apart, in whichever processes they run."""
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
