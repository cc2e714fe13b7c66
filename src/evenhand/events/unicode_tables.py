"""What the normaliser has to know of each code point, as arrays that a kernel can read.

An entry is one 64-bit word:

    bits  0-7    script or class of the character, a member of `CharacterClass`
    bits  8-15   flags: MAPPED, CHECKED, SLOW, CAPITAL, IN_WORD, CARRIES, HIDDEN
    bits 16-23   canonical combining class
    bits 24-31   combining class of the last character of its canonical decomposition
    bits 32-47   which replacement, if MAPPED
    bits 48-50   a bit per script that look-alikes mix: Latin, Cyrillic, Greek

Entries stand in pages of 128; equal pages are stored once.
"""

import unicodedata
from enum import IntEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.cache import cached_arrays
from evenhand.base.kernel import U, inlined

CODE_POINTS = 0x110000
PAGE_BITS = 7
PAGE = 1 << PAGE_BITS

MAPPED = 1 << 8
CHECKED = 1 << 9
SLOW = 1 << 10
CAPITAL = 1 << 11
IN_WORD = 1 << 12  # a letter or a digit
CARRIES = 1 << 13  # a mark or something invisible: a word goes on across it
HIDDEN = 1 << 14  # invisible, and no variation selector
REPLACEMENT_SHIFT = 32
REPLACEMENT_MASK = 0xFFFF
SCRIPT_SHIFT = 48

SPACE_REPLACEMENT = 1
"""The replacement that is a plain space."""

PAIR_SLOTS = 4096
"""Slots of the hash table of composing pairs: about 1,000 pairs, so a quarter full."""

CHARACTERS_KEPT = 8_192
"""Characters whose folding is remembered by the slow way: those of daily use."""

_VERSION = 6


class CharacterClass(IntEnum):
    """Classes of characters; letters come first, one class per script that is told apart."""

    LATIN = 0
    CYRILLIC = 1
    GREEK = 2
    ARABIC = 3
    HEBREW = 4
    DEVANAGARI = 5
    HAN = 6
    KANA = 7
    HANGUL = 8
    THAI = 9
    ARMENIAN = 10
    GEORGIAN = 11
    OTHER_LETTER = 12
    MARK = 13
    DIGIT = 14
    SPACE = 15
    PUNCTUATION = 16
    EMOJI = 17
    INVISIBLE = 18


CLASSES = len(CharacterClass)

_SCRIPTS = (
    (0x0041, 0x024F, CharacterClass.LATIN),
    (0x1E00, 0x1EFF, CharacterClass.LATIN),
    (0xFF21, 0xFF5A, CharacterClass.LATIN),
    (0x0370, 0x03FF, CharacterClass.GREEK),
    (0x1F00, 0x1FFF, CharacterClass.GREEK),
    (0x0400, 0x052F, CharacterClass.CYRILLIC),
    (0x1C80, 0x1C8F, CharacterClass.CYRILLIC),
    (0x0530, 0x058F, CharacterClass.ARMENIAN),
    (0x0590, 0x05FF, CharacterClass.HEBREW),
    (0x0600, 0x077F, CharacterClass.ARABIC),
    (0x08A0, 0x08FF, CharacterClass.ARABIC),
    (0xFB50, 0xFDFF, CharacterClass.ARABIC),
    (0xFE70, 0xFEFE, CharacterClass.ARABIC),
    (0x0900, 0x097F, CharacterClass.DEVANAGARI),
    (0x0E00, 0x0E7F, CharacterClass.THAI),
    (0x10A0, 0x10FF, CharacterClass.GEORGIAN),
    (0x1C90, 0x1CBF, CharacterClass.GEORGIAN),
    (0x1100, 0x11FF, CharacterClass.HANGUL),
    (0xAC00, 0xD7AF, CharacterClass.HANGUL),
    (0x3040, 0x30FF, CharacterClass.KANA),
    (0xFF66, 0xFF9F, CharacterClass.KANA),
    (0x3400, 0x9FFF, CharacterClass.HAN),
    (0xF900, 0xFAFF, CharacterClass.HAN),
    (0x20000, 0x323AF, CharacterClass.HAN),
)

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt (Unicode 15.1).
_IGNORABLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)

_WHITE = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x20\x85\xa0\u2028\u2029")


