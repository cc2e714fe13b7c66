"""Pictures that look alike: PDQ hashes of which at most 31 of 256 bits differ, every one found.

Multi-index hashing with two pigeonholes. Of 31 differing bits one of four quarters (64 bits) has at
most 7, and of those one of its four chunks (16 bits) at most 1. So each hash stands in 16 tables,
in the bucket of each chunk, and a search looks into 17 buckets of each: the chunk itself and with
one bit turned. A bucket holds the whole quarter, so that nearly all of what it holds is passed over
without another line of memory; what is left is compared whole.

The bits of real pictures lean on each other, and most on their neighbours: they are dealt out to
the chunks by a fixed permutation, which changes no distance.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.base.machine import bits_set, eight_near, prefetch
from evenhand.signals.exact_hashes import HASH_BYTES, Places, Rows, Words

DISTANCE_MAX = 31
"""Bits that differ at most: what the makers of PDQ name, and just what the pigeonholes allow."""

BITS = 256
QUARTERS, CHUNKS_IN_QUARTER, CHUNK_BITS = 4, 4, 16
CHUNKS = QUARTERS * CHUNKS_IN_QUARTER
QUARTER_DISTANCE_MAX = DISTANCE_MAX // QUARTERS
BUCKETS = 1 << CHUNK_BITS
PROBES = CHUNK_BITS + 1
assert QUARTER_DISTANCE_MAX // CHUNKS_IN_QUARTER == 1, "one turned bit reaches everything"

_AHEAD = 16
"""Buckets that are fetched while one is searched."""

_EIGHT = U(8)
"""Words that are compared at once: a line of memory."""

_LINE = ~U(7)

LINES_MAX = 8
_SPARE = 8 * LINES_MAX
"""Lines of the longest step in which a bucket is read, and the words that have to follow."""

_CHUNK = U(BUCKETS - 1)
FAR = BITS + 1
"""The distance to nothing."""


Distances = NDArray[np.int32]
Starts = NDArray[np.uint32]


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
    """PDQ hashes in their order: 224 bytes each, and 4 MB beside them.

    words     the hashes, their bits dealt out
    starts    per chunk and bucket where it begins
    quarters  per chunk, bucket by bucket, the quarter that the chunk is of
    places    and the hash that it is of
    """

    _words: Words
    _starts: Starts
    _quarters: Words
    _places: NDArray[np.uint32]

    @classmethod
    def of(cls, rows: Rows) -> "PdqIndex":
        """Gives the index of hashes (rows of 32 bytes)."""
        words = dealt(rows)
        starts = np.zeros((CHUNKS, BUCKETS + 1), np.uint32)
        # Beyond the last bucket stands what nothing is near to by chance; it is compared, too.
        quarters = _in_lines(CHUNKS, len(rows) + _SPARE)
        places = np.empty((CHUNKS, len(rows)), np.uint32)
        _build(words, starts, quarters, places)
        return cls(words, starts, quarters, places)

    def __len__(self) -> int:
        """Gives the number of hashes."""
        return len(self._words)

    def nearest(self, rows: Rows) -> Near:
        """Gives for each hash (rows of 32 bytes) the nearest one within reach.

        Faster the more are asked for at once. Several threads may ask at the same time.
        """
        near = Near(np.full(len(rows), -1, np.int32), np.full(len(rows), FAR, np.int32))
        _search(dealt(rows), self._words, self._starts, self._quarters, self._places, *near)
        return near


def _in_lines(rows: int, columns: int) -> Words:
    """Gives a table of zeros of which each row begins with a line of memory."""
    columns = -(-columns // 8) * 8
    memory = np.zeros(rows * columns + 8, np.uint64)
    begin = -memory.ctypes.data // 8 % 8
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


@kernel
def _build(words: Words, starts: Starts, quarters: Words, places: NDArray[np.uint32]) -> None:
    """Puts each hash into its bucket of every chunk, in order.

    Stays inside: a bucket begins after all that stands in those before it.
    """
    ends = np.empty(BUCKETS, np.uint32)
    for one in range(CHUNKS):
        chunk = U(one)
        for row in range(words.shape[0]):
            starts[chunk, _chunk_of(words, U(row), chunk) + U(1)] += np.uint32(1)
        for bucket in range(BUCKETS):
            ends[U(bucket)] = starts[chunk, U(bucket)]
            starts[chunk, U(bucket + 1)] += starts[chunk, U(bucket)]
        for row in range(words.shape[0]):
            bucket_of_row = _chunk_of(words, U(row), chunk)
            place = U(ends[bucket_of_row])
            ends[bucket_of_row] += np.uint32(1)
            quarters[chunk, place] = words[U(row), chunk // U(CHUNKS_IN_QUARTER)]
            places[chunk, place] = row


@inlined
def _distance(one: Words, row: np.uint64, other: Words, place: np.uint64) -> np.uint64:
    """Gives how many bits of two hashes differ; both are there."""
    near = bits_set(one[row, 0] ^ other[place, 0]) + bits_set(one[row, 1] ^ other[place, 1])
    far = bits_set(one[row, 2] ^ other[place, 2]) + bits_set(one[row, 3] ^ other[place, 3])
    return U(near + far)


@inlined
def _list_probes(asked: Words, chunk: np.uint64, buckets: NDArray[np.uint32]) -> None:
    """Writes which buckets of a chunk are searched, hash by hash; there is room for all."""
    for row in range(asked.shape[0]):
        value = _chunk_of(asked, U(row), chunk)
        buckets[U(row * PROBES)] = value
        for bit in range(CHUNK_BITS):
            buckets[U(row * PROBES + 1 + bit)] = value ^ U(1) << U(bit)


@kernel
def _search(
    asked: Words,
    words: Words,
    starts: Starts,
    quarters: Words,
    places: NDArray[np.uint32],
    nearest: Places,
    distances: Distances,
) -> None:
    """Writes the nearest of each hash, chunk by chunk, so that a chunk's table stays at hand.

    A bucket is read in steps of one length, which nearly all buckets fit into: a processor guesses
    wrong at each loop whose end it cannot foresee. What is read around a bucket, in whole
    lines of memory, is of its neighbours and compared like all. Stays inside: there is a step to
    spare behind the last bucket.
    """
    probes = asked.shape[0] * PROBES
    buckets = np.empty(probes + _AHEAD, np.uint32)
    buckets[:] = 0
    lines = _lines_in_step(words.shape[0])
    for one in range(CHUNKS):
        chunk = U(one)
        start, table = starts[chunk], quarters[chunk]
        _list_probes(asked, chunk, buckets)
        probe = U(0)
        for row in range(asked.shape[0]):
            here = U(row)
            quarter = asked[here, chunk // U(CHUNKS_IN_QUARTER)]
            for _ in range(PROBES):
                later = U(start[buckets[probe + U(_AHEAD)]]) & _LINE
                for line in range(lines):
                    prefetch(table, later + U(line) * _EIGHT)
                place = U(start[buckets[probe]]) & _LINE
                end = U(start[buckets[probe] + np.uint32(1)])
                probe += U(1)
                while place < end:
                    for _ in range(lines):
                        near = eight_near(table, place, quarter, U(QUARTER_DISTANCE_MAX))
                        while near:
                            found = place + bits_set((near & (U(0) - near)) - U(1))
                            if found < U(words.shape[0]):
                                number = U(places[chunk, found])
                                _keep(asked, here, words, number, nearest, distances)
                            near &= near - U(1)
                        place += _EIGHT


@inlined
def _lines_in_step(hashes: int) -> int:
    """Gives how many lines of eight nearly all buckets fit into."""
    mean = hashes / BUCKETS
    return min(LINES_MAX, int((mean + 3.5 + 1.25 * np.sqrt(mean)) / 8) + 1)


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
