"""Pictures that look alike: PDQ hashes of which at most 31 of 256 bits differ, every one found.

Multi-index hashing with two pigeonholes. Of 31 differing bits one of four quarters (64 bits) has at
most 7, and of those one of its four chunks (16 bits) at most 1. So each hash stands in 16 tables,
in the bucket of each chunk, and a search looks into 17 buckets of each: the chunk itself and with
one bit turned. A bucket holds 32 more bits of the quarter, sixteen hashes to a line of memory, so
that all but one in a thousand are passed over there; what is left is compared whole.

The bits of real pictures lean on each other, and most on their neighbours: they are dealt out to
the chunks by a fixed permutation, which changes no distance.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined, kernel
from evenhand.base.machine import bits_set, prefetch, sixteen_near
from evenhand.signals.exact_hashes import HASH_BYTES, Places, Rows, Words

DISTANCE_MAX = 31
"""Bits that differ at most: what the makers of PDQ name, and just what the pigeonholes allow."""

BITS = 256
QUARTERS, CHUNKS_IN_QUARTER, CHUNK_BITS = 4, 4, 16
CHUNKS = QUARTERS * CHUNKS_IN_QUARTER
QUARTER_DISTANCE_MAX = DISTANCE_MAX // QUARTERS
BUCKETS = 1 << CHUNK_BITS
PROBES = CHUNK_BITS + 1
_IN_PART = BUCKETS // 256
"""Buckets that are filled at a time."""

assert QUARTER_DISTANCE_MAX // CHUNKS_IN_QUARTER == 1, "one turned bit reaches everything"

_LINE = U(16)
"""Hashes of a bucket in one line of memory; they are compared at once."""

_PAIR = U(32)
PAIRS_MAX = 4
_SPARE = 32 * PAIRS_MAX
"""Pairs of lines of the longest step in which a bucket is read; hashes that have to follow."""

_SORT_SHIFT = 6
"""Hashes are searched in the order of the first ten bits of a chunk: finer order saves nothing."""

_CHUNK = U(BUCKETS - 1)
WAITING = 64
"""Candidates that wait until their memory is there, to be compared whole."""

FAR = BITS + 1
"""The distance to nothing."""


Distances = NDArray[np.int32]
Starts = NDArray[np.uint32]
Numbers = NDArray[np.uint32]


def _dealt() -> Words:
    """Gives for each value of each byte of a hash the bits that it sets when they are dealt out."""
    order = np.random.default_rng(0x50_44_51).permutation(BITS).astype(np.uint64)
    value = np.arange(256, dtype=np.uint64)
    table = np.zeros((HASH_BYTES, 256, QUARTERS), np.uint64)
    for bit, place in enumerate(order):
        is_set = value >> U(bit % 8) & U(1)
        table[bit // 8, :, place // U(64)] |= is_set << place % U(64)
    return table


_DEALT = _dealt()


class Near(NamedTuple):
    """Of each hash asked for the place of the nearest there is, or -1, and how many bits differ.

    Of several that are equally near it is the first.
    """

    places: Places
    distances: Distances


@dataclass(frozen=True, slots=True)
class PdqIndex:
    """PDQ hashes in their order: 160 bytes each, and 4 MB beside them.

    words   the hashes, their bits dealt out
    starts  per chunk and bucket where it begins
    rests   per chunk, bucket by bucket, the two chunks that follow it in its quarter
    places  and the hash that it is of
    """

    _words: Words
    _starts: Starts
    _rests: Numbers
    _places: Numbers

    @classmethod
    def of(cls, rows: Rows) -> "PdqIndex":
        """Gives the index of hashes (rows of 32 bytes)."""
        words = dealt(rows)
        starts = np.zeros((CHUNKS, BUCKETS + 1), np.uint32)
        # Beyond the last bucket stands what is of no hash; it is compared, too.
        rests = _in_lines(CHUNKS, len(rows) + _SPARE)
        places = np.empty((CHUNKS, len(rows)), np.uint32)
        _build(
            words, starts, rests, places, np.empty(BUCKETS, np.uint32),
            np.empty(len(rows), np.uint64), np.empty(len(rows), np.uint16),
        )  # fmt: skip
        return cls(words, starts, rests, places)

    def __len__(self) -> int:
        """Gives the number of hashes."""
        return len(self._words)

    def nearest(self, rows: Rows) -> Near:
        """Gives for each hash (rows of 32 bytes) the nearest one within reach.

        Faster the more are asked for at once. Several threads may ask at the same time.
        """
        near = Near(np.full(len(rows), -1, np.int32), np.full(len(rows), FAR, np.int32))
        # Without arrays of its own the kernel counts no references, in its innermost loop.
        _search(
            dealt(rows), self._words.ravel(), self._starts, self._rests.ravel(),
            self._rests.shape[1], self._places.ravel(), np.empty(len(rows), np.uint32),
            np.empty(len(rows), np.uint32), np.empty(BUCKETS >> _SORT_SHIFT, np.uint32),
            np.empty(2 * WAITING, np.uint32), *near,
        )  # fmt: skip
        return near


def _in_lines(rows: int, columns: int) -> Numbers:
    """Gives a table of zeros of which each row begins with a line of memory."""
    columns = -(-columns // 16) * 16
    memory = np.zeros(rows * columns + 16, np.uint32)
    begin = -memory.ctypes.data // 4 % 16
    return memory[begin : begin + rows * columns].reshape(rows, columns)


def dealt(rows: Rows) -> Words:
    """Gives hashes as four words each, their bits dealt out to the chunks."""
    assert rows.shape[1:] == (HASH_BYTES,)
    words = np.zeros((len(rows), QUARTERS), np.uint64)
    read = np.ascontiguousarray(rows).view()
    read.flags.writeable = False  # else the kernel is compiled twice: Arrow's are so already
    _deal(read, _DEALT, words)
    return words


@kernel
def _deal(rows: Rows, table: Words, words: Words) -> None:
    """Deals out the bits of each hash. Stays inside: a byte has an entry for each value."""
    for row in range(rows.shape[0]):
        here = U(row)
        for column in range(HASH_BYTES):
            value = U(rows[here, U(column)])
            for quarter in range(QUARTERS):
                words[here, U(quarter)] |= table[U(column), value, U(quarter)]


@inlined
def _chunk_of(words: Words, row: np.uint64, chunk: np.uint64) -> np.uint64:
    """Gives a chunk of a hash; both are there."""
    quarter = words[row, chunk // U(CHUNKS_IN_QUARTER)]
    return U(quarter >> chunk % U(CHUNKS_IN_QUARTER) * U(CHUNK_BITS) & _CHUNK)


@inlined
def _rest_of(words: Words, row: np.uint64, chunk: np.uint64) -> np.uint32:
    """Gives the two chunks after a chunk of a hash, around its quarter; both are there."""
    quarter = words[row, chunk // U(CHUNKS_IN_QUARTER)]
    begin = (chunk + U(1)) % U(CHUNKS_IN_QUARTER) * U(CHUNK_BITS)
    return np.uint32(quarter >> begin | quarter << (U(64) - begin & U(63)))


@borrowing_kernel
def _build(
    words: Words,
    starts: Starts,
    rests: Numbers,
    places: Numbers,
    ends: Starts,
    parted: Words,
    values: NDArray[np.uint16],
) -> None:
    """Puts each hash into its bucket of every chunk, in order.

    First into 256 parts by the upper bits of the chunk, then within each part: what is written
    to stays at hand, where 65,536 buckets at once would not. Stays inside: a bucket begins after
    all that stands in those before it, and a part where its first bucket does.
    """
    for one in range(CHUNKS):
        chunk = U(one)
        for row in range(words.shape[0]):
            starts[chunk, _chunk_of(words, U(row), chunk) + U(1)] += np.uint32(1)
        for bucket in range(BUCKETS):
            starts[chunk, U(bucket + 1)] += starts[chunk, U(bucket)]
        for bucket in range(0, BUCKETS, _IN_PART):
            ends[U(bucket)] = starts[chunk, U(bucket)]
        for row in range(words.shape[0]):
            value = _chunk_of(words, U(row), chunk)
            part = value & ~U(_IN_PART - 1)
            place = U(ends[part])
            ends[part] += np.uint32(1)
            parted[place] = U(_rest_of(words, U(row), chunk)) << U(32) | U(row)
            values[place] = value
        for bucket in range(BUCKETS):
            ends[U(bucket)] = starts[chunk, U(bucket)]
        for at in range(words.shape[0]):
            bucket_of_row = U(values[U(at)])
            place = U(ends[bucket_of_row])
            ends[bucket_of_row] += np.uint32(1)
            rests[chunk, place] = np.uint32(parted[U(at)] >> U(32))
            places[chunk, place] = np.uint32(parted[U(at)] & U(0xFFFFFFFF))


@inlined
def _distance(one: Words, row: np.uint64, other: Words, place: np.uint64) -> np.uint64:
    """Gives how many bits differ of a hash and one of a row of words; both are there."""
    at, bits = place * U(QUARTERS), U(0)
    for quarter in range(QUARTERS):
        bits += bits_set(one[row, U(quarter)] ^ other[at + U(quarter)])
    return bits


@inlined
def _sort(asked: Words, chunk: np.uint64, order: Numbers, values: Numbers, ends: Numbers) -> None:
    """Writes which hash comes when, and its chunk; there is room for all, and an end for each."""
    ends[:] = 0
    for row in range(asked.shape[0]):
        ends[_chunk_of(asked, U(row), chunk) >> U(_SORT_SHIFT)] += np.uint32(1)
    end = np.uint32(0)
    for begin in range(ends.shape[0]):
        count = ends[U(begin)]
        ends[U(begin)] = end
        end += count
    for row in range(asked.shape[0]):
        value = _chunk_of(asked, U(row), chunk)
        place = U(ends[value >> U(_SORT_SHIFT)])
        order[place], values[place] = row, value
        ends[value >> U(_SORT_SHIFT)] += np.uint32(1)


@inlined
def _fetch_buckets(
    starts: Starts,
    chunk: np.uint64,
    value: np.uint64,
    rests: Numbers,
    first: np.uint64,
    pairs: int,
) -> None:
    """Has a step of each bucket fetched into which a search for a value of a chunk looks."""
    for bit in range(PROBES):
        begin = U(starts[chunk, value ^ U(1) << U(bit) & _CHUNK]) & ~(_LINE - U(1))
        for pair in range(pairs):
            prefetch(rests, first + begin + U(pair) * _PAIR)
            prefetch(rests, first + begin + U(pair) * _PAIR + _LINE)


@borrowing_kernel
def _search(
    asked: Words,
    words: Words,
    starts: Starts,
    rests: Numbers,
    columns: int,
    places: Numbers,
    order: Numbers,
    values: Numbers,
    ends: Numbers,
    waiting: Numbers,
    nearest: Places,
    distances: Distances,
) -> None:
    """Writes the nearest of each hash, chunk by chunk, the hashes in the order of the chunk.

    In that order the searches walk along a chunk's table, so that most of what they read is at
    hand. A bucket is read in steps of one length, which nearly all buckets fit into: a processor
    guesses wrong at each loop whose end it cannot foresee. What is read around a bucket, in whole
    lines of memory, is of its neighbours and compared like all. What may be within reach waits, so
    that its memory is fetched while the search goes on. Stays inside: there is a step to spare
    behind the last bucket, `rests` has its rows of `columns` one after another, as `words` and
    `places` have theirs, and the next three arrays have room for every hash and every part of a
    chunk's values.
    """
    count, held = asked.shape[0], U(0)
    hashes = U(words.shape[0] // QUARTERS)
    pairs = _pairs_in_step(words.shape[0] // QUARTERS)
    for one in range(CHUNKS):
        chunk = U(one)
        first = chunk * U(columns)
        _sort(asked, chunk, order, values, ends)
        for step in range(count):
            later = U(values[U(min(step + 1, count - 1))])
            _fetch_buckets(starts, chunk, later, rests, first, pairs)
            row, value = U(order[U(step)]), U(values[U(step)])
            rest = _rest_of(asked, row, chunk)
            for bit in range(PROBES):
                # The bit that is turned counts; the last of the probes turns none.
                bits_max = np.uint32(QUARTER_DISTANCE_MAX - (bit < CHUNK_BITS))
                bucket = value ^ U(1) << U(bit) & _CHUNK
                place = U(starts[chunk, bucket]) & ~(_LINE - U(1))
                end = U(starts[chunk, bucket + U(1)])
                while place < end:
                    for _ in range(pairs):
                        near = sixteen_near(rests, first + place, rest, bits_max)
                        near |= sixteen_near(rests, first + place + _LINE, rest, bits_max) << _LINE
                        while near:
                            found = place + bits_set((near & (U(0) - near)) - U(1))
                            if found < hashes:
                                found += chunk * hashes
                                prefetch(places, found)
                                waiting[held], waiting[held + U(WAITING)] = row, found
                                held += U(1)
                                if held == U(WAITING):
                                    _settle(asked, words, places, waiting, held, nearest, distances)
                                    held = U(0)
                            near &= near - U(1)
                        place += _PAIR
    _settle(asked, words, places, waiting, held, nearest, distances)


@inlined
def _pairs_in_step(hashes: int) -> int:
    """Gives how many pairs of lines nearly all buckets fit into."""
    mean = hashes / BUCKETS
    return min(PAIRS_MAX, int((mean + 7.5 + 1.25 * np.sqrt(mean)) / 32) + 1)


@inlined
def _settle(
    asked: Words,
    words: Words,
    places: Numbers,
    waiting: Numbers,
    held: np.uint64,
    nearest: Places,
    distances: Distances,
) -> None:
    """Compares so many hashes that wait, each with whom it is for; all of them are there."""
    for one in range(held):
        number = places[U(waiting[U(one) + U(WAITING)])]
        waiting[U(one) + U(WAITING)] = number
        prefetch(words, U(number) * U(QUARTERS))
    for one in range(held):
        row, number = U(waiting[U(one)]), U(waiting[U(one) + U(WAITING)])
        _keep(asked, row, words, number, nearest, distances)


@inlined
def _keep(
    asked: Words,
    row: np.uint64,
    words: Words,
    place: np.uint64,
    nearest: Places,
    distances: Distances,
) -> None:
    """Keeps a hash if it is within reach and nearer than what was found, or earlier in order."""
    distance = np.int64(_distance(asked, row, words, place))
    number = np.int64(place)
    nearer = distance < distances[row]
    nearer |= distance == distances[row] and number < nearest[row]
    if distance <= DISTANCE_MAX and nearer:
        distances[row] = distance
        nearest[row] = number
