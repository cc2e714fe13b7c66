"""Unicode normalisation of whole columns: NFKC, case folding, nothing invisible, single spaces.

`normalise_text` says what is meant, in Python. `normalise` gives the same for a column: a kernel
does the rows for which it can prove that composition (NFC) changes nothing, and leaves the few
others to `normalise_text`.
"""

import re
import unicodedata
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.blocks import (
    BLOCK,
    copy_small,
    first_bits,
    lowest,
    padded,
    where_any,
    where_under,
)
from evenhand.base.kernel import U, inlined, kernel
from evenhand.events.counts import FOLDED, KIND, Marks, count_marked, marks_of
from evenhand.events.text_column import (
    SEPARATOR,
    Bytes,
    Offsets,
    TextColumn,
    code_at,
    decode,
    put,
)
from evenhand.events.unicode_tables import (
    CAPITAL,
    MAPPED,
    PAIR_SLOTS,
    REPLACEMENT_MASK,
    REPLACEMENT_SHIFT,
    SLOW,
    CharacterClass,
    UnicodeTables,
    entry_of,
    fold_character,
)

GROWTH = 3
"""A row may become three times its bytes in the kernel; what grows more goes the slow way.
(U+FDFA, 3 bytes, becomes 33.)"""

FOLDED_KEPT = 65_536
"""Characters whose folding is kept: a flood of others costs time, and no memory."""

_SPACES = re.compile(" {2,}")

_NO_STARTER = U(0x1FFFFF)
_SPACE = U(CharacterClass.SPACE)
_BLANK = 32
_UNKNOWN_CLASS = U(255)


class _Folded(dict[int, str]):
    """What characters become, by code point; those of the scripts in use are kept."""

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        if len(self) < FOLDED_KEPT:
            self[code] = folded
        return folded


_FOLDED = _Folded()


