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
    renew   called where decisions on rooms have changed, with these rooms; None: with all. What
            follows from them waits for a decision then
    """

    held: Callable[[], frozenset[str]] = frozenset
    policy: Callable[[], Policy] = NoPolicy
    trust: Callable[[Collection[str] | None], Trust] = lambda _rooms: Trust()
    exempt: Callable[[], frozenset[str]] = frozenset
    renew: Callable[[Collection[str] | None], object] = lambda _rooms: None


class Watch:
    """Keeps the sight; one thread looks, many ask."""

    def __init__(self, is_open: Callable[[str], bool], sources: Sources) -> None:
        self._is_open, self._sources = is_open, sources
        self._sight: Sight | None = None
        self._hidden = Hidden()
        self._exempt: frozenset[str] = frozenset()
        self._whole_at = -math.inf
        self._lock = threading.RLock()
        self._committed = ""

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
        with self._lock:
            committed = _committed()
            # Before the actions: what is decided in between is in the one or the other.
            held = self._sources.held()
            changed = self._hidden.read()
            if changed is None or changed:
                self._exempt = self._sources.exempt()
            rooms = None if changed is None else names_of(changed, TargetKind.CHANNEL)
            whole = time.monotonic() - self._whole_at > WHOLE_SECONDS
            if whole:
                # Before anything is seen for the first time: what follows is held back as well.
                self._sources.renew(None)
                self._whole_at = time.monotonic()
                held |= self._sources.held()
            self._sight = Sight(
                masks=self._hidden.masks,
                is_open=self._is_open,
                policy=self._sources.policy(),
                trust=self._sources.trust(None if whole else rooms),
                held=held,
                exempt=self._exempt,
            )
            self._committed = committed
            if not whole and (rooms is None or rooms):
                self._sources.renew(rooms)

    def alone(self, work: Callable[[], object]) -> None:
        """Does something while nobody looks: what a look uses is used by one thread at a time."""
        with self._lock:
            work()

    def hold(self, names: Sequence[str]) -> None:
        """Holds rooms back at once, until the next look says whether they wait for a decision."""
        with self._lock:
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


def _committed() -> str:
    """Gives what changes whenever a transaction that wrote something ends (PostgreSQL 13 on)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])
