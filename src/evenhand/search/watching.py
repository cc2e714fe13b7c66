"""What may be seen now, kept up with the decisions: the sight that every query is asked against.

Everything comes from the database, so that nothing that was said and lost can be missed. Until it
was read once there is no sight, and the searcher answers nothing.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from evenhand.base.errors import Unavailable
from evenhand.search.asking import Trust
from evenhand.search.mask_queries import Hidden, hidden
from evenhand.search.masks import Masks
from evenhand.search.ports import NoPolicy, Policy
from evenhand.search.sight import Sight

LOOK_SECONDS = 0.1
"""Seconds between two looks whether anything was committed."""

REST_FACTOR = 3
"""Times as long as it took to read what is hidden that the next reading waits."""


class NotReady(Unavailable):
    """What is hidden is not known yet, so that nothing is shown."""

    remedy = "Wait: the searcher reads what is hidden when it starts."


@dataclass(frozen=True, slots=True)
class Held:
    """What is not shown though no decision hides it, or shown though a list of words names it.

    held    rooms, posts and accounts that wait for a decision
    exempt  items that an appeal freed
    """

    held: frozenset[str] = frozenset()
    exempt: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sources:
    """Where what is seen comes from, beside the table of actions; each is asked at every look.

    renew  is called first: what follows from decisions before anything is seen by them
    """

    renew: Callable[[], object] = lambda: None
    policy: Callable[[], Policy] = NoPolicy
    trust: Callable[[], Trust] = Trust
    held: Callable[[], Held] = Held


class Watch:
    """Keeps the sight; one thread looks, many ask."""

    def __init__(self, is_open: Callable[[str], bool], sources: Sources) -> None:
        self._is_open, self._sources = is_open, sources
        self._sight: Sight | None = None
        self._hidden: Hidden | None = None
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
        if self._sight is None or self._hidden is None:
            raise NotReady(process="searcher")
        return self._hidden.deindexed

    def keeps(self, room: str) -> bool:
        """Tells whether a decision closes a room, or its closing is being undone."""
        return self._hidden is not None and room in self._hidden.rooms

    def look(self) -> None:
        """Reads what is hidden, whatever was read before."""
        with self._lock:
            committed = _committed()
            self._sources.renew()
            held = self._sources.held()
            # Rooms that stay are known before they are seen: else the crawl would drop them.
            self._hidden = hidden()
            self._sight = Sight(
                masks=self._hidden.masks,
                is_open=self._is_open,
                policy=self._sources.policy(),
                trust=self._sources.trust(),
                held=held.held,
                exempt=held.exempt,
            )
            self._committed = committed

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