def normalise_text(text: str) -> str:
    """Gives the normalised view of one text: what `normalise` gives for each row."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.translate(_FOLDED)))


@inlined
def _composes(first: np.uint64, second: np.uint64, pairs: NDArray[np.uint64]) -> bool:
    """Tells whether two characters may compose; an unknown first one may."""
    if first == _NO_STARTER:
        return True
    pair = first << U(21) | second
    slot = (pair * U(0x9E3779B97F4A7C15)) >> U(52)
    while pairs[slot] != 0:
        if pairs[slot] == pair:
            return True
        slot = (slot + U(1)) & U(PAIR_SLOTS - 1)
    return False


@inlined
def _changes(
    code: np.uint64,
    combining: np.uint64,
    starter: np.uint64,
    trailing: np.uint64,
    pairs: NDArray[np.uint64],
) -> bool:
    """Tells whether NFC may reorder or compose a character with what stands before it."""
    if combining != 0 and combining < trailing:
        return True
    return _composes(starter, code, pairs)


@kernel
def _normalise_rows(  # noqa: C901  one branch per kind of character
    source: Bytes,
    marks: Marks,
    starts: Offsets,
    tables: UnicodeTables,
    buffer: Bytes,
    offsets: Offsets,
    slow: NDArray[np.int32],
) -> int:
    """Normalises every row that it can, and gives how many it left empty and named in `slow`.

    Only characters that fold to more than a small letter are looked at one by one, and spaces that
    may follow another; what lies between is copied in blocks, and what is copied too much is
    overwritten by what follows. All in one function, since numba counts references to each array
    that one hands to another, which took longer than all else.

    Stays inside: `source` is valid UTF-8, so that no character reaches beyond its row, and has a
    block behind it; `buffer` has GROWTH times the bytes of `source`, one byte per row and a block;
    a replacement is written only if what remains of the row still fits into GROWTH times its bytes.
    """
    pages, entries, replacements, places, pairs = tables
    at = U(0)
    slow_rows = 0
    for row in range(starts.shape[0] - 1):
        offsets[row] = row_start = at
        position = copied = U(starts[row])
        end = U(starts[row + 1])
        room = at + U(GROWTH) * (end - position)
        # The last character written that others combine with, and the combining class of its end.
        starter = _NO_STARTER
        trailing = U(0)
        fits = True
        while position < end and fits:
            folded = where_any(marks, position, U(FOLDED))
            spaces = where_under(marks, position, U(KIND), _SPACE)
            special = folded | (spaces & ((spaces | folded) << U(1) | U(1)))
            special &= first_bits(end - position)
            while special and fits:
                byte = position + lowest(special)
                special &= special - U(1)
                if byte > copied:
                    before = byte - U(1)
                    while source[before] & 0xC0 == 0x80:
                        before -= U(1)
                    starter = code_at(source, before)
                    entry = entry_of(starter, pages, entries)
                    starter |= U(32) if starter < U(128) and entry & U(CAPITAL) else U(0)
                    trailing = entry >> U(24) & U(0xFF)
                    stop = at + (byte - copied)
                    while at < stop:
                        copy_small(source, copied, buffer, at)
                        copied += U(BLOCK)
                        at += U(BLOCK)
                    at = stop
                code, length = decode(source, byte)
                copied = byte + length
                entry = entry_of(code, pages, entries)
                if entry & U(0xFF) == _SPACE:
                    # White space that follows a space is dropped.
                    if at == row_start or buffer[at - U(1)] != _BLANK:
                        buffer[at] = _BLANK
                        at += U(1)
                    starter = U(_BLANK)
                    trailing = U(0)
                elif entry & U(MAPPED) and entry & U(SLOW) == 0:
                    which = entry >> U(REPLACEMENT_SHIFT) & U(REPLACEMENT_MASK)
                    first = U(places[which])
                    stop = U(places[which + U(1)])
                    fits = at + (stop - first) + (end - copied) <= room
                    if stop > first and fits:
                        starter = _NO_STARTER
                        trailing = _UNKNOWN_CLASS
                        at = put(buffer, at, replacements, first, stop)
                else:
                    combining = entry >> U(16) & U(0xFF)
                    fits = entry & U(SLOW) == 0
                    if fits and at > row_start:
                        fits = not _changes(code, combining, starter, trailing, pairs)
                    if fits:
                        at = put(buffer, at, source, byte, copied)
                        trailing = entry >> U(24) & U(0xFF)
                        starter = starter if combining else code
            position += U(BLOCK)
        if fits:
            stop = at + (end - copied)
            while at < stop:
                copy_small(source, copied, buffer, at)
                copied += U(BLOCK)
                at += U(BLOCK)
            at = stop
        else:
            at = row_start
            slow[slow_rows] = row
            slow_rows += 1
        buffer[at] = SEPARATOR
        at += U(1)
    offsets[starts.shape[0] - 1] = at
    return slow_rows


@kernel
def _put_in(
    column: Bytes,
    offsets: Offsets,
    slow: NDArray[np.int32],
    texts: Bytes,
    text_offsets: Offsets,
    buffer: Bytes,
    new_offsets: Offsets,
) -> None:
    """Copies a column, with other texts in the rows `slow` (ascending).

    Stays inside: `buffer` is as long as both sources together.
    """
    at = 0
    k = 0
    for row in range(offsets.shape[0] - 1):
        new_offsets[row] = at
        if k < slow.shape[0] and slow[k] == row:
            for position in range(text_offsets[k], text_offsets[k + 1]):
                buffer[at] = texts[position]
                at += 1
            k += 1
        else:
            for position in range(offsets[row], offsets[row + 1]):
                buffer[at] = column[position]
                at += 1
    new_offsets[offsets.shape[0] - 1] = at


class Normalised(NamedTuple):
    """A normalised column, and counts of the characters that it was made from (`counts.py`)."""

    text: TextColumn
    counts: NDArray[np.int32]


def normalise_and_count(source: Bytes, starts: Offsets, *, tables: UnicodeTables) -> Normalised:
    """Gives the normalised view of a column of valid UTF-8, and its counts before, in one pass."""
    rows = len(starts) - 1
    source = padded(source)
    marks = marks_of(source)
    buffer = np.empty(GROWTH * len(source) + rows + BLOCK, np.uint8)
    offsets = np.empty(rows + 1, np.int64)
    slow = np.empty(rows, np.int32)
    slow_rows = slow[: _normalise_rows(source, marks, starts, tables, buffer, offsets, slow)]
    column = TextColumn(buffer[: offsets[-1]], offsets, longer=buffer)
    if len(slow_rows):
        column = _with_slow_rows(column, source, starts, slow_rows)
    return Normalised(column, count_marked(marks, starts))


def normalise(source: Bytes, starts: Offsets, *, tables: UnicodeTables) -> TextColumn:
    """Gives the normalised view of a column of valid UTF-8, as `arrow_text` gives it."""
    return normalise_and_count(source, starts, tables=tables).text


def _with_slow_rows(
    column: TextColumn, source: Bytes, starts: Offsets, slow: NDArray[np.int32]
) -> TextColumn:
    """Gives the column with the rows that need composition done in Python: about 0.2 %."""
    texts = TextColumn.of(
        normalise_text(source[starts[row] : starts[row + 1]].tobytes().decode()) for row in slow
    )
    buffer = np.empty(len(column.buffer) + len(texts.buffer), np.uint8)
    offsets = np.empty_like(column.offsets)
    _put_in(column.buffer, column.offsets, slow, texts.buffer, texts.offsets, buffer, offsets)
    return TextColumn(buffer[: offsets[-1]], offsets)
