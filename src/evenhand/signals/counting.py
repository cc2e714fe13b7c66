"""Counters of strangers' keys over sliding windows, in tables of a fixed size.

A window is kept as two buckets; what of the older one is still inside is estimated by its share of
time, so a count may be off by a part of the older bucket, never by more. Time comes with the
events: one that comes late counts in its own bucket, never in the present. When a key finds no
place, the key that was quiet longest near it makes room.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined
from evenhand.base.machine import bits_set, prefetch
from evenhand.signals.hashing import Hashes, mix

PROBES = 4
"""Places in which one key can stand: side by side, so that they are fetched together."""

KEY, SEEN = 0, 1
"""The first two words of one place of a table that is searched by `place_of`."""

WORDS_PER_LINE = 8
"""Words in a line of the processor's cache."""

AHEAD = 32
"""Rows whose lines are fetched while others are counted."""

NEW = -(1 << 62)
"""When a key was last seen that has just come."""

Counts = NDArray[np.int32]
Milliseconds = NDArray[np.int64]
Mask = NDArray[np.bool_]
Table = NDArray[np.int64]
Words = NDArray[np.int64]


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


LOWER = np.int64(0xFFFFFFFF)
"""The half of a word in which a bucket is counted; the bucket before it is in the other."""

_PERSON_BITS = 64
PERSONS = np.array(
    [*(round(-_PERSON_BITS * log(1 - bits / _PERSON_BITS)) for bits in range(_PERSON_BITS)), 256],
    np.int32,
)
"""About how many persons set so many of 64 bits (linear counting)."""


def in_lines(words: int) -> Words:
    """Gives so many zeros that begin with a line of the processor's cache."""
    memory = np.empty(words + WORDS_PER_LINE, np.int64)
    begin = -memory.ctypes.data // 8 % WORDS_PER_LINE
    zeros = memory[begin : begin + words]
    # Written to at once: else the system hands out each page while an event waits for it.
    zeros[:] = 0
    return zeros


def heads(places: int) -> Words:
    """Gives the heads of a table with so many places: a line for each four of them.

    Four keys stand side by side, then when each was last seen: who looks for a key reads one line
    here, and nothing of the places that are not its own.
    """
    assert places & (places - 1) == 0, "a power of two"
    assert places >= PROBES
    return in_lines(2 * places)


