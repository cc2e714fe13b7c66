"""Finds the language of texts: by script where one is enough, else by small common words.

Rows for which neither decides stay unknown, and each says whether it is sure.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined
from evenhand.events.text_column import Characters, Codes, TextColumn
from evenhand.events.unicode_tables import CharacterClass
from evenhand.signals.hashing import Hashes, mix

LETTERS_MIN = 2
"""Letters below which no script is looked at."""

LETTERS_END = 0x2000
"""Code points from here on are no letters that tell languages of one script apart."""

VOTES_MAX = 255
"""Votes that are counted, the first ones: a lane of eight bits holds no more."""

SURE_VOTES_MIN = 2
"""Votes by which a language must lead the next one to be sure."""

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


_LETTERS = CharacterClass.OTHER_LETTER + 1
_LANES = 8
_LANE = U(0xFF)
_ROLL, _BACK = U(11), U(53)


class Ballots(NamedTuple):
    """What speaks for which languages: a place among the ballots, or 0 for nothing.

    A kernel takes it apart before its loops: each look at a member counts references anew.

    keys, words  hashes of small words with open addressing, and the ballot of each
    letters      ballots by code point, below LETTERS_END
    scripts      of each ballot: the script whose languages it names
    lanes        of each ballot: two words of eight lanes, one per language of the script
    first        by script: place of its first language in LANGUAGES
    size         by script: how many languages share it; 0 for the others
    """

    keys: Hashes
    words: NDArray[np.uint16]
    letters: NDArray[np.uint16]
    scripts: NDArray[np.uint8]
    lanes: NDArray[np.uint64]
    first: NDArray[np.int32]
    size: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Detected:
    """Per row the place of its language in LANGUAGES, or -1, and whether it is sure."""

    languages: NDArray[np.int32]
    sure: NDArray[np.bool_]


@inlined
def _rolled(word: np.uint64, letter: np.uint64) -> np.uint64:
    """Gives a word with one more letter."""
    return (word << _ROLL | word >> _BACK) ^ letter


@borrowing_kernel
def _rolled_word(word: Codes) -> np.uint64:
    """Gives the key of a word; never 0. Stays inside the word."""
    rolled = U(0)
    for letter in word:
        rolled = _rolled(rolled, U(letter))
    return mix(rolled + U(word.shape[0])) | U(1)


@cache
def _ballots() -> Ballots:
    """Gives the ballots of the small words and of the telling letters."""
    listed: dict[str, set[str]] = {}
    content = files("evenhand.signals").joinpath("lists", "function_words.txt")
    for line in content.read_text(encoding="utf-8").splitlines():
        code, _, words = line.partition(":")
        if not line.startswith("#") and words:
            for word in words.split():
                listed.setdefault(word, set()).add(code)
    told: dict[str, set[str]] = {}
    for code, letters in _TELLING_LETTERS.items():
        for letter in letters:
            told.setdefault(letter, set()).add(code)
    kinds = {frozenset(codes) for codes in (*listed.values(), *told.values())}
    places = {codes: place for place, codes in enumerate(sorted(kinds, key=sorted), start=1)}
    keys, chosen = _word_table({word: places[frozenset(codes)] for word, codes in listed.items()})
    by_letter = np.zeros(LETTERS_END + 1, np.uint16)
    for letter, codes in told.items():
        by_letter[ord(letter)] = places[frozenset(codes)]
    scripts, lanes = np.full(len(places) + 1, 255, np.uint8), np.zeros((len(places) + 1, 2), "<u8")
    for speaks_for, place in places.items():
        scripts[place], lanes[place] = _lanes_of(speaks_for)
    first, size = np.zeros(_LETTERS, np.int32), np.zeros(_LETTERS, np.int32)
    for script, shared in _SHARED.items():
        first[script], size[script] = LANGUAGES.index(shared[0]), len(shared)
    return Ballots(keys, chosen, by_letter, scripts, lanes.astype(np.uint64), first, size)


def _lanes_of(codes: frozenset[str]) -> tuple[int, NDArray[np.uint8]]:
    """Gives the script that these languages share, and one in the lane of each."""
    script, shared = next(item for item in _SHARED.items() if codes <= set(item[1]))
    lanes = np.zeros(2 * _LANES, np.uint8)
    lanes[[shared.index(code) for code in codes]] = 1
    return script, lanes.view("<u8")


def _word_table(words: dict[str, int]) -> tuple[Hashes, NDArray[np.uint16]]:
    size = 1 << (4 * len(words)).bit_length()
    keys, chosen = np.zeros(size, np.uint64), np.zeros(size, np.uint16)
    for word, place in words.items():
        key = int(_rolled_word(np.frombuffer(word.encode("utf-32-le"), np.uint32)))
        slot = key >> 20 & size - 1
        while keys[slot]:
            slot = (slot + 1) % size
        keys[slot], chosen[slot] = key, place
    return keys, chosen


@inlined
def _ballot_of(key: np.uint64, keys: Hashes, words: NDArray[np.uint16]) -> np.uint64:
    """Gives the ballot of a word. Stays inside: slots wrap around."""
    mask = U(keys.shape[0] - 1)
    slot = key >> U(20) & mask
    while keys[slot] != U(0):
        if keys[slot] == key:
            return U(words[slot])
        slot = (slot + U(1)) & mask
    return U(0)


@borrowing_kernel
def _votes_of(
    codes: Codes, position: np.uint64, end: np.uint64, script: int, ballots: Ballots
) -> tuple[np.uint64, np.uint64]:
    """Counts the votes of a row for the languages of a script, in lanes of eight bits.

    Stays inside: letters beyond the table share its last one. The space that ends a row ends its
    last word.
    """
    low = high = U(0)
    votes = 0
    word = size = U(0)
    keys, words, letters, scripts, lanes, _, _ = ballots
    while position < end and votes < VOTES_MAX:
        code = U(codes[position])
        position += U(1)
        ballot = U(0)
        if code >= U(128) or U(97) <= code <= U(122) or code == U(39):
            word = _rolled(word, code)
            size += U(1)
            ballot = U(letters[min(code, U(LETTERS_END))])
        elif size:
            ballot = _ballot_of(mix(word + size) | U(1), keys, words)
            word = size = U(0)
        if ballot and scripts[ballot] == script:
            low += lanes[ballot, 0]
            high += lanes[ballot, 1]
            votes += 1
    return low, high


@borrowing_kernel
def _leader(low: np.uint64, high: np.uint64, size: int) -> tuple[int, int]:
    """Gives the lane with the most votes, and by how many it leads the next one."""
    best = second = place = 0
    for lane in range(size):
        word = low if lane < _LANES else high
        votes = int(word >> U(_LANES * (lane % _LANES)) & _LANE)
        if votes > best:
            second = best
            best = votes
            place = lane
        elif votes > second:
            second = votes
    return place, best - second


@borrowing_kernel
def _detect(
    characters: Characters,
    counts: NDArray[np.int32],
    ballots: Ballots,
    by_script: NDArray[np.int64],
    languages: NDArray[np.int32],
    sure: NDArray[np.bool_],
) -> None:
    """Finds each row's language. Stays inside: `counts` has a row for each of the text's."""
    codes, starts = characters
    for row in range(starts.shape[0] - 1):
        languages[row] = -1
        sure[row] = False
        # Japanese writes with both; a text with kana is not Chinese.
        kana = counts[row, CharacterClass.KANA]
        most = script = 0
        for kind in range(_LETTERS):
            letters = counts[row, kind]
            if kind == CharacterClass.KANA and kana > 0:
                letters += counts[row, CharacterClass.HAN]
            if letters > most:
                most = letters
                script = kind
        if most < LETTERS_MIN:
            continue
        if ballots.size[script] == 0:
            languages[row] = by_script[script]
            sure[row] = by_script[script] >= 0
            continue
        low, high = _votes_of(codes, U(starts[row]), U(starts[row + 1]), script, ballots)
        place, lead = _leader(low, high, ballots.size[script])
        if lead > 0:
            languages[row] = ballots.first[script] + place
            sure[row] = lead >= SURE_VOTES_MIN


def detect(text: TextColumn, counts: NDArray[np.int32]) -> Detected:
    """Gives the language of each row of a normalised column; `counts` are those of its letters."""
    languages, sure = np.empty(len(text), np.int32), np.empty(len(text), np.bool_)
    _detect(text.characters, counts, _ballots(), _BY_SCRIPT, languages, sure)
    return Detected(languages, sure)
