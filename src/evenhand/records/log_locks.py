"""Who may write the log: one writer at a time, by a lock in the database and one beside the files.

The lock in the database goes when its connection does, while a writer may still be at its files;
so a file is locked too, which only the end of the process takes from it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local

from django.db import connection

from evenhand.base.errors import Unavailable

ONE_APPENDER_LOCK = 0x6C_6F_67
"""Number of the advisory lock under which the log is written ("log")."""

WRITING, SIGNING = ".writing", ".lock"
"""Files that are locked, in the log's folder: no names of the published log."""

IS_HELD = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
      AND classid = 0 AND objid = %s AND objsubid = 1
)
"""


class _Held(local):
    """The folders whose logs this thread writes at the moment."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()


_held = _Held()


@contextmanager
def log_lock(folder: Path) -> Iterator[None]:
    """Keeps every other writer of the log away; may be taken again within itself."""
    if folder in _held.folders:
        yield
        return
    with _locked(folder / WRITING), _advisory():
        _held.folders.add(folder)
        try:
            yield
        finally:
            _held.folders.discard(folder)


def check_lock() -> None:
    """Refuses to go on if the database no longer knows that we write the log."""
    with connection.cursor() as cursor:
        cursor.execute(IS_HELD, [ONE_APPENDER_LOCK])
        row = cursor.fetchone()
    if row != (True,):
        raise Unavailable(what="database", why="the connection was lost, and the lock with it")


@contextmanager
def signing_lock(folder: Path) -> Iterator[None]:
    """Keeps every other writer of the checkpoint away, in whichever process."""
    with _locked(folder / SIGNING):
        yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _advisory() -> Iterator[None]:
    """Holds the lock in the database: one of the session, which goes when the connection does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_APPENDER_LOCK])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_APPENDER_LOCK])
