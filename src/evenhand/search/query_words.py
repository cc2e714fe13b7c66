"""The words of a query in every reading that disguises leave: how a query policy looks at it.

Each character is written as one that stands for all that are drawn like it, without accents and
case, and invisible ones are nothing; phrases are written in the same way. So no change of letters
for others drawn alike, of accents, of case or of what cannot be seen takes a word out of a query.
What may change whole words is undone in further readings beside the plain one: digits and signs
for letters, letters written one by one, words parted, joined or drawn out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from evenhand.events.lookalikes import CODES, lookalikes
from evenhand.events.unicode_tables import fold_character, is_invisible

SPELT_LETTERS_MIN = 3
"""Single letters in a row that may spell a word."""

PIECE_LETTERS_MIN = 3
"""Letters of a word that is found where nothing parts it from others."""

SPELT_PIECE_LETTERS_MIN = 2
"""The same where others that are known stand on both sides of it, all spelt."""

JOINED_LETTERS_MIN = 5
JOINED_WORDS_MAX = 6
"""Letters and words in a row that may be one word parted."""

GLUED_LETTERS_MAX = 64
"""Letters that may be several words written as one; more are no words."""

BEGUN = "*"
"""Ends a word that may go on."""

_SIGNS = "@$!|€£¢¥+"
_DIGITS = "0123456789"
_PARTED = str.maketrans(_SIGNS, " " * len(_SIGNS))
_BARE = str.maketrans(_SIGNS + _DIGITS, " " * len(_SIGNS + _DIGITS))

_STANDS_FOR = (
    ("0123456789@$!|€£¢¥+", "oizeasbtbgasiieicyt"),
    ("0134567890@$!€+", "оизчсбтвдоасиет"),
    ("0134567890@$!€+", "оиеасбтвдоасиет"),
)
"""Digits and signs, and the letters that they are written for: Latin, Cyrillic in two habits."""

_ALIKE = str.maketrans(
    {
        "қ": "к", "ғ": "г", "ң": "н", "ө": "о", "ұ": "у", "ә": "а", "ø": "o", "đ": "d", "ł": "l",
        "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه",
    }
)  # fmt: skip
"""Letters written for each other beside those of `events.lookalikes`: Kazakh ones as a Russian
keyboard has them, Arabic ones that are commonly exchanged."""

_LEFT_OUT = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x0640, 0x0640),
    (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED), (0x093C, 0x093C), (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
)  # fmt: skip
"""Accents, points and what stretches letters; the vowel signs of India's scripts stay."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]+"
)
"""Runs of the scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han."""

_DRAWN_OUT = re.compile(r"(.)\1{2,}")


