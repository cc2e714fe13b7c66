"""Records enter the log: in batches, each once, with receipts that hold."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, BatchKind, RecordKind
from evenhand.proof.notes import Signer, open_note
from evenhand.proof.receipts import Receipt
from evenhand.records.entries import NewRecord
from evenhand.records.log_queries import last_batch, receipt_of
from evenhand.records.log_steps import Log, append_classes, append_records
from evenhand.records.steps import append_many

NOW = datetime(2026, 11, 22, 12, 0, 0, 70, tzinfo=UTC)
SIGNER = Signer("desk.example/log", bytes(32))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log", SIGNER, "desk.example/log")


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
