"""The crawl: fills the index from what Synapse shows to everybody, and keeps it so.

Synapse's module says where something is new; what is new is read here. One thread reads: first
where it was told to look, then, room by room, where nobody told it (a sweep), then history back to
its beginning. All that is read of one room is therefore in order: a redaction is never overtaken
by the message that it redacts. A page is in the index before its cursor moves.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import structlog

from evenhand.connectors.matrix import found
from evenhand.connectors.matrix.peek import Events, Json, Peek
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.state import RoomState, State

log = structlog.get_logger()

GATHER_SECONDS = 0.05
"""Seconds that pokes are gathered: a room in which much happens is read once for all of it."""

SWEEP_SECONDS = 30.0
"""Seconds between two sweeps where nobody said that anything is new."""

IDLE_SECONDS = 0.5

TOLD_AT_ONCE = 100
"""Rooms and accounts that are read because of what was told before the sweep goes on."""

FACTS = frozenset(
    {
        *("m.room.name", "m.room.topic", "m.room.avatar", "m.room.canonical_alias"),
        *("m.room.join_rules", "m.room.history_visibility", "m.room.encryption"),
        *("m.room.tombstone", "m.room.member", found.INDEX),
    }
)
"""Events after which a room is looked at anew, and not only read."""


class Crawl:
    """Reads rooms into the index; `poke` may be called from any thread, all else by one.

    keeps    tells of a room whether a decision closes it: then its items stay, hidden
    changed  is told of rooms and posts before anybody can find them as they are now
    """

    def __init__(
        self,
        peek: Peek,
        state: State,
        index: Index,
        *,
        keeps: Callable[[str], bool] = lambda _room: False,
        changed: Callable[[Sequence[Item]], None] = lambda _items: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._peek, self._state, self._index = peek, state, index
        self._keeps, self._changed, self._clock = keeps, changed, clock
        self._told = threading.Event()
        self._lock = threading.Lock()
        # What was told, in the order in which it is read.
        self._names: dict[str, set[str]] = {
            "closed": set(),
            "accounts": set(),
            "leaving": set(),
            "rooms": set(),
        }
        self._sweep: Iterator[None] | None = None
        self._swept_at = float("-inf")
        self.first_done = False

    # Told from elsewhere

    def poke(
        self,
        *,
        rooms: Collection[str] = (),
        leaving: Collection[str] = (),
        accounts: Collection[str] = (),
        closed: Collection[str] = (),
    ) -> None:
        """Says where something is new: in rooms, of accounts, of accounts that were closed.

        leaving  rooms that may be public no longer, or where something was redacted: read before
                 all rooms that wait
        """
        told = {"closed": closed, "accounts": accounts, "leaving": leaving, "rooms": rooms}
        with self._lock:
            for kind, names in told.items():
                self._names[kind].update(names)
        self._told.set()

    def gauges(self) -> dict[str, float]:
        """Gives how far the crawl is, for /metrics."""
        return {
            "evenhand_search_rooms_open": float(len(self._state.open_rooms)),
            "evenhand_search_rooms_unfinished": float(len(self._state.unfinished())),
            "evenhand_search_first_crawl_done": float(self.first_done),
        }

    # The loop

    def run(self, stop: threading.Event) -> None:
        """Reads until told to stop; raises `Unavailable` where Synapse does not answer.

        What was told and not yet read is kept, so that it may simply be called again.
        """
        while not stop.is_set():
            if not self.step():
                self._told.wait(IDLE_SECONDS)

    def step(self) -> bool:
        """Does the next piece of work, after what was told; False if there is none."""
        told = self._told.is_set()
        if told:
            self._told.clear()
            time.sleep(GATHER_SECONDS)
            self._read_told()
        return self._go_on() or told

    def _go_on(self) -> bool:
        """Reads on in the sweep, or in some room's history."""
        if self._sweep is None and self._clock() - self._swept_at >= SWEEP_SECONDS:
            self._sweep = self._sweeping()
        if self._sweep is not None:
            try:
                next(self._sweep)
            except StopIteration:
                self._sweep, self._swept_at = None, self._clock()
            except Exception:
                self._sweep = None
                raise
            return True
        return self._read_back()

    def _read_told(self) -> None:
        """Reads what was told, and what is told meanwhile, up to a limit: the sweep goes on too."""
        work = {
            "closed": self._close_account,
            "accounts": self._renew_account,
            "leaving": self.read,
            "rooms": self.read,
        }
        for _ in range(TOLD_AT_ONCE):
            with self._lock:
                kind = next((kind for kind, names in self._names.items() if names), None)
                if kind is None:
                    return
                name = self._names[kind].pop()
            try:
                work[kind](name)
            except BaseException:
                self.poke(**{kind: [name]})
                raise
        self._told.set()

    def _sweeping(self) -> Iterator[None]:
        """Reads every listed room, and whatever was open and is listed no longer."""
        listed: set[str] = set()
        since = ""
        while True:
            rooms, since = self._peek.directory(since)
            for room in rooms:
                listed.add(room)
                self.read(room)
                yield
            if not since:
                break
        for room in (self._state.open_rooms | set(self._state.left_over())) - listed:
            self.read(room)
            yield

    def _read_back(self) -> bool:
        """Reads one page of some room's history; False if all are read to their beginning."""
        unfinished = self._state.unfinished()
        if not unfinished:
            self.first_done = self._swept_at > float("-inf")
            return False
        room = unfinished[0]
        state = self._state.room(room)
        page = self._peek.messages(room, start=state.backward, direction="b")
        if page is None:
            self.read(room)
            return True
        self._take(room, page)
        self._index.commit()
        last = max((found.written_at(event) for event in page.events), default=0.0)
        over = page.end is None or not page.events
        backward = None if over else page.end
        self._state.keep(room, replace(state, backward=backward, last=max(state.last, last)))
        return True

    # One room

    def read(self, room: str) -> None:
        """Reads what is new in a room, what it says of itself, and who is there."""
        state = self._state.room(room)
        news = self._read_news(room, state) if state.open and state.readable else True
        if news:
            self._look(room)

    def _read_news(self, room: str, state: RoomState) -> bool:
        """Reads new events; tells whether the room is to be looked at anew."""
        look = self._clock() - self._swept_at < 0 or self._sweep is not None
        while True:
            page = self._peek.messages(room, start=state.forward, direction="f")
            if page is None:
                return True
            if page.events:
                self._take(room, page)
                self._index.commit()
                last = max(found.written_at(event) for event in page.events)
                state = replace(state, last=max(state.last, last))
                look = look or any(event.get("type") in FACTS for event in page.events)
            if page.end is None or page.end == state.forward:
                self._state.keep(room, state)
                # No event at all: the directory, or something else that leaves none.
                return look or not page.events
            state = replace(state, forward=page.end)
            self._state.keep(room, state)

    def _look(self, room: str) -> None:
        summary = self._peek.summary(room)
        readable = summary is not None and summary.get("world_readable") is True
        public = found.is_public(summary) and self._peek.listed(room)
        if public and readable:
            public = not found.opts_out(self._peek.state(room, found.INDEX))
        if public and readable:
            public = self._peek.state(room, "m.room.tombstone") is None
        if not public or summary is None:
            self._close(room)
            return
        self._open(room, summary, readable=readable)

    def _open(self, room: str, summary: Json, *, readable: bool) -> None:
        state = self._state.room(room)
        fresh = not state.open and state.purged
        if fresh:
            # Written before anything of it is in the index: a kill leaves something to look after.
            state = replace(state, purged=False, forward=None, backward=None)
            self._state.keep(room, state)
        if state.readable and not readable:
            self._index.remove(rooms=[room])
            self._leave(room, self._state.members(room))
            state = replace(state, forward=None, backward=None)
        if readable and state.forward is None:
            state = self._begin(room, state)
        elif readable and not state.open:
            # It was closed by a decision: what was redacted meanwhile leaves before it is seen.
            self._read_news(room, state)
            state = self._state.room(room)
        item = found.room_item(summary, last=state.last)
        before = self._index.get(room)
        self._index.put([item])
        if before is None or (before.title, before.aliases, before.avatar, before.text) != (
            item.title,
            item.aliases,
            item.avatar,
            item.text,
        ):
            self._changed([item])
        if readable:
            self._renew_members(room, state)
        self._index.commit()
        self._state.keep(room, replace(state, open=True, readable=readable))

    def _begin(self, room: str, state: RoomState) -> RoomState:
        """Notes where a room stands now: from here forwards and backwards."""
        page = self._peek.messages(room, start=None, direction="b", limit=1)
        if page is None:
            return state
        last = max((found.written_at(event) for event in page.events), default=0.0)
        return replace(state, forward=page.start, backward=page.start, last=last)

    def _close(self, room: str) -> None:
        """Hides a room at once; what is in the index leaves it unless a decision keeps it."""
        state = self._state.room(room)
        if state.open:
            self._state.keep(room, replace(state, open=False))
        if state.purged or self._keeps(room):
            return
        self._index.remove(rooms=[room])
        self._leave(room, self._state.members(room))
        self._index.commit()
        self._state.keep(room, RoomState(purged=True))

    # Events

    def _take(self, room: str, page: Events) -> None:
        """Puts what a page says into the index; its order does not matter within a page."""
        members = self._members_of(room)
        again: set[str] = set()
        for event in page.events:
            if original := found.original_of(event):
                self._state.keep_edit(str(event.get("event_id")), original)
                again.add(original)
            elif redacted := found.redacted_by(event):
                self._index.remove(ids=[redacted])
                again.add(self._state.original(redacted) or "")
        items = []
        for event in page.events:
            item = found.post_item(event, room=room, members=members)
            if item is not None and self._may(item.account):
                items.append(item)
        self._bring(items)
        for name in again - {""}:
            self._take_again(room, name, members)

    def _take_again(self, room: str, name: str, members: int) -> None:
        """Reads one event as it is now: it was edited, or an edit of it was redacted."""
        event = self._peek.event(room, name)
        item = None if event is None else found.post_item(event, room=room, members=members)
        if item is None or not self._may(item.account):
            self._index.remove(ids=[name])
        else:
            self._bring([item])

    def _bring(self, items: Sequence[Item]) -> None:
        if items:
            self._changed(items)
        self._index.put(items)

    def _members_of(self, room: str) -> int:
        item = self._index.get(room)
        return 0 if item is None else item.members

    def _may(self, account: str) -> bool:
        return not self._state.opted_out(account)

    # Accounts

    def _renew_members(self, room: str, state: RoomState) -> None:
        """Takes in who is in a room now; who came is asked whether they want to be found."""
        joined = self._peek.members(room) or {}
        before = self._state.members(room)
        come = [one for one in joined if one not in before]
        for account in come:
            self._ask(account)
        self._state.keep_members(room, come=come)
        self._index.put(
            [
                found.account_item(account, member, last=state.last)
                for account, member in joined.items()
                if not self._state.wants_not(account)
            ]
        )
        self._leave(room, before - joined.keys())

    def _leave(self, room: str, gone: Collection[str]) -> None:
        """Takes accounts out that are in no readable room any more."""
        self._state.keep_members(room, gone=gone)
        self._index.remove(ids=[one for one in gone if not self._state.rooms_of(one)])

    def _ask(self, account: str) -> bool:
        """Asks whether an account wants to be found, and keeps the answer."""
        profile = self._peek.profile(account)
        field = None if profile is None else profile.get(found.INDEX)
        unwilling = found.opts_out(field if isinstance(field, dict) else None)
        if unwilling:
            self._state.keep_unwilling(account, closed=False)
        elif self._state.opted_out(account) and profile is not None:
            self._state.forget_unwilling(account)
        return not unwilling

    def _renew_account(self, account: str) -> None:
        """Takes in what an account says of itself now: name, picture, whether it is to be found."""
        before = self._state.opted_out(account)
        rooms = self._state.rooms_of(account)
        if not self._ask(account):
            self._index.remove(accounts=[account])
            self._index.commit()
            return
        if before:
            # All that it wrote comes back: its rooms are read from their end to their beginning.
            for room in rooms:
                state = self._state.room(room)
                if state.open and state.forward is not None:
                    self._state.keep(room, replace(state, backward=state.forward))
        self.poke(rooms=rooms)

    def _close_account(self, account: str) -> None:
        """Takes a closed account out; what it wrote stays, as it does at the messenger."""
        self._state.keep_unwilling(account, closed=True)
        self._index.remove(ids=[account])
        self._index.commit()
