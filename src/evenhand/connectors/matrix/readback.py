"""What was posted while nobody asked the door: read back from Synapse, room by room.

Each public room has a durable cursor. The first sweep of an installation only notes where every
room stands; afterwards a room without a cursor is new, and is read from its beginning. An event
may be given twice (a cursor is kept after its page was handled): whoever screens it must be
idempotent by event id.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from evenhand.base.errors import InputRefused, NotFound
from evenhand.base.lists import ChannelKind
from evenhand.connectors.matrix.client import (
    PAGE_EVENTS,
    MatrixClient,
    MatrixEvent,
    MatrixRoom,
    Page,
)
from evenhand.connectors.matrix.intake import Channel, Seen, message_seen


class CursorStore(Protocol):
    """Where the cursors are kept; they must survive a restart."""

    def begun(self) -> bool:
        """Tells whether a first sweep has noted where every room stands."""

    def begin(self) -> None:
        """Remembers that it has."""

    def cursor(self, room: str) -> str | None:
        """Gives the cursor of a room."""

    def keep(self, room: str, cursor: str) -> None:
        """Keeps the cursor of a room."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Events of one room that nobody answered for; they are in the room."""

    room: str
    events: tuple[Seen, ...]


def read_back(
    client: MatrixClient,
    cursors: CursorStore,
    *,
    answered: Callable[[str], bool],
    now: datetime,
    page_events: int = PAGE_EVENTS,
) -> Iterator[ReadBack]:
    """Gives what is new in every public room, and keeps a cursor when the caller comes back.

    Raises `Unavailable` where Synapse does not answer; the next sweep goes on from there.
    """
    first = not cursors.begun()
    for room in _public_rooms(client):
        cursor = cursors.cursor(room.id)
        try:
            if cursor is None and first:
                page = client.messages(room.id, direction="b", events_max=1)
                cursors.keep(room.id, page.start)
            else:
                pages = _Pages(client, cursors, room.id, answered, now, page_events)
                yield from pages.after(cursor)
        except NotFound:
            continue  # the room was purged meanwhile
    if first:
        cursors.begin()


class CursorFile:
    """Cursors in a file of SQLite, for one process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with closing(self._database.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS cursors (room TEXT PRIMARY KEY, at TEXT NOT NULL)"
            )

    def begun(self) -> bool:
        """Tells whether a first sweep has noted where every room stands."""
        return self.cursor("") is not None

    def begin(self) -> None:
        """Remembers that it has, under the name that no room has."""
        self.keep("", "begun")

    def cursor(self, room: str) -> str | None:
        """Gives the cursor of a room."""
        found = self._database.execute("SELECT at FROM cursors WHERE room = ?", (room,)).fetchone()
        return None if found is None else str(found[0])

    def keep(self, room: str, cursor: str) -> None:
        """Keeps the cursor of a room."""
        self._database.execute(
            "INSERT INTO cursors (room, at) VALUES (?, ?)"
            " ON CONFLICT (room) DO UPDATE SET at = excluded.at",
            (room, cursor),
        )

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


def _public_rooms(client: MatrixClient) -> Iterator[MatrixRoom]:
    start: int | None = 0
    while start is not None:
        rooms, start = client.rooms(start)
        yield from (room for room in rooms if room.join_rule == "public" and not room.encrypted)


@dataclass(frozen=True, slots=True)
class _Pages:
    """The pages of one room, and how its cursor moves along them."""

    client: MatrixClient
    cursors: CursorStore
    room: str
    answered: Callable[[str], bool]
    now: datetime
    page_events: int

    def after(self, cursor: str | None) -> Iterator[ReadBack]:
        """Gives what is new after a cursor; keeps the next one when the caller comes back."""
        while True:
            page = self.client.messages(
                self.room, start=cursor, direction="f", events_max=self.page_events
            )
            seen = self._new(page)
            if seen:
                yield ReadBack(self.room, seen)
            if page.end is None or page.end == cursor:
                return
            cursor = page.end
            self.cursors.keep(self.room, cursor)
            if not page.events:
                return

    def _new(self, page: Page) -> tuple[Seen, ...]:
        new = (one for one in page.events if not one.redacted and not self.answered(one.id))
        return tuple(found for event in new if (found := _seen(event, self.now)) is not None)


def _seen(event: MatrixEvent, now: datetime) -> Seen | None:
    """Gives an event as the door would have seen it; None if it says nothing readable."""
    value: dict[str, object] = {
        "event_id": event.id,
        "type": event.type,
        "sender": event.sender,
        "room_id": event.room,
        "origin_server_ts": round(event.time.timestamp() * 1000),
        "content": dict(event.content),
    }
    if event.state_key is not None:
        value["state_key"] = event.state_key
    try:
        return message_seen(value, Channel(ChannelKind.PUBLIC), now=now, late_max=timedelta.max)
    except InputRefused:
        return None  # an identifier that is none: Synapse itself would not have taken it
