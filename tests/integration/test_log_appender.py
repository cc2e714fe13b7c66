"""The appender as a process: it follows the clock, and goes on after a kill."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conftest import Site
from tests.integration.test_log import written

from evenhand.base.errors import Misconfigured
from evenhand.proof.keys import LogKeys
from evenhand.proof.notes import Checkpoint, NoteRefused, Verifier, open_note
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.proof.tree import consistency_holds, consistency_path
from evenhand.records.log_keys import BESIDE_DAYS, open_log, rotate, site_log
from evenhand.records.log_queries import receipt_of
from evenhand.records.log_steps import Log, append_records

NOW = datetime.now(UTC)
SECONDS_MAX = 120.0


def wait(until: Callable[[], bool]) -> None:
    give_up = time.monotonic() + SECONDS_MAX
    while not until():
        assert time.monotonic() < give_up, "it does not come"
        time.sleep(0.05)


def test_it_adds_batches_by_the_clock_and_goes_on_after_a_kill(committed: Site) -> None:
    folder = committed.home / "public" / "log"
    appender = committed.start("evenhand.appender", EVENHAND_LOG_SECONDS="1")
    wait((folder / "checkpoint").is_file)
    ids = written(3)
    log = open_log(committed.home / "keys", folder, origin="", host="not.asked", now=NOW)
    wait(lambda: receipt_of(ids[0], log) is not None)
    appender.kill()
    appender.wait()
    before = _head(log.trusted, folder)
    ids += written(3)

    committed.start("evenhand.appender", EVENHAND_LOG_SECONDS="1")
    wait(lambda: receipt_of(ids[-1], log) is not None)

    head = _head(log.trusted, folder)
    tiles = TileReader(FolderFiles(folder), head.size)
    path = consistency_path(before.size, head.size, tiles)
    assert log.origin == "localhost:8600/log"
    assert head.size % 256 == 0
    assert consistency_holds(before.size, head.size, before.root, head.root, path)
    assert all(receipt_of(one, log) is not None for one in ids)
    keys = LogKeys.from_json((folder / "keys.json").read_text())
    assert keys.first == log.signer.verifier


def test_whoever_pinned_the_first_key_follows_to_the_third(committed: Site) -> None:
    keys, folder = committed.home / "keys", committed.home / "public" / "log"
    first = open_log(keys, folder, origin="", host="desk.example", now=NOW)
    append_records(first, now=NOW)
    pinned = first.signer.verifier

    for number in (1, 2):
        rotate(keys, new_seed=bytes([number]) * 32, origin="", host="desk.example")
    log = open_log(keys, folder, origin="", host="desk.example", now=NOW)
    head = append_records(log, now=NOW)

    published = LogKeys.from_json((folder / "keys.json").read_text())
    note = (folder / "checkpoint").read_text()
    assert open_note(note, published.believed([pinned]).keys).checkpoint() == head
    assert [key.seed for key in log.signers] == [bytes([2]) * 32, bytes([1]) * 32]
    later = datetime.fromtimestamp(NOW.timestamp() + (BESIDE_DAYS + 1) * 86_400, UTC)
    alone = open_log(keys, folder, origin="", host="desk.example", now=later)
    assert [key.seed for key in alone.signers] == [bytes([2]) * 32]


@pytest.mark.parametrize("broken_off", ["log.key", "log.old.key", "log.keys.json"])
def test_a_rotation_that_was_broken_off_goes_on(committed: Site, monkeypatch, broken_off) -> None:
    keys, folder = committed.home / "keys", committed.home / "public" / "log"
    open_log(keys, folder, origin="", host="desk.example", now=NOW)
    replace = type(keys).replace

    def fail(path, target):
        if target.name == broken_off:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(type(keys), "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        rotate(keys, new_seed=bytes([1]) * 32, origin="", host="desk.example")
    monkeypatch.undo()
    between = open_log(keys, folder, origin="", host="desk.example", now=NOW)
    append_records(between, now=NOW)

    rotate(keys, new_seed=bytes([2]) * 32, origin="", host="desk.example")

    log = open_log(keys, folder, origin="", host="desk.example", now=NOW)
    append_records(log, now=NOW)
    assert log.signer.seed == bytes([1]) * 32
    assert not (keys / "log.next.key").exists()


def test_a_log_keeps_its_name_and_its_key(committed: Site) -> None:
    keys, folder = committed.home / "keys", committed.home / "public" / "log"
    open_log(keys, folder, origin="desk.example/log", host="", now=NOW)

    with pytest.raises(Misconfigured, match="since its first checkpoint"):
        open_log(keys, folder, origin="other.example/log", host="", now=NOW)
    (keys / "log.key").write_bytes(bytes(32))
    with pytest.raises(Misconfigured, match="is no key of the log"):
        open_log(keys, folder, origin="", host="", now=NOW)


def _head(verifiers: tuple[Verifier, ...], folder) -> Checkpoint:
    return open_note((folder / "checkpoint").read_text("utf-8"), verifiers).checkpoint()


def test_the_operator_sees_the_log_and_changes_its_key(committed: Site) -> None:
    before = _log(committed, "status")
    log = site_log(now=NOW)
    written(2)
    size = append_records(log, now=NOW).size
    written(3)

    status, rotated = _log(committed, "status"), _log(committed, "rotate-key")

    new = site_log(now=NOW)
    assert "No batch has entered yet" in before
    assert f"{size} leaves, batch 1" in status
    assert "Waiting:    3 records" in status
    assert str(new.signer.verifier) in rotated
    assert f"Signs too:  {log.signer.verifier}" in rotated
    assert _head((new.signer.verifier,), _appended(new)).size > size


def test_after_a_theft_the_new_key_alone_signs_at_once(committed: Site) -> None:
    log = site_log(now=NOW)
    append_records(log, now=NOW)

    said = _log(committed, "rotate-key", "--stolen")

    new, old = site_log(now=NOW), log.signer.verifier
    assert _head((new.signer.verifier,), log.folder).size == 256
    assert str(new.signer.verifier) in said
    assert f"Before:     {old.key_id.hex()}, withdrawn from 256 leaves on" in said
    append_records(new, now=NOW)
    with pytest.raises(NoteRefused):
        _head((old,), log.folder)


def test_nothing_can_be_adopted_where_nothing_is_ahead(committed: Site) -> None:
    append_records(site_log(now=NOW), now=NOW)

    process = committed.start("evenhand", "log", "adopt")

    assert process.wait(SECONDS_MAX) == 2
    assert "is not ahead of the database" in (committed.home / "evenhand.log").read_text()


def _log(site: Site, *words: str) -> str:
    said = site.home / "evenhand.log"
    said.unlink(missing_ok=True)
    assert site.start("evenhand", "log", *words).wait(SECONDS_MAX) == 0, said.read_text()
    return said.read_text()


def _appended(log: Log) -> Path:
    append_records(log, now=NOW)
    return log.folder
