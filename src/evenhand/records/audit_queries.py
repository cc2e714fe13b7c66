"""What an auditor asks of the records: who read personal data, changed or released what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from evenhand.base.lists import RecordKind
from evenhand.records.models import AUDITED_KINDS, Record

READ_ROWS = 500
"""Records that an export reads from the database at once."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What an auditor looks for; what is None leaves everything in."""

    kinds: frozenset[RecordKind] | None = None
    by: UUID | None = None
    subject: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One record as an auditor reads it; `body` is empty where its opening was forgotten."""

    id: UUID
    at: datetime
    kind: RecordKind
    subject: UUID
    body: dict[str, object]
    forgotten: bool


def audit_page(wanted: AuditFilter, *, rows_max: int, skip: int = 0) -> list[AuditEntry]:
    """Gives the audited records that fit, the latest first."""
    return [_entry(row) for row in _rows(wanted)[skip : skip + rows_max]]


def audit_rows(wanted: AuditFilter, *, rows_max: int) -> Iterator[AuditEntry]:
    """Gives all that fit, the latest first, without holding them in memory together."""
    for row in _rows(wanted)[:rows_max].iterator(chunk_size=READ_ROWS):
        yield _entry(row)


def _rows(wanted: AuditFilter) -> QuerySet[Record]:
    kinds: Sequence[RecordKind] = sorted(wanted.kinds or AUDITED_KINDS)
    assert set(kinds) <= AUDITED_KINDS, "these alone have their index"
    rows = Record.objects.filter(kind__in=[kind.value for kind in kinds])
    if wanted.by is not None:
        rows = rows.filter(opening__body__by=str(wanted.by))
    if wanted.subject is not None:
        rows = rows.filter(subject=wanted.subject)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.before is not None:
        rows = rows.filter(at__lt=wanted.before)
    return rows.select_related("opening").order_by("-at", "-serial")


def _entry(row: Record) -> AuditEntry:
    opening = getattr(row, "opening", None)
    return AuditEntry(
        id=row.id,
        at=row.at,
        kind=RecordKind(row.kind),
        subject=row.subject,
        body={} if opening is None else dict(opening.body),
        forgotten=opening is None,
    )
