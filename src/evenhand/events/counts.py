"""How many characters of each class the rows of a column have, before normalisation."""

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.events.text_column import Bytes, Offsets, decode
from evenhand.events.unicode_tables import (
    CAPITAL,
    CLASSES,
    CharacterClass,
    UnicodeTables,
    entry_of,
)

CAPITALS, WORDS, MIXED = CLASSES, CLASSES + 1, CLASSES + 2
"""The columns after those of the classes: capital letters, words, words of mixed scripts."""

COUNTS = CLASSES + 3

_MIXABLE = U(1 << CharacterClass.LATIN | 1 << CharacterClass.CYRILLIC | 1 << CharacterClass.GREEK)
_LETTER_LAST = U(CharacterClass.OTHER_LETTER)
_DIGIT = U(CharacterClass.DIGIT)
_MARK = U(CharacterClass.MARK)
_INVISIBLE = U(CharacterClass.INVISIBLE)
_VARIATION_FIRST, _VARIATION_LAST = U(0xFE00), U(0xFE0F)


@inlined
def _hides(code: np.uint64, last_kind: np.uint64) -> bool:
    """Tells whether an invisible character hides something.

    After Latin, Greek and Cyrillic letters nothing invisible is needed; joiners belong into
    emoji and into Arabic and Indic words, and variation selectors follow many symbols.
    """
    selector = _VARIATION_FIRST <= code <= _VARIATION_LAST
    return not selector and (_MIXABLE >> last_kind) & U(1) == U(1)


@inlined
def _several(bits: np.uint64) -> int:
    """Gives 1 if more than one bit is set, else 0."""
    return 1 if bits & (bits - U(1)) else 0


@kernel
def _count_rows(
    source: Bytes,
    starts: Offsets,
    pages: NDArray[np.uint16],
    entries: NDArray[np.uint64],
    counts: NDArray[np.int32],
) -> None:
    """Counts; stays inside, since valid UTF-8 ends with its row and classes are below CLASSES."""
    for row in range(starts.shape[0] - 1):
        count = counts[row]
        position = U(starts[row])
        end = U(starts[row + 1])
        scripts = U(0)
        capitals = words = mixed = 0
        in_word = False
        last_kind = _MARK
        while position < end:
            code, length = decode(source, position)
            entry = entry_of(code, pages, entries)
            kind = entry & U(0xFF)
            position += length
            if kind == _INVISIBLE:
                if _hides(code, last_kind):
                    count[_INVISIBLE] += 1
                continue
            count[kind] += 1
            last_kind = kind
            if kind <= _LETTER_LAST or kind == _DIGIT:
                words += 0 if in_word else 1
                in_word = True
                scripts |= (U(1) << kind) & _MIXABLE
                capitals += 1 if entry & U(CAPITAL) else 0
            elif kind != _MARK:
                mixed += _several(scripts)
                scripts = U(0)
                in_word = False
        count[CAPITALS] = capitals
        count[WORDS] = words
        count[MIXED] = mixed + _several(scripts)


def count_characters(source: Bytes, starts: Offsets, *, tables: UnicodeTables) -> NDArray[np.int32]:
    """Gives counts, rows × COUNTS, of a column of valid UTF-8, as `arrow_text` gives it."""
    counts = np.zeros((len(starts) - 1, COUNTS), np.int32)
    _count_rows(source, starts, tables.pages, tables.entries, counts)
    return counts
