"""What may be seen now, kept up with the decisions: the sight that every query is asked against.

Everything comes from the database, so that nothing that was said and lost can be missed. Until it
was read once there is no sight, and the searcher answers nothing.
"""

import math
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from evenhand.base.errors import Unavailable
from evenhand.base.lists import TargetKind
from evenhand.search.asking import Trust
from evenhand.search.mask_queries import Hidden, names_of
from evenhand.search.masks import Masks
from evenhand.search.ports import NoPolicy, Policy
from evenhand.search.sight import Sight

LOOK_SECONDS = 0.1
"""Seconds between two looks whether anything was committed."""

REST_FACTOR = 3
"""Times as long as a look took that the next one waits."""

WHOLE_SECONDS = 600.0
"""Seconds after which all that closes rooms is read anew: an order's silence ends with its day."""


class NotReady(Unavailable):
    """What is hidden is not known yet, so that nothing is shown."""

    remedy = "Wait: the searcher reads what is hidden when it starts."


@dataclass(frozen=True, slots=True)
class Sources:
    """Where what is seen comes from, beside the table of actions.

    held    what waits for a decision, by its id; asked at every look, as are the next two
    policy  what may not be sought, and which texts may not be found
    trust   what speaks for or against rooms; told where decisions have changed, None: everywhere
    exempt  items that an appeal freed; asked where decisions have changed
    renew   called after decisions on rooms have changed, with these rooms; None: with all. What
            follows from them waits for a decision then
    """

    held: Callable[[], frozenset[str]] = frozenset
    policy: Callable[[], Policy] = NoPolicy
    trust: Callable[[Collection[str] | None], Trust] = lambda _rooms: Trust()
    exempt: Callable[[], frozenset[str]] = frozenset
    renew: Callable[[Collection[str] | None], object] = lambda _rooms: None


class Watch:
    """Keeps the sight; one thread looks, one does what follows, many ask.

    What follows from a decision takes longer than looking: the index is sought for what resembles a
    closed room. So nobody waits for it who looks.
    """

    def __init__(self, is_open: Callable[[str], bool], sources: Sources) -> None:
        self._is_open, self._sources = is_open, sources
        self._sight: Sight | None = None
        self._hidden = Hidden()
        self._exempt: frozenset[str] = frozenset()
        self._whole_at = -math.inf
        self._committed = ""
        self._lock, self._alone = threading.Lock(), threading.Lock()
        # Rooms from whose decisions something may follow; None: all.
        self._due: frozenset[str] | None = frozenset()
        self._is_due = threading.Event()
        # Held back without a proposal that was read; and those whose proposals are written.
        self._held: frozenset[str] = frozenset()
        self._proposed: frozenset[str] = frozenset()

    @property
    def ready(self) -> bool:
        """Tells whether what is hidden is known."""
        return self._sight is not None

    @property
    def sight(self) -> Sight:
        """Gives what may be seen now; raises `NotReady` before that is known."""
        if self._sight is None:
            raise NotReady(process="searcher")
        return self._sight

    @property
    def deindexed(self) -> Masks:
        """Gives what was taken out of search; raises `NotReady` before that is known."""
        if self._sight is None:
            raise NotReady(process="searcher")
        return self._hidden.deindexed

    def keeps(self, room: str) -> bool:
        """Tells whether a decision closes a room, or its closing is being undone."""
        return room in self._hidden.rooms

    def look(self) -> None:
        """Reads what has changed of what is hidden; at first, and now and then, all of it."""
        if self._sight is None:
            with self._lock:
                self._hidden.read()
            # Before anything is seen for the first time: what follows is held back as well.
            self.alone(lambda: self._sources.renew(None))
        with self._lock:
            self._look()

    def _look(self) -> None:
        first = self._sight is None
        whole = first or time.monotonic() - self._whole_at > WHOLE_SECONDS
        committed = _committed()
        self._held -= self._proposed
        self._proposed = frozenset()
        # Before the actions: what is decided in between is in the one or the other.
        held = self._sources.held()
        changed = self._hidden.read()
        if first or changed is None or changed:
            self._exempt = self._sources.exempt()
        rooms = None if changed is None else names_of(changed, TargetKind.CHANNEL)
        self._sight = Sight(
            masks=self._hidden.masks,
            is_open=self._is_open,
            policy=self._sources.policy(),
            trust=self._sources.trust(None if whole else rooms),
            held=held | self._held,
            exempt=self._exempt,
        )
        self._committed = committed
        if whole:
            self._whole_at = time.monotonic()
        self._owe(None if whole and not first else rooms)

    def _owe(self, rooms: Collection[str] | None) -> None:
        """Notes from which rooms' decisions something may follow."""
        both = None if rooms is None or self._due is None else self._due | frozenset(rooms)
        self._due = both
        if both is None or both:
            self._is_due.set()

    def follow_up(self) -> None:
        """Does what follows from the decisions that the looks have read."""
        with self._lock:
            rooms, self._due = self._due, frozenset()
            self._is_due.clear()
        if rooms is not None and not rooms:
            return
        try:
            self.alone(lambda: self._sources.renew(rooms))
        except BaseException:
            with self._lock:
                self._owe(rooms)
            raise

    def alone(self, work: Callable[[], object]) -> None:
        """Does what may hold rooms back and propose them, one piece of work at a time."""
        with self._alone:
            try:
                work()
            finally:
                with self._lock:
                    self._proposed = self._held

    def hold(self, names: Sequence[str]) -> None:
        """Holds rooms back at once, until a look after this work says whether they wait."""
        with self._lock:
            self._held |= frozenset(names)
            self._proposed -= frozenset(names)
            if self._sight is not None and names:
                self._sight = replace(self._sight, held=self._sight.held | frozenset(names))

    def follow(self, stop: threading.Event) -> None:
        """Looks whenever something was committed, until told to stop."""
        try:
            while not stop.wait(LOOK_SECONDS):
                if _committed() == self._committed:
                    continue
                begun = time.monotonic()
                self.look()
                stop.wait(REST_FACTOR * (time.monotonic() - begun))
        finally:
            connection.close()  # this thread's own

    def keep_up(self, stop: threading.Event) -> None:
        """Does what follows whenever something may, until told to stop."""
        try:
            while not stop.is_set():
                if not self._is_due.wait(LOOK_SECONDS):
                    continue
                begun = time.monotonic()
                self.follow_up()
                stop.wait(REST_FACTOR * (time.monotonic() - begun))
        finally:
            connection.close()  # this thread's own


def _committed() -> str:
    """Gives what changes whenever a transaction that wrote something ends (PostgreSQL 13 on)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])
