"""Finds the language of texts: by script where one is enough, else by small common words.

Rows for which neither decides stay unknown, and each says whether it is sure.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.blocks import BLOCK, first_bits, lowest, weighed, where_any, which_of_four
from evenhand.base.kernel import U, borrowing_kernel, inlined
from evenhand.events.text_column import Characters, Codes, TextColumn
from evenhand.events.unicode_tables import CharacterClass
from evenhand.signals.hashing import Hashes

LETTERS_MIN = 2
"""Letters below which no script is looked at."""

LETTERS_END = 0x2000
"""Code points from here on are no letters that tell languages of one script apart."""

VOTES_ENOUGH = 160
"""Votes after which no more are counted: with those that one window may add, a lane of eight bits
still holds them."""

WORD_LETTERS_MAX = 10
"""Letters of the longest small word; no other word is looked up."""

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
# Letters that only some languages of a script have; one that several have speaks for each.
_TELLING_LETTERS = {
    "kk": "әғқңұүһөыі",
    "ky": "ңүөыэ",
    "uk": "їєґі",
    "be": "ўыэёі",
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
_SPELT, _TELLING = U(1), U(2)
_PROBES = 4
"""Places of the table in which a word may stand."""

_WINDOW = BLOCK - WORD_LETTERS_MAX - 1
"""Characters in which words may begin that end within a block, the one before them included."""

_HIGH, _LOW = np.random.default_rng(1).integers(0, 1 << 31, (2, 16), np.uint32) * 2 + np.uint32(1)
"""What each letter of a word is multiplied by in the halves of its key."""


class Ballots(NamedTuple):
    """What speaks for which languages: a place among the ballots, or 0 for nothing.

    A kernel takes it apart before its loops: each look at a member counts references anew.

    keys, words  of small words, each in one of the _PROBES places that its key names by its upper
                 bits, `shift` of them left out; and the ballot of each
    traits       by code point, up to LETTERS_END: whether it spells words, whether it tells
    letters      ballots by code point, below LETTERS_END
    scripts      of each ballot: the script whose languages it names
    lanes        of each ballot: two words of eight lanes, one per language of the script
    first        by script: place of its first language in LANGUAGES
    size         by script: how many languages share it; 0 for the others
    """

    keys: Hashes
    words: NDArray[np.uint16]
    shift: np.uint64
    traits: NDArray[np.uint8]
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
def _key(codes: Codes, at: np.uint64, size: np.uint64) -> np.uint64:
    """Gives the key of a word; never 0. No branch: words end where nobody can foretell.

    Stays inside: sixteen characters from `at` on are there to be read.
    """
    key = weighed(codes, at, size, _HIGH) << U(32) | weighed(codes, at, size, _LOW)
    return U((key + size) * U(0x9E3779B97F4A7C15) | U(1))


@borrowing_kernel
def _key_of(word: Codes, size: int) -> np.uint64:
    """Gives the key of one word. Stays inside: `word` has sixteen places."""
    return _key(word, U(0), U(size))


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
    keys, chosen, shift = _word_table(
        {word: places[frozenset(codes)] for word, codes in listed.items()}
    )
    traits = np.zeros(LETTERS_END + 1, np.uint8)
    traits[[*range(ord("a"), ord("z") + 1), ord("'"), *range(0x80, LETTERS_END + 1)]] = _SPELT
    by_letter = np.zeros(LETTERS_END + 1, np.uint16)
    for letter, codes in told.items():
        by_letter[ord(letter)] = places[frozenset(codes)]
        traits[ord(letter)] |= np.uint8(_TELLING)
    scripts, lanes = np.full(len(places) + 1, 255, np.uint8), np.zeros((len(places) + 1, 2), "<u8")
    for speaks_for, place in places.items():
        scripts[place], lanes[place] = _lanes_of(speaks_for)
    first, size = np.zeros(_LETTERS, np.int32), np.zeros(_LETTERS, np.int32)
    for script, shared in _SHARED.items():
        first[script], size[script] = LANGUAGES.index(shared[0]), len(shared)
    lanes = lanes.astype(np.uint64)
    return Ballots(keys, chosen, shift, traits, by_letter, scripts, lanes, first, size)


def _lanes_of(codes: frozenset[str]) -> tuple[int, NDArray[np.uint8]]:
    """Gives the script that these languages share, and one in the lane of each."""
    script, shared = next(item for item in _SHARED.items() if codes <= set(item[1]))
    lanes = np.zeros(2 * _LANES, np.uint8)
    lanes[[shared.index(code) for code in codes]] = 1
    return script, lanes.view("<u8")


def _word_table(words: dict[str, int]) -> tuple[Hashes, NDArray[np.uint16], np.uint64]:
    """Gives the table of small words: as large as it must be for each to stand in its places."""
    keyed = {}
    for word, place in words.items():
        assert len(word) <= WORD_LETTERS_MAX, f"{word} is too long for a small word"
        letters = np.zeros(16, np.uint32)
        letters[: len(word)] = [ord(letter) for letter in word]
        keyed[int(_key_of(letters, len(word)))] = place
    assert len(keyed) == len(words), "two small words have one key"
    bits = (4 * len(words)).bit_length()
    while (table := _filled(keyed, bits)) is None:
        bits += 1
    return *table, np.uint64(64 - bits)


def _filled(words: dict[int, int], bits: int) -> tuple[Hashes, NDArray[np.uint16]] | None:
    """Gives a table of so many bits, or None if more words than it has places for share a begin."""
    size = (1 << bits) + _PROBES
    keys, chosen = np.zeros(size, np.uint64), np.zeros(size, np.uint16)
    for key, place in words.items():
        begin = key >> 64 - bits
        free = np.flatnonzero(keys[begin : begin + _PROBES] == 0)
        if not len(free):
            return None
        keys[begin + free[0]], chosen[begin + free[0]] = key, place
    return keys, chosen


@borrowing_kernel
def _look_up(codes: Codes, table: NDArray[np.uint8], traits: NDArray[np.uint8]) -> None:
    """Writes down what characters are, one place later than they stand.

    Stays inside: the table has a place for LETTERS_END, and `traits` one more than `codes`.
    """
    traits[0] = 0
    for place in range(codes.shape[0]):
        traits[U(place) + U(1)] = table[min(U(codes[place]), U(LETTERS_END))]


@borrowing_kernel
def _votes_of(
    codes: Codes,
    traits: NDArray[np.uint8],
    position: np.uint64,
    end: np.uint64,
    script: int,
    keys: Hashes,
    words: NDArray[np.uint16],
    shift: np.uint64,
    letters: NDArray[np.uint16],
    scripts: NDArray[np.uint8],
    lanes: NDArray[np.uint64],
) -> tuple[np.uint64, np.uint64]:
    """Counts the votes of a row for the languages of a script, in lanes of eight bits.

    A window sees the character before those whose words it looks up, and where these end. Stays
    inside: a block of codes and traits stands behind the last row, and slots have _PROBES places.
    """
    low = high = votes = U(0)
    while position < end and votes < U(VOTES_ENOUGH):
        here = first_bits(end - position + U(1))
        spelt = where_any(traits, position, _SPELT) & here
        ours = first_bits(U(_WINDOW)) & ~U(1)
        telling = where_any(traits, position, _TELLING) & here & ours
        while telling:
            ballot = U(letters[codes[position + lowest(telling) - U(1)]])
            telling &= telling - U(1)
            if scripts[ballot] == script:
                low += lanes[ballot, 0]
                high += lanes[ballot, 1]
                votes += U(1)
        begins = spelt & ~(spelt << U(1)) & ours
        while begins:
            begin = lowest(begins)
            begins &= begins - U(1)
            # No branch, for nothing foretells which words are small ones; ballot 0 is for nobody.
            size = lowest(~(spelt >> begin))
            key = _key(codes, position + begin - U(1), size)
            slot = key >> shift
            found = which_of_four(keys, slot, key)
            ballot = U(words[slot + (lowest(found) & U(_PROBES - 1))])
            ballot &= U(0) - U((found != U(0)) & (size <= U(WORD_LETTERS_MAX)))
            counted = U(0) - U(scripts[ballot] == script)
            low += lanes[ballot, 0] & counted
            high += lanes[ballot, 1] & counted
            votes -= counted
        position += U(_WINDOW - 1)
    return low, high


@borrowing_kernel
def _leader(low: np.uint64, high: np.uint64, size: int) -> tuple[int, int]:
    """Gives the lane with the most votes, and by how many it leads the next one."""
    best = second = 0
    for lane in range(size):
        word = low if lane < _LANES else high
        votes = int(word >> U(_LANES * (lane % _LANES)) & _LANE)
        # The first of those with the most votes; the lanes behind the votes make them differ.
        ranked = votes << 8 | (0xFF - lane)
        second = max(second, min(best, ranked))
        best = max(best, ranked)
    return 0xFF - (best & 0xFF), (best >> 8) - (second >> 8)


@borrowing_kernel
def _detect(
    characters: Characters,
    traits: NDArray[np.uint8],
    counts: NDArray[np.int32],
    ballots: Ballots,
    by_script: NDArray[np.int64],
    languages: NDArray[np.int32],
    sure: NDArray[np.bool_],
) -> None:
    """Finds each row's language. Stays inside: `counts` has a row for each of the text's."""
    codes, starts = characters
    keys, words, shift, _, letters, scripts, lanes, first, size = ballots
    for row in range(starts.shape[0] - 1):
        languages[row] = -1
        sure[row] = False
        # Japanese writes with both; a text with kana is not Chinese.
        kana = counts[row, CharacterClass.KANA]
        most = script = 0
        for kind in range(_LETTERS):
            count = counts[row, kind]
            if kind == CharacterClass.KANA and kana > 0:
                count += counts[row, CharacterClass.HAN]
            if count > most:
                most = count
                script = kind
        if most < LETTERS_MIN:
            continue
        if size[script] == 0:
            languages[row] = by_script[script]
            sure[row] = by_script[script] >= 0
            continue
        begin, end = U(starts[row]), U(starts[row + 1])
        low, high = _votes_of(
            codes, traits, begin, end, script, keys, words, shift, letters, scripts, lanes
        )
        place, lead = _leader(low, high, size[script])
        if lead > 0:
            languages[row] = first[script] + place
            sure[row] = lead >= SURE_VOTES_MIN


def detect(text: TextColumn, counts: NDArray[np.int32]) -> Detected:
    """Gives the language of each row of a normalised column; `counts` are those of its letters."""
    languages, sure = np.empty(len(text), np.int32), np.empty(len(text), np.bool_)
    ballots, characters = _ballots(), text.characters
    end = int(characters.starts[-1])
    traits = np.empty(end + 1 + BLOCK, np.uint8)
    _look_up(characters.codes[:end], ballots.traits, traits)
    _detect(characters, traits, counts, ballots, _BY_SCRIPT, languages, sure)
    return Detected(languages, sure)
