"""From text to terms, for every language alike: words, and runs of characters within words.

Letters are compared as `events.normalise` folds them. A word is a run of letters, marks and
digits. Scripts that put no spaces between words give overlapping pieces of their runs instead.
Runs of characters (n-grams) are taken without accents and Arabic or Hebrew vowel signs, with a
mark where a word begins and ends: they find inflected, compound, misspelt and unfinished words.
"""

import re
import sys
import unicodedata
from functools import lru_cache

from evenhand.events.normalise import normalise_text
from evenhand.search.limits import MARKS_MAX, TEXT_CHARACTERS_MAX, WORD_CHARACTERS_MAX

WORDS_KEPT = 200_000
"""Words whose terms are kept: text repeats its words."""

EDGE = "_"
"""Marks where a word begins and ends; no word holds it."""

GRAM = 4
"""Characters of a run: of 3, 4 and 5 the best alone on passages in five languages."""


def _ranges(pieces: str) -> str:
    """Gives a class of characters without spelling each of them."""
    codes = sorted(map(ord, pieces))
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(
        re.escape(chr(first)) + ("" if first == last else f"-{re.escape(chr(last))}")
        for first, last in spans
    )


_MARKS = "".join(
    chr(code) for code in range(0x300, sys.maxunicode) if unicodedata.category(chr(code))[0] == "M"
)
_ACCENTS = "".join(
    mark
    for mark in _MARKS
    if 10 <= unicodedata.combining(mark) <= 35 or unicodedata.combining(mark) >= 200
)
"""Marks that people leave out: accents above and below, Hebrew points, Arabic vowel signs."""

_PLAIN = str.maketrans(
    dict.fromkeys(_ACCENTS, "")
    | {"ـ": "", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"}
    | {"ı": "i", "ł": "l", "đ": "d", "ø": "o"}
)
"""Besides: tatweel, forms of alef, yeh, teh marbuta; Latin letters that do not decompose."""

# Han with its marks, kana; Thai, Lao, Myanmar, Khmer: written without spaces between words.
_HAN = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SOUTH_EAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_HANGUL = "\uac00-\ud7a3"
_WORD = re.compile(rf"(?:[^\W_]|[{_ranges(_MARKS)}])+")
_PARTS = re.compile(rf"[{_HAN}]+|[{_SOUTH_EAST}]+|[^{_HAN}{_SOUTH_EAST}]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_IS_SOUTH_EAST = re.compile(f"[{_SOUTH_EAST}]")
_IS_HANGUL = re.compile(f"[{_HANGUL}]")
_FLOOD = re.compile(rf"([{_ranges(_MARKS)}]{{{MARKS_MAX}}})[{_ranges(_MARKS)}]+")


def folded(text: str) -> str:
    """Gives a text as it is compared: cut, normalised, without floods of marks."""
    plain = text[:TEXT_CHARACTERS_MAX].encode(errors="replace").decode()
    return _FLOOD.sub(r"\1", normalise_text(plain))


def words(text: str) -> list[str]:
    """Gives the words of a folded text in order; runs without spaces as overlapping pieces."""
    found: list[str] = []
    for word in _WORD.findall(text):
        found += pieces(word)
    return found


@lru_cache(WORDS_KEPT)
def pieces(word: str) -> tuple[str, ...]:
    """Gives the terms of one run of letters: itself, or pieces where its script has no spaces."""
    if word.isascii():
        return (word[:WORD_CHARACTERS_MAX],)
    found: list[str] = []
    for part in _PARTS.findall(word[:TEXT_CHARACTERS_MAX]):
        if _IS_HAN.match(part):
            found += _runs(part, 2)
        elif _IS_SOUTH_EAST.match(part):
            found += _runs(part, 3)
        else:
            found.append(part[:WORD_CHARACTERS_MAX])
    return tuple(found)


@lru_cache(WORDS_KEPT)
def grams(word: str) -> tuple[str, ...]:
    """Gives the n-grams of one run of letters, with edges."""
    bare = word if word.isascii() else plain(word)
    found: list[str] = []
    for part in _PARTS.findall(bare):
        if _IS_HAN.match(part):
            found += _runs(part, 1) + _runs(part, 3)
        elif _IS_SOUTH_EAST.match(part):
            found += _runs(part, 5)
        elif _IS_HANGUL.match(part):
            found += _runs(part[:WORD_CHARACTERS_MAX], 2)
        else:
            found += _runs(f"{EDGE}{part[:WORD_CHARACTERS_MAX]}{EDGE}", GRAM)
    return tuple(found)


def grams_of(text: str) -> list[str]:
    """Gives the n-grams of a folded text."""
    found: list[str] = []
    for word in _WORD.findall(text):
        found += grams(word)
    return found


def plain(word: str) -> str:
    """Gives a word without accents and vowel signs, in its common letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).translate(_PLAIN))


def _runs(part: str, size: int) -> list[str]:
    if len(part) <= size:
        return [part]
    return [part[at : at + size] for at in range(len(part) - size + 1)]
