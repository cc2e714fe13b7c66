"""Finds thousands of literals in joined rows of text, in one pass and without a call per match.

Of each literal a piece is chosen that is rare among all of them. The pass looks at every other
byte of the text: where the five bytes that begin there are in no such piece, which a table of bits
tells, there is nothing more to do; elsewhere eight bytes are compared, and then the whole literal.
Shorter literals get passes of their own over every byte. Hyperscan finds the same, but calls Python
for each match, and each call waits for the interpreter's lock.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.events.text_column import Bytes

_WORD = 8
_BITS_PER_GRAM = 32
_BITS_MIN, _BITS_MAX = 16, 23
_FACTOR = U(0x9E3779B97F4A7C15)
_NONE = np.int32(-1)
_ROOM = 1 << 14
"""Matches for which there is room at once; the pass goes on where it had to stop."""

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


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
    grams     the grams, at their hash or after it
    firsts    for each of these the first entry that has it; -1 where there is none
    words     for each entry eight bytes from its gram on, those beyond its literal 0
    masks     which of these count
    literals  for each entry its literal
    before    and how many bytes of that come before the gram
    begins    where the bytes of a literal begin in `content`
    """

    used: np.uint64
    shift: np.uint64
    bits: Words
    grams: Words
    firsts: NDArray[np.int32]
    words: Words
    masks: Words
    literals: Ints
    before: Ints
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

    def find(self, buffer: Bytes) -> tuple[Ints, Ints]:
        """Gives the number of each literal that is found, and where it ends."""
        source = np.zeros(len(buffer) + _WORD, np.uint8)
        source[: len(buffer)] = buffer
        found = [part for one in self._passes for part in one.find(source)]
        return _joined([which for which, _ in found]), _joined([ends for _, ends in found])


class _Pass:
    """Literals that are looked for in one way."""

    def __init__(self, literals: Sequence[bytes], numbers: Sequence[int], shape: _Shape) -> None:
        self._numbers, self._stride = np.array(numbers), shape.stride
        self._table = _table(literals, shape)

    def find(self, source: Bytes) -> Iterator[tuple[Ints, Ints]]:
        """Gives what is found, in parts of what there was room for."""
        places = np.empty(len(source) // self._stride + 1, np.int64)
        places = places[: _places(source, self._stride, self._table, places)]
        which, ends = np.empty(_ROOM, np.int64), np.empty(_ROOM, np.int64)
        while len(places):
            done, count = _found(source, places, self._table, which, ends)
            places = places[done:]
            yield self._numbers[which[:count]], ends[:count].copy()
            if done == 0:  # more of them are at one place than there is room
                which, ends = np.empty(2 * len(which), np.int64), np.empty(2 * len(ends), np.int64)


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
    shift = U(64 - min(max(power, _BITS_MIN), _BITS_MAX))
    places = (grams * _FACTOR) >> shift
    slots = 1 << int(np.ceil(np.log2(2 * len(grams))))
    slot_grams, slot_firsts = np.zeros(slots, U), np.full(slots, _NONE)
    _fill(grams, firsts, places, slot_grams, slot_firsts)
    return _Table(
        used=used,
        shift=shift,
        bits=_bits(places, 1 << (64 - int(shift))),
        grams=slot_grams,
        firsts=slot_firsts,
        words=every[at] & masks,
        masks=masks,
        literals=of,
        before=at - begins[of],
        begins=begins,
        content=content,
    )


def _words(content: Bytes) -> Words:
    """Gives the eight bytes from each place on as one word, the first lowest."""
    windows = np.lib.stride_tricks.sliding_window_view(content, _WORD)
    return np.ascontiguousarray(windows).view("<u8").ravel().astype(U, copy=False)


def _bits(places: Words, size: int) -> Words:
    bits = np.zeros(size // 64, U)
    np.bitwise_or.at(bits, places >> U(6), U(1) << (places & U(63)))
    return bits


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


@kernel
def _fill(
    grams: Words, firsts: Ints, places: Words, slot_grams: Words, slot_firsts: NDArray[np.int32]
) -> None:
    """Puts each gram where its hash points, or in the next free slot; half of them stay free."""
    last = U(slot_grams.shape[0] - 1)
    for k in range(grams.shape[0]):
        slot = places[k] & last
        while slot_firsts[slot] != _NONE:
            slot = (slot + U(1)) & last
        slot_grams[slot], slot_firsts[slot] = grams[k], firsts[k]


@inlined
def _eight(source: Bytes, at: np.uint64) -> np.uint64:
    """Gives eight bytes as one word, the first lowest: the compiler makes one load of it."""
    return (
        U(source[at])
        | U(source[at + U(1)]) << U(8)
        | U(source[at + U(2)]) << U(16)
        | U(source[at + U(3)]) << U(24)
        | U(source[at + U(4)]) << U(32)
        | U(source[at + U(5)]) << U(40)
        | U(source[at + U(6)]) << U(48)
        | U(source[at + U(7)]) << U(56)
    )


@kernel
def _places(source: Bytes, stride: int, table: _Table, places: Ints) -> int:
    """Gives how many places may begin a gram, and writes them; no branch depends on the text.

    Stays inside: eight bytes of nothing follow the text, and there is room for every place.
    """
    used, shift, bits, count = table.used, table.shift, table.bits, U(0)
    for at in range(0, source.shape[0] - 8, stride):
        place = ((_eight(source, U(at)) & used) * _FACTOR) >> shift
        places[count] = at
        count += (bits[place >> U(6)] >> (place & U(63))) & U(1)
    return int(count)


@kernel
def _found(source: Bytes, places: Ints, table: _Table, which: Ints, ends: Ints) -> tuple[int, int]:
    """Gives how many places were looked at, and how many literals were found there.

    Stays inside: a literal is compared only where it lies within the text. A place whose literals
    do not all fit is left to the next call.
    """
    used, shift, grams, firsts = table.used, table.shift, table.grams, table.firsts
    words, masks, begins, content = table.words, table.masks, table.begins, table.content
    last, size, count = U(firsts.shape[0] - 1), U(source.shape[0] - 8), 0
    for k in range(places.shape[0]):
        at, before = U(places[k]), count
        word = _eight(source, at)
        gram = word & used
        slot = ((gram * _FACTOR) >> shift) & last
        while firsts[slot] != _NONE and grams[slot] != gram:
            slot = (slot + U(1)) & last
        if firsts[slot] == _NONE:
            continue
        entry = U(firsts[slot])
        while entry < U(words.shape[0]) and words[entry] & used == gram:
            if (word ^ words[entry]) & masks[entry] == U(0):
                one, back = U(table.literals[entry]), U(table.before[entry])
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
            entry += U(1)
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
