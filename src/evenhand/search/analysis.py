"""From text to terms, for every language alike: words, and runs of characters within words.

Letters are compared as `events.normalise` folds them. A word is a run of letters, marks and
digits. Scripts that put no spaces between words give overlapping pieces of their runs instead.
Runs of characters (n-grams) are taken without accents and Arabic or Hebrew vowel signs, with a
mark where a word begins and ends: they find inflected, compound, misspelt and unfinished words.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from evenhand.events.normalise import normalise_text
from evenhand.search.limits import MARKS_MAX, TEXT_CHARACTERS_MAX, WORD_CHARACTERS_MAX

WORDS_KEPT, KEPT_CHARACTERS = 100_000, 40
"""Words whose terms are kept, and how long they may be: text repeats its words."""

EDGE = "_"
"""Marks where a word begins and ends; no word holds it."""

GRAM = 4
"""Characters of a run: of 3, 4 and 5 the best alone on passages in five languages."""


HAN_LETTERS, SOUTH_EAST_LETTERS = 2, 5
"""Letters of a word, about, in scripts without spaces between words."""

SOME_WORDS = 16
"""Words by which a text is told to be in such a script."""


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
_WORD = re.compile(rf"[\w{_ranges(_MARKS)}]+")
_PARTS = re.compile(rf"[{_HAN}]+|[{_SOUTH_EAST}]+|[^{_HAN}{_SOUTH_EAST}]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_IS_SOUTH_EAST = re.compile(f"[{_SOUTH_EAST}]")
_UNSPACED = re.compile(f"[{_HAN}{_SOUTH_EAST}]")
_IS_HANGUL = re.compile(f"[{_HANGUL}]")
_FLOOD = re.compile(rf"([{_ranges(_MARKS)}]{{{MARKS_MAX}}})[{_ranges(_MARKS)}]+")


def folded(text: str) -> str:
    """Gives a text as it is compared: cut and normalised."""
    return normalise_text(text[:TEXT_CHARACTERS_MAX].encode(errors="replace").decode())


def words(text: str) -> list[str]:
    """Gives the words of a folded text in order; runs without spaces as overlapping pieces."""
    found: list[str] = []
    for token in text.split():
        found += _words_kept(token) if len(token) <= KEPT_CHARACTERS else _words_in(token)
    return found


def pieces_of_word(words: Sequence[str]) -> int:
    """Gives how many pieces of a text without spaces stand for a word: as many as its letters.

    It is 1 where words are words; told from the first words of a text.
    """
    some = words[:SOME_WORDS]
    if "".join(some).isascii():
        return 1
    for script, pieces in ((_IS_HAN, HAN_LETTERS), (_IS_SOUTH_EAST, SOUTH_EAST_LETTERS)):
        if 2 * sum(script.match(word) is not None for word in some) > len(some):
            return pieces
    return 1


def grams_of(text: str) -> list[str]:
    """Gives the n-grams of a folded text, with marks where words begin and end."""
    found: list[str] = []
    for token in text.split():
        found += _grams_kept(token) if len(token) <= KEPT_CHARACTERS else _grams_in(token)
    return found


def joined(words: Sequence[str]) -> str:
    """Gives a text in which an n-gram stands if one of these words, one after the other, holds it.

    Overlapping pieces of a run become that run again.
    """
    found = EDGE.join(words)
    if found.isascii():
        return f"{EDGE}{found}{EDGE}"
    if _UNSPACED.search(found):
        found = "".join(_run_again(words))
    return plain(f"{EDGE}{found}{EDGE}")


def _run_again(words: Sequence[str]) -> Iterator[str]:
    """Gives words with edges between them, and of pieces what each adds to the one before."""
    before = ""
    for word in words:
        if before and _UNSPACED.match(word) and before[1:] == word[: len(before) - 1]:
            yield word[len(before) - 1 :]
        else:
            yield f"{EDGE}{word}" if before else word
        before = word


def _runs_in(token: str) -> list[str]:
    """Gives the runs of letters, marks and digits in what stands between spaces."""
    if token.isalnum():
        return [token]
    return _WORD.findall(_FLOOD.sub(r"\1", token.replace("_", " ")))


def _words_in(token: str) -> tuple[str, ...]:
    found: list[str] = []
    for run in _runs_in(token):
        if run.isascii():
            found.append(run[:WORD_CHARACTERS_MAX])
            continue
        for part in _PARTS.findall(run):
            if _IS_HAN.match(part):
                found += _pieces(part, 2)
            elif _IS_SOUTH_EAST.match(part):
                found += _pieces(part, 3)
            else:
                found.append(part[:WORD_CHARACTERS_MAX])
    return tuple(found)


def _grams_in(token: str) -> tuple[str, ...]:
    found: list[str] = []
    for run in _runs_in(token):
        for part in _PARTS.findall(run if run.isascii() else plain(run)):
            if _IS_HAN.match(part):
                found += _pieces(part, 1) + _pieces(part, 3)
            elif _IS_SOUTH_EAST.match(part):
                found += _pieces(part, 5)
            elif _IS_HANGUL.match(part):
                found += _pieces(part[:WORD_CHARACTERS_MAX], 2)
            else:
                found += _pieces(f"{EDGE}{part[:WORD_CHARACTERS_MAX]}{EDGE}", GRAM)
    return tuple(found)


_words_kept = lru_cache(WORDS_KEPT)(_words_in)
_grams_kept = lru_cache(WORDS_KEPT)(_grams_in)


def plain(word: str) -> str:
    """Gives a word without accents and vowel signs, in its common letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).translate(_PLAIN))


def _pieces(part: str, size: int) -> list[str]:
    if len(part) <= size:
        return [part]
    return [part[at : at + size] for at in range(len(part) - size + 1)]
