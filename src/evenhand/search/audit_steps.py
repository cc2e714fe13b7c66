"""The only writer of what audits of the search found."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from evenhand.base.lists import RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.models import Record
from evenhand.records.steps import append_missing
from evenhand.search.audit import Audit

SUBJECT = uuid5(NAMESPACE_URL, "urn:evenhand:search")
"""The id under which the records of the search are found."""


def note_audit(found: Audit, *, now: datetime) -> None:
    """Records the audit of a UTC day, once: a second one of the day changes nothing."""
    with transaction.atomic():
        append_missing(list(_records(found, now)))


def audit_of(day: date) -> UUID:
    """Gives the id of the record of a day's audit."""
    return uuid5(SUBJECT, f"audit {day.isoformat()}")


def is_audited(day: date) -> bool:
    """Tells whether a UTC day has its audit."""
    return Record.objects.filter(pk=audit_of(day)).exists()


def _records(found: Audit, now: datetime) -> Iterator[NewRecord]:
    about = audit_of(now.date())
    yield NewRecord(
        id=about,
        at=now,
        kind=RecordKind.SEARCH_AUDITED,
        subject=SUBJECT,
        quantity=found.undecided,
        body={
            "items": found.items,
            "decided": found.decided,
            "sought": found.sought,
            "queries": found.queries,
            "spellings": sorted({leak.how for leak in found.leaks}),
        },
    )
    for harm, quantity in sorted(found.flagged.items()):
        yield NewRecord(
            id=uuid5(about, harm),
            at=now,
            kind=RecordKind.SEARCH_FLAGGED,
            subject=SUBJECT,
            harm=harm,
            quantity=quantity,
        )
    if found.leaks:
        yield NewRecord(
            id=uuid5(about, "leaked"),
            at=now,
            kind=RecordKind.SEARCH_LEAKED,
            subject=SUBJECT,
            quantity=len(found.leaked),
        )
