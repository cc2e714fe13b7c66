"""Counters of strangers' keys over sliding windows, in tables of a fixed size.

A window is kept as two buckets; what of the older one is still inside is estimated by its share of
time, so a count may be off by a part of the older bucket, never by more. Time comes with the
events. When a key finds no place, the key that was quiet longest near it makes room.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, kernel
from evenhand.signals.hashing import Hashes, mix

PROBES = 16
"""Places looked at for one key."""

Counts = NDArray[np.int32]
Milliseconds = NDArray[np.int64]
Mask = NDArray[np.bool_]


@kernel
def _count(  # noqa: C901  one loop, compiled whole
    keys: Hashes,
    times: Milliseconds,
    counted: Mask,
    persons: Hashes,
    windows: Milliseconds,
    table: Hashes,
    seen: Milliseconds,
    buckets: NDArray[np.int64],
    current: Counts,
    before: Counts,
    who: NDArray[np.uint64],
    out: Counts,
    out_persons: Counts,
) -> None:
    """Counts each row's key and gives its count in every window, this row included.

    Stays inside: a place is below the table's length, which is a power of two; a row of `out` is
    a row of `keys`. Key 0 stands for nothing and gives 0.
    """
    last = U(table.shape[0] - 1)
    for row in range(keys.shape[0]):
        key = keys[row]
        if key == U(0):
            for window in range(windows.shape[0]):
                out[row, window] = 0
            out_persons[row] = 0
            continue
        moment = times[row]
        place = mix(key) & last
        chosen = place
        oldest = seen[place]
        found = False
        for _ in range(PROBES):
            if table[place] == key:
                chosen = place
                found = True
                break
            if table[place] == U(0):
                chosen = place
                break
            if seen[place] < oldest:
                oldest = seen[place]
                chosen = place
            place = (place + U(1)) & last
        if not found:
            table[chosen] = key
            for window in range(windows.shape[0]):
                buckets[chosen, window] = moment // windows[window]
                current[chosen, window] = 0
                before[chosen, window] = 0
            who[chosen, 0] = U(0)
            who[chosen, 1] = U(0)
        if moment > seen[chosen]:
            seen[chosen] = moment
        for window in range(windows.shape[0]):
            size = windows[window]
            bucket = moment // size
            behind = bucket - buckets[chosen, window]
            if behind == 1:
                before[chosen, window] = current[chosen, window]
                current[chosen, window] = 0
                if window == 0:
                    who[chosen, 1] = who[chosen, 0]
                    who[chosen, 0] = U(0)
            elif behind > 1:
                before[chosen, window] = 0
                current[chosen, window] = 0
                if window == 0:
                    who[chosen, 1] = U(0)
                    who[chosen, 0] = U(0)
            if behind > 0:
                buckets[chosen, window] = bucket
            if counted[row]:
                current[chosen, window] += 1
            inside = 1.0 if behind < 0 else 1.0 - (moment - bucket * size) / size
            out[row, window] = current[chosen, window] + np.int32(before[chosen, window] * inside)
        if counted[row]:
            who[chosen, 0] |= U(1) << (mix(persons[row]) & U(63))
        out_persons[row] = _persons(who[chosen, 0] | who[chosen, 1])


@kernel
def _persons(bits: np.uint64) -> int:
    """Estimates how many different persons set these bits (linear counting on 64 of them)."""
    unset = 0
    for place in range(64):
        if (bits >> U(place)) & U(1) == U(0):
            unset += 1
    if unset == 0:
        return 256
    return int(np.round(-64.0 * np.log(unset / 64.0)))


@dataclass(slots=True)
class WindowCounter:
    """Counts keys in several windows; not safe for two threads at once.

    windows_ms  lengths of the windows; `persons` are told apart within the first of them
    places      size of the table: a power of two
    """

    windows_ms: tuple[int, ...]
    places: int = 1 << 17
    _windows: Milliseconds = field(init=False)
    _table: Hashes = field(init=False)
    _seen: Milliseconds = field(init=False)
    _buckets: NDArray[np.int64] = field(init=False)
    _current: Counts = field(init=False)
    _before: Counts = field(init=False)
    _who: NDArray[np.uint64] = field(init=False)

    def __post_init__(self) -> None:
        assert self.places & (self.places - 1) == 0, "a power of two"
        shape = (self.places, len(self.windows_ms))
        self._windows = np.array(self.windows_ms, np.int64)
        self._table = np.zeros(self.places, np.uint64)
        self._seen = np.zeros(self.places, np.int64)
        self._buckets = np.zeros(shape, np.int64)
        self._current = np.zeros(shape, np.int32)
        self._before = np.zeros(shape, np.int32)
        self._who = np.zeros((self.places, 2), np.uint64)

    def count(
        self,
        keys: Hashes,
        times: Milliseconds,
        *,
        counted: Mask | None = None,
        persons: Hashes | None = None,
    ) -> tuple[Counts, Counts]:
        """Counts rows in order; gives (rows × windows) counts and about how many persons.

        Rows that are not `counted` are told the count without adding to it.
        """
        rows = len(keys)
        out = np.empty((rows, len(self.windows_ms)), np.int32)
        out_persons = np.empty(rows, np.int32)
        _count(
            keys,
            times,
            np.ones(rows, np.bool_) if counted is None else counted,
            keys if persons is None else persons,
            self._windows,
            self._table,
            self._seen,
            self._buckets,
            self._current,
            self._before,
            self._who,
            out,
            out_persons,
        )
        return out, out_persons
