"""What is read of the log: its last batch, and the receipt of one record."""

from datetime import date
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.db import connection, models

from evenhand.base.errors import EvenhandError
from evenhand.base.lists import BatchKind
from evenhand.proof.leaves import canonical, commitment, joined, salts
from evenhand.proof.notes import Checkpoint, parts
from evenhand.proof.receipts import Receipt
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.proof.tree import inclusion_path
from evenhand.records.log_rows import columns_of, shown_of, whole_of
from evenhand.records.models import LogBatch, Record, RecordOpening
from evenhand.records.queries import BEGINNING, Place

BATCH_OF = """
SELECT * FROM records_logbatch
WHERE kind = 'records' AND (transaction, serial) >= (%s::text::xid8, %s)
ORDER BY transaction, serial, number
LIMIT 1
"""


WAITING = """
SELECT count(*) FROM records_record WHERE (transaction, serial) > (%s::text::xid8, %s)
"""


class LogAltered(EvenhandError):
    """A record is not in the log as it stands in the database."""

    remedy = "Compare the database with a copy: a record or its opening was altered."


class HasFolder(Protocol):
    """The log, as far as reading it goes."""

    @property
    def folder(self) -> Path:
        """Gives where its files lie."""
        ...


def last_batch() -> LogBatch | None:
    """Gives the last batch of the log."""
    return LogBatch.objects.order_by("-number").first()


def last_record_batch() -> LogBatch | None:
    """Gives the last batch of records."""
    return LogBatch.objects.filter(kind=BatchKind.RECORDS).order_by("-number").first()


def logged_through() -> Place:
    """Gives the place in the outbox up to which records are in the log."""
    batch = last_batch()
    return BEGINNING if batch is None else Place(batch.transaction, batch.serial)


def waiting() -> int:
    """Gives how many records are not in the log yet."""
    place = logged_through()
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [str(place.transaction), place.serial])
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def next_transaction() -> int:
    """Gives a number that the next transaction of the database has or is beyond."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def batch_of_edition(*, day: date, edition: int) -> LogBatch | None:
    """Gives the batch of a day's edition."""
    return LogBatch.objects.filter(day=day, edition=edition).first()


def editions_through() -> dict[date, Place]:
    """Gives each day whose cells are in the log, with the place up to which its last counts."""
    rows = LogBatch.objects.filter(day__isnull=False).order_by("day", "-edition").distinct("day")
    return {
        day: Place(number, serial)
        for day, number, serial in rows.values_list("day", "transaction", "serial")
        if day is not None
    }


def last_edition(day: date) -> int:
    """Gives the last edition of a day whose cells are in the log; 0 if there is none."""
    found = LogBatch.objects.filter(day=day).aggregate(last=models.Max("edition"))["last"]
    return found or 0


def batch_of_record(record: Record) -> LogBatch | None:
    """Gives the batch in which a record entered; None if it waits for the next."""
    found = LogBatch.objects.raw(BATCH_OF, [str(record.transaction), record.serial])
    return next(iter(found), None)


def receipt_of(record_id: UUID, log: HasFolder) -> Receipt | None:
    """Gives a record's receipt; None if it is not in the published log yet, or was forgotten."""
    record = Record.objects.filter(id=record_id).first()
    opening = RecordOpening.objects.filter(record=record_id).first()
    batch = None if record is None else batch_of_record(record)
    note = _note(log)
    if record is None or opening is None or batch is None or note is None:
        return None
    checkpoint = Checkpoint.parse(parts(note)[0])
    if checkpoint.size < batch.size:
        return None
    columns = columns_of(record)
    shown = shown_of(columns)
    first, second = salts(bytes(opening.salt))
    other = commitment(second, canonical(whole_of(columns, opening.body)))
    tiles = TileReader(FolderFiles(log.folder), checkpoint.size)
    leaf = joined(commitment(first, canonical(shown)), other)
    index = _index_of(leaf, batch, tiles)
    return Receipt(
        shown=shown,
        salt=first,
        other=other,
        index=index,
        size=checkpoint.size,
        path=tuple(inclusion_path(index, checkpoint.size, tiles)),
        checkpoint=note,
    )


def holds(leaf: bytes, batch: LogBatch, log: HasFolder) -> bool:
    """Tells whether a leaf is one of a batch."""
    try:
        _index_of(leaf, batch, TileReader(FolderFiles(log.folder), batch.size))
    except LogAltered:
        return False
    return True


def _index_of(leaf: bytes, batch: LogBatch, tiles: TileReader) -> int:
    """Gives where a leaf stands in its batch, whose leaves are in the order of their values."""
    low, high = batch.first, batch.size
    while low < high:
        middle = (low + high) // 2
        if tiles.entry(middle) < leaf:
            low = middle + 1
        else:
            high = middle
    if low == batch.size or tiles.entry(low) != leaf:
        raise LogAltered(batch=batch.number)
    return low


def _note(log: HasFolder) -> str | None:
    path = log.folder / "checkpoint"
    return path.read_text("utf-8") if path.is_file() else None
