"""Undoes links that are written so as not to be links: `hxxp://evil[.]example`, `evil(dot)example`.

Rows that change become a view of their own; the others are not in it.
"""

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined
from evenhand.events.text_column import (
    BRACKET,
    CROSSES,
    SEPARATOR,
    Bytes,
    Offsets,
    TextColumn,
)
from evenhand.signals.hashing import joined

# What brackets may hold to mean a dot, in the words of those who write it.
_DOTS, _DOT_STARTS = joined(
    [word.encode() for word in (".", "dot", "punkt", "point", "точка", "нүкте")]
)
_OPEN, _CLOSE = tuple(b"[({"), tuple(b"])}")
_HXXP, _HTTP = tuple(b"hxxp"), tuple(b"http")


@borrowing_kernel
def _word_end(source: Bytes, at: np.uint64, end: np.uint64, word: Bytes) -> np.uint64:
    """Gives where `word` ends if it stands at `at`, else `at`; stays inside: it asks for room."""
    size = U(word.shape[0])
    if at + size > end:
        return at
    for k in range(word.shape[0]):
        if source[at + U(k)] != word[k]:
            return at
    return at + size


@borrowing_kernel
def _dot_end(
    source: Bytes, at: np.uint64, end: np.uint64, dots: Bytes, dot_starts: Offsets
) -> np.uint64:
    """Gives where a bracketed dot that opens at `at` ends, or `at` if it is none.

    Stays inside: nothing is read at or beyond `end`.
    """
    position = at + U(1)
    if position < end and source[position] == 32:
        position += U(1)
    for k in range(dot_starts.shape[0] - 1):
        after = _word_end(source, position, end, dots[dot_starts[k] : dot_starts[k + 1]])
        if after == position:
            continue
        if after < end and source[after] == 32:
            after += U(1)
        if after < end and source[after] in _CLOSE:
            return after + U(1)
    return at


@inlined
def _is_hxxp(source: Bytes, at: np.uint64, end: np.uint64) -> bool:
    """Tells whether `hxxp` stands at `at`; stays inside, since it asks for room first."""
    if at + U(4) > end or source[at + U(1)] != _HXXP[1]:
        return False
    return bool(source[at + U(2)] == _HXXP[2] and source[at + U(3)] == _HXXP[3])


@borrowing_kernel
def _refang_row(
    source: Bytes,
    position: np.uint64,
    end: np.uint64,
    dots: Bytes,
    dot_starts: Offsets,
    buffer: Bytes,
    at: np.uint64,
) -> tuple[np.uint64, bool]:
    """Writes a row without its disguises; gives where it ends and whether anything changed.

    Stays inside: it never writes more than it reads.
    """
    changed = False
    start = at
    while position < end:
        byte = source[position]
        if byte in _OPEN:
            after = _dot_end(source, position, end, dots, dot_starts)
            if after > position:
                if at > start and buffer[at - U(1)] == 32:
                    at -= U(1)
                buffer[at] = 46
                at += U(1)
                position = after
                if position < end and source[position] == 32:
                    position += U(1)
                changed = True
                continue
        if byte == _HXXP[0] and _is_hxxp(source, position, end):
            for letter in _HTTP:
                buffer[at] = letter
                at += U(1)
            position += U(4)
            changed = True
            continue
        buffer[at] = byte
        at += U(1)
        position += U(1)
    return at, changed


@borrowing_kernel
def _refang_rows(
    source: Bytes,
    starts: Offsets,
    signs: Bytes,
    dots: Bytes,
    dot_starts: Offsets,
    buffer: Bytes,
    offsets: Offsets,
    rows: NDArray[np.int32],
) -> int:
    """Writes the rows that change, and gives how many they are.

    Stays inside: `buffer` is as long as `source`. A row is looked at only if it holds what a
    disguise needs: a bracket, or the xx of hxxp.
    """
    at = U(0)
    changed_rows = 0
    for row in range(starts.shape[0] - 1):
        if not signs[row] & (BRACKET | CROSSES):
            continue
        end = U(starts[row + 1]) - U(1)
        stop, changed = _refang_row(source, U(starts[row]), end, dots, dot_starts, buffer, at)
        if changed:
            rows[changed_rows] = row
            offsets[changed_rows] = at
            changed_rows += 1
            buffer[stop] = SEPARATOR
            at = stop + U(1)
    offsets[changed_rows] = at
    return changed_rows


def refang(normalised: TextColumn) -> tuple[TextColumn, NDArray[np.int32]]:
    """Gives the rows of a normalised column whose links were disguised, and which rows they are."""
    buffer = np.empty(len(normalised.buffer), np.uint8)
    offsets = np.empty(len(normalised) + 1, np.int64)
    rows = np.empty(len(normalised), np.int32)
    changed = _refang_rows(
        normalised.buffer,
        normalised.offsets,
        normalised.signs,
        _DOTS,
        _DOT_STARTS,
        buffer,
        offsets,
        rows,
    )
    offsets = offsets[: changed + 1]
    return TextColumn(buffer[: offsets[-1]], offsets), rows[:changed]
