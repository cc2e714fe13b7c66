"""The only writer of the log: batches of leaves, in an order of writes that can never fork.

First tiles and bundles, on disk for good; then the row of the batch, committed; then the
checkpoint, signed from that row and put in place whole. Killed anywhere, the next call finishes:
an older checkpoint is signed anew from the last row, files beyond the last row are overwritten.
A checkpoint that is ahead of the last row means that the database is an older copy: then nothing
is written, since two trees of one size would convict us of a fork that nobody meant.

Batches of records enter on a fixed timetable, in an order of their own, and are filled up with
leaves that mean nothing, so that the log's growth tells nothing about a single case.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import structlog
from django.db import transaction

from evenhand.base.errors import InputRefused, Misconfigured, NotAllowed, NotFound
from evenhand.base.lists import BatchKind
from evenhand.proof.notes import (
    Checkpoint,
    Signer,
    Verifier,
    open_note,
    sign,
    signature_line,
)
from evenhand.proof.tiles import FolderFiles, TileReader, TileWriter, prune, synced
from evenhand.proof.tree import HASH_BYTES
from evenhand.records.entries import NewRecord
from evenhand.records.log_locks import check_lock, log_lock, signing_lock
from evenhand.records.log_order import Chance, shuffled
from evenhand.records.log_queries import (
    last_batch,
    last_record_batch,
    logged_through,
    next_transaction,
)
from evenhand.records.log_rows import rows_after
from evenhand.records.models import LogBatch
from evenhand.records.queries import Place
from evenhand.records.steps import append

logger = structlog.get_logger()

RECORDS_MAX = 65_536
"""Records in one batch: what waits beyond them enters at once in the next."""

CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Log:
    """Where the log lies and what signs it.

    more_signers    keys that sign beside the first while one follows the other
    verifiers       every key that ever signed it
    """

    folder: Path
    signer: Signer
    origin: str
    random: Chance = os.urandom
    more_signers: tuple[Signer, ...] = ()
    verifiers: tuple[Verifier, ...] = ()

    @property
    def signers(self) -> tuple[Signer, ...]:
        """Gives the keys that sign today."""
        return (self.signer, *(key for key in self.more_signers if key != self.signer))

    @property
    def trusted(self) -> tuple[Verifier, ...]:
        """Gives the keys by which its checkpoints may be signed, of today and before."""
        return (*(key.verifier for key in self.signers), *self.verifiers)


def append_records(log: Log, *, now: datetime) -> Checkpoint:
    """Adds every settled record since the last batch, and gives the new head.

    Also when nothing happened: a batch that is missing would tell that.
    """
    with log_lock(log.folder):
        checkpoint, more = _append_records(log, now)
        while more:
            checkpoint, more = _append_records(log, now)
        return checkpoint


def append_due(log: Log, *, seconds: int, now: datetime) -> Checkpoint | None:
    """Adds a batch if none entered yet in this span of the timetable."""
    if _entered(seconds, now):
        return None
    with log_lock(log.folder):
        if _entered(seconds, now):
            return None
        last = last_record_batch()
        if last is not None and last.at > now:
            logger.warning("clock_was_ahead", batch=last.number, at=last.at.isoformat())
        return append_records(log, now=now)


def append_classes(
    log: Log,
    leaves: Iterable[bytes],
    *,
    day: date,
    edition: int,
    record: NewRecord,
    now: datetime,
) -> LogBatch:
    """Adds the cells of a published day, with the record of the publication in one transaction.

    Not within another transaction: the checkpoint is signed from what is committed. It begins
    when the files are written: millions of leaves take minutes, and whoever reads the outbox waits
    for every transaction that runs. What an
    edition counts should not reach beyond `log_queries.logged_through`, so that the classes of
    each record that it counts are in the log before it.
    """
    with log_lock(log.folder):
        resume(log)
        batch = _written(
            log,
            leaves,
            LogBatch(kind=BatchKind.CLASSES, day=day, edition=edition, at=now),
            logged_through(),
        )
        with transaction.atomic(durable=True):
            append(record)
            _enter(batch)
        _put_checkpoint(log, batch)
    return batch


def resume(log: Log) -> Checkpoint | None:
    """Brings the checkpoint to the last committed batch; refuses one that is ahead of it."""
    with log_lock(log.folder):
        batch = last_batch()
        size = 0 if batch is None else batch.size
        standing = standing_checkpoint(log)
        if standing is not None and standing.size > size:
            raise Misconfigured(
                setting="database",
                checkpoint_size=standing.size,
                database_size=size,
                why="is older than the published log; restore the newer copy, or `log adopt`",
            )
        if batch is None:
            return None
        if (coming := next_transaction()) <= batch.transaction:
            raise Misconfigured(
                setting="database",
                next_transaction=coming,
                logged_transaction=batch.transaction,
                why="counts transactions from a lower number than the log, so new records would "
                "never enter: stop every process and put the counter of the cluster ahead "
                "(`pg_resetwal --next-transaction-id`)",
            )
        if not _is_whole(log, batch):
            why = "files of the log are missing or damaged; put them back from a copy"
            raise Misconfigured(setting="public files", folder=log.folder, why=why)
        return _put_checkpoint(log, batch)


def adopt(log: Log, *, now: datetime) -> LogBatch:
    """Takes the published tree as it is, after the database was restored from an older copy.

    What entered meanwhile stays in the tree as a batch without records of ours. Records that came
    back with the copy enter again.
    """
    with log_lock(log.folder), transaction.atomic(durable=True):
        last, standing = last_batch(), standing_checkpoint(log)
        first = 0 if last is None else last.size
        if standing is None or standing.size <= first:
            raise NotAllowed(why="the published log is not ahead of the database")
        batch = LogBatch(
            number=1 if last is None else last.number + 1,
            kind=BatchKind.RECORDS,
            first=first,
            size=standing.size,
            root=standing.root,
            at=now,
        )
        through = logged_through()
        batch.transaction, batch.serial = through.transaction, through.serial
        if not _is_whole(log, batch) or not (last is None or _is_whole(log, last)):
            raise NotAllowed(why="the published tree does not go on from the database's last batch")
        batch.save(force_insert=True)
    return batch


def _is_whole(log: Log, batch: LogBatch) -> bool:
    """Tells whether the files, as far as growing needs them, give the root of a batch."""
    try:
        found = TileReader(FolderFiles(log.folder), batch.size).root()
    except (NotFound, InputRefused):
        return False
    return found == bytes(batch.root)


def cosign(log: Log, ask: Callable[[str, Path], Sequence[str]]) -> int:
    """Adds to the published checkpoint the lines by which witnesses sign it; gives how many.

    Whoever is asked answers while the log may go on: only lines for the head that still stands
    are added.
    """
    path = log.folder / CHECKPOINT
    if not path.is_file():
        return 0
    note = path.read_text("utf-8")
    added = [line for line in ask(note, log.folder) if line not in note.splitlines()]
    if not added:
        return 0
    with signing_lock(log.folder):
        if path.read_text("utf-8") != note:
            return 0
        _put(path, note + "".join(f"{line}\n" for line in added))
    return len(added)


def standing_checkpoint(log: Log) -> Checkpoint | None:
    """Gives the checkpoint that is published; None if there is none."""
    path = log.folder / CHECKPOINT
    if not path.is_file():
        return None
    return open_note(path.read_text("utf-8"), log.trusted).checkpoint()


def _entered(seconds: int, now: datetime) -> bool:
    """Tells whether the last batch of records entered in the span of the clock of `now`.

    One of a later span is of a clock that was once ahead: it holds nothing up.
    """
    last = last_record_batch()
    return last is not None and last.at.timestamp() // seconds == now.timestamp() // seconds


def _append_records(log: Log, now: datetime) -> tuple[Checkpoint, bool]:
    resume(log)
    with transaction.atomic(durable=True):
        after = logged_through()
        found = rows_after(after, rows_max=RECORDS_MAX)
        through = after if found is None else found.through
        leaves = [] if found is None else found.leaves
        batch = _written(
            log,
            [log.random(HASH_BYTES) if leaf is None else leaf for leaf in leaves],
            LogBatch(kind=BatchKind.RECORDS, at=now),
            through,
        )
        _enter(batch)
    return _put_checkpoint(log, batch), len(leaves) == RECORDS_MAX


def _written(log: Log, leaves: Iterable[bytes], batch: LogBatch, through: Place) -> LogBatch:
    """Writes the files of a batch and gives its row, which is not in the database yet."""
    last = last_batch()
    batch.number = 1 if last is None else last.number + 1
    batch.transaction, batch.serial = through.transaction, through.serial
    batch.first = 0 if last is None else last.size
    log.folder.mkdir(parents=True, exist_ok=True)
    writer = TileWriter(log.folder, batch.first)
    batch.root = writer.append(shuffled(leaves, log.random, beside=log.folder))
    batch.size = writer.size
    return batch


def _enter(batch: LogBatch) -> None:
    """Adds the row of a batch to the running transaction."""
    check_lock()
    batch.save(force_insert=True)


def _put_checkpoint(log: Log, batch: LogBatch) -> Checkpoint:
    """Signs the head that a committed batch gives, and puts it in place whole.

    One that stands already is signed by the key of today too, if that followed meanwhile.
    """
    checkpoint = Checkpoint(log.origin, batch.size, bytes(batch.root))
    path = log.folder / CHECKPOINT
    with signing_lock(log.folder):
        standing = standing_checkpoint(log)
        if standing is not None and standing.size > checkpoint.size:
            return standing
        if standing == checkpoint:
            note = path.read_text("utf-8")
            if log.signer.verifier not in open_note(note, log.trusted).signed_by:
                _put(path, note + signature_line(checkpoint.text(), log.signer))
            return checkpoint
        if standing is not None and standing.size == checkpoint.size:
            why = "another root is signed for the size of the last batch; keep that file"
            raise Misconfigured(setting="public files", file=path, why=why)
        _put(path, sign(checkpoint, log.signers))
    prune(log.folder, before=batch.first, size=batch.size)
    return checkpoint


def _put(path: Path, content: str) -> None:
    """Puts a file in place whole."""
    partial = path.with_suffix(".partial")
    partial.write_text(content, encoding="utf-8")
    synced(partial)
    partial.replace(path)
    synced(path.parent)
