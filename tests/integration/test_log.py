"""Records enter the log: in batches, each once, with receipts that hold."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import rfc8785
from django.db import ProgrammingError, connection, transaction
from tests.conftest import Site

from evenhand.base.errors import Misconfigured, NotAllowed
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, BatchKind, RecordKind
from evenhand.database.addresses import APP, FORGET, OWNER
from evenhand.proof.leaves import commitment, joined, record_leaf, salts
from evenhand.proof.notes import Checkpoint, Signer, open_note, sign
from evenhand.proof.receipts import Receipt
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.proof.tree import consistency_holds, consistency_path
from evenhand.records.entries import NewRecord
from evenhand.records.log_queries import LogAltered, last_batch, receipt_of
from evenhand.records.log_rows import columns_of, rows_after, shown_of, whole_of
from evenhand.records.log_steps import (
    Log,
    adopt,
    append_classes,
    append_due,
    append_records,
    resume,
    standing_checkpoint,
)
from evenhand.records.models import LogBatch, Record, RecordOpening
from evenhand.records.queries import BEGINNING
from evenhand.records.steps import append_many
from evenhand.records.steps import forget as forget_record

NOW = datetime(2026, 11, 22, 12, 0, 0, 70, tzinfo=UTC)
SIGNER = Signer("desk.example/log", bytes(32))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log that is filled up to the next whole bundle and no further."""
    chance = lambda count: os.urandom(count) if count > 1 else b"\0"  # noqa: E731
    return Log(tmp_path / "log", SIGNER, "desk.example/log", random=chance)


def a_record(**more: Any) -> NewRecord:
    fields: dict[str, Any] = {
        "id": new_id(now=NOW),
        "at": NOW,
        "kind": RecordKind.DECISION,
        "subject": new_id(now=NOW),
        "harm": "m.spam",
        "action": ActionKind.REDACT,
        "body": {
            "rule": "casino",
            "grüße": [1, {"a": 'b"\\\n', "\U0001f600": None, "\ufb33": 1.5}],
        },
        **more,
    }
    return NewRecord(**fields)


def written(count: int, **more: Any) -> list[UUID]:
    records = [a_record(**more) for _ in range(count)]
    with transaction.atomic():
        append_many(records)
    return [record.id for record in records]


def receipts_of(ids: list[UUID], log: Log) -> list[Receipt]:
    receipts = [receipt_of(one, log) for one in ids]
    assert None not in receipts
    return [receipt for receipt in receipts if receipt is not None]


@pytest.mark.usefixtures("committed")
def test_each_record_has_a_receipt_that_holds_against_the_signed_head(log: Log):
    ids = written(3) + written(1, milliseconds=7, quantity=0, body={}, harm="", action=None)
    append_records(log, now=NOW)
    ids += written(300)
    waiting = receipt_of(ids[-1], log)
    checkpoint = append_records(log, now=NOW)

    receipts = receipts_of(ids, log)

    assert waiting is None
    assert open_note(receipts[0].checkpoint, [SIGNER.verifier]).checkpoint() == checkpoint
    assert checkpoint.size == 256 + 512
    assert all(receipt.holds(checkpoint.root) for receipt in receipts)
    assert len({receipt.index for receipt in receipts}) == len(ids)
    assert receipts[0].shown["harm"] == "m.spam"
    assert Receipt.from_json(receipts[0].as_json()) == receipts[0]


@pytest.mark.usefixtures("committed")
def test_the_cells_of_a_day_enter_with_the_record_of_its_publication(log: Log):
    append_records(log, now=NOW)
    record = a_record(kind=RecordKind.REPORT_PUBLISHED)

    batch = append_classes(
        log, [bytes([7]) * 32], day=date(2026, 11, 21), edition=1, record=record, now=NOW
    )
    checkpoint = append_records(log, now=NOW)

    assert (batch.first, batch.size, batch.kind) == (256, 512, BatchKind.CLASSES)
    assert last_batch().number == 3
    assert receipts_of([record.id], log)[0].holds(checkpoint.root)


