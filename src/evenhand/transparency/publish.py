"""Publishing a day: the record that says so, and the files that `site` writes from it.

What was counted, and up to which record, stands in the record of the publication; so files that
are lost are written again exactly as they were.
"""

import fcntl
import hmac
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from django.db import transaction

from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.proof.openings import report_leaf
from evenhand.records.day_queries import last_place
from evenhand.records.entries import NewRecord
from evenhand.records.log_locks import log_lock
from evenhand.records.log_queries import batch_of_edition, holds, last_edition, logged_through
from evenhand.records.log_steps import Log
from evenhand.records.queries import BEGINNING, END, Place, bodies_about, last_settled
from evenhand.records.steps import append
from evenhand.transparency.daily import exact
from evenhand.transparency.documents import as_json
from evenhand.transparency.editions import FILE as REPORT
from evenhand.transparency.editions import EditionLost
from evenhand.transparency.figures import Exact, Public, Report
from evenhand.transparency.protect import THRESHOLD, protect
from evenhand.transparency.proving import FILE as OPENINGS
from evenhand.transparency.proving import Prover, enter, in_log, openings_text
from evenhand.transparency.site import finish_site, published, write_site

logger = structlog.get_logger()

DRAWN, DRAWN_BYTES = b"evenhand-publication-1\n", 16
"""What is drawn for each publication: a chance of 1 in 2^128 that two have the same keys."""


@dataclass(frozen=True, slots=True)
class _Publication:
    """One publication of a day, as its record tells.

    drawn  what the keys of its cells are made with, so that no other publication has the same,
           not even one that was lost with a database
    """

    edition: int
    through: Place
    at: datetime
    drawn: bytes


def publish(day: date, *, now: datetime, folder: Path, prover: Prover | None = None) -> Report:
    """Publishes a day, or its late records as a new edition, and gives what is public now.

    Only records that are in the log are counted, where there is one: what they are is fixed
    before anybody sees a number. Late records that protection would not let show wait until there
    are enough of them. Calling it again without new records changes nothing but missing files.
    """
    reports = folder / "reports"
    with alone(reports), _log_alone(prover):
        publications = _publications(day)
        known = publications[-1].edition if publications else 0
        cuts = [publication.through for publication in publications]
        cut = last_settled(day, through=END if prover is None else logged_through())
        standing = _standing(day, folder, prover)
        if standing is not None and standing.revision == known and cuts[-1] == cut:
            finish_site(reports, standing=standing)
            return standing
        batches = _batches(day, cuts)
        lost: EditionLost | None = None
        if publications and (standing is None or standing.revision < known):
            try:
                standing = _write(day, publications, batches, reports, prover)
            except EditionLost as error:
                lost = error
        late = exact(day, after=cuts[-1] if cuts else BEGINNING, through=cut)
        if lost is not None and (cuts[-1] == cut or _waits(None, known, batches, late)):
            raise lost
        if standing is not None and _waits(standing, known, batches, late):
            return standing
        edition = _next_edition(day, known, reports)
        drawn = (os.urandom if prover is None else prover.log.random)(DRAWN_BYTES)
        publications = [*publications, _Publication(edition, cut, now, drawn)]
        batches = [*batches, late]
        report = _report(day, publications, batches)
        _enter(report, batches, publications[-1], prover=prover)
        return _write(day, publications, batches, reports, prover)


def _standing(day: date, folder: Path, prover: Prover | None) -> Report | None:
    """Gives the edition that stands; None if none can be read, or it is not the one of the log."""
    report = published(day, folder=folder)
    if report is None or prover is None or report.in_log is None:
        return report
    files = folder / "reports" / day.isoformat()
    text = (files / REPORT).read_text("utf-8")
    if not _is_in_log(text, prover.log, day=day, edition=report.revision):
        logger.warning("report_altered", day=day.isoformat(), revision=report.revision)
        return None
    return report if (files / OPENINGS).is_file() else None


def _is_in_log(text: str, log: Log, *, day: date, edition: int) -> bool:
    """Tells whether a report is, as a whole, the one that its edition put into the log."""
    batch = batch_of_edition(day=day, edition=edition)
    if batch is None:
        return True  # it was published before there was a log
    return holds(report_leaf(json.loads(text), day=day, edition=edition), batch, log)


