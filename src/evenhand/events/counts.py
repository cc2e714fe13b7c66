"""How many characters of each class the rows of a column have, before normalisation."""

from typing import NamedTuple

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


class Tally(NamedTuple):
    """What is known in the middle of a row, but for its counts of classes."""

    capitals: np.uint64
    words: np.uint64
    hiding: np.uint64
    mixed: np.uint64
    in_word: np.uint64
    scripts: np.uint64
    last_script: np.uint64


@inlined
def nothing_yet() -> Tally:
    """Gives the tally at the begin of a row."""
    return Tally(U(0), U(0), U(0), U(0), U(0), U(0), U(0))


@inlined
def tallied(tally: Tally, entry: np.uint64) -> Tally:
    """Gives the tally after one more character; no branches: what comes cannot be foretold.

    An invisible character hides something after Latin, Cyrillic and Greek letters, where none is
    needed; joiners belong into emoji and into Arabic and Indic words.
    """
    here = _bit(entry, IN_WORD)
    carries = _bit(entry, CARRIES)
    script = entry >> U(SCRIPT_SHIFT)
    scripts = (tally.scripts & (U(0) - (here | (carries & tally.in_word)))) | script
    return Tally(
        tally.capitals + _bit(entry, CAPITAL),
        tally.words + (here & ~tally.in_word),
        tally.hiding + (_bit(entry, HIDDEN) & tally.last_script),
        tally.mixed | (scripts & (scripts - U(1))),
        here | (carries & tally.in_word),
        scripts,
        # What carries a word on leaves the last script as it was.
        (carries & tally.last_script) | ((script | script >> U(1) | script >> U(2)) & U(1)),
    )


@inlined
def put_tally(tally: Tally, count: NDArray[np.int32]) -> None:
    """Writes a row's tally beside its counts of classes. Stays inside: a row has COUNTS."""
    count[_INVISIBLE] = tally.hiding
    count[CAPITALS] = tally.capitals
    count[WORDS] = tally.words
    count[MIXED] = 1 if tally.mixed else 0


@kernel
def _count_rows(
    source: Bytes,
    starts: Offsets,
    pages: NDArray[np.uint16],
    entries: NDArray[np.uint64],
    counts: NDArray[np.int32],
) -> None:
    """Counts. Stays inside: valid UTF-8 ends with its row and classes are below CLASSES."""
    for row in range(starts.shape[0] - 1):
        count = counts[row]
        position = U(starts[row])
        end = U(starts[row + 1])
        tally = nothing_yet()
        while position < end:
            code, length = decode(source, position)
            entry = entry_of(code, pages, entries)
            count[entry & U(0xFF)] += 1
            tally = tallied(tally, entry)
            position += length
        put_tally(tally, count)


def count_characters(source: Bytes, starts: Offsets, *, tables: UnicodeTables) -> NDArray[np.int32]:
    """Gives counts, rows × COUNTS, of a column of valid UTF-8, as `arrow_text` gives it."""
    counts = np.zeros((len(starts) - 1, COUNTS), np.int32)
    _count_rows(source, starts, tables.pages, tables.entries, counts)
    return counts
