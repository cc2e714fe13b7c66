"""Undoes look-alike letters, leet and s p a c e d words: a further view of the rows it changes.

A word is a run of letters, digits and signs that stand for letters. It is rewritten

    into one script,  if it mixes Latin with Cyrillic, Greek or Armenian and each letter of the
                      one passes for a letter of the other ("раypal", "kупить");
    without leet,     if one or two digits or signs stand between its letters ("v1agra", "ca$h");
    as plain Latin,   if it has small capitals or boxed letters.

Four or more single letters with the same sign between them are joined ("c.a.s.h").
The normalised view stays beside this one, so that rewriting too much hides nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined
from evenhand.events.lookalikes import CODES, Lookalikes, Role, lookalikes
from evenhand.events.suspicion import (
    JOINTS,
    LEET_RUN_MAX,
    SPACED_LETTERS_MIN,
    suspect_rows,
)
from evenhand.events.text_column import (
    SEPARATOR,
    Bytes,
    Offsets,
    TextColumn,
    decode,
    put,
)

_LATIN, _CYRILLIC, _GREEK = int(Role.LATIN), int(Role.CYRILLIC), int(Role.GREEK)
_DIGIT, _SYMBOL, _FANCY, _NONE = int(Role.DIGIT), int(Role.SYMBOL), int(Role.FANCY), int(Role.NONE)
_COPY, _TO_LATIN, _TO_CYRILLIC, _LOOKALIKE = 0, 1, 2, 4
_TO = 3


@dataclass(frozen=True, slots=True)
class Undisguised:
    """The rows that changed, which rows they were, and per row whether it had look-alikes."""

    column: TextColumn
    rows: NDArray[np.int32]
    lookalike: NDArray[np.bool_]


@inlined
def _role_of(code: np.uint64, table: Lookalikes) -> int:
    """Gives the role of a character; stays inside, since codes beyond the table are none."""
    return int(table.role[code]) if code < U(CODES) else _NONE


@borrowing_kernel
def _plan(
    source: Bytes, position: np.uint64, end: np.uint64, table: Lookalikes
) -> tuple[np.uint64, int]:
    """Gives where the word that starts here ends, and how it is to be rewritten.

    Stays inside: valid UTF-8 ends with its row.
    """
    latin = cyrillic = greek = fancy = 0
    to_latin = to_cyrillic = drawn_latin = drawn_cyrillic = True
    leet = False
    run = 0
    after_letter = False
    while position < end:
        code, length = decode(source, position)
        role = _role_of(code, table)
        if role == _NONE:
            break
        position += length
        if role in (_DIGIT, _SYMBOL):
            run += 1
            continue
        leet |= after_letter and 0 < run <= LEET_RUN_MAX
        run = 0
        after_letter = True
        if role == _LATIN:
            latin += 1
            to_cyrillic &= table.cyrillic[code] != 0
            drawn_latin &= table.drawn_alike[code]
        elif role in (_CYRILLIC, _GREEK):
            cyrillic += role == _CYRILLIC
            greek += role == _GREEK
            to_latin &= table.latin[code] != 0
            drawn_cyrillic &= table.drawn_alike[code]
        elif role == _FANCY:
            fancy += 1
    plan = _decide(
        latin, cyrillic, greek, fancy, leet, to_latin, to_cyrillic, drawn_latin, drawn_cyrillic
    )
    return position, plan


@borrowing_kernel
def _decide(
    latin: int,
    cyrillic: int,
    greek: int,
    fancy: int,
    leet: bool,
    to_latin: bool,
    to_cyrillic: bool,
    drawn_latin: bool,
    drawn_cyrillic: bool,
) -> int:
    """Gives how to rewrite a word of so many letters; the script with more letters wins."""
    if latin and (cyrillic or greek):
        if to_latin and not (to_cyrillic and cyrillic > latin):
            return _TO_LATIN | (_LOOKALIKE if drawn_cyrillic else 0)
        if to_cyrillic and not greek:
            return _TO_CYRILLIC | (_LOOKALIKE if drawn_latin else 0)
    if fancy and not cyrillic and not greek:
        return _TO_LATIN
    if leet and latin > 1 and not cyrillic and not greek:
        return _TO_LATIN
    if leet and cyrillic > 1 and not latin and not greek:
        return _TO_CYRILLIC
    return _COPY


@borrowing_kernel
def _rewrite(
    source: Bytes,
    position: np.uint64,
    end: np.uint64,
    plan: int,
    table: Lookalikes,
    buffer: Bytes,
    at: np.uint64,
) -> np.uint64:
    """Writes a word as planned. Stays inside: each character becomes at most twice its bytes."""
    if plan == _COPY:
        return put(buffer, at, source, position, end)
    while position < end:
        code, length = decode(source, position)
        likeness = U(0)
        if code < U(CODES):
            likeness = U(table.latin[code]) if plan == _TO_LATIN else U(table.cyrillic[code])
        if likeness == 0:
            at = put(buffer, at, source, position, position + length)
        elif likeness < U(128):
            buffer[at] = likeness
            at += U(1)
        else:
            buffer[at] = U(0xC0) | likeness >> U(6)
            buffer[at + U(1)] = U(0x80) | (likeness & U(63))
            at += U(2)
        position += length
    return at


@borrowing_kernel
def _spaced_end(source: Bytes, position: np.uint64, end: np.uint64, table: Lookalikes) -> np.uint64:
    """Gives where a spaced word that starts here ends, or `position` if none does.

    Stays inside: `end` is the end of a row of valid UTF-8.
    """
    start = stop = position
    letters = 0
    joint = U(0)
    while position < end:
        code, length = decode(source, position)
        if _role_of(code, table) not in (_LATIN, _CYRILLIC, _GREEK):
            break
        after = position + length
        if after < end:
            code, length = decode(source, after)
            if _role_of(code, table) not in (_NONE, _SYMBOL):
                break
        letters += 1
        stop = after
        joint = code if letters == 1 else joint
        if after == end or code != joint or code not in JOINTS:
            break
        position = after + length
    return stop if letters >= SPACED_LETTERS_MIN else start


@borrowing_kernel
def _put_letters(
    source: Bytes, position: np.uint64, end: np.uint64, buffer: Bytes, at: np.uint64
) -> np.uint64:
    """Writes a spaced word without its joints. Stays inside: it writes less than it reads."""
    while position < end:
        byte = source[position]
        if byte not in JOINTS:
            buffer[at] = byte
            at += U(1)
        position += U(1)
    return at


@borrowing_kernel
def _undisguise_row(
    source: Bytes,
    position: np.uint64,
    end: np.uint64,
    table: Lookalikes,
    buffer: Bytes,
    at: np.uint64,
) -> tuple[np.uint64, int]:
    """Writes a row undisguised; gives where it ends and what was done to it: plans, or-ed.

    Stays inside: words write at most twice their bytes, other characters their own.
    """
    done = _COPY
    while position < end:
        code, length = decode(source, position)
        if _role_of(code, table) == _NONE:
            at = put(buffer, at, source, position, position + length)
            position += length
            continue
        stop = _spaced_end(source, position, end, table)
        if stop > position:
            at = _put_letters(source, position, stop, buffer, at)
            done |= _TO_LATIN
        else:
            stop, plan = _plan(source, position, end, table)
            at = _rewrite(source, position, stop, plan & _TO, table, buffer, at)
            done |= plan
        position = stop
    return at, done


@borrowing_kernel
def _undisguise_rows(
    source: Bytes,
    starts: Offsets,
    suspects: NDArray[np.int32],
    table: Lookalikes,
    buffer: Bytes,
    offsets: Offsets,
    rows: NDArray[np.int32],
    lookalike: NDArray[np.bool_],
) -> int:
    """Writes the rows that change, and gives how many they are.

    Stays inside: `buffer` has twice the bytes of `source`, which hold one separator per row.
    """
    at = U(0)
    changed = 0
    for row in suspects:
        end = U(starts[row + 1]) - U(1)
        stop, done = _undisguise_row(source, U(starts[row]), end, table, buffer, at)
        lookalike[row] = done & _LOOKALIKE != 0
        if done != _COPY:
            rows[changed] = row
            offsets[changed] = at
            changed += 1
            buffer[stop] = SEPARATOR
            at = stop + U(1)
    offsets[changed] = at
    return changed


def undisguise(normalised: TextColumn, *, look_at_all: bool = False) -> Undisguised:
    """Gives the rows of a normalised column that change when disguises are undone.

    `look_at_all` looks at every row instead of the suspects: slower, with the same result.
    """
    table = lookalikes()
    if look_at_all:
        suspects = np.arange(len(normalised), dtype=np.int32)
    else:
        suspects = suspect_rows(normalised.characters)
    found = len(suspects)
    buffer = np.empty(2 * len(normalised.buffer), np.uint8)
    offsets = np.empty(found + 1, np.int64)
    rows = np.empty(found, np.int32)
    lookalike = np.zeros(len(normalised), np.bool_)
    changed = _undisguise_rows(
        normalised.buffer,
        normalised.offsets,
        suspects,
        table,
        buffer,
        offsets,
        rows,
        lookalike,
    )
    offsets = offsets[: changed + 1]
    return Undisguised(TextColumn(buffer[: offsets[-1]], offsets), rows[:changed], lookalike)
