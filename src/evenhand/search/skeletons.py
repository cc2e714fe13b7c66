"""What remains of a name when all is taken away that a disguise can change.

A name becomes words without digits, signs and emoji; each word is written in one script; words that
are put to a name when it is opened anew are left out. What remains is joined in two ways: as it is
seen (letters drawn alike are one letter) and as it is said (in Latin letters, spelling variants of
a transliteration as one).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby, product

import yaml

from evenhand.events.lookalikes import CODES, Role, lookalikes
from evenhand.events.normalise import normalise_text

NAME_CHARACTERS_MAX = 256
"""Characters of a name that are read: a Matrix room name is rarely longer, and no list shows it."""

SPELT_LETTERS_MIN = 3
"""Single letters in a row that are one spelt word: two may be initials."""

TRIMS_MAX = 3
"""Added words that are taken from the ends of a joined name."""

LEFT_LETTERS_MIN = 6
"""Letters that must be left."""

_LATIN_SIGNS = {"€": "e", "£": "l", "¢": "c", "¥": "y", "+": "t", "2": "z", "6": "b", "9": "g"}
_CYRILLIC_SIGNS = dict(zip("@$€+134568790!", "асетиеасбвтдои", strict=True))
"""Signs that stand for letters beside those of `events.lookalikes`, or in place of them."""

_STROKES = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
)
_SEEN = str.maketrans({"l": "i", "j": "i", "v": "u", "q": "g", "ӏ": "i"})
_SAID_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z",
        "и": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh",
        "щ": "sh", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i",
        "ј": "i", "є": "e", "ґ": "g", "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o",
        "ұ": "u", "ү": "u", "һ": "h", "љ": "li", "њ": "ni", "ћ": "ch", "ђ": "d", "џ": "dzh",
    }
)  # fmt: skip
_SAID_GREEK = str.maketrans("αβγδεζηικλμνξοπρστυφχω", "avgdeziiklmnxoprstifho") | {
    ord("θ"): "th", ord("ψ"): "ps", ord("ς"): "s",
}  # fmt: skip
_SPELLINGS = (
    ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("tsch", "ch"), ("zh", "j"), ("kh", "h"),
    ("ph", "f"), ("ck", "k"), ("tz", "ts"), ("ts", "c"), ("ks", "x"), ("qu", "kv"), ("w", "v"),
    ("y", "i"), ("j", "i"), ("ii", "i"), ("ee", "i"), ("oo", "u"), ("ie", "e"), ("io", "e"),
)  # fmt: skip
"""Spellings of one sound, which transliterations differ in; applied in this order."""

# Letters, digits and, in the scripts of South and South-East Asia, the vowel signs between them.
_LETTERS = r"[^\W_]|[\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]"
_WORD = re.compile(rf"(?:{_LETTERS}|[@$!|€£¢¥+])+")
TATWEEL = "\u0640"
"""Stretches Arabic letters, and says nothing."""

_MARKED = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW"})
_DENSE = (
    (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One reading of a name.

    words  what it consists of, in its plainest reading
    seen   joined, letters drawn alike as one
    said   joined, in Latin letters, spellings of one sound as one
    """

    words: tuple[str, ...]
    seen: str
    said: str


def skeletons(name: str) -> tuple[Skeleton, ...]:
    """Gives the readings of a name, the plainest first; none if nothing is left of it."""
    tokens = _spelt(_WORD.findall(_plain(name)))
    ends = (False, True) if any(map(_has_loose_ends, tokens)) else (False,)
    latin = (False,) if "".join(tokens).isascii() else (False, True)
    found: dict[str, Skeleton] = {}
    plain: dict[bool, tuple[str, ...]] = {}
    for with_ends, as_latin, whole in product(ends, latin, (False, True)):
        rewritten = [_rewritten(token, ends=with_ends, latin=as_latin) for token in tokens]
        words = _own(rewritten, whole=whole)
        seen, said = seen_as("".join(words)), said_as(words)
        if not whole:
            seen, said = _trim(seen, _glued_seen()), _trim(said, _glued_said())
        if seen:
            found.setdefault(seen, Skeleton(plain.setdefault(whole, tuple(words)), seen, said))
    return tuple(found.values())


def words_of(name: str) -> tuple[str, ...]:
    """Gives the words of a name as its plainest reading has them."""
    return next((one.words for one in skeletons(name)), ())


def is_common(word: str) -> bool:
    """Tells whether many lawful rooms have this word in their names."""
    return seen_as(word) in _common()


def is_dense(character: str) -> bool:
    """Tells whether one character says as much as several letters (Han, kana, Hangul)."""
    return any(first <= ord(character) <= last for first, last in _DENSE)


def seen_as(text: str) -> str:
    """Gives letters drawn alike as one, and runs of one letter as one letter."""
    return _single(text.replace("rn", "m").replace("vv", "w").translate(_SEEN))


def said_as(words: Sequence[str]) -> str:
    """Gives words in Latin letters, spellings of one sound as one."""
    text = "".join(words).translate(_SAID_CYRILLIC).translate(_SAID_GREEK)
    for spelling, sound in _SPELLINGS:
        text = text.replace(spelling, sound)
    return _single(text)