class _Plain(dict[int, str]):
    """Each character as the one that stands for all drawn like it; what is no letter parts."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFD", fold_character(chr(code))).translate(_ALIKE)
        self[code] = written = "".join(map(_written, folded))
        return written


def _written(character: str) -> str:
    code = ord(character)
    if any(first <= code <= last for first, last in _LEFT_OUT) or is_invisible(character):
        return ""
    if character in _SIGNS or character in _DIGITS:
        return character
    if code < CODES and lookalikes().latin[code]:
        character = chr(lookalikes().latin[code])
    if character == "l":
        return "i"
    return character if unicodedata.category(character)[0] in "LMN" else " "


_PLAIN = _Plain()


@cache
def _readings() -> tuple[dict[int, int], ...]:
    return tuple(str.maketrans(signs, letters.translate(_PLAIN)) for signs, letters in _STANDS_FOR)


def plain_words(text: str) -> list[str]:
    """Gives the words of a text in its plain reading."""
    return text.translate(_PLAIN).translate(_PARTED).split()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that are looked for, plain: `begun` ones may go on.

    What is found is named by the word itself, one that goes on with a `*` behind its beginning.
    """

    exact: frozenset[str]
    begun: frozenset[str]
    lengths: tuple[int, ...]
    begun_lengths: tuple[int, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Vocabulary":
        """Gives the vocabulary of words, the last sign of those that may go on being `*`."""
        names = frozenset(words)
        begun = frozenset(name.removesuffix(BEGUN) for name in names if name.endswith(BEGUN))
        exact = frozenset(name for name in names if not name.endswith(BEGUN))
        lengths = sorted({len(word) for word in exact | begun})
        return cls(exact, begun, tuple(lengths), tuple(sorted(set(map(len, begun)))))

    def plain(self, text: str) -> set[str]:
        """Gives what a text has in its plain reading."""
        words = plain_words(text)
        return self._whole(words) | self._unspaced(words)

    def disguised(self, text: str) -> set[str]:
        """Gives what a text has once disguises are undone; what is plain may be among it."""
        found: set[str] = set()
        for words in _rewritten(text.translate(_PLAIN)):
            found |= self._whole(words)
            found |= self._unspaced(words)
            found |= self._whole(_drawn_in(words))
            found |= self._whole(_joined(words))
            for run in _spelt(words):
                found |= self._within(run, PIECE_LETTERS_MIN)
                found |= self._pieces(run, SPELT_PIECE_LETTERS_MIN)
            for word in words:
                found |= self._pieces(word, PIECE_LETTERS_MIN)
        return found

    def _whole(self, words: Iterable[str]) -> set[str]:
        """Gives which of these words are looked for."""
        distinct = set(words)
        found = distinct & self.exact
        if self.begun:
            for word in distinct:
                for length in self.begun_lengths:
                    if length > len(word):
                        break
                    if word[:length] in self.begun:
                        found.add(word[:length] + BEGUN)
        return found

    def _unspaced(self, words: Iterable[str]) -> set[str]:
        """Gives what stands anywhere in words of scripts that write no spaces."""
        found: set[str] = set()
        for word in words:
            if not word.isascii():
                for run in _UNSPACED.findall(word):
                    found |= self._within(run, 1)
        return found

    def _within(self, run: str, letters_min: int) -> set[str]:
        """Gives the words that stand anywhere in a run of letters."""
        found: set[str] = set()
        for start in range(len(run)):
            for length in self.lengths:
                if start + length > len(run):
                    break
                if length >= letters_min:
                    found |= self._named(run[start : start + length])
        return found

    def _pieces(self, word: str, letters_min: int) -> set[str]:
        """Gives the words of which a word consists, if it consists of nothing else."""
        if not 2 * letters_min <= len(word) <= GLUED_LETTERS_MAX:
            return set()
        reached: dict[int, set[str]] = {0: set()}
        for start in range(len(word)):
            if start not in reached:
                continue
            for length in self.lengths:
                if start + length > len(word):
                    break
                names = self._named(word[start : start + length])
                if names and length >= letters_min:
                    reached.setdefault(start + length, set()).update(reached[start], names)
        return reached.get(len(word), set())

    def _named(self, word: str) -> set[str]:
        found = {word} if word in self.exact else set()
        if word in self.begun:
            found.add(word + BEGUN)
        return found


def _rewritten(written: str) -> Iterator[list[str]]:
    """Gives the words of a text in each reading of its digits and signs; the plain one first."""
    yield written.translate(_PARTED).split()
    signed = written.split()
    if all(word.isalpha() for word in signed):
        return
    trimmed = " ".join(word.strip(_SIGNS + _DIGITS) for word in signed)
    yield written.translate(_BARE).split()
    for reading in _readings():
        yield written.translate(reading).split()
        yield trimmed.translate(reading).split()


def _drawn_in(words: Iterable[str]) -> Iterator[str]:
    """Gives words without what draws them out: three or more of one letter are one, or two."""
    for word in words:
        once = _DRAWN_OUT.sub(r"\1", word)
        if once != word:
            yield once
            yield _DRAWN_OUT.sub(r"\1\1", word)


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Gives neighbours joined."""
    for start in range(len(words) - 1):
        word = words[start]
        for other in words[start + 1 : start + JOINED_WORDS_MAX]:
            word += other
            if len(word) > GLUED_LETTERS_MAX:
                break
            if len(word) >= JOINED_LETTERS_MIN:
                yield word


def _spelt(words: Iterable[str]) -> Iterator[str]:
    """Gives runs of single letters, joined."""
    for single, run in groupby(words, key=lambda word: len(word) == 1):
        letters = "".join(run) if single else ""
        if len(letters) >= SPELT_LETTERS_MIN:
            yield letters
