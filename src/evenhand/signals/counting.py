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
from evenhand.base.machine import bits_set, prefetch
from evenhand.signals.hashing import Hashes, mix

PROBES = 4
"""Places in which one key can stand: side by side, so that they are fetched together."""

KEY, SEEN, PERSONS_NOW, PERSONS_BEFORE, WINDOWS = 0, 1, 2, 3, 4
"""Words of one place of the table; then three per window: bucket, count, count before."""

WORDS_PER_LINE = 8
"""A place fills whole lines of the processor's cache, so that a key costs one or two of them."""

AHEAD = 16
"""Rows whose places are fetched while one is counted."""

Counts = NDArray[np.int32]
Milliseconds = NDArray[np.int64]
Mask = NDArray[np.bool_]
Table = NDArray[np.int64]


@inlined
def place_of(table: Table, key: np.int64, hashed: np.uint64) -> np.int64:
    """Gives where a key stands, or the place that it takes: empty, or quiet for longest.

    Stays inside: the table's length is a power of two, and no less than PROBES.
    """
    first = np.int64(hashed & U(table.shape[0] - PROBES))
    oldest = first
    for probe in range(PROBES):
        place = np.int64(first + probe)
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


@inlined
def fetch_first(table: Table, flat: NDArray[np.int64], key: np.uint64, lines: int) -> None:
    """Has the first lines of the first place fetched in which a key may stand.

    Enough for a table that is mostly empty. Stays inside like `fetch_places`.
    """
    begin = (mix(key) & U(table.shape[0] - PROBES)) * U(table.shape[1])
    for line in range(lines):
        prefetch(flat, begin + U(line * WORDS_PER_LINE))


@inlined
def fetch_places(table: Table, flat: NDArray[np.int64], key: np.uint64, lines: int) -> None:
    """Has the first lines of all places fetched in which a key may stand.

    Stays inside like `place_of`; `flat` is the table in one row.
    """
    begin = (mix(key) & U(table.shape[0] - PROBES)) * U(table.shape[1])
    for probe in range(PROBES):
        for line in range(lines):
            prefetch(flat, begin + U(probe * table.shape[1] + line * WORDS_PER_LINE))


@inlined
def _counted_in(
    table: Table,
    place: np.int64,
    at: int,
    own: int,
    size: np.int64,
    left: np.int64,
    ahead: np.int64,
) -> np.int64:
    """Counts a row in one window and gives the count; the place is there.

    left   milliseconds until the bucket ends
    ahead  buckets by which the row was ahead of the window
    """
    if ahead < -1:  # older than what is kept: only the row itself is known
        return np.int64(own)
    if ahead == -1:
        table[place, at + 2] += own
        return np.int64(table[place, at + 2])
    table[place, at + 1] += own
    before = table[place, at + 2]
    return np.int64(table[place, at + 1] + (before * left // size if before > 0 else 0))


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

    Memory is fetched some rows ahead, and no bucket is computed before the last one ends: both
    cost more than all the rest. Stays inside: a place is below the table's length; a row of `out`
    is a row of `keys`. Key 0 stands for nothing and gives 0.
    """
    flat = table.ravel()
    buckets, begins = np.zeros_like(windows), np.zeros_like(windows)
    for row in range(keys.shape[0]):
        later = keys[min(row + AHEAD, keys.shape[0] - 1)]
        fetch_places(table, flat, later, table.shape[1] // WORDS_PER_LINE)
        key, moment, own = np.int64(keys[row]), times[row], 1 if counted[row] else 0
        if key == 0:
            continue
        place = place_of(table, key, mix(keys[row]))
        if table[place, KEY] != key:
            for word in range(table.shape[1]):
                table[place, word] = 0
            table[place, KEY] = key
        table[place, SEEN] = max(table[place, SEEN], moment)
        for window in range(windows.shape[0]):
            size, at = windows[window], WINDOWS + 3 * window
            if not begins[window] <= moment < begins[window] + size:
                buckets[window] = moment // size
                begins[window] = buckets[window] * size
            ahead = _moved_on(table, place, at, buckets[window])
            if window == 0 and ahead > 0:
                table[place, PERSONS_BEFORE] = table[place, PERSONS_NOW] if ahead == 1 else 0
                table[place, PERSONS_NOW] = 0
            left = begins[window] + size - moment
            out[row, window] = _counted_in(table, place, at, own, size, left, ahead)
            if window == 0 and own and ahead >= -1:
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
        assert self.places >= PROBES
        words = WINDOWS + 3 * len(self.windows_ms)
        words += -words % WORDS_PER_LINE
        self._windows = np.array(self.windows_ms, np.int64)
        # Written to at once: else the system hands out each page while an event waits for it.
        self._table = np.full((self.places, words), 0, np.int64)

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
