"""Finds thousands of literals in joined rows of text, in one pass and without a call per match.

Of each literal a piece is chosen that is rare among all of them. The pass looks at every other
byte of the text: where the five bytes that begin there are in no such piece, which tables tell for
many places at once, there is nothing more to do; elsewhere eight bytes are compared, and then the
whole literal. Shorter literals get passes of their own. Hyperscan finds the same, but calls Python
for each match, and each call waits for the interpreter's lock.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.blocks import BLOCK, first_bits, lowest
from evenhand.base.kernel import U, borrowing_kernel, inlined, kernel
from evenhand.base.machine import bits_set, eight_bytes, prefetch
from evenhand.base.sieves import (
    GRAM_BYTES_MAX,
    SIXTEEN,
    Bits,
    bit_of,
    bits_of,
    families,
    hashes_of_grams,
    put_places,
    sixteen_others_there,
    sixteen_there,
    where_family,
)
from evenhand.events.text_column import Bytes, TextColumn

_WORD = 8
_BITS_PER_GRAM = 32
_BITS_MIN, _BITS_MAX = 16, 23
_FACTOR = U(0x9E3779B97F4A7C15)
_ENTRY = 4
"""Words of an entry."""

_FEW = 512
"""Grams up to which a look at their bytes passes over nearly all places of a text."""

_AHEAD = 8
"""Places whose memory is fetched while others are looked at."""

_ROOM = 1 << 14
"""Matches for which there is room at once; the pass goes on where it had to stop."""

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Places = NDArray[np.uint32]


class _Shape(NamedTuple):
    """How a pass looks: grams of so many bytes, at every so manieth byte of the text."""

    gram: int
    stride: int

    @property
    def shortest(self) -> int:
        """Gives the length from which a literal has a gram at each place that may be looked at."""
        return self.gram + self.stride - 1


_SHAPES = (_Shape(5, 2), _Shape(3, 1), _Shape(2, 1), _Shape(1, 1))


class _Table(NamedTuple):
    """What a pass reads. Each literal stands there once for each of its grams, ordered by gram.

    used      which of eight bytes are the gram
    shift     what leaves the hash of a gram as a place among the bits
    bits      a bit for each gram, at its hash
    families  of the bytes of few grams; empty where there are many
    slots     pairs: a gram, at its hash or after it, and the first entry that has it, counted
              from 1; 0 where there is none
    entries   a line of _ENTRY words for each: eight bytes from its gram on, those beyond its
              literal 0; which of these count; its literal; how many bytes of that come before
    begins    where the bytes of a literal begin in `content`
    """

    used: np.uint64
    shift: np.uint64
    bits: Bits
    families: Bytes
    slots: Words
    entries: Words
    begins: Ints
    content: Bytes


class LiteralFinder:
    """Literals, ready to be looked for; none may be empty."""

    def __init__(self, literals: Sequence[bytes]) -> None:
        shapes = [next(one for one in _SHAPES if one.shortest <= len(it)) for it in literals]
        self._passes = []
        for shape in _SHAPES:
            numbers = [number for number, its in enumerate(shapes) if its is shape]
            if numbers:
                self._passes.append(_Pass([literals[one] for one in numbers], numbers, shape))

    def find(self, text: TextColumn) -> tuple[Ints, Ints]:
        """Gives the number of each literal that is found, and where it ends in the buffer."""
        source = text.padded[: len(text.buffer) + BLOCK]
        found = [part for one in self._passes for part in one.find(source)]
        return _joined([which for which, _ in found]), _joined([ends for _, ends in found])


class _Pass:
    """Literals that are looked for in one way."""

    def __init__(self, literals: Sequence[bytes], numbers: Sequence[int], shape: _Shape) -> None:
        self._numbers, self._stride = np.array(numbers), shape.stride
        self._table = _table(literals, shape)

    def find(self, source: Bytes) -> Iterator[tuple[Ints, Ints]]:
        """Gives what is found, in parts of what there was room for."""
        assert len(source) <= np.iinfo(np.uint32).max
        places = np.empty((len(source) - BLOCK) // self._stride + SIXTEEN, np.uint32)
        used, shift, bits, few, slots, entries, begins, content = self._table
        if len(few):
            count = _few_places(source, self._stride, used, shift, bits, few, places)
        else:
            count = _places(source, self._stride, used, shift, bits, places)
        places = places[:count]
        firsts = np.empty(len(places), np.uint64)
        count = _entered(source, places, used, slots, entries, firsts)
        places, firsts = places[:count], firsts[:count]
        room = min(_ROOM, 4 * count)
        while len(places):
            which, ends = np.empty(room, np.int64), np.empty(room, np.int64)
            done, count = _found(
                source, places, firsts, used, entries, begins, content, which, ends
            )
            places, firsts = places[done:], firsts[done:]
            yield self._numbers[which[:count]], ends[:count]
            if done == 0:  # more of them are at one place than there is room
                room *= 2


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate([*parts, np.empty(0, np.int64)])


def _table(literals: Sequence[bytes], shape: _Shape) -> _Table:
    content = np.frombuffer(b"".join(literals) + bytes(_WORD), np.uint8)
    begins = np.concatenate(([0], np.cumsum([len(one) for one in literals])))
    used = ~U(0) >> U(8 * (_WORD - shape.gram))
    every = _words(content)
    _, numbers, counts = np.unique(every & used, return_inverse=True, return_counts=True)
    chosen = np.empty(len(literals), np.int64)
    _choose(counts[numbers], begins, *shape, chosen)

    at = (chosen[:, None] + np.arange(shape.stride)).ravel()
    of = np.repeat(np.arange(len(literals)), shape.stride)
    order = np.argsort(every[at] & used, kind="stable")
    at, of = at[order], of[order]
    masks = ~U(0) >> (U(8) * (U(_WORD) - np.minimum(_WORD, begins[of + 1] - at).astype(U)))
    grams, firsts = np.unique(every[at] & used, return_index=True)
    power = int(np.ceil(np.log2(len(grams) * _BITS_PER_GRAM)))
    shift = 32 - min(max(power, _BITS_MIN), _BITS_MAX)
    slots = np.zeros((1 << int(np.ceil(np.log2(2 * len(grams)))), 2), U)
    _fill(grams, firsts.astype(U) + U(1), slots)
    lines = np.stack((every[at] & masks, masks, of.astype(U), (at - begins[of]).astype(U)), axis=1)
    return _Table(
        used=used,
        shift=U(shift),
        bits=bits_of(hashes_of_grams(grams), shift),
        families=families(grams, shape.gram) if len(grams) <= _FEW else np.empty(0, np.uint8),
        slots=slots.ravel(),
        entries=np.ascontiguousarray(lines).ravel(),
        begins=begins,
        content=content,
    )


def _words(content: Bytes) -> Words:
    """Gives the eight bytes from each place on as one word, the first lowest."""
    windows = np.lib.stride_tricks.sliding_window_view(content, _WORD)
    return np.ascontiguousarray(windows).view("<u8").ravel().astype(U, copy=False)


@kernel
def _choose(counts: Ints, begins: Ints, gram: int, stride: int, chosen: Ints) -> None:
    """Gives where in each literal so many neighbours begin whose commonest is the rarest.

    counts  how often the gram at each place is met among all literals

    Stays inside: the last of the neighbours ends within its literal.
    """
    for k in range(chosen.shape[0]):
        rarest = -1
        for at in range(begins[k], begins[k + 1] - gram - stride + 2):
            worst = counts[at : at + stride].max()
            if rarest < 0 or worst < rarest:
                rarest, chosen[k] = worst, at


@inlined
def _slot_of(gram: np.uint64, last: np.uint64) -> np.uint64:
    """Gives the slot in which a gram is looked for first."""
    return ((gram * _FACTOR) >> U(32)) & last


@kernel
def _fill(grams: Words, firsts: Words, slots: NDArray[np.uint64]) -> None:
    """Puts each gram where its hash points, or in the next free slot; half of them stay free."""
    last = U(slots.shape[0] - 1)
    for k in range(grams.shape[0]):
        slot = _slot_of(grams[k], last)
        while slots[slot, 1] != U(0):
            slot = (slot + U(1)) & last
        slots[slot, 0], slots[slot, 1] = grams[k], firsts[k]


@borrowing_kernel
def _places(
    source: Bytes, stride: int, used: np.uint64, shift: np.uint64, bits: Bits, places: Places
) -> int:
    """Gives how many places may begin a gram, and writes them; no branch depends on the text.

    Stays inside: a block follows the text, and there is room for every place and fifteen more.
    """
    at, count, end = U(0), U(0), U(source.shape[0] - BLOCK)
    while at < end:
        if stride == 1:
            there = sixteen_there(source, at, used, shift, bits)
        else:
            there = sixteen_others_there(source, at, used, shift, bits)
        there &= first_bits((end - at + U(stride - 1)) // U(stride))
        put_places(places, count, at, U(stride), there)
        count += bits_set(there)
        at += U(SIXTEEN * stride)
    return int(count)


@borrowing_kernel
def _few_places(
    source: Bytes,
    stride: int,
    used: np.uint64,
    shift: np.uint64,
    bits: Bits,
    families: Bytes,
    places: Places,
) -> int:
    """Gives and writes the same where grams are few: most blocks have no such place.

    Stays inside: a block follows the text, so that what reads beyond it is not asked at its end.
    """
    at, count, end = U(0), U(0), U(source.shape[0] - BLOCK)
    looked_at = U(0x5555555555555555) if stride == 2 else U(0xFFFFFFFFFFFFFFFF)
    while at < end:
        there = looked_at & first_bits(end - at)
        if at + U(GRAM_BYTES_MAX - 1) <= end:
            there &= where_family(source, at, families)
        while there:
            place = at + lowest(there)
            places[count] = place
            count += bit_of(eight_bytes(source, place) & used, shift, bits)
            there &= there - U(1)
        at += U(BLOCK)
    return int(count)


@borrowing_kernel
def _entered(
    source: Bytes,
    places: Places,
    used: np.uint64,
    slots: Words,
    entries: Words,
    firsts: Words,
) -> int:
    """Gives how many places do begin a gram, and moves them to the front, each with its entry.

    Stays inside: as many are written as were read at the most, and a free slot ends each search.
    """
    last, count = U(slots.shape[0] // 2 - 1), U(0)
    for k in range(places.shape[0]):
        later = places[min(k + _AHEAD, places.shape[0] - 1)]
        prefetch(slots, _slot_of(eight_bytes(source, U(later)) & used, last) * U(2))
        gram = eight_bytes(source, U(places[k])) & used
        slot = _slot_of(gram, last)
        while slots[slot * U(2) + U(1)] != U(0) and slots[slot * U(2)] != gram:
            slot = (slot + U(1)) & last
        first = slots[slot * U(2) + U(1)]
        if first != U(0):
            prefetch(entries, (first - U(1)) * U(_ENTRY))
            places[count], firsts[count] = places[k], first - U(1)
            count += U(1)
    return int(count)


@borrowing_kernel
def _found(
    source: Bytes,
    places: Places,
    firsts: Words,
    used: np.uint64,
    entries: Words,
    begins: Ints,
    content: Bytes,
    which: Ints,
    ends: Ints,
) -> tuple[int, int]:
    """Gives how many places were looked at, and how many literals were found there.

    Stays inside: a literal is compared only where it lies within the text. A place whose literals
    do not all fit is left to the next call.
    """
    size, count = U(source.shape[0] - BLOCK), 0
    for k in range(places.shape[0]):
        at, before = U(places[k]), count
        word = eight_bytes(source, at)
        entry = firsts[k] * U(_ENTRY)
        while entry < U(entries.shape[0]) and (entries[entry] ^ word) & used == U(0):
            if (word ^ entries[entry]) & entries[entry + U(1)] == U(0):
                one, back = entries[entry + U(2)], entries[entry + U(3)]
                length = U(begins[one + U(1)]) - U(begins[one])
                if (
                    back <= at
                    and at - back + length <= size
                    and _alike(source, at - back, content, U(begins[one]), length)
                ):
                    if count == which.shape[0]:
                        return k, before
                    which[count], ends[count] = one, at - back + length
                    count += 1
            entry += U(_ENTRY)
    return places.shape[0], count


@inlined
def _alike(
    source: Bytes, at: np.uint64, content: Bytes, begin: np.uint64, length: np.uint64
) -> bool:
    """Tells whether so many bytes are alike; the caller keeps both stretches inside."""
    same = U(0)
    while same < length and source[at + same] == content[begin + same]:
        same += U(1)
    return bool(same == length)
