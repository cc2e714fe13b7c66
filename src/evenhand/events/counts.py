"""How many characters of each class the rows of a column have, before normalisation."""

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.events.text_column import Bytes, Offsets, decode
from evenhand.events.unicode_tables import (
    CAPITAL,
    CARRIES,
    CLASSES,
    HIDDEN,
    IN_WORD,
    SCRIPT_SHIFT,
    CharacterClass,
    UnicodeTables,
    entry_of,
)

CAPITALS, WORDS, MIXED = CLASSES, CLASSES + 1, CLASSES + 2
"""The columns after those of the classes: capital letters, words, 1 if a word mixes scripts."""

COUNTS = CLASSES + 3

_INVISIBLE = U(CharacterClass.INVISIBLE)


@inlined
def _bit(entry: np.uint64, flag: int) -> np.uint64:
    """Gives 1 if an entry has a flag, else 0."""
    return U(1) if entry & U(flag) else U(0)


@kernel
def _count_rows(
    source: Bytes,
    starts: Offsets,
    pages: NDArray[np.uint16],
    entries: NDArray[np.uint64],
    counts: NDArray[np.int32],
) -> None:
    """Counts, without branches: what the next character is cannot be foretold.

    An invisible character hides something after Latin, Cyrillic and Greek letters, where none is
    needed; joiners belong into emoji and into Arabic and Indic words.
    Stays inside, since valid UTF-8 ends with its row and classes are below CLASSES.
    """
    for row in range(starts.shape[0] - 1):
        count = counts[row]
        position = U(starts[row])
        end = U(starts[row + 1])
        capitals = words = hiding = mixed = U(0)
        in_word = scripts = last_script = U(0)
        while position < end:
            code, length = decode(source, position)
            entry = entry_of(code, pages, entries)
            count[entry & U(0xFF)] += 1
            capitals += _bit(entry, CAPITAL)
            here = _bit(entry, IN_WORD)
            carries = _bit(entry, CARRIES)
            words += here & ~in_word
            in_word = here | (carries & in_word)
            script = entry >> U(SCRIPT_SHIFT)
            scripts = (scripts & (U(0) - in_word)) | script
            mixed |= scripts & (scripts - U(1))
            hidden = _bit(entry, HIDDEN)
            hiding += hidden & last_script
            # What carries a word on leaves the last script as it was.
            last_script = (carries & last_script) | (
                (script | script >> U(1) | script >> U(2)) & U(1)
            )
            position += length
        count[_INVISIBLE] = hiding
        count[CAPITALS] = capitals
        count[WORDS] = words
        count[MIXED] = 1 if mixed else 0


def count_characters(source: Bytes, starts: Offsets, *, tables: UnicodeTables) -> NDArray[np.int32]:
    """Gives counts, rows × COUNTS, of a column of valid UTF-8, as `arrow_text` gives it."""
    counts = np.zeros((len(starts) - 1, COUNTS), np.int32)
    _count_rows(source, starts, tables.pages, tables.entries, counts)
    return counts
