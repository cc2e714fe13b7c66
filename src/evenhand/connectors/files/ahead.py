"""Reads ahead in threads of its own, so that reading and judging use all cores."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

AHEAD_MAX = 4
"""Batches waiting to be judged: enough to even out both sides, some ten megabytes at most."""

AT_ONCE = min(os.cpu_count() or 1, 4)
"""Items worked on side by side: what each holds in memory counts so many times."""

_WAIT_SECONDS = 0.1


def side_by_side(items: Iterable[Item], work: Callable[[Item], Made]) -> Iterator[Made]:
    """Gives what is made of each item, in their order, while the next ones are worked on."""
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="side by side") as threads:
        try:
            for item in items:
                waiting.append(threads.submit(work, item))
                if len(waiting) > AT_ONCE:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


class _End:
    """Says that there are no more items, and the error that ended them, if one did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class ReadAhead(Generic[Item]):
    """Gives the items of an iterator that runs in another thread; its errors are raised here."""

    def __init__(self, items: Iterator[Item], *, ahead_max: int = AHEAD_MAX) -> None:
        self._queue: Queue[Item | _End] = Queue(ahead_max)
        self._stopped = Event()
        self._thread = Thread(target=self._work, args=(items,), name="read ahead", daemon=True)

    def __iter__(self) -> Iterator[Item]:
        self._thread.start()
        try:
            while True:
                item = self._queue.get()
                if isinstance(item, _End):
                    if item.error is not None:
                        raise item.error
                    return
                yield item
        finally:
            self._stopped.set()
            with suppress(Empty):
                while True:
                    self._queue.get_nowait()
            self._thread.join()

    def _work(self, items: Iterator[Item]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not self._put(item):
                    return
        except BaseException as raised:  # noqa: BLE001  raised again where the items are taken
            error = raised
        self._put(_End(error))

    def _put(self, item: Item | _End) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_WAIT_SECONDS)
            except Full:
                continue
            return True
        return False