@inlined
def line_of(heads: Words, key: np.uint64) -> np.uint64:
    """Gives where the line begins in which a key stands."""
    return (mix(key) >> U(2) & U(heads.shape[0] // WORDS_PER_LINE - 1)) * U(WORDS_PER_LINE)


@inlined
def seated(
    heads: Words, line: np.uint64, key: np.int64, moment: np.int64
) -> tuple[np.int64, np.int64]:
    """Gives the place of a key, and when it was last seen; NEW if it has come there now.

    It then took an empty place, or that of the key which was quiet longest. The line is there.
    """
    chosen = line
    for way in range(PROBES):
        at = line + U(way)
        if heads[at] == key:
            last = heads[at + U(PROBES)]
            heads[at + U(PROBES)] = max(last, moment)
            return np.int64(line // U(2)) + way, last
        if heads[at] == 0:
            chosen = at
            break
        if heads[at + U(PROBES)] < heads[chosen + U(PROBES)]:
            chosen = at
    heads[chosen], heads[chosen + U(PROBES)] = key, moment
    return np.int64(line // U(2) + (chosen - line)), np.int64(NEW)


@inlined
def seat_of(heads: Words, key: np.uint64) -> np.int64:
    """Gives the place of a key that is there, else -1."""
    line = line_of(heads, key)
    for way in range(PROBES):
        if heads[line + U(way)] == np.int64(key):
            return np.int64(line // U(2)) + way
    return np.int64(-1)


@inlined
def fetch_first(table: Table, flat: NDArray[np.int64], key: np.uint64, lines: int) -> None:
    """Has the first lines of the first place fetched in which a key may stand.

    Enough for a table that is mostly empty. Stays inside like `fetch_places`.
    """
    begin = (mix(key) & U(table.shape[0] - PROBES)) * U(table.shape[1])
    for line in range(lines):
        prefetch(flat, begin + U(line * WORDS_PER_LINE))


@inlined
def _tallied(
    cell: np.int64,
    own: np.int64,
    moment: np.int64,
    last: np.int64,
    begin: np.int64,
    length: np.int64,
) -> tuple[np.int64, np.int64]:
    """Counts a row in one window, whose bucket began then; gives what is kept, and the count.

    The bucket is kept in the lower half of a word, the one before it in the upper half.
    """
    if last < begin:
        cell = (cell & LOWER) << 32 if last >= begin - length else np.int64(0)
    if last < begin + length:
        cell += own
        before, left = cell >> 32, begin + length - moment
        return cell, (cell & LOWER) + (before * left // length if before > 0 else np.int64(0))
    if last < begin + 2 * length:
        cell += own << 32
        return cell, cell >> 32
    return cell, own  # older than what is kept: only the row itself is known


@inlined
def _told_apart(
    table: Words,
    at: np.uint64,
    bit: np.int64,
    last: np.int64,
    begin: np.int64,
    length: np.int64,
) -> None:
    """Notes the bit of a person in the bucket that began then, or in the one before."""
    if last < begin:
        table[at + U(1)] = table[at] if last >= begin - length else 0
        table[at] = 0
    if last < begin + 2 * length:
        table[at + U(last >= begin + length)] |= bit


@inlined
def emptied(table: Words, at: np.uint64, words: int) -> None:
    """Makes a place empty; it is there."""
    for word in range(words):
        table[at + U(word)] = 0


@inlined
def fetch_lines(keys: Hashes, heads: Words, lines: Hashes) -> None:
    """Has the lines of the first block's keys fetched; there is room for a block."""
    for number in range(min(AHEAD, keys.shape[0])):
        lines[number] = line_of(heads, keys[number])
        prefetch(heads, lines[number])


@inlined
def seat_block(
    keys: Hashes,
    shift: int,
    times: Milliseconds,
    heads: Words,
    table: Words,
    size: int,
    block: int,
    lines: Hashes,
    found: Milliseconds,
) -> None:
    """Finds the places of a block's keys and has them fetched, and the lines of the next block."""
    for number in range(block, min(block + AHEAD, keys.shape[0])):
        key, at = np.int64(keys[number]), number - block
        found[0, at] = -1
        if key != 0:
            found[0, at], found[1, at] = seated(heads, lines[at], key, times[number >> shift])
            prefetch(table, U(found[0, at]) * U(size))
        if number + AHEAD < keys.shape[0]:
            lines[at] = line_of(heads, keys[number + AHEAD])
            prefetch(heads, lines[at])


@borrowing_kernel
def _count(
    keys: Hashes,
    shift: int,
    times: Milliseconds,
    counted: NDArray[np.bool_],
    persons: Hashes,
    windows: Milliseconds,
    which: NDArray[np.int64],
    told: Counts,
    heads: Words,
    table: Words,
    size: int,
    begins: Milliseconds,
    lines: Hashes,
    found: Milliseconds,
    out: Counts,
    out_persons: Counts,
) -> None:
    """Counts each key and gives its row the count in every window, this row included.

    shift   how many keys a row has, as a power of two: it is told the largest of their counts
    which   for each window the row of `counted` that tells which rows it counts
    told    how many persons set so many bits; `persons` is empty where none are told apart
    size    words of a place: one for each window, then the bits of persons, now and before
    begins  for each window, where the bucket begins that was met last
    lines   for each key of a block where its line begins; found: its place, when it was seen

    Memory is fetched a block ahead of its use, first the line, then the place, and no bucket is
    computed before the last one ends: both cost more than all the rest. Stays inside: a place is
    one of the table's. Key 0 stands for nothing and gives 0.
    """
    fetch_lines(keys, heads, lines)
    for block in range(0, keys.shape[0], AHEAD):
        seat_block(keys, shift, times, heads, table, size, block, lines, found)
        for number in range(block, min(block + AHEAD, keys.shape[0])):
            place, last = found[0, number - block], found[1, number - block]
            row, at = number >> shift, U(place) * U(size)
            moment = times[row]
            if place < 0:
                continue
            if last == NEW:
                emptied(table, at, size)
                last = moment
            for window in range(windows.shape[0]):
                length = windows[window]
                if not begins[window] <= moment < begins[window] + length:
                    begins[window] = moment // length * length
                begin, own = begins[window], np.int64(counted[which[window], row])
                cell, count = _tallied(table[at + U(window)], own, moment, last, begin, length)
                table[at + U(window)] = cell
                more = count > out[window, row]
                out[window, row] = max(count, out[window, row])
                if window == 0 and persons.shape[0] > 0:
                    bits = at + U(windows.shape[0])
                    bit = own << np.int64(mix(persons[row]) & U(63))
                    _told_apart(table, bits, bit, last, begin, length)
                    if more:
                        out_persons[row] = told[bits_set(U(table[bits] | table[bits + U(1)]))]


@dataclass(slots=True)
class WindowCounter:
    """Counts keys in several windows; not safe for two threads at once.

    windows_ms  lengths of the windows
    places      size of the table: a power of two
    which       for each window by which mask rows are counted in it; by the first, unless given
    persons     whether persons are told apart, within the first of the windows
    """

    windows_ms: tuple[int, ...]
    places: int = 1 << 17
    which: tuple[int, ...] = ()
    persons: bool = True
    _size: int = field(init=False)
    _heads: Words = field(init=False)
    _table: Words = field(init=False)

    def __post_init__(self) -> None:
        words = len(self.windows_ms) + 2 * self.persons
        # A place begins with a line or with half of one.
        self._size = words + -words % (WORDS_PER_LINE // 2)
        self._heads, self._table = heads(self.places), in_lines(self.places * self._size)

    def count(
        self,
        keys: Hashes,
        times: Milliseconds,
        *,
        counted: Mask | Sequence[Mask] | None = None,
        persons: Hashes | None = None,
    ) -> tuple[Counts, Counts]:
        """Counts rows in order; gives (windows × rows) counts and about how many persons.

        keys     one for each row, or 2, 4 … for each: it is told the largest of their counts
        counted  masks: rows that are not counted are told the count without adding to it
        """
        rows, windows = len(times), len(self.windows_ms)
        out, out_persons = np.zeros((windows, rows), np.int32), np.zeros(rows, np.int32)
        if not rows:
            return out, out_persons
        shift = (len(keys) // rows).bit_length() - 1
        assert len(keys) == rows << shift
        masks = np.ones((1, rows), np.bool_) if counted is None else np.atleast_2d(counted)
        _count(
            keys, shift, times, masks,
            (keys if persons is None else persons) if self.persons else keys[:0],
            np.array(self.windows_ms, np.int64), np.array(self.which or (0,) * windows, np.int64),
            PERSONS, self._heads, self._table, self._size, np.zeros(windows, np.int64),
            np.zeros(AHEAD, np.uint64), np.zeros((2, AHEAD), np.int64), out, out_persons,
        )  # fmt: skip
        return out, out_persons