def test_a_transaction_that_began_early_and_commits_late_loses_no_leaf(committed: Site, log: Log):
    with psycopg.connect(committed.url(APP)) as late:
        statement = late.execute("SELECT pg_current_xact_id()")
        statement.fetchone()
        early = written(2)
        append_records(log, now=NOW)
        held_back = [receipt_of(one, log) for one in early]
        late.commit()
    later = written(2)

    checkpoint = append_records(log, now=NOW)

    receipts = receipts_of([*early, *later], log)
    assert held_back == [None, None]
    assert all(receipt.holds(checkpoint.root) for receipt in receipts)
    assert len({receipt.index for receipt in receipts}) == 4


def test_a_forgotten_record_leaves_a_leaf_that_means_nothing(committed: Site, log: Log):
    ids = written(3)
    head = append_records(log, now=NOW)
    before = receipts_of(ids, log)
    forget_record(
        ids[1], by=new_id(now=NOW), reason="asked", now=NOW, forget_url=committed.url(FORGET)
    )

    checkpoint = append_records(log, now=NOW)

    tiles = TileReader(FolderFiles(log.folder), checkpoint.size)
    path = consistency_path(head.size, checkpoint.size, tiles)
    assert receipt_of(ids[1], log) is None
    assert [receipt.index for receipt in receipts_of([ids[0], ids[2]], log)] == [
        before[0].index,
        before[2].index,
    ]
    assert tiles.root() == checkpoint.root
    assert consistency_holds(head.size, checkpoint.size, head.root, checkpoint.root, path)


@pytest.mark.usefixtures("committed")
def test_a_record_forgotten_before_it_enters_still_takes_its_leaf(committed: Site, log: Log):
    ids = written(256)
    forget_record(
        ids[0], by=new_id(now=NOW), reason="asked", now=NOW, forget_url=committed.url(FORGET)
    )

    assert append_records(log, now=NOW).size == 512  # 257 records, filled up


@pytest.mark.usefixtures("committed")
def test_a_batch_enters_at_each_span_of_the_clock_also_when_nothing_happened(log: Log):
    first = append_due(log, seconds=3600, now=NOW)
    same = append_due(log, seconds=3600, now=NOW + timedelta(minutes=59))
    written(3)
    then = append_due(log, seconds=3600, now=NOW + timedelta(minutes=60))

    assert same is None
    assert (first.size, then.size) == (256, 512)


@pytest.mark.usefixtures("committed")
def test_an_older_database_stops_the_log_and_a_checkpoint_that_is_behind_is_signed_anew(log: Log):
    append_records(log, now=NOW)
    behind = (log.folder / "checkpoint").read_text()
    head = append_records(log, now=NOW)
    (log.folder / "checkpoint").write_text(behind)

    assert resume(log) == head
    assert standing_checkpoint(log) == head

    ahead = Checkpoint(log.origin, head.size + 256, bytes(32))
    (log.folder / "checkpoint").write_text(sign(ahead, [SIGNER]))
    with pytest.raises(Misconfigured, match="older than the published log"):
        append_records(log, now=NOW)
    assert last_batch().number == 2


@pytest.mark.usefixtures("committed")
def test_a_record_altered_in_the_database_no_longer_has_a_receipt(committed: Site, log: Log):
    ids = written(2)
    append_records(log, now=NOW)
    with psycopg.connect(committed.url(OWNER)) as owner:
        owner.execute("ALTER TABLE records_record DISABLE TRIGGER USER")
        owner.execute("UPDATE records_record SET harm = 'm.fraud' WHERE id = %s", [ids[0]])

    with pytest.raises(LogAltered):
        receipt_of(ids[0], log)


@pytest.mark.usefixtures("committed")
def test_the_application_may_add_a_batch_and_change_none(log: Log):
    append_records(log, now=NOW)

    with pytest.raises(ProgrammingError, match="permission denied"):
        LogBatch.objects.update(size=1)
    with pytest.raises(ProgrammingError, match="permission denied"):
        LogBatch.objects.all().delete()


