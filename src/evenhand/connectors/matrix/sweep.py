"""The sweep: screens what passed unscreened, as soon as something says that it did.

It runs in the door's process, because the counts of who did how much lately are there. What it
flags is in the room already, so it goes to the journal as passed: the worker redacts exact
matches and opens a case for the rest.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from evenhand.actions.journal import Answered, FlaggedEntry, JournalWriter
from evenhand.base.errors import EvenhandError, Unavailable
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.intake import Seen
from evenhand.connectors.matrix.keeper import DoorKeeper
from evenhand.connectors.matrix.lane import Overloaded, ScreeningLane
from evenhand.connectors.matrix.limits import SWEEP_SECONDS
from evenhand.connectors.matrix.readback import CursorStore, read_back

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
"""Seconds between the word that something was missed and the sweep: more may follow."""

PAUSE_FACTOR = 9
"""Times its own length that the sweep rests: it takes at most a tenth of one Synapse worker."""

AGAIN_SECONDS = 5.0
"""Seconds until a sweep that failed is begun again."""

SCREEN_SECONDS_MAX = 30.0
"""Seconds that one event of a sweep may take to be screened."""


class Sweeper:
    """Sweeps in a thread of its own: at the start, when told, and every few minutes."""

    def __init__(
        self,
        *,
        client: MatrixClient,
        cursors: CursorStore,
        keeper: DoorKeeper,
        lane: ScreeningLane,
        journal: JournalWriter,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._cursors = cursors
        self._keeper = keeper
        self._lane = lane
        self._journal = journal
        self._loop = loop
        self._clock = clock
        self._told = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        """Begins with a sweep."""
        self._told.set()
        self._thread.start()

    def tell(self) -> None:
        """Says that something passed unscreened."""
        self._told.set()

    def stop(self) -> None:
        """Ends after the page in hand."""
        self._ended.set()
        self._told.set()
        self._thread.join(SCREEN_SECONDS_MAX)

    def _run(self) -> None:
        pause_seconds = SWEEP_SECONDS
        while not self._ended.is_set():
            told = self._told.wait(pause_seconds)
            if told:
                self._ended.wait(PAUSE_SECONDS)
            self._told.clear()
            begun = time.monotonic()
            if not self._ended.is_set() and not self._sweep_safely():
                self._ended.wait(AGAIN_SECONDS)
                self._told.set()
            pause_seconds = max(SWEEP_SECONDS, PAUSE_FACTOR * (time.monotonic() - begun))

    def _sweep_safely(self) -> bool:
        try:
            found = self.sweep()
        except EvenhandError as error:
            log.warning("sweep_postponed", why=type(error).__name__, **_plain(error.fields))
            return False
        if found:
            log.info("sweep_done", screened=found)
        return True

    def sweep(self) -> int:
        """Screens everything new that was not answered, and gives how many events that were."""
        screened = 0
        pages = read_back(
            self._client,
            self._cursors,
            answered=self._keeper.answered.__contains__,
            now=self._clock(),
        )
        for page in pages:
            screened += self._screen(page.events)
            if self._ended.is_set():
                break
        return screened

    def _screen(self, events: Sequence[Seen]) -> int:
        """Screens one page; raises if it could not, so that its cursor is not kept."""
        theirs = [seen for seen in events if not self._keeper.is_own(seen.account)]
        whole = [self._completed(seen) for seen in theirs]
        begun = time.perf_counter()
        futures = [(seen, self._lane.submit(seen.row())) for seen in whole]
        flagged: list[FlaggedEntry] = []
        for seen, future in futures:
            try:
                verdict = future.result(SCREEN_SECONDS_MAX)
            except TimeoutError as error:
                raise Overloaded(during="sweep") from error
            if verdict is not None:
                ms = round((time.perf_counter() - begun) * 1000)
                flagged.append(self._keeper.entry(seen, verdict, Answered.PASSED, ms=ms))
        if flagged:
            self._journal.append(flagged)
        for seen in whole:
            self._keeper.answered.add(seen.event_id)
            self._keeper.counters.screened(seen.channel_kind, at=self._clock())
        return len(whole)

    def _completed(self, seen: Seen) -> Seen:
        future = asyncio.run_coroutine_threadsafe(self._keeper.complete(seen), self._loop)
        try:
            return future.result(SCREEN_SECONDS_MAX)
        except TimeoutError as error:
            raise Unavailable(peer="synapse", call="complete") from error


def _plain(fields: dict[str, object]) -> dict[str, object]:
    """Gives an error's fields for the log, without those that the event itself has."""
    return {name: value for name, value in fields.items() if name not in ("event", "why")}
