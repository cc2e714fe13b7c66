"""What is read for who holds a code: which records are about something, and how one stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from evenhand.base.lists import RecordKind
from evenhand.proof.receipts import Receipt
from evenhand.records.log_queries import HasFolder, receipt_of
from evenhand.records.models import Record, RecordOpening
from evenhand.records.queries import is_gagged


@dataclass(frozen=True, slots=True)
class AboutRecord:
    """One record about something."""

    id: UUID
    kind: RecordKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands: in the log with its receipt, waiting for it, or forgotten.

    One that is gagged stands as one that waits: its classes would tell of what must not be told.
    """

    receipt: Receipt | None = None
    forgotten: bool = False


def records_about(subject: UUID, kinds: Collection[RecordKind]) -> list[AboutRecord]:
    """Gives the records of these kinds about something, the earliest first."""
    rows = Record.objects.filter(subject=subject, kind__in=[kind.value for kind in kinds])
    return [
        AboutRecord(record_id, RecordKind(kind), at)
        for record_id, kind, at in rows.order_by("at", "serial").values_list("id", "kind", "at")
    ]


def standing_of(record_id: UUID, log: HasFolder) -> Standing | None:
    """Gives how a record stands; None if there is none."""
    if not Record.objects.filter(id=record_id).exists():
        return None
    if not RecordOpening.objects.filter(record=record_id).exists():
        return Standing(forgotten=True)
    if is_gagged(record_id):
        return Standing()
    return Standing(receipt_of(record_id, log))


def next_batch_at(*, seconds: int, now: datetime) -> datetime:
    """Gives when the next batch enters the log by its timetable."""
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, UTC)
