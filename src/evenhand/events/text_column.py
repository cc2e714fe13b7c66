"""Columns of text as bytes: what the kernels of the screening plane read."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.blocks import (
    BLOCK,
    first_bits,
    four_at,
    gather,
    lowest,
    padded,
    where_any,
    where_between,
    where_equal,
    where_under,
)
from evenhand.base.kernel import U, borrowing_kernel, inlined, kernel
from evenhand.base.machine import bits_set

SEPARATOR = 0x1E
"""Ends every row. It is a control character, so no normalised text contains it, and a pattern
for white space does not match it (a line break would let `\\s` join two people's messages)."""

_LARGE = (pa.large_string(), pa.large_binary())

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Codes = NDArray[np.uint32]


DIGIT, AT, DOT, BRACKET, CROSSES = 1, 2, 4, 8, 16
"""Signs that a row may hold, as bits: 0-9, @, a dot, an opening bracket, xx. Most rows have none
of those that links and ways to be reached are made of, and need no closer look."""


class Characters(NamedTuple):
    """Rows of code points in one buffer, each ended by a space: what its separator becomes."""

    codes: Codes
    starts: Offsets


@dataclass(frozen=True)
class TextColumn:
    """Rows of UTF-8 in one buffer: row i is buffer[offsets[i]:offsets[i+1]], ended by SEPARATOR.

    longer  the buffer with a block or more behind it, where there is one
    """

    buffer: Bytes
    offsets: Offsets
    longer: Bytes | None = None

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Gives a column of these texts; for tests and for what is made at load time."""
        rows = [text.encode() + bytes([SEPARATOR]) for text in texts]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        return cls(np.frombuffer(b"".join(rows), np.uint8), offsets)

    @cached_property
    def padded(self) -> Bytes:
        """Gives the buffer with a block behind it, for those that read in blocks."""
        return padded(self.buffer) if self.longer is None else self.longer

    @cached_property
    def characters(self) -> Characters:
        """Gives the code points, decoded once for all that look at characters."""
        return _characters(self.padded, self.offsets)

    @cached_property
    def signs(self) -> Bytes:
        """Gives which telling signs each row holds (DIGIT and so on, or-ed)."""
        signs = np.empty(len(self), np.uint8)
        _find_signs(self.padded, self.offsets, signs)
        return signs

    def __len__(self) -> int:
        """Gives the number of rows."""
        return len(self.offsets) - 1

    def row_bytes(self, row: int) -> bytes:
        """Gives the bytes of one row, without its separator."""
        return self.buffer[self.offsets[row] : self.offsets[row + 1] - 1].tobytes()

    def text(self, row: int) -> str:
        """Gives the text of one row."""
        return self.row_bytes(row).decode()

    def texts(self) -> list[str]:
        """Gives the text of every row; for tests and explanations."""
        return [self.text(row) for row in range(len(self))]


def arrow_text(column: pa.Array) -> tuple[Bytes, Offsets]:
    """Gives the bytes of an Arrow column of strings without nulls, and where its rows start."""
    assert column.null_count == 0
    assert column.type in (pa.string(), pa.binary(), *_LARGE)
    rows, start = len(column), column.offset
    if rows == 0:
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    _, offsets_buffer, data = column.buffers()
    kind = np.int64 if column.type in _LARGE else np.int32
    offsets = np.frombuffer(offsets_buffer, kind, rows + 1, start * kind().itemsize)
    content = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return content[offsets[0] : offsets[-1]], offsets.astype(np.int64) - offsets[0]


@kernel
def _join(source: Bytes, starts: Offsets, buffer: Bytes, offsets: Offsets) -> None:
    """Copies rows and puts a separator after each; a separator inside a row becomes a space.

    Stays inside: `buffer` has one byte per byte of `source` and one per row.
    """
    at = U(0)
    for row in range(starts.shape[0] - 1):
        offsets[row] = at
        position = U(starts[row])
        end = U(starts[row + 1])
        while position < end:
            byte = source[position]
            buffer[at] = 32 if byte == SEPARATOR else byte
            at += U(1)
            position += U(1)
        buffer[at] = SEPARATOR
        at += U(1)
    offsets[starts.shape[0] - 1] = at


def join_rows(source: Bytes, starts: Offsets) -> TextColumn:
    """Gives the rows of an Arrow column as they are, each ended by the separator."""
    buffer = np.empty(len(source) + len(starts) - 1, np.uint8)
    offsets = np.empty(len(starts), np.int64)
    _join(source, starts, buffer, offsets)
    return TextColumn(buffer, offsets)


@inlined
def decode(source: Bytes, at: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Gives the code point that starts at `at` in valid UTF-8, and its length in bytes."""
    first = U(source[at])
    if first < U(0x80):
        return first, U(1)
    code = U(source[at + U(1)]) & U(63)
    if first < U(0xE0):
        return (first & U(31)) << U(6) | code, U(2)
    code = code << U(6) | (U(source[at + U(2)]) & U(63))
    if first < U(0xF0):
        return (first & U(15)) << U(12) | code, U(3)
    code = code << U(6) | (U(source[at + U(3)]) & U(63))
    return (first & U(7)) << U(18) | code, U(4)


_LEAD = np.repeat(np.array([0x7F, 0, 0x1F, 0x0F, 0x07], np.uint64), [8, 4, 2, 1, 1])
_SHIFT = np.repeat(np.array([18, 0, 12, 6, 0], np.uint64), [8, 4, 2, 1, 1])
"""By the upper half of a character's first byte: which of its bits count, and how many bits too
many four bytes have."""


@inlined
def code_at(source: Bytes, at: np.uint64) -> np.uint64:
    """Gives the code point that starts at `at` in valid UTF-8, without a branch.

    Four bytes from there on must be there to be read.
    """
    word = four_at(source, at)
    kind = word >> U(4) & U(15)
    code = (word & _LEAD[kind]) << U(18) | (word & U(0x3F00)) << U(4)
    code |= (word & U(0x3F0000)) >> U(10) | (word >> U(24) & U(63))
    whole: np.uint64 = code >> U(_SHIFT[kind])
    return whole


@inlined
def leads_at(source: Bytes, at: np.uint64) -> np.uint64:
    """Tells which bytes of a block of UTF-8 begin a character."""
    leads: np.uint64 = ~where_between(source, at, U(0x80), U(0xBF))
    return leads


@borrowing_kernel
def _find_signs(source: Bytes, offsets: Offsets, signs: Bytes) -> None:
    """Gathers the signs of every row. Stays inside: `source` has a block behind it.

    Pairs of crosses are not looked for across two blocks: one at the end of a block counts as two.
    """
    for row in range(offsets.shape[0] - 1):
        position, end = U(offsets[row]), U(offsets[row + 1])
        digits = ats = dots = brackets = pairs = U(0)
        while position < end:
            here = first_bits(end - position)
            digits |= where_between(source, position, U(ord("0")), U(ord("9"))) & here
            ats |= where_equal(source, position, U(ord("@"))) & here
            dots |= where_equal(source, position, U(ord("."))) & here
            brackets |= where_equal(source, position, U(ord("("))) & here
            # [ and { differ in one bit.
            brackets |= where_under(source, position, U(0xDF), U(ord("["))) & here
            crosses = where_equal(source, position, U(ord("x"))) & here
            pairs |= crosses & (crosses << U(1) | U(1) << U(BLOCK - 1))
            position += U(BLOCK)
        held = U(DIGIT) if digits else U(0)
        held |= U(AT) if ats else U(0)
        held |= U(DOT) if dots else U(0)
        held |= U(BRACKET) if brackets else U(0)
        held |= U(CROSSES) if pairs else U(0)
        signs[row] = held


@kernel
def _decode_rows(source: Bytes, offsets: Offsets, codes: Codes, starts: Offsets) -> None:
    """Writes down the characters of every row and a space after them.

    Stays inside: `codes` has a place per byte of `source` and one per row, and valid UTF-8 ends
    with its row.
    """
    at = U(0)
    for row in range(offsets.shape[0] - 1):
        starts[row] = at
        position = U(offsets[row])
        end = U(offsets[row + 1])
        if end > position and source[end - U(1)] == SEPARATOR:
            end -= U(1)
        while position < end:
            code, length = decode(source, position)
            codes[at] = code
            at += U(1)
            position += length
        codes[at] = 32
        at += U(1)
    starts[offsets.shape[0] - 1] = at


@kernel
def _decode_column(
    source: Bytes,
    offsets: Offsets,
    codes: Codes,
    starts: Offsets,
    leads: NDArray[np.uint64],
    before: NDArray[np.uint64],
) -> None:
    """Writes down the characters of a column of rows that end with separators, block by block.

    The first, second and third bytes of a block's characters are put side by side, so that all
    characters are made of them at once; a block with longer ones goes one by one. `leads` and
    `before` keep per block which bytes begin characters, and how many came before: they tell where
    each row starts. Stays inside: `source` has a block behind it, and `codes` a place for each byte
    of whole blocks.
    """
    first, second, third = np.zeros((3, BLOCK), np.uint8)
    size = U(offsets[-1])
    at = found = U(0)
    for block in range(leads.shape[0]):
        mask = leads_at(source, at) & first_bits(size - at)
        leads[block] = mask
        before[block] = found
        longer = where_between(source, at, U(0xE0), U(0xFF))
        if where_any(source, at, U(0x80)) == U(0):
            for k in range(BLOCK):
                byte = source[at + U(k)]
                codes[found + U(k)] = 32 if byte == SEPARATOR else byte
        elif longer == U(0):
            gather(source, at, mask, first, U(0))
            gather(source, at + U(1), mask, second, U(0))
            for k in range(BLOCK):
                byte = first[k]
                one = 32 if byte == SEPARATOR else byte
                codes[found + U(k)] = one if byte < 0x80 else (byte & 31) << 6 | (second[k] & 63)
        elif longer & where_between(source, at, U(0xF0), U(0xFF)) == U(0):
            gather(source, at, mask, first, U(0))
            gather(source, at + U(1), mask, second, U(0))
            gather(source, at + U(2), mask, third, U(0))
            for k in range(BLOCK):
                byte = first[k]
                one = 32 if byte == SEPARATOR else byte
                two = (byte & 31) << 6 | (second[k] & 63)
                three = (byte & 15) << 12 | (second[k] & 63) << 6 | (third[k] & 63)
                codes[found + U(k)] = one if byte < 0x80 else two if byte < 0xE0 else three
        else:
            place = found
            while mask:
                code = code_at(source, at + lowest(mask))
                codes[place] = U(32) if code == U(SEPARATOR) else code
                place += U(1)
                mask &= mask - U(1)
        found += bits_set(leads[block])
        at += U(BLOCK)
    for row in range(offsets.shape[0]):
        end = U(offsets[row])
        within = leads[end // U(BLOCK)] & first_bits(end % U(BLOCK))
        starts[row] = before[end // U(BLOCK)] + bits_set(within)


def _characters(source: Bytes, offsets: Offsets) -> Characters:
    """Gives what `characters_of` gives, sooner, for rows that all end with a separator.

    A block of codes stands behind the last one, for those that read further than a row.
    """
    blocks = int(offsets[-1]) // BLOCK + 1
    codes = np.empty((blocks + 1) * BLOCK, np.uint32)
    starts = np.empty(len(offsets), np.int64)
    leads, before = np.empty((2, blocks), np.uint64)
    _decode_column(source, offsets, codes, starts, leads, before)
    return Characters(codes, starts)


def characters_of(source: Bytes, offsets: Offsets) -> Characters:
    """Gives the characters of rows of valid UTF-8, with the separator that ends them or without."""
    codes = np.empty(len(source) + len(offsets), np.uint32)
    starts = np.empty(len(offsets), np.int64)
    _decode_rows(source, offsets, codes, starts)
    return Characters(codes, starts)


@inlined
def put(
    buffer: Bytes, at: np.uint64, source: Bytes, first: np.uint64, stop: np.uint64
) -> np.uint64:
    """Copies some bytes, and gives where to go on; the caller knows that they fit."""
    while first < stop:
        buffer[at] = source[first]
        at += U(1)
        first += U(1)
    return at
