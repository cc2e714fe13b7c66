"""Finds the rows worth undisguising, in masks of sixty-four characters.

It errs on the side of suspicion: `undisguise` looks at each suspect properly.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from evenhand.base.blocks import BLOCK, first_bits, where_any
from evenhand.base.kernel import U, kernel
from evenhand.events.lookalikes import CODES, Role, lookalikes
from evenhand.events.text_column import Characters, Codes, Offsets

SPACED_LETTERS_MIN = 4
"""Single letters in a row that make a spaced word; initials ("J. R. R.") are fewer."""

LEET_RUN_MAX = 2
"""Digits or signs in a row that may stand for letters; more are a number."""

JOINTS = (32, 46, 45, 95, 42, 44)  # space . - _ * ,
"""Signs that may stand between the letters of a spaced word."""

_LATIN, _CYRILLIC, _GREEK, _OTHER, _SIGN, _FANCY, _JOINT = (1 << k for k in range(7))
_LETTERS = _LATIN | _CYRILLIC | _GREEK
_IN_WORD = _LETTERS | _OTHER | _SIGN | _FANCY
_BITS = {
    Role.LATIN: _LATIN,
    Role.CYRILLIC: _CYRILLIC,
    Role.GREEK: _GREEK,
    Role.OTHER: _OTHER,
    Role.DIGIT: _SIGN,
    Role.SYMBOL: _SIGN,
    Role.FANCY: _FANCY,
}

_BEFORE = 2 * SPACED_LETTERS_MIN - 2
"""Characters before one that are looked at with it."""


@cache
def _traits() -> NDArray[np.uint8]:
    """Gives a bit for what each character may be part of; the last place is for all beyond."""
    bits = np.array([_BITS.get(role, 0) for role in Role], np.uint8)
    traits = bits[lookalikes().role]
    traits[list(JOINTS)] = _JOINT
    return traits


@kernel
def _look_up(codes: Codes, table: NDArray[np.uint8], traits: NDArray[np.uint8]) -> None:
    """Writes down the traits of characters. Stays inside: the table has a place for CODES."""
    for place in range(codes.shape[0]):
        traits[place] = table[min(U(codes[place]), U(CODES))]


@kernel
def _suspect_rows(traits: NDArray[np.uint8], starts: Offsets, suspects: NDArray[np.int32]) -> int:
    """Lists the rows that may change. Stays inside: a block of traits stands behind the last row.

    A window begins a few characters early: what it looks for may lie across two.
    """
    found = 0
    for row in range(starts.shape[0] - 1):
        position, end = U(starts[row]), U(starts[row + 1])
        window = position - min(position, U(_BEFORE))
        latin = others = suspicion = U(0)
        while window < end:
            here = first_bits(end - window)
            letters = where_any(traits, window, U(_LETTERS)) & here
            spelt = where_any(traits, window, U(_LETTERS | _OTHER)) & here
            signs = where_any(traits, window, U(_SIGN)) & here
            joints = where_any(traits, window, U(_JOINT))
            leet = signs << U(1) & (spelt << U(2) | (signs << U(2) & spelt << U(3)))
            single = letters & joints << U(1)
            spaced = single & single << U(2) & single << U(4) & letters << U(6)
            suspicion |= spelt & leet | spaced | (where_any(traits, window, U(_FANCY)) & here)
            latin |= where_any(traits, window, U(_LATIN)) & here
            others |= where_any(traits, window, U(_CYRILLIC | _GREEK)) & here
            window += U(BLOCK - _BEFORE)
        if latin and others and not suspicion:
            scripts = U(0)
            for place in range(position, end):
                trait = U(traits[place])
                scripts = (scripts | trait) & U(_LETTERS) if trait & U(_IN_WORD) else U(0)
                mixed = scripts & U(_LATIN) and scripts & U(_CYRILLIC | _GREEK)
                suspicion |= U(1) if mixed else U(0)
        suspects[found] = row
        found += 1 if suspicion else 0
    return found


def suspect_rows(characters: Characters) -> NDArray[np.int32]:
    """Gives the rows that may change when disguises are undone."""
    end = int(characters.starts[-1])
    traits = np.empty(end + BLOCK, np.uint8)
    _look_up(characters.codes[:end], _traits(), traits)
    suspects = np.empty(len(characters.starts), np.int32)
    return suspects[: _suspect_rows(traits, characters.starts, suspects)]
