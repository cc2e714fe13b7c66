"""An automaton that finds the rows worth undisguising, at one step per character.

It errs on the side of suspicion: `undisguise` looks at each suspect properly.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evenhand.events.lookalikes import Role

SPACED_LETTERS_MIN = 4
"""Single letters in a row that make a spaced word; initials ("J. R. R.") are fewer."""

LEET_RUN_MAX = 2
"""Digits or signs in a row that may stand for letters; more are a number."""

JOINT = 8
"""A part beside the roles: a sign that may stand between the letters of a spaced word."""

PARTS = 16
"""Columns of the automaton's table; the roles and JOINT are fewer."""

SUSPECT = 0
"""The state that is never left."""

START = 1

_LETTERS = (Role.LATIN, Role.CYRILLIC, Role.GREEK)


@dataclass(frozen=True, slots=True)
class _Word:
    """What is known in the middle of a row.

    script   role of the word's letters so far, NONE between words
    signs    digits or signs since the last letter, up to one more than LEET_RUN_MAX
    singles  single letters in a row, this word included if it is one so far
    long     the word has more than one character
    """

    script: Role = Role.NONE
    signs: int = 0
    singles: int = 0
    long: bool = False


def _step(word: _Word, part: int) -> _Word | None:
    """Gives what is known after one more character; None is suspicion."""
    in_word = word.script != Role.NONE or word.long
    if part == JOINT:
        return _Word(singles=word.singles if in_word and not word.long else 0)
    if part == Role.NONE:
        return _Word()
    if part == Role.FANCY:
        return None
    if part in {Role.DIGIT, Role.SYMBOL}:
        signs = min(word.signs + 1, LEET_RUN_MAX + 1) if word.script != Role.NONE else 0
        return replace(word, signs=signs, singles=0, long=True)
    role = Role(part)
    leet = 0 < word.signs <= LEET_RUN_MAX
    mixed = in_word and role in _LETTERS and word.script in _LETTERS and role != word.script
    singles = 0 if in_word or role not in _LETTERS else word.singles + 1
    if leet or mixed or singles >= SPACED_LETTERS_MIN:
        return None
    script = role if role in _LETTERS or word.script == Role.NONE else word.script
    return _Word(script=script, singles=singles, long=in_word)


@cache
def automaton() -> NDArray[np.uint8]:
    """Gives the table of steps: the state after `state` and `part` is at state * PARTS + part."""
    states = [None, _Word()]
    steps: list[list[int]] = [[SUSPECT] * PARTS]
    while len(steps) < len(states):
        word = states[len(steps)]
        assert word is not None
        row = []
        for part in range(PARTS):
            after = _step(word, part) if part <= JOINT else _Word()
            if after not in states:
                states.append(after)
            row.append(states.index(after))
        steps.append(row)
    assert len(states) <= 256
    return np.array(steps, np.uint8).ravel()
