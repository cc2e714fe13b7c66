"""Which characters pass for which: our own small table, of normalised (case folded) characters.

Letters look alike either as they stand, or as capitals did before case folding. Only the first
kind makes a word suspicious, since "PDFом" is honest; both kinds are undone.
"""

from enum import IntEnum
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.events.unicode_tables import CharacterClass, character_class

CODES = 0x1F200
"""Code points from here on pass for nothing."""


class Role(IntEnum):
    """What a character is within a word."""

    NONE = 0
    LATIN = 1
    CYRILLIC = 2
    GREEK = 3
    DIGIT = 4
    SYMBOL = 5
    FANCY = 6
    OTHER = 7


# Cyrillic letters drawn as Latin ones, then those whose capitals are.
_CYRILLIC_DRAWN = "аеорсухіјѕԁһԛԝӏ", "aeopcyxijsdhqwl"
_CYRILLIC_CAPITALS = "вкмнтү", "bkmhty"
# Latin letters that pass for letters in daily use in Russian, Ukrainian or Kazakh.
_CYRILLIC_PASSED_FOR = "аеорсухівкмнт", "aeopcyxibkmht"
_GREEK_DRAWN = "ονραικυωτγη", "ovpaikuwtyn"
_GREEK_CAPITALS = "βεζμχ", "bezmx"
_ARMENIAN_DRAWN = "օսհո", "ouhn"
# Latin letters drawn for other Latin ones, which no keyboard writes by chance.
_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡıⱥ", "abcdefghijklmnoprstuvwyzagia"
_NEGATIVE = ((0x1F150, "abcdefghijklmnopqrstuvwxyz"), (0x1F170, "abcdefghijklmnopqrstuvwxyz"))

_LEET = "0134578@$!|", "oieastbasil"
_LEET_CYRILLIC = "0346", "озчб"


class Lookalikes(NamedTuple):
    """Arrays by code point, up to CODES.

    role         a member of `Role`; one more than CODES, the last for all codes beyond
    latin        the Latin letter that it passes for, 0 if none
    cyrillic     the Cyrillic letter that it passes for, 0 if none
    drawn_alike  whether it looks alike as it stands, not only as a capital
    """

    role: NDArray[np.uint8]
    latin: NDArray[np.uint8]
    cyrillic: NDArray[np.uint16]
    drawn_alike: NDArray[np.bool_]


_ROLES = {
    CharacterClass.LATIN: Role.LATIN,
    CharacterClass.CYRILLIC: Role.CYRILLIC,
    CharacterClass.GREEK: Role.GREEK,
    CharacterClass.ARMENIAN: Role.GREEK,
    CharacterClass.DIGIT: Role.DIGIT,
    CharacterClass.MARK: Role.OTHER,
}


def _role(code: int) -> Role:
    kind = character_class(chr(code))
    other = Role.OTHER if kind <= CharacterClass.OTHER_LETTER else Role.NONE
    return _ROLES.get(kind, other)


@cache
def lookalikes() -> Lookalikes:
    """Gives the tables."""
    role = np.full(CODES + 1, Role.OTHER, np.uint8)
    latin = np.zeros(CODES, np.uint8)
    cyrillic = np.zeros(CODES, np.uint16)
    drawn = np.zeros(CODES, np.bool_)
    for code in (*range(0x600), *range(0x1E00, 0x2100), *range(0x3000, 0x3040)):
        role[code] = _role(code)
    role[0x2100:0x2C00] = Role.NONE
    role[0x1F000:] = Role.NONE
    pairs = (_CYRILLIC_DRAWN, _CYRILLIC_CAPITALS, _GREEK_DRAWN, _GREEK_CAPITALS, _ARMENIAN_DRAWN)
    for letters, likenesses in pairs:
        for letter, likeness in zip(letters, likenesses, strict=True):
            latin[ord(letter)] = ord(likeness)
            drawn[ord(letter)] = letters in {
                _CYRILLIC_DRAWN[0],
                _GREEK_DRAWN[0],
                _ARMENIAN_DRAWN[0],
            }
    for letter, likeness in zip(*_CYRILLIC_PASSED_FOR, strict=True):
        cyrillic[ord(likeness)] = ord(letter)
        drawn[ord(likeness)] = drawn[ord(letter)]
    fancy = list(zip(*_SMALL_CAPITALS, strict=True)) + [
        (chr(start + k), letter) for start, letters in _NEGATIVE for k, letter in enumerate(letters)
    ]
    for letter, likeness in fancy:
        role[ord(letter)] = Role.FANCY
        latin[ord(letter)] = ord(likeness)
    for sign, likeness in zip(*_LEET, strict=True):
        role[ord(sign)] = Role.DIGIT if sign.isdigit() else Role.SYMBOL
        latin[ord(sign)] = ord(likeness)
    for sign, likeness in zip(*_LEET_CYRILLIC, strict=True):
        cyrillic[ord(sign)] = ord(likeness)
    return Lookalikes(role, latin, cyrillic, drawn)
