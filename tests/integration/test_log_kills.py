"""The appender killed again and again: no leaf lost, none twice, and no reader ever sees a fork.

`EVENHAND_KILLS=200 script/test tests/integration/test_log_kills.py` kills it more often.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection, transaction
from tests.integration.test_log import NOW, SIGNER, a_record

from evenhand.proof import tiles
from evenhand.proof.notes import Checkpoint, open_note
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.proof.tree import consistency_holds, consistency_path, leaf_hash
from evenhand.records.log_queries import last_batch, receipt_of
from evenhand.records.log_rows import rows_after
from evenhand.records.log_steps import Log, append_records
from evenhand.records.models import LogBatch, Record
from evenhand.records.queries import BEGINNING
from evenhand.records.steps import append_many

KILLS = int(os.environ.get("EVENHAND_KILLS", "12"))
KILLS_MAX = 20 * KILLS
"""Kills at the most: where the machine is busy, many come before anything is published."""

SEED = 20_261_122
WRITES_SECONDS_MAX = 0.02
LATEST_SECOND, LATEST_STEP = 0.4, 60
"""Until when a process is killed: by the clock, or after so many writes and syncs."""


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log", SIGNER, SIGNER.name)


def test_killed_at_any_moment_the_log_goes_on_without_loss_or_fork(committed, log, monkeypatch):
    chance = random.Random(SEED)
    seen: list[Checkpoint] = []
    writer = _forked(_write_on)
    try:
        for number in range(KILLS_MAX):
            if number >= KILLS and len(seen) > 2:
                break
            if number % 2:
                child = _forked(lambda: _append_on(log))
                time.sleep(chance.uniform(0.02, LATEST_SECOND))
                os.kill(child, signal.SIGKILL)
            else:
                step, torn = chance.randrange(1, LATEST_STEP), chance.random()
                child = _forked(lambda step=step, torn=torn: _append_until(log, step, torn))
            os.waitpid(child, 0)
            _follow(log, seen)
    finally:
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
    append_records(log, now=NOW)
    _follow(log, seen)

    leaves = rows_after(BEGINNING, rows_max=Record.objects.count()).leaves
    entries = Counter(TileReader(FolderFiles(log.folder), seen[-1].size).entries())
    some = chance.sample(list(Record.objects.values_list("id", flat=True)), 5)

    assert len(seen) > 2
    assert len(leaves) == Record.objects.count() > 100
    assert {entries[leaf] for leaf in leaves} == {1}
    assert seen[-1].size == last_batch().size
    assert [batch.number for batch in LogBatch.objects.order_by("number")] == list(
        range(1, LogBatch.objects.count() + 1)
    )
    assert all(receipt_of(one, log).holds(seen[-1].root) for one in some)


def _follow(log: Log, seen: list[Checkpoint]) -> None:
    """Reads as a stranger would, from files alone, and holds the new head against the old."""
    with suppress(FileNotFoundError):
        note = (log.folder / "checkpoint").read_text("utf-8")
        head = open_note(note, [SIGNER.verifier]).checkpoint()
        reader = TileReader(FolderFiles(log.folder), head.size)
        assert reader.root() == head.root
        if seen:
            path = consistency_path(seen[-1].size, head.size, reader)
            assert consistency_holds(seen[-1].size, head.size, seen[-1].root, head.root, path)
        for number, entry in enumerate(reader.entries()):
            assert reader.node(0, number) == leaf_hash(entry)
        seen.append(head)


def _forked(work: Callable[[], None]) -> int:
    """Starts a process of this one; the connection to the database is not shared with it."""
    connection.close()
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0)


def _append_on(log: Log) -> None:
    while True:
        append_records(log, now=NOW)


def _append_until(log: Log, step: int, torn: float) -> None:
    """Appends until a step of the writing, and ends in the middle of it as a power cut would."""
    left = [step]

    def counted(what: Callable[..., object]) -> Callable[..., object]:
        def done(*arguments: object) -> object:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return what(*arguments)

        return done

    def write(changes: tiles._Changes, name: str, content: bytes) -> None:
        left[0] -= 1
        whole(changes, name, content if left[0] > 0 else content[: int(len(content) * torn)])
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    whole = tiles._Changes.write
    tiles._Changes.write = write
    os.fsync = counted(os.fsync)
    Path.replace = counted(Path.replace)
    LogBatch.save = counted(LogBatch.save)
    _append_on(log)


def _write_on() -> None:
    chance = random.Random(SEED)
    while True:
        with transaction.atomic():
            append_many([a_record() for _ in range(chance.randrange(1, 20))])
            time.sleep(chance.uniform(0, WRITES_SECONDS_MAX))
