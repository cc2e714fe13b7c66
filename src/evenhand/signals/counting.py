"""Counters of strangers' keys over sliding windows, in tables of a fixed size.

A window is kept as two buckets; what of the older one is still inside is estimated by its share of
time, so a count may be off by a part of the older bucket, never by more. Time comes with the
events: one that comes late counts in its own bucket, never in the present. When a key finds no
place, the key that was quiet longest near it makes room.
"""

from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.base.machine import bits_set
from evenhand.signals.hashing import Hashes, mix

PROBES = 8
"""Places looked at for one key."""

KEY, SEEN, PERSONS_NOW, PERSONS_BEFORE, WINDOWS = 0, 1, 2, 3, 4
"""Words of one place of the table; then three per window: bucket, count, count before."""

WORDS_PER_LINE = 8
"""A place fills whole lines of the processor's cache, so that a key costs one or two of them."""

Counts = NDArray[np.int32]
Milliseconds = NDArray[np.int64]
Mask = NDArray[np.bool_]
Table = NDArray[np.int64]


@inlined
def place_of(table: Table, key: np.int64, hashed: np.uint64) -> np.int64:
    """Gives where a key stands, or the place that it takes: empty, or quiet for longest.

    Stays inside: places wrap around, and the table's length is a power of two.
    """
    last = U(table.shape[0] - 1)
    oldest = np.int64(hashed & last)
    for probe in range(PROBES):
        place = np.int64((hashed + U(probe)) & last)
        if table[place, KEY] == key or table[place, KEY] == 0:
            return place
        if table[place, SEEN] < table[oldest, SEEN]:
            oldest = place
    return oldest


_PERSON_BITS = 64
PERSONS = np.array(
    [*(round(-_PERSON_BITS * log(1 - bits / _PERSON_BITS)) for bits in range(_PERSON_BITS)), 256],
    np.int32,
)
"""About how many persons set so many of 64 bits (linear counting)."""


@inlined
def _moved_on(table: Table, place: np.int64, at: int, bucket: np.int64) -> np.int64:
    """Moves one window on to a bucket; gives how far ahead that was, negative for a late row."""
    ahead: np.int64 = bucket - table[place, at]
    if ahead > 0:
        table[place, at + 2] = table[place, at + 1] if ahead == 1 else 0
        table[place, at + 1] = 0
        table[place, at] = bucket
    return ahead


@kernel
def _count(
    keys: Hashes,
    times: Milliseconds,
    counted: Mask,
    persons: Hashes,
    windows: Milliseconds,
    table: Table,
    out: Counts,
    out_persons: Counts,
) -> None:
    """Counts each row's key and gives its count in every window, this row included.

    Stays inside: a place is below the table's length; a row of `out` is a row of `keys`. Key 0
    stands for nothing and gives 0.
    """
    for row in range(keys.shape[0]):
        key = np.int64(keys[row])
        if key == 0:
            continue
        moment = times[row]
        place = place_of(table, key, mix(keys[row]))
        if table[place, KEY] != key:
            table[place, :] = 0
            table[place, KEY] = key
        table[place, SEEN] = max(table[place, SEEN], moment)
        for window in range(windows.shape[0]):
            size = windows[window]
            bucket = moment // size
            at = WINDOWS + 3 * window
            ahead = _moved_on(table, place, at, bucket)
            if window == 0 and ahead > 0:
                table[place, PERSONS_BEFORE] = table[place, PERSONS_NOW] if ahead == 1 else 0
                table[place, PERSONS_NOW] = 0
            own = 1 if counted[row] else 0
            if ahead < -1:  # older than what is kept: only the row itself is known
                out[row, window] = own
            elif ahead == -1:
                table[place, at + 2] += own
                out[row, window] = table[place, at + 2]
            else:
                inside = size - (moment - bucket * size)
                table[place, at + 1] += own
                out[row, window] = table[place, at + 1] + table[place, at + 2] * inside // size
            if window == 0 and counted[row] and ahead >= -1:
                part = PERSONS_BEFORE if ahead == -1 else PERSONS_NOW
                table[place, part] |= np.int64(U(1) << (mix(persons[row]) & U(63)))
        seen = table[place, PERSONS_NOW] | table[place, PERSONS_BEFORE]
        out_persons[row] = PERSONS[bits_set(U(seen))]


@dataclass(slots=True)
class WindowCounter:
    """Counts keys in several windows; not safe for two threads at once.

    windows_ms  lengths of the windows; `persons` are told apart within the first of them
    places      size of the table: a power of two
    """

    windows_ms: tuple[int, ...]
    places: int = 1 << 17
    _windows: Milliseconds = field(init=False)
    _table: Table = field(init=False)

    def __post_init__(self) -> None:
        assert self.places & (self.places - 1) == 0, "a power of two"
        words = WINDOWS + 3 * len(self.windows_ms)
        words += -words % WORDS_PER_LINE
        self._windows = np.array(self.windows_ms, np.int64)
        self._table = np.zeros((self.places, words), np.int64)

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
        out = np.zeros((rows, len(self.windows_ms)), np.int32)
        out_persons = np.zeros(rows, np.int32)
        _count(
            keys,
            times,
            np.ones(rows, np.bool_) if counted is None else counted,
            keys if persons is None else persons,
            self._windows,
            self._table,
            out,
            out_persons,
        )
        return out, out_persons
