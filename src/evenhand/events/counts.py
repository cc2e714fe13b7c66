"""How many characters of each class the rows of a column have, before normalisation.

Each byte of the text gets a mark that says what its character is; whatever is counted is counted
in masks of sixty-four marks (`base/blocks.py`).
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.blocks import (
    BLOCK,
    first_bits,
    four_at,
    lowest,
    padded,
    paint,
    reached,
    where_any,
    where_between,
    where_equal,
    where_under,
)
from evenhand.base.kernel import U, kernel
from evenhand.base.machine import bits_set
from evenhand.events.text_column import Bytes, Offsets, code_at
from evenhand.events.unicode_tables import (
    CAPITAL,
    CHECKED,
    CLASSES,
    HIDDEN,
    MAPPED,
    PAGE,
    SLOW,
    CharacterClass,
    unicode_tables,
)

CAPITALS, WORDS = CLASSES, CLASSES + 1
"""The columns after those of the classes: capital letters, and words."""

COUNTS = CLASSES + 2

KIND = 31
"""The bits of a mark that hold the class; CONTINUED marks the further bytes of a character."""

CONTINUED = 31
FOLDED, IS_CAPITAL, IS_HIDDEN = 32, 64, 128
"""Bits of a mark: normalising does more to the character than to make A to Z small; a capital;
something invisible that is no variation selector."""

RUN = 64
"""Code points of a page: those that share all bytes of UTF-8 but the last."""

Marks = NDArray[np.uint8]

_IN_WORDS = U((1 << CharacterClass.OTHER_LETTER + 1) - 1 | 1 << CharacterClass.DIGIT)
_ACROSS = U(1 << CharacterClass.MARK | 1 << CharacterClass.INVISIBLE)
"""A bit for each class that words are made of, and for each across which they go on."""

_MIXABLE = 3
"""Latin, Cyrillic and Greek are the first classes."""


class MarkTables(NamedTuple):
    """Marks of code points: of the first 2,048 by number, of the others in pages of 64.

    pages  where the page of each run of 64 code points begins; both halves of the table are bytes
    """

    pages: NDArray[np.uint32]
    marks: Marks


@cache
def mark_tables() -> MarkTables:
    """Gives the tables, made of those of `unicode_tables`."""
    tables = unicode_tables()
    marks = tables.entries & np.uint64(KIND)
    for flags, bit in (
        (MAPPED | CHECKED | SLOW, FOLDED),
        (CAPITAL, IS_CAPITAL),
        (HIDDEN, IS_HIDDEN),
    ):
        marks |= np.where(tables.entries & np.uint64(flags), np.uint64(bit), np.uint64(0))
    whole = marks.astype(np.uint8).reshape(-1, PAGE)[tables.pages].reshape(-1, RUN)
    whole[ord("A") // RUN, ord("A") % RUN : ord("Z") % RUN + 1] &= ~np.uint8(FOLDED)
    # Few runs differ: a dictionary finds them in a tenth of the time of sorting.
    places: dict[bytes, int] = {}
    which = [places.setdefault(run.tobytes(), len(places)) for run in whole]
    return MarkTables(
        np.array(which, np.uint32) * np.uint32(RUN), np.frombuffer(b"".join(places), np.uint8)
    )


@kernel
def _mark_bytes(source: Bytes, size: np.uint64, tables: MarkTables, marks: Marks) -> None:
    """Marks the first byte of each character, by the number of its bytes.

    One byte is told by where it stands in ASCII, for the whole block at once; the others are
    looked up. Stays inside: `source` and `marks` have a block behind `size`.
    """
    pages, table = tables
    at = U(0)
    while at < size:
        every = U(0xFFFFFFFFFFFFFFFF)
        paint(marks, at, every, U(CharacterClass.PUNCTUATION))
        small = where_between(source, at, U(97), U(122))
        paint(marks, at, small, U(CharacterClass.LATIN))
        capital = where_between(source, at, U(65), U(90))
        paint(marks, at, capital, U(CharacterClass.LATIN | IS_CAPITAL))
        paint(marks, at, where_between(source, at, U(48), U(57)), U(CharacterClass.DIGIT))
        control = where_between(source, at, U(0), U(31)) | where_equal(source, at, U(127))
        paint(marks, at, control, U(CharacterClass.INVISIBLE | FOLDED | IS_HIDDEN))
        white = where_between(source, at, U(9), U(13)) | where_between(source, at, U(28), U(31))
        paint(marks, at, white, U(CharacterClass.SPACE | FOLDED))
        paint(marks, at, where_equal(source, at, U(32)), U(CharacterClass.SPACE))
        paint(marks, at, where_between(source, at, U(0x80), U(0xFF)), U(CONTINUED))
        here = first_bits(size - at)
        two = where_between(source, at, U(0xC0), U(0xDF)) & here
        while two:
            byte = at + lowest(two)
            word = four_at(source, byte)
            marks[byte] = table[pages[word & U(31)] + U(word >> U(8) & U(63))]
            two &= two - U(1)
        three = where_between(source, at, U(0xE0), U(0xEF)) & here
        while three:
            byte = at + lowest(three)
            word = four_at(source, byte)
            page = (word & U(15)) << U(6) | (word >> U(8) & U(63))
            marks[byte] = table[pages[page] + U(word >> U(16) & U(63))]
            three &= three - U(1)
        four = where_between(source, at, U(0xF0), U(0xFF)) & here
        while four:
            byte = at + lowest(four)
            code = code_at(source, byte)
            marks[byte] = table[pages[code // U(RUN)] + U(code % U(RUN))]
            four &= four - U(1)
        at += U(BLOCK)


def marks_of(source: Bytes) -> Marks:
    """Gives a mark for each byte of a padded text, and a block of marks behind them."""
    marks = np.empty(len(source), np.uint8)
    _mark_bytes(source, np.uint64(len(source) - BLOCK), mark_tables(), marks)
    return marks


@kernel
def _count_rows(marks: Marks, starts: Offsets, counts: NDArray[np.int32]) -> None:
    """Counts in blocks of a row. Stays inside: there is a block of marks behind the last row.

    A word goes on across marks and invisible characters. An invisible character hides something
    after Latin, Cyrillic and Greek letters, where none is needed; joiners belong into emoji and
    into Arabic and Indic words.
    """
    for row in range(starts.shape[0] - 1):
        position, end = U(starts[row]), U(starts[row + 1])
        word = mixable = U(0)
        words = hiding = capitals = U(0)
        while position < end:
            here = first_bits(end - position)
            across = where_under(marks, position, U(KIND), U(CONTINUED)) & here
            letters = first_letters = U(0)
            # One turn for each class that the block has: three or four, where there are nineteen.
            left = here & ~across
            while left:
                kind = U(marks[position + lowest(left)]) & U(KIND)
                found = where_under(marks, position, U(KIND), kind) & here
                counts[row, kind] += bits_set(found)
                letters |= found & (U(0) - (_IN_WORDS >> kind & U(1)))
                first_letters |= found if kind < U(_MIXABLE) else U(0)
                across |= found & (U(0) - (_ACROSS >> kind & U(1)))
                left &= ~found
            within = letters | reached(letters << U(1) | word, across)
            words += bits_set(letters & ~(within << U(1) | word))
            word = within >> U(BLOCK - 1)
            after = first_letters | reached(first_letters << U(1) | mixable, across)
            hiding += bits_set(after & where_any(marks, position, U(IS_HIDDEN)))
            mixable = after >> U(BLOCK - 1)
            capitals += bits_set(where_any(marks, position, U(IS_CAPITAL)) & here)
            position += U(BLOCK)
        counts[row, CharacterClass.INVISIBLE] = hiding
        counts[row, CAPITALS] = capitals
        counts[row, WORDS] = words


def count_marked(marks: Marks, starts: Offsets) -> NDArray[np.int32]:
    """Gives counts, rows × COUNTS, of rows whose bytes are marked."""
    counts = np.zeros((len(starts) - 1, COUNTS), np.int32)
    _count_rows(marks, starts, counts)
    return counts


def count_characters(source: Bytes, starts: Offsets) -> NDArray[np.int32]:
    """Gives counts, rows × COUNTS, of a column of valid UTF-8, as `arrow_text` gives it."""
    return count_marked(marks_of(padded(source)), starts)
