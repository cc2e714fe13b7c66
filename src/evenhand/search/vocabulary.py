"""Words that what may be seen holds: what is suggested or called sought after comes from here."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evenhand.search import analysis
from evenhand.search.index import Reader, Wanted
from evenhand.search.items import Item
from evenhand.search.sight import Sight, words_of

WORD_ITEMS_MIN = 3
"""Items that must hold a word: what one person alone wrote is nobody's to be offered."""

LOOKED_AT_MAX = 12
"""Items with a word that are looked at until enough of them may be seen."""

SHOWN_CHARACTERS_MAX = 80
"""Characters of a name that is offered: longer ones are sentences."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may be seen; `languages` of the items that were looked at."""

    text: str
    languages: frozenset[str]


def word_seen(reader: Reader, term: str, sight: Sight, country: str | None) -> Word | None:
    """Gives a word as people write it, if enough items hold it that may be seen from a country."""
    terms = [reader.term(field, term) for field in ("title", "words")]
    found = [item for item, _ in reader.find(terms, Wanted(), limit=LOOKED_AT_MAX)]
    shown = [item for item, seen in zip(found, sight.seen(found, country), strict=True) if seen]
    if len(shown) < WORD_ITEMS_MIN:
        return None
    text = next(filter(None, (_written(item, term) for item in shown)), "")
    if not text or sight.policy.topic_of(text):
        return None
    return Word(text, frozenset(item.language for item in shown))


def shown_name(item: Item) -> str:
    """Gives the name of an item on one line, without what turns or hides text; empty if long."""
    plain = "".join(
        " " if sign.isspace() else sign
        for sign in item.title[: SHOWN_CHARACTERS_MAX * 4]
        if sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    name = " ".join(plain.split())
    return name if len(name) <= SHOWN_CHARACTERS_MAX else ""


def once(texts: Iterable[str]) -> Sequence[str]:
    """Gives texts without those that read the same as an earlier one."""
    kept: dict[str, str] = {}
    for text in texts:
        kept.setdefault(" ".join(analysis.words(analysis.folded(text))), text)
    return [text for words, text in kept.items() if words]


def _written(item: Item, term: str) -> str:
    """Gives a term as an item writes it; empty where it stands only as a part of something."""
    for token in words_of(item).split():
        word = "".join(sign for sign in token if sign.isalnum() or unicodedata.combining(sign))
        if analysis.words(analysis.folded(word)) == [term]:
            return word
    return ""