@cache
def _ignorable() -> frozenset[int]:
    return frozenset(code for low, high in _IGNORABLE for code in range(low, high + 1))


def is_invisible(character: str) -> bool:
    """Tells whether a character shows nothing and is dropped: ignorables and controls."""
    return ord(character) in _ignorable() or (
        character not in _WHITE and unicodedata.category(character) == "Cc"
    )


def is_white(character: str) -> bool:
    """Tells whether a character is white space, which becomes a plain space."""
    return character in _WHITE or unicodedata.category(character)[0] == "Z"


@lru_cache(maxsize=CHARACTERS_KEPT)
def fold_character(character: str) -> str:
    """Gives what one character becomes before composition: NFKC_Casefold, white space as space."""
    if is_invisible(character):
        return ""
    if is_white(character):
        return " "
    folded = unicodedata.normalize("NFKC", character).casefold()
    visible = "".join(c for c in folded if not is_invisible(c))
    # Case folding can yield what NFKC changes again (U+03F4, U+1E9E …): NFKC_Casefold is a
    # fixed point of both.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return "".join(" " if is_white(c) else c for c in folded)


def character_class(character: str) -> CharacterClass:
    """Gives the class of a character."""
    code = ord(character)
    category = unicodedata.category(character)
    if is_invisible(character):
        return CharacterClass.INVISIBLE
    if is_white(character):
        return CharacterClass.SPACE
    match category[0]:
        case "N":
            return CharacterClass.DIGIT if category == "Nd" else CharacterClass.PUNCTUATION
        case "M":
            return CharacterClass.MARK
        case "L":
            return next(
                (script for low, high, script in _SCRIPTS if low <= code <= high),
                CharacterClass.OTHER_LETTER,
            )
    pictograph = code >= 0x1F000 or 0x2600 <= code <= 0x27BF
    if pictograph and category in {"So", "Cn"}:
        return CharacterClass.EMOJI
    return CharacterClass.PUNCTUATION


class UnicodeTables(NamedTuple):
    """The arrays that the kernel reads.

    pages         for each run of 128 code points, which page of `entries`
    entries       the words described above
    replacements  bytes of all replacements, one after the other
    starts        where each replacement starts; one more than there are
    pairs         hash table of pairs that compose: first code point << 21 | second
    """

    pages: NDArray[np.uint16]
    entries: NDArray[np.uint64]
    replacements: NDArray[np.uint8]
    starts: NDArray[np.int32]
    pairs: NDArray[np.uint64]


@inlined
def entry_of(code: np.uint64, pages: NDArray[np.uint16], entries: NDArray[np.uint64]) -> np.uint64:
    """Gives the entry of a code point.

    Stays inside: UTF-8 decodes to less than 0x200000 and `decode` gets valid UTF-8 only, so the
    code point is below 0x110000 and has a page.
    """
    page = U(pages[code >> U(PAGE_BITS)])
    entry: np.uint64 = entries[page << U(PAGE_BITS) | (code & U(PAGE - 1))]
    return entry


def _composing_pairs() -> list[tuple[int, int]]:
    pairs = []
    for code in range(0xA0, 0x30000):
        if 0xAC00 <= code < 0xE000:
            continue  # Hangul composes by arithmetic and always goes the slow way
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        first, second = (int(part, 16) for part in parts)
        if unicodedata.normalize("NFC", chr(first) + chr(second)) == chr(code):
            pairs.append((first, second))
    return pairs


