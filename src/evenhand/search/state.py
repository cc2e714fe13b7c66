"""What the crawl has read: rooms and how far, who is where, who does not want to be found.

One file of SQLite beside the index. A cursor moves only after what stands before it is in the
index; a room is written here before anything of it is, and closed here before anything of it
leaves. So whatever is killed in between is read again, and nothing is shown that was closed.
"""

import sqlite3
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SCHEMA = """
CREATE TABLE IF NOT EXISTS rooms (
    room TEXT PRIMARY KEY, open INTEGER NOT NULL, readable INTEGER NOT NULL,
    purged INTEGER NOT NULL, forward TEXT, backward TEXT, last REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
    account TEXT, room TEXT, PRIMARY KEY (account, room)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_room ON members (room);
CREATE TABLE IF NOT EXISTS edits (edit TEXT PRIMARY KEY, original TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unwilling (account TEXT PRIMARY KEY, closed INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class RoomState:
    """How a room stands.

    open      it may be found
    readable  anybody may read its history: its posts are in the index
    purged    nothing of it is in the index any more
    forward   where the next new events begin; None where nothing was read yet
    backward  where older events go on; None where they are read to the beginning
    last      when it was last written in, in seconds since 1970; 0 if that is not known
    """

    open: bool = False
    readable: bool = False
    purged: bool = False
    forward: str | None = None
    backward: str | None = None
    last: float = 0.0


class State:
    """The file; safe to ask from several threads, written by one."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._lock = threading.Lock()
        rows = database.execute("SELECT room FROM rooms WHERE open = 1")
        self._open = {str(room) for (room,) in rows}

    @classmethod
    def open(cls, path: Path, *, index: str) -> Self:
        """Opens the file, or makes it; `index` names the index that it goes with.

        With another index everything is read from its beginning.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(SCHEMA)
        found = database.execute("SELECT value FROM facts WHERE name = 'index'").fetchone()
        if found is None or found[0] != index:
            for table in ("rooms", "members", "edits"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608  names of our own
            database.execute("INSERT OR REPLACE INTO facts VALUES ('index', ?)", (index,))
        return cls(database)

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    # Rooms

    def is_open(self, room: str) -> bool:
        """Tells whether a room may be found."""
        return room in self._open

    @property
    def open_rooms(self) -> frozenset[str]:
        """Gives the rooms that may be found."""
        return frozenset(self._open)

    def room(self, room: str) -> RoomState:
        """Gives how a room stands."""
        query = "SELECT open, readable, purged, forward, backward, last FROM rooms WHERE room = ?"
        row = self._one(query, room)
        if row is None:
            return RoomState(purged=True)
        opened, readable, purged, forward, backward, last = row
        return RoomState(
            bool(opened),
            bool(readable),
            bool(purged),
            _text(forward),
            _text(backward),
            float(str(last)),
        )

    def keep(self, room: str, state: RoomState) -> None:
        """Keeps how a room stands."""
        if not state.open:
            self._open.discard(room)
        self._do(
            "INSERT OR REPLACE INTO rooms VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(room, state.open, state.readable, state.purged),
            *(state.forward, state.backward, state.last),
        )
        if state.open:
            self._open.add(room)

    def unfinished(self) -> list[str]:
        """Gives rooms whose history is not read to its beginning."""
        return self._names("SELECT room FROM rooms WHERE open = 1 AND backward IS NOT NULL")

    def left_over(self) -> list[str]:
        """Gives rooms that may not be found and of which something is in the index."""
        return self._names("SELECT room FROM rooms WHERE open = 0 AND purged = 0")

    # Accounts

    def members(self, room: str) -> frozenset[str]:
        """Gives who is in a room, as it was read last."""
        return frozenset(self._names("SELECT account FROM members WHERE room = ?", room))

    def rooms_of(self, account: str) -> list[str]:
        """Gives the rooms through which an account is public."""
        return self._names("SELECT room FROM members WHERE account = ?", account)

    def keep_members(
        self, room: str, *, come: Collection[str] = (), gone: Collection[str] = ()
    ) -> None:
        """Keeps who came into a room and who left it."""
        with self._lock:
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT OR IGNORE INTO members VALUES (?, ?)", [(one, room) for one in come]
            )
            self._database.executemany(
                "DELETE FROM members WHERE account = ? AND room = ?", [(one, room) for one in gone]
            )
            self._database.execute("COMMIT")

    def wants_not(self, account: str) -> bool:
        """Tells whether an account does not want to be found, or is closed."""
        return self._one("SELECT 1 FROM unwilling WHERE account = ?", account) is not None

    def opted_out(self, account: str) -> bool:
        """Tells whether nothing of an account may be found, not even what it wrote."""
        query = "SELECT 1 FROM unwilling WHERE account = ? AND closed = 0"
        return self._one(query, account) is not None

    def keep_unwilling(self, account: str, *, closed: bool) -> None:
        """Keeps that an account was closed, or that it opted out."""
        self._do("INSERT OR REPLACE INTO unwilling VALUES (?, ?)", account, closed)

    def forget_unwilling(self, account: str) -> None:
        """Forgets that an account was not to be found."""
        self._do("DELETE FROM unwilling WHERE account = ?", account)

    # Edits

    def keep_edit(self, edit: str, original: str) -> None:
        """Keeps of which event another is an edit: redacted, it no longer says so."""
        self._do("INSERT OR REPLACE INTO edits VALUES (?, ?)", edit, original)

    def original(self, edit: str) -> str | None:
        """Gives the event that another edits."""
        row = self._one("SELECT original FROM edits WHERE edit = ?", edit)
        return None if row is None else str(row[0])

    # How it is done

    def _do(self, statement: str, *values: object) -> None:
        with self._lock:
            self._database.execute(statement, values)

    def _one(self, query: str, *values: str) -> tuple[object, ...] | None:
        with self._lock:
            row: tuple[object, ...] | None = self._database.execute(query, values).fetchone()
            return row

    def _names(self, query: str, *values: str) -> list[str]:
        with self._lock:
            return [str(name) for (name,) in self._database.execute(query, values)]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
