"""Publishing a day: the record that says so, and the files that `site` writes from it.

What was counted, and up to which record, stands in the record of the publication; so files that
are lost are written again exactly as they were.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.log_queries import logged_through
from evenhand.records.queries import BEGINNING, END, Place, bodies_about, last_settled
from evenhand.records.steps import append
from evenhand.transparency.daily import exact
from evenhand.transparency.figures import Exact, Public, Report
from evenhand.transparency.protect import THRESHOLD, protect
from evenhand.transparency.proving import FILE as OPENINGS
from evenhand.transparency.proving import Prover, enter, in_log, openings_text
from evenhand.transparency.site import finish_site, published, write_site


@dataclass(frozen=True, slots=True)
class _Publication:
    """One publication of a day, as its record tells."""

    through: Place
    at: datetime


def publish(day: date, *, now: datetime, folder: Path, prover: Prover | None = None) -> Report:
    """Publishes a day, or its late records as a new edition, and gives what is public now.

    Only records that are in the log are counted, where there is one: what they are is fixed
    before anybody sees a number. Late records that protection would not let show wait until there
    are enough of them. Calling it again without new records changes nothing but missing files.
    """
    reports = folder / "reports"
    with alone(reports):
        publications = _publications(day)
        cuts = [publication.through for publication in publications]
        cut = last_settled(day, through=END if prover is None else logged_through())
        standing = published(day, folder=folder)
        is_written = standing is not None and standing.revision == len(cuts)
        if standing is not None and is_written and cuts[-1] == cut:
            finish_site(reports, standing=standing)
            return standing
        batches = _batches(day, cuts)
        if publications and not is_written:
            standing = _write(day, publications, batches, reports, prover)
        late = exact(day, after=cuts[-1] if cuts else BEGINNING, through=cut)
        if standing is not None and protect([*batches, late]) == protect(batches):
            return standing
        publications, batches = [*publications, _Publication(cut, now)], [*batches, late]
        _enter(_report(day, publications, batches), batches, cut, now=now, prover=prover)
        return _write(day, publications, batches, reports, prover)


def is_logged(day: date) -> bool:
    """Tells whether every record of a day is in the log: then the day can be published whole."""
    last, logged = last_settled(day), logged_through()
    return (last.transaction, last.serial) <= (logged.transaction, logged.serial)


def recounted(day: date) -> Public:
    """Gives what a published day must say, counted from its records again."""
    return protect(_batches(day, [publication.through for publication in _publications(day)]))


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


def _report(day: date, publications: Sequence[_Publication], batches: Sequence[Exact]) -> Report:
    return Report(
        day=day,
        revision=len(publications),
        generated_at=publications[-1].at.replace(microsecond=0),
        complete=day < publications[-1].at.astimezone(UTC).date(),
        threshold=THRESHOLD,
        public=protect(batches),
    )


def _write(
    day: date,
    publications: Sequence[_Publication],
    batches: Sequence[Exact],
    reports: Path,
    prover: Prover | None,
) -> Report:
    """Writes the files of a publication that is recorded; again and again, the same."""
    report = _report(day, publications, batches)
    if prover is not None:
        place = in_log(day, edition=report.revision, origin=prover.log.origin)
        report = replace(report, in_log=place)
    write_site(report, reports, beside=_beside(report, prover))
    return report


def _enter(
    report: Report,
    batches: Sequence[Exact],
    through: Place,
    *,
    now: datetime,
    prover: Prover | None,
) -> None:
    """Records a publication, with its leaves where there is a log."""
    record = NewRecord(
        id=new_id(now=now),
        at=now,
        kind=RecordKind.REPORT_PUBLISHED,
        subject=subject_of(report.day),
        body={
            "day": report.day.isoformat(),
            "revision": report.revision,
            "transaction": through.transaction,
            "serial": through.serial,
            "at": now.isoformat(),
        },
    )
    if prover is None:
        with transaction.atomic():
            append(record)
    else:
        enter(prover, report, batches, record=record, now=now)


def _beside(report: Report, prover: Prover | None) -> dict[str, str]:
    if prover is None or report.in_log is None:
        return {}
    return {OPENINGS: openings_text(report, secret=prover.secret)}


@contextmanager
def alone(reports: Path) -> Iterator[None]:
    """Keeps two publications apart, in whichever processes they run."""
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
