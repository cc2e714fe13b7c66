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

from evenhand.base.kernel import U, inlined, kernel
from evenhand.events.counts import (
    COUNTS,
    Tally,
    count_characters,
    nothing_yet,
    put_tally,
    tallied,
)
from evenhand.events.text_column import SEPARATOR, Bytes, Offsets, TextColumn, decode, put
from evenhand.events.unicode_tables import (
    CAPITAL,
    CHECKED,
    MAPPED,
    PAIR_SLOTS,
    REPLACEMENT_MASK,
    REPLACEMENT_SHIFT,
    SLOW,
    SPACE_REPLACEMENT,
    CharacterClass,
    UnicodeTables,
    entry_of,
    fold_character,
)

GROWTH = 3
"""A row may become three times its bytes in the kernel; what grows more goes the slow way.
(U+FDFA, 3 bytes, becomes 33.)"""

_SPACES = re.compile(" {2,}")
_NO_STARTER = U(0x1FFFFF)
_SPACE = U(CharacterClass.SPACE)
_INVISIBLE = U(CharacterClass.INVISIBLE)
_UNKNOWN_CLASS = U(255)
_SPECIAL = U(MAPPED | CHECKED | SLOW)
_SPACE_REPLACEMENT = U(SPACE_REPLACEMENT)
_SLOW_ROW = U(0xFFFFFFFFFFFFFFFF)


def normalise_text(text: str) -> str:
    """Gives the normalised view of one text: what `normalise` gives for each row."""
    folded = "".join(map(fold_character, text))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", folded))


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


@inlined
def _normalise_row(  # noqa: C901  one branch per kind of entry
    source: Bytes,
    position: np.uint64,
    end: np.uint64,
    tables: UnicodeTables,
    buffer: Bytes,
    row_start: np.uint64,
    count: NDArray[np.int32],
) -> tuple[np.uint64, Tally]:
    """Writes one row and gives where it ends, or _SLOW_ROW if it has to go the slow way.

    Counts its characters as they were before. Stays inside: `source` is valid UTF-8, so that no
    character reaches beyond `end`; at most GROWTH times the row's bytes are written, since one
    character becomes at most its own bytes or a replacement whose length is checked before.
    """
    pages, entries, replacements, starts, pairs = tables
    limit = row_start + U(GROWTH) * (end - position)
    at = row_start
    # The last character written that others combine with, and the combining class of its end.
    starter = _NO_STARTER
    trailing = U(0)
    tally = nothing_yet()
    while position < end:
        code, length = decode(source, position)
        entry = entry_of(code, pages, entries)
        count[entry & U(0xFF)] += 1
        tally = tallied(tally, entry)
        if code < U(128):
            kind = entry & U(0xFF)
            if kind != _INVISIBLE:
                # The last space is written again in its place where white space follows it.
                again = U(1) if kind == _SPACE and starter == U(32) else U(0)
                starter = code | U(32) if entry & U(CAPITAL) else code
                starter = U(32) if kind == _SPACE else starter
                trailing = U(0)
                buffer[at - again] = starter
                at += U(1) - again
        elif entry & _SPECIAL == 0:
            at = put(buffer, at, source, position, position + length)
            starter = code
            trailing = entry >> U(24) & U(0xFF)
        elif entry & U(SLOW):
            return _SLOW_ROW, tally
        elif entry & U(MAPPED):
            which = entry >> U(REPLACEMENT_SHIFT) & U(REPLACEMENT_MASK)
            first = U(starts[which])
            stop = U(starts[which + U(1)])
            if at + stop - first > limit:
                return _SLOW_ROW, tally
            if which == _SPACE_REPLACEMENT:
                at -= U(1) if starter == U(32) else U(0)
                starter = U(32)
                trailing = U(0)
            elif stop > first:
                starter = _NO_STARTER
                trailing = _UNKNOWN_CLASS
            at = put(buffer, at, replacements, first, stop)
        else:
            combining = entry >> U(16) & U(0xFF)
            if at > row_start and _changes(code, combining, starter, trailing, pairs):
                return _SLOW_ROW, tally
            at = put(buffer, at, source, position, position + length)
            trailing = entry >> U(24) & U(0xFF)
            # A mark leaves the starter as it is, but no space is last any more.
            starter = (_NO_STARTER if starter == U(32) else starter) if combining else code
        position += length
    return at, tally


@kernel
def _normalise_rows(
    source: Bytes,
    starts: Offsets,
    tables: UnicodeTables,
    buffer: Bytes,
    offsets: Offsets,
    counts: NDArray[np.int32],
    slow: NDArray[np.int32],
) -> int:
    """Normalises every row that it can, and gives how many it left empty and named in `slow`.

    Stays inside: `buffer` has GROWTH times the bytes of `source` and one byte per row.
    """
    at = U(0)
    slow_rows = 0
    for row in range(starts.shape[0] - 1):
        offsets[row] = at
        count = counts[row]
        begin, end = U(starts[row]), U(starts[row + 1])
        stop, tally = _normalise_row(source, begin, end, tables, buffer, at, count)
        put_tally(tally, count)
        if stop == _SLOW_ROW:
            slow[slow_rows] = row
            slow_rows += 1
        else:
            at = stop
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
    buffer = np.empty(GROWTH * len(source) + rows, np.uint8)
    offsets = np.empty(rows + 1, np.int64)
    counts = np.zeros((rows, COUNTS), np.int32)
    slow = np.empty(rows, np.int32)
    slow_rows = slow[: _normalise_rows(source, starts, tables, buffer, offsets, counts, slow)]
    column = TextColumn(buffer[: offsets[-1]], offsets)
    if len(slow_rows):
        column = _with_slow_rows(column, source, starts, slow_rows)
    for row in slow_rows:
        begin, end = starts[row], starts[row + 1]
        alone = np.array([0, end - begin])
        counts[row] = count_characters(source[begin:end], alone, tables=tables)[0]
    return Normalised(column, counts)


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
