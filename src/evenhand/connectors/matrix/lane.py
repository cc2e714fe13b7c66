"""The one thread that screens: events that wait together are screened together.

The thread owns the screening plane, and with it the counts of who did how much lately. An event
counts once: what comes again soon, because its sender no longer waited, gets the verdict it has.
"""

import asyncio
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

from evenhand.base.errors import Unavailable
from evenhand.connectors.matrix.limits import (
    REST_SECONDS,
    REST_SECONDS_MAX,
    SCREEN_ROWS_MAX,
    VERDICTS_KEPT,
    WAITING_EVENTS_MAX,
)
from evenhand.verdicts.schema import Verdict

Row = dict[str, object]
Told = asyncio.Future[Verdict | None]
Waiting = tuple[Row, Future[Verdict | None] | Told]
Answer = tuple[Future[Verdict | None] | Told, Verdict | Exception | None]


class Screening(Protocol):
    """What the door needs of the screening plane (`pipeline.ScreeningPlane`)."""

    def screen_few(self, events: Sequence[Row]) -> Sequence[Verdict | None]:
        """Gives the verdict on each of a few events, or None."""


class Overloaded(Unavailable):
    """More events wait than could be screened in time."""


class ScreeningLane:
    """Screens events one after the other, or together where several wait.

    rest  waits for some seconds after a batch, while its answers go out
    """

    def __init__(self, plane: Screening, *, rest: Callable[[float], None] = time.sleep) -> None:
        self._plane, self._rest = plane, rest
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(WAITING_EVENTS_MAX)
        self._kept: OrderedDict[str, Verdict | None] = OrderedDict()
        self._thread = threading.Thread(target=self._run, name="screening", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Gives how many events wait."""
        return self._waiting.qsize()

    def submit(self, row: Row) -> Future[Verdict | None]:
        """Gives a future of the verdict; raises `Overloaded` where too many wait."""
        future: Future[Verdict | None] = Future()
        self._put(row, future)
        return future

    async def screen(self, row: Row) -> Verdict | None:
        """Gives the verdict on one event."""
        told: Told = asyncio.get_running_loop().create_future()
        self._put(row, told)
        return await told

    def _put(self, row: Row, future: Future[Verdict | None] | Told) -> None:
        try:
            self._waiting.put_nowait((row, future))
        except queue.Full as error:
            raise Overloaded(waiting=WAITING_EVENTS_MAX) from error

    def close(self) -> None:
        """Screens what waits and ends the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        # Nobody waits for company: what comes during a batch and the rest is screened together.
        while (first := self._waiting.get()) is not None:
            group, ended = self._group(first)
            # An event whose sender no longer waits has passed: the sweep screens it.
            group = [one for one in group if _begins(one[1])]
            if group:
                self._screen(group)
            if ended:
                return
            self._rest(min(len(group) * REST_SECONDS, REST_SECONDS_MAX))

    def _group(self, first: Waiting) -> tuple[list[Waiting], bool]:
        group = [first]
        while len(group) < SCREEN_ROWS_MAX:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, True
            group.append(item)
        return group, False

    def _screen(self, group: Sequence[Waiting]) -> None:
        fresh = [one for one in group if one[0]["event_id"] not in self._kept]
        try:
            verdicts = self._plane.screen_few([row for row, _ in fresh]) if fresh else ()
        except Exception as error:  # noqa: BLE001  the thread must outlive any one event
            self._without(group, error)
            return
        for (row, _), verdict in zip(fresh, verdicts, strict=True):
            self._kept[str(row["event_id"])] = verdict
        _tell([(future, self._kept[str(row["event_id"])]) for row, future in group])
        while len(self._kept) > VERDICTS_KEPT:
            self._kept.popitem(last=False)

    def _without(self, group: Sequence[Waiting], error: Exception) -> None:
        """Tells that an event cannot be screened; of several each is tried alone first."""
        if len(group) == 1:
            _tell([(group[0][1], error)])
            return
        for one in group:
            self._screen([one])


def _begins(future: Future[Verdict | None] | Told) -> bool:
    """Tells whether somebody still waits."""
    if isinstance(future, Future):
        return future.set_running_or_notify_cancel()
    return not future.cancelled()


def _tell(answers: Sequence[Answer]) -> None:
    """Gives every event's sender its answer; a loop is woken once for all that wait in it."""
    of_loops: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for future, found in answers:
        if isinstance(future, Future):
            _set(future, found)
        else:
            of_loops.setdefault(future.get_loop(), []).append((future, found))
    for loop, theirs in of_loops.items():
        # A loop that is closed has nobody who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell_here, theirs)


def _tell_here(answers: Sequence[Answer]) -> None:
    for future, found in answers:
        if not future.cancelled():
            _set(future, found)


def _set(future: Future[Verdict | None] | Told, found: Verdict | Exception | None) -> None:
    if isinstance(found, Exception):
        future.set_exception(found)
    else:
        future.set_result(found)