@pytest.mark.usefixtures("committed")
def test_the_database_and_python_make_the_same_leaf(log: Log):
    ids = [
        *written(1, language="kk", market="KZ", milliseconds=0, quantity=2**40),
        *written(
            1, harm='q"\\\n\x01\x7f', body={"a": [], "b": {}, "c": "\u2028", "n": -(2**53) + 1}
        ),
        *written(1, gagged=True, regime="EU.DSA.9", request="removal", outcome="a|b"),
        *written(1, at=NOW.replace(microsecond=0), body={"x": 1e-7, "y": 1e21, "z": 0.1}),
    ]

    from_database = rows_after(BEGINNING, rows_max=10).leaves

    for one, leaf in zip(ids, from_database, strict=True):
        record = Record.objects.get(id=one)
        columns = columns_of(record)
        opening = RecordOpening.objects.get(record=one)
        whole = whole_of(columns, opening.body)
        assert leaf == record_leaf(shown_of(columns), whole, bytes(opening.salt))
        assert leaf == _with_another_writer(shown_of(columns), whole, bytes(opening.salt))


def _with_another_writer(shown: Any, whole: Any, salt: bytes) -> bytes:
    first, second = salts(salt)
    return joined(commitment(first, rfc8785.dumps(shown)), commitment(second, rfc8785.dumps(whole)))


@pytest.mark.usefixtures("committed")
def test_after_an_older_database_the_published_tree_is_adopted_and_goes_on(
    committed: Site, log: Log
):
    ids = written(2)
    append_records(log, now=NOW)
    lost = append_records(log, now=NOW)
    with psycopg.connect(committed.url(OWNER)) as owner:
        owner.execute("ALTER TABLE records_logbatch DISABLE TRIGGER USER")
        owner.execute("DELETE FROM records_logbatch WHERE number = 2")
    with pytest.raises(Misconfigured, match="log adopt"):
        append_records(log, now=NOW)

    adopt(log, now=NOW)
    head = append_records(log, now=NOW)

    tiles = TileReader(FolderFiles(log.folder), head.size)
    path = consistency_path(lost.size, head.size, tiles)
    assert consistency_holds(lost.size, head.size, lost.root, head.root, path)
    assert all(receipt.holds(head.root) for receipt in receipts_of(ids, log))
    with pytest.raises(NotAllowed):
        adopt(log, now=NOW)


@pytest.mark.usefixtures("committed")
def test_missing_files_stop_the_log_before_anything_is_signed(log: Log):
    append_records(log, now=NOW)
    note = (log.folder / "checkpoint").read_text()
    (log.folder / "tile/0/000").write_bytes(bytes(8192))
    (log.folder / "tile/1/000.p/1").unlink()

    with pytest.raises(Misconfigured, match="missing or damaged"):
        append_records(log, now=NOW)

    assert (log.folder / "checkpoint").read_text() == note
    assert last_batch().number == 1


@pytest.mark.usefixtures("committed")
def test_transactions_are_in_the_order_of_their_numbers_not_of_their_digits(log: Log):
    ids = written(4)
    with connection.cursor() as cursor:
        for number, one in zip((9, 10, 99, 100), ids, strict=True):
            cursor.execute(
                """
                INSERT INTO records_record (id, transaction, at, day, kind, subject, harm, action,
                                            market, automation, source, language, channel_kind,
                                            quantity)
                SELECT gen_random_uuid(), %s::text::xid8, at, day, kind, subject, harm, action,
                       market, automation, source, language, channel_kind, quantity
                FROM records_record WHERE id = %s
                """,
                [number, one],
            )
    seen, place = [], BEGINNING
    with transaction.atomic():
        while found := rows_after(place, rows_max=1):
            place = found.through
            seen.append(place.transaction)

    assert seen[:4] == [9, 10, 99, 100]
    assert len(seen) == 8