def pair_slot(pair: int) -> int:
    """Gives where a pair's search starts in the table of composing pairs."""
    return (pair * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 52


def _pair_table(pairs: list[tuple[int, int]]) -> NDArray[np.uint64]:
    table = np.zeros(PAIR_SLOTS, np.uint64)
    for first, second in pairs:
        slot = pair_slot(first << 21 | second)
        while table[slot]:
            slot = (slot + 1) % PAIR_SLOTS
        table[slot] = first << 21 | second
    return table


_MIXABLE = (CharacterClass.LATIN, CharacterClass.CYRILLIC, CharacterClass.GREEK)


def _class_bits(code: int) -> int:
    kind = character_class(chr(code))
    bits = int(kind)
    if kind <= CharacterClass.OTHER_LETTER or kind == CharacterClass.DIGIT:
        bits |= IN_WORD
    if kind in {CharacterClass.MARK, CharacterClass.INVISIBLE}:
        bits |= CARRIES
    if kind == CharacterClass.INVISIBLE and not 0xFE00 <= code <= 0xFE0F:
        bits |= HIDDEN
    if kind in _MIXABLE:
        bits |= 1 << SCRIPT_SHIFT + _MIXABLE.index(kind)
    return bits


def _entry(code: int, seconds: frozenset[int], replacements: dict[str, int]) -> int:
    character = chr(code)
    combining = unicodedata.combining(character)
    trailing = unicodedata.combining(unicodedata.normalize("NFD", character)[-1])
    entry = _class_bits(code) | combining << 16 | trailing << 24
    if unicodedata.category(character) in {"Lu", "Lt"}:
        entry |= CAPITAL
    folded = fold_character(character)
    if code in seconds:
        entry |= CHECKED
    if _ends_syllable(code):
        return entry | SLOW
    if folded == character:
        return entry | CHECKED if combining else entry
    if folded in {"", " "}:
        return entry | MAPPED | replacements[folded] << REPLACEMENT_SHIFT
    first = ord(folded[0])
    starts_badly = unicodedata.combining(folded[0]) or first in seconds or _ends_syllable(first)
    if starts_badly or " " in folded or combining:
        return entry | SLOW
    return entry | MAPPED | replacements.setdefault(folded, len(replacements)) << REPLACEMENT_SHIFT


def _ends_syllable(code: int) -> bool:
    """Tells whether a vowel or a consonant composes with the Hangul before it, which is by rule.

    Unicode 3.12 gives the rule; the pairs do not have these.
    """
    return 0x1161 <= code < 0x1176 or 0x11A8 <= code < 0x11C3


def _all_entries() -> tuple[NDArray[np.uint64], list[str]]:
    """Gives an entry per code point; long runs of alike ones are filled in at once."""
    entries = np.full(CODE_POINTS, int(CharacterClass.PUNCTUATION), np.uint64)
    entries[0xAC00:0xD7A4] = _class_bits(0xAC00)
    seconds = frozenset(second for _, second in _composing_pairs())
    replacements = {"": 0, " ": SPACE_REPLACEMENT}
    alike = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xD800, 0xF900))
    for low, high in ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2F800), (0x30000, 0x323B0)):
        entries[low:high] = _class_bits(0x4E00)
    for low, high in ((0x0, 0x20000), (0x2F800, 0x2FA20), (0xE0000, 0xE1000)):
        for code in range(low, high):
            if not any(start <= code < stop for start, stop in alike):
                entries[code] = _entry(code, seconds, replacements)
    return entries, list(replacements)


def _paged(entries: NDArray[np.uint64]) -> tuple[NDArray[np.uint16], NDArray[np.uint64]]:
    pages, which = np.unique(entries.reshape(-1, PAGE), axis=0, return_inverse=True)
    return which.ravel().astype(np.uint16), np.ascontiguousarray(pages.ravel())


def build_tables() -> dict[str, NDArray[np.generic]]:
    """Builds the arrays from this Python's Unicode database: about a second."""
    entries, replacements = _all_entries()
    pages, paged = _paged(entries)
    folded = [text.encode() for text in replacements]
    starts = np.zeros(len(folded) + 1, np.int32)
    np.cumsum([len(text) for text in folded], out=starts[1:])
    return {
        "pages": pages,
        "entries": paged,
        "replacements": np.frombuffer(b"".join(folded), np.uint8),
        "starts": starts,
        "pairs": _pair_table(_composing_pairs()),
    }


@cache
def unicode_tables(folder: Path | None = None) -> UnicodeTables:
    """Gives the tables, from the cache on disk where it has them."""
    name = f"unicode-{unicodedata.unidata_version}-{_VERSION}"
    arrays = cached_arrays(name, build_tables, folder=folder)
    return UnicodeTables(
        pages=arrays["pages"].astype(np.uint16, copy=False),
        entries=arrays["entries"].astype(np.uint64, copy=False),
        replacements=arrays["replacements"].astype(np.uint8, copy=False),
        starts=arrays["starts"].astype(np.int32, copy=False),
        pairs=arrays["pairs"].astype(np.uint64, copy=False),
    )
