"""Batches side by side through one screening plane, with the verdicts of one after another.

What no batch changes for another is computed in several threads, which the kernels let run at
once. What is counted is counted in the order of the batches, so that nothing depends on how many
lanes there are. Files are looked up for several batches at once, which is what a search among a
million pictures gains most from.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import pyarrow as pa

from evenhand.base.turns import Turns
from evenhand.pipeline import Prepared, Scope, ScreeningPlane

TOGETHER = 8
"""Batches whose files are looked up together: 65,536 events, some 20 MB."""

TOGETHER_BYTES = 64 * 1024 * 1024
"""Bytes after which no further batch is waited for: people may write long."""


def cores() -> int:
    """Gives how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def screen_all(
    plane: ScreeningPlane,
    batches: Iterable[pa.RecordBatch],
    scope: Scope = Scope.LIVE,
    *,
    lanes: int | None = None,
    together: int = TOGETHER,
) -> Iterator[tuple[pa.RecordBatch, pa.Table]]:
    """Gives each batch with its verdicts, in order; `together` batches are under way beforehand.

    The next group's files are looked up while the last group is judged.
    """
    turns, number, waiting = Turns(), 0, deque[tuple[pa.RecordBatch, Future[pa.Table]]]()
    source = _Source(batches)
    with ThreadPoolExecutor(lanes or cores(), "screening") as pool:
        try:
            group = source.take(together)
            ready = pool.submit(plane.prepare, group, scope)
            while group:
                following = source.take(together)
                ready_next = pool.submit(plane.prepare, following, scope)
                for place, batch in enumerate(group):
                    judged = pool.submit(_judged, ready, place, turns, number)
                    waiting.append((batch, judged))
                    number += 1
                while len(waiting) > together:
                    yield waiting[0][0], waiting.popleft()[1].result()
                group, ready = following, ready_next
            while waiting:
                yield waiting[0][0], waiting.popleft()[1].result()
        finally:
            pool.shutdown(cancel_futures=True)
    if source.fault is not None:
        raise source.fault


class _Source:
    """Batches as they come. A fault of theirs waits until what came before it is judged."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = iter(batches)
        self.fault: Exception | None = None

    def take(self, count: int) -> list[pa.RecordBatch]:
        """Gives the next batches; fewer, or none, at the end."""
        taken: list[pa.RecordBatch] = []
        size = 0
        try:
            for batch in islice(self._batches, count):
                taken.append(batch)
                size += batch.nbytes
                if size >= TOGETHER_BYTES:
                    break
        except Exception as error:  # noqa: BLE001  raised again when its turn comes
            self.fault = error
            self._batches = iter(())
        return taken


def _judged(ready: "Future[list[Prepared]]", place: int, turns: Turns, number: int) -> pa.Table:
    try:
        return ready.result()[place].verdicts(turns.of(number))
    finally:
        turns.give_up(number)