def _plain(name: str) -> str:
    """Gives a name normalised, without accents; marks that are letters of their script stay."""
    normalised = normalise_text(name[:NAME_CHARACTERS_MAX])
    if normalised.isascii():
        return normalised
    normalised = normalised.replace(TATWEEL, "")
    kept, base = [], ""
    for character in unicodedata.normalize("NFD", normalised):
        if unicodedata.category(character) == "Mn":
            if base in _MARKED:
                continue
        else:
            base = unicodedata.name(character, "").partition(" ")[0]
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_STROKES)


def _spelt(tokens: Iterable[str]) -> list[str]:
    """Gives words, single letters in a row joined."""
    words: list[str] = []
    for single, run in groupby(tokens, key=lambda token: len(token) == 1):
        letters = list(run)
        joined = single and len(letters) >= SPELT_LETTERS_MIN
        words += ["".join(letters)] if joined else letters
    return words


def _rewritten(token: str, *, ends: bool, latin: bool) -> str:
    """Gives a word in one script, without leet; nothing where it has no letters.

    ends   digits and signs at its ends are letters too ("c0c0"), else they are left out ("shop2")
    latin  letters of another script that are all drawn as Latin ones are Latin ones
    """
    table = lookalikes()
    roles = [_role(character) for character in token]
    letters = [k for k, role in enumerate(roles) if role not in (Role.DIGIT, Role.SYMBOL)]
    if not letters:
        return ""
    if not ends:
        token = token[letters[0] : letters[-1] + 1]
    signs = _LATIN_SIGNS if _is_latin(token, latin=latin) else _CYRILLIC_SIGNS
    likeness = table.latin if signs is _LATIN_SIGNS else table.cyrillic
    rewritten = []
    for character in token:
        code = ord(character)
        like = chr(likeness[code]) if code < CODES and likeness[code] else ""
        if latin or not like:
            like = signs.get(character, like)
        if not like and _role(character) not in (Role.DIGIT, Role.SYMBOL):
            like = character
        rewritten.append(like)
    return "".join(rewritten)


def _has_loose_ends(token: str) -> bool:
    return not (token[0].isalpha() and token[-1].isalpha())


def _role(character: str) -> int:
    if character in _LATIN_SIGNS and not character.isdigit():
        return Role.SYMBOL
    if character.isdigit():
        return Role.DIGIT
    return int(lookalikes().role[min(ord(character), CODES)])


def _is_latin(token: str, *, latin: bool) -> bool:
    """Tells whether a word is to be read in Latin letters: the script with more letters wins.

    Unless some letters of the one can be no letters of the other.
    """
    table = lookalikes()
    scripts: dict[bool, list[int]] = {False: [], True: []}
    for character in token:
        role = _role(character)
        if role in (Role.LATIN, Role.FANCY, Role.CYRILLIC, Role.GREEK):
            scripts[role in (Role.LATIN, Role.FANCY)].append(ord(character))
    if all(table.latin[code] for code in scripts[False]):
        return latin or len(scripts[True]) >= len(scripts[False])
    if all(table.cyrillic[code] for code in scripts[True]):
        return False
    return len(scripts[True]) > len(scripts[False])


def _own(words: Sequence[str], *, whole: bool) -> list[str]:
    """Gives the words that name the room: without articles, and unless `whole` without added ones.

    A name of nothing but articles and added words has no words of its own.
    """
    left_out = _articles() if whole else _articles() | _added_seen()
    return [word for word in words if word and seen_as(word) not in left_out]


def _trim(joined: str, glued: frozenset[str]) -> str:
    """Gives a name without the added words that are joined to its ends."""
    for _ in range(TRIMS_MAX):
        word = next(_at_ends(joined, glued), None)
        if word is None:
            break
        joined = joined.removeprefix(word) if joined.startswith(word) else joined[: -len(word)]
    return joined


def _at_ends(joined: str, glued: frozenset[str]) -> Iterator[str]:
    for length in range(len(joined) - LEFT_LETTERS_MIN, 0, -1):
        for word in (joined[:length], joined[-length:]):
            if word in glued:
                yield word


def _single(text: str) -> str:
    return "".join(letter for letter, _ in groupby(text))


@cache
def _lists() -> dict[str, list[str]]:
    text = files("evenhand.search").joinpath("room_words.yaml").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = yaml.safe_load(text)
    return {name: " ".join(lines).split() for name, lines in lists.items()}


def _plain_words(name: str) -> Iterator[str]:
    return (_rewritten(_plain(word), ends=False, latin=False) for word in _lists()[name])


@cache
def _articles() -> frozenset[str]:
    return frozenset(map(seen_as, _plain_words("articles")))


@cache
def _added_seen() -> frozenset[str]:
    return frozenset(map(seen_as, _plain_words("added")))


@cache
def _glued_seen() -> frozenset[str]:
    return frozenset(map(seen_as, _plain_words("glued")))


@cache
def _glued_said() -> frozenset[str]:
    return frozenset(said_as([word]) for word in _plain_words("glued"))


@cache
def _common() -> frozenset[str]:
    return frozenset(map(seen_as, _plain_words("common")))
