"""How somebody might spell a name to find what is hidden: for the audit, which tries them all."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

NAME_CHARACTERS_MAX = 80
"""Characters of a name, or of a post's beginning, that are spelt: a query is rarely longer."""

PREFIX_CHARACTERS_MIN = 4
"""Characters from which a beginning says which name is meant."""

_LEET = str.maketrans("oieasbtg", "01345879")
_LEET_SIGNS = str.maketrans("aisoе", "@!$0e")
_CYRILLIC = str.maketrans("aceopxyiskmth", "асеорхуіѕкмтн")
_LATIN = str.maketrans("асеорхуіѕкмтн", "aceopxyiskmth")
_GREEK = str.maketrans("aeiktnopuvx", "αεικτηορυνχ")
_SMALL = str.maketrans("abcdeghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_BOLD = {ord("a") + k: 0x1D41A + k for k in range(26)}
_CIRCLED = {ord("a") + k: 0x24D0 + k for k in range(26)}
_TO_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ә": "a", "ғ": "g",
    "қ": "q", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i", "ї": "yi", "є": "ye",
}  # fmt: skip
_TO_CYRILLIC = (
    ("shch", "щ"), ("sch", "ш"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"),
    ("yu", "ю"), ("ya", "я"), ("yo", "ё"), ("ck", "к"), ("ph", "ф"), ("th", "т"),
    *zip("abcdefghijklmnopqrstuvwxyz", "абкдефгхижклмнопкрстуввксиз", strict=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to spell a name; `how` names the disguise."""

    how: str
    text: str
    typing: bool = False


def spellings(name: str) -> Iterator[Spelling]:
    """Gives a name as it is and in every disguise that changes it."""
    plain = " ".join(name[:NAME_CHARACTERS_MAX].split())
    seen = set()
    for how, disguise in DISGUISES.items():
        text = disguise(plain)
        if text.strip() and text not in seen:
            seen.add(text)
            yield Spelling(how, text)
    for length in range(PREFIX_CHARACTERS_MIN, len(plain)):
        yield Spelling("prefix", plain[:length], typing=True)


def _each(joint: str) -> Callable[[str], str]:
    """Gives what puts a sign between the letters of each word."""
    return lambda name: " ".join(joint.join(word) for word in name.split())


def _apart(joint: str) -> Callable[[str], str]:
    """Gives what puts a sign between words."""
    return lambda name: joint.join(name.split())


def _mapped(table: Mapping[int, int | str]) -> Callable[[str], str]:
    return lambda name: name.lower().translate(table)


def _every_other(table: Mapping[int, int | str]) -> Callable[[str], str]:
    return lambda name: "".join(
        letter.translate(table) if k % 2 else letter for k, letter in enumerate(name.lower())
    )


def _marked(mark: str) -> Callable[[str], str]:
    return lambda name: "".join(letter + mark if letter.isalpha() else letter for letter in name)


def _changed_words(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda name: " ".join(change(word) if len(word) > 4 else word for word in name.split())


def _to_cyrillic(name: str) -> str:
    text = name.lower()
    for latin, cyrillic in _TO_CYRILLIC:
        text = text.replace(latin, cyrillic)
    return text


def _without_marks(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "as_it_is": str,
    "capitals": str.upper,
    "small_letters": str.lower,
    "turned_case": str.swapcase,
    "leet": _mapped(_LEET),
    "leet_signs": _mapped(_LEET_SIGNS),
    "leet_every_other": _every_other(_LEET),
    "cyrillic_letters": _mapped(_CYRILLIC),
    "cyrillic_every_other": _every_other(_CYRILLIC),
    "latin_letters": _mapped(_LATIN),
    "latin_every_other": _every_other(_LATIN),
    "greek_every_other": _every_other(_GREEK),
    "small_capitals": _mapped(_SMALL),
    "full_width": _mapped(_WIDE),
    "mathematical": _mapped(_BOLD),
    "circled": _mapped(_CIRCLED),
    "zero_width": _each("\u200b"),
    "joiners": _each("\u2060"),
    "soft_hyphens": _each("\u00ad"),
    "spaced": _each(" "),
    "dotted": _each("."),
    "hyphens": _each("-"),
    "joined": _apart(""),
    "underscores": _apart("_"),
    "wide_spaces": _apart("   "),
    "emoji_between": _apart(" 🌿 "),
    "right_to_left": lambda name: f"\u202e{name}\u202c",
    "accents": _marked("\u0301"),
    "strokes": _marked("\u0336"),
    "without_accents": _without_marks,
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "doubled": _changed_words(lambda word: word[:2] + word[1] + word[2:]),
    "letter_left_out": _changed_words(lambda word: word[:2] + word[3:]),
    "letters_swapped": _changed_words(lambda word: word[:2] + word[3] + word[2] + word[4:]),
    "letter_added": _changed_words(lambda word: word[:3] + "x" + word[3:]),
    "transliterated": lambda name: "".join(_TO_LATIN.get(one, one) for one in name.lower()),
    "transliterated_back": _to_cyrillic,
    "numbered": lambda name: f"{name} 2",
    "with_added_words": lambda name: f"new {name} official",
    "quoted": lambda name: f'"{name}"',
    "as_alias": lambda name: "#" + "_".join(name.lower().split()),
    "words_turned": lambda name: " ".join(reversed(name.split())),
}
"""What can be done to a name, by what it is called."""
