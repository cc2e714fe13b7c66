"""What could lead the log's writer astray: another writer, its clock, another database."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections
from structlog.testing import capture_logs
from tests.conftest import Site
from tests.integration.test_log import written

from evenhand.base.errors import Misconfigured, Unavailable
from evenhand.database.addresses import OWNER, SUPERUSER
from evenhand.proof.notes import Checkpoint, Signer
from evenhand.proof.tiles import FolderFiles, TileReader, TileWriter
from evenhand.records.log_locks import ONE_APPENDER_LOCK
from evenhand.records.log_queries import last_batch, receipt_of, waiting
from evenhand.records.log_steps import Log, append_due, append_records, resume, standing_checkpoint

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = 3600
WAIT_SECONDS = 60.0
"""How long a test waits for a thread before it fails."""

LOST = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database
                                            WHERE datname = current_database())
"""


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log", Signer("desk.example/log", bytes(32)), "desk.example/log")


class Writer(threading.Thread):
    """Appends once, with a connection of its own."""

    def __init__(self, log: Log) -> None:
        super().__init__(daemon=True)
        self.log = log
        self.head: Checkpoint | None = None
        self.failed = False

    def run(self) -> None:
        try:
            self.head = append_records(self.log, now=NOW)
        except Exception:  # noqa: BLE001  the test asks whether it failed
            self.failed = True
        finally:
            connections.close_all()


def test_a_writer_that_lost_its_connection_spoils_nothing_of_the_next(
    committed: Site, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(20)
    append_records(log, now=NOW)
    ids = written(30)
    first, second = Writer(log), Writer(log)
    at_its_files, may_go_on = threading.Event(), threading.Event()
    append = TileWriter.append

    def slow(self: TileWriter, entries: list[bytes]) -> bytes:
        if threading.current_thread() is first:
            at_its_files.set()
            assert may_go_on.wait(WAIT_SECONDS)
        return append(self, entries)

    monkeypatch.setattr(TileWriter, "append", slow)
    first.start()
    assert at_its_files.wait(WAIT_SECONDS)
    with psycopg.connect(committed.url(SUPERUSER), autocommit=True) as other:
        other.execute(LOST)
    second.start()
    second.join(1.0)  # as far as it comes before the first goes on
    may_go_on.set()
    first.join(WAIT_SECONDS)
    second.join(WAIT_SECONDS)

    assert (first.failed, second.failed) == (True, False)
    head = standing_checkpoint(log)
    assert head == second.head == resume(log)
    assert head is not None
    assert TileReader(FolderFiles(log.folder), head.size).root() == head.root
    receipts = [receipt_of(one, log) for one in ids]
    assert all(one is not None and one.holds(head.root) for one in receipts)


@pytest.mark.usefixtures("committed")
def test_no_batch_is_committed_without_the_lock(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    head = append_records(log, now=NOW)
    append = TileWriter.append

    def unlocked(self: TileWriter, entries: list[bytes]) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_APPENDER_LOCK])
        return append(self, entries)

    with monkeypatch.context() as patch:
        patch.setattr(TileWriter, "append", unlocked)
        with pytest.raises(Unavailable, match="the lock with it"):
            append_records(log, now=NOW)

    batch = last_batch()
    assert batch is not None
    assert batch.number == 1
    assert standing_checkpoint(log) == head
    assert append_records(log, now=NOW).size > head.size


@pytest.mark.usefixtures("committed")
def test_a_clock_that_was_once_ahead_does_not_stop_the_log(log: Log) -> None:
    append_due(log, seconds=HOUR, now=NOW + timedelta(days=365))
    written(3)

    with capture_logs() as said:
        head = append_due(log, seconds=HOUR, now=NOW)
    again = append_due(log, seconds=HOUR, now=NOW + timedelta(minutes=1))

    assert head is not None
    assert again is None
    assert waiting() == 0
    assert [line["event"] for line in said] == ["clock_was_ahead"]


def test_a_database_that_counts_from_a_lower_number_stops_the_log(
    committed: Site, log: Log
) -> None:
    written(3)
    append_records(log, now=NOW)
    note = (log.folder / "checkpoint").read_text()
    with psycopg.connect(committed.url(OWNER)) as owner:
        # What a dump brings along into a cluster that is younger than the one it is of.
        owner.execute("ALTER TABLE records_logbatch DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE records_logbatch"
            " SET transaction = (transaction::text::bigint + 1000000)::text::xid8"
        )
    written(30)

    with pytest.raises(Misconfigured, match="pg_resetwal") as refused:
        append_records(log, now=NOW + timedelta(hours=1))

    assert refused.value.fields["setting"] == "database"
    assert (log.folder / "checkpoint").read_text() == note