def _waits(standing: Report | None, known: int, batches: Sequence[Exact], late: Exact) -> bool:
    """Tells whether late records wait for more: a new edition would not show them, or too few.

    Where an edition stands that the database, an older copy, does not know, the next says what
    the database has, unless the two side by side would show a small group. That a number is no
    longer nothing, and still too small to be shown, makes no edition by itself. The same holds
    where the standing edition was counted or protected otherwise than this version does.
    """
    following = protect([*batches, late])
    before = protect(batches) if batches else None
    is_as_today = standing is None or (standing.revision <= known and standing.public == before)
    if is_as_today and before is not None:
        same_times = following.durations == before.durations
        return same_times and not any(_changes(before, following))
    assert standing is not None, "there is a publication, by its record or by its files"
    found = list(_changes(standing.public, following))
    nothing_new = standing.revision <= known and not any(found)
    return nothing_new or any(0 < change < THRESHOLD for change in found)


def _changes(before: Public, after: Public) -> Iterator[int]:
    """Gives by how much each number differs that two editions of a day both show."""
    for figure, quantity in before.figures.items():
        yield abs((quantity or 0) - (after.figures[figure] or 0))
    for breakdown, cells in before.breakdowns.items():
        others = after.breakdowns[breakdown]
        earlier = {row.key: row.quantity for row in cells.rows}
        later = {row.key: row.quantity for row in others.rows}
        yield abs(cells.merged - others.merged)
        for key in earlier.keys() | later.keys():
            yield abs(earlier.get(key, 0) - later.get(key, 0))


def _next_edition(day: date, known: int, reports: Path) -> int:
    """Gives the number of a new edition: beyond every one that stands in the files or the log."""
    names = (path.name.removeprefix(f"{day.isoformat()}.") for path in reports.glob(f"{day}.*"))
    standing = [int(name) for name in names if name.isdecimal()]
    return max([known, last_edition(day), *standing]) + 1


def is_logged(day: date) -> bool:
    """Tells whether every record of a day is in the log: then the day can be published whole."""
    last, logged = last_place(day), logged_through()
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
            edition=body["revision"],
            through=Place(body["transaction"], body["serial"]),
            at=datetime.fromisoformat(body["at"]),
            drawn=bytes.fromhex(body.get("drawn", "")),
        )
        for body in bodies_about(subject_of(day), RecordKind.REPORT_PUBLISHED)
    ]


def _batches(day: date, cuts: list[Place]) -> list[Exact]:
    return [exact(day, after=after, through=cut) for after, cut in pairwise([BEGINNING, *cuts])]


def _report(day: date, publications: Sequence[_Publication], batches: Sequence[Exact]) -> Report:
    return Report(
        day=day,
        revision=publications[-1].edition,
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
        if not _is_in_log(as_json(report), prover.log, day=day, edition=report.revision):
            why = "what this version would write is not the report that is in the log"
            raise EditionLost(day=day, revision=report.revision, why=why)
    write_site(report, reports, beside=_beside(report, _own(prover, publications[-1])))
    return report


def _enter(
    report: Report,
    batches: Sequence[Exact],
    publication: _Publication,
    *,
    prover: Prover | None,
) -> None:
    """Records a publication, with its leaves where there is a log."""
    now, through = publication.at, publication.through
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
            "drawn": publication.drawn.hex(),
        },
    )
    own = _own(prover, publication)
    if own is None:
        with transaction.atomic():
            append(record)
    else:
        enter(own, report, batches, record=record, now=now)


def _own(prover: Prover | None, publication: _Publication) -> Prover | None:
    """Gives the prover with the secret of one publication; early ones drew nothing."""
    if prover is None or not publication.drawn:
        return prover
    secret = hmac.digest(prover.secret, DRAWN + publication.drawn, "sha256")
    return replace(prover, secret=secret)


def _beside(report: Report, prover: Prover | None) -> dict[str, str]:
    if prover is None or report.in_log is None:
        return {}
    return {OPENINGS: openings_text(report, secret=prover.secret)}


def _log_alone(prover: Prover | None) -> AbstractContextManager[None]:
    """Keeps the log as it is from the last record that is counted to the cells' own batch."""
    return nullcontext() if prover is None else log_lock(prover.log.folder)


@contextmanager
def alone(reports: Path) -> Iterator[None]:
    """Keeps two publications apart, in whichever processes they run."""
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
