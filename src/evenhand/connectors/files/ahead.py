"""Reads ahead in a thread of its own, so that reading and judging use two cores."""

from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")

AHEAD_MAX = 4
"""Batches waiting to be judged: enough to even out both sides, some ten megabytes at most."""

_WAIT_SECONDS = 0.1


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
