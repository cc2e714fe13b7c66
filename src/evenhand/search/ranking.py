"""Which of the candidates are best: how near the words of the query stand, names, trust.

The score of the index (BM25 of words and n-grams) is raised by what it cannot see: how much of the
query stands together in one passage, and which of its words follow each other. Then it is
multiplied by what speaks for or against the room, and a little by how lively it is and how recent
a post is. The number of members alone lifts nothing that does not match.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import exp, log, log10

from evenhand.search import analysis
from evenhand.search.asking import Hit, Trust
from evenhand.search.index import Reader
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.sight import words_of

PASSAGE_WORDS = 30
"""Words of a passage that is looked at as one; the next begins in its middle."""

PASSAGE_WEIGHT = 0.4
PAIR_WEIGHT = 0.3
"""Chosen on questions and passages in five languages, one set for all."""

EXACT_NAME = 3.0
"""Times the score where the query is the whole name or address of a room or an account."""

LIVELY_MAX = 0.15
"""How much the liveliest room's score is raised by it."""

RECENT_DAYS = 60.0
RECENT_MAX = 0.15
"""How much the score of a post of now is raised, and how fast that fades."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A query as it is compared.

    weights  rarity of its n-grams: natural logarithm, as BM25 has it
    pairs    its neighbouring words with their rarity
    bare     the whole query as a name
    """

    weights: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    bare: str

    @classmethod
    def of(cls, folded: str, reader: Reader) -> "Sought":
        """Gives what a folded query seeks in an index as it is now."""
        count = len(reader)
        words = analysis.words(folded)
        weights = {
            gram: _rarity(count, reader.frequency("grams", gram))
            for gram in analysis.grams_of(folded)
        }
        rare = {word: _rarity(count, reader.frequency("words", word)) for word in words}
        # What follows each other is at least as rare as the rarer of the two.
        pairs = {(one, other): max(rare[one], rare[other]) for one, other in pairwise(words)}
        return cls(weights, pairs, _name(folded))


def ranked(
    candidates: Sequence[tuple[Item, float]],
    sought: Sought,
    trust: Trust,
    *,
    now: datetime,
) -> list[Hit]:
    """Gives candidates in the order in which they are shown."""
    hits = [
        Hit(item, (score + _closeness(item, sought)) * _standing(item, sought, trust, now))
        for item, score in candidates
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.item.id))


def _closeness(item: Item, sought: Sought) -> float:
    """Gives how much of the query stands together in the text of an item."""
    if len(sought.weights) <= 1:
        return 0.0
    words = analysis.words(analysis.folded(words_of(item)))
    neighbours = set(pairwise(words))
    pairs = sum(weight for pair, weight in sought.pairs.items() if pair in neighbours)
    step = PASSAGE_WORDS // 2
    best = 0.0
    for start in range(0, max(1, len(words) - step), step):
        here = {
            gram for word in words[start : start + PASSAGE_WORDS] for gram in analysis.grams(word)
        }
        best = max(best, sum(w for gram, w in sought.weights.items() if gram in here))
    return PASSAGE_WEIGHT * best + PAIR_WEIGHT * pairs


def _standing(item: Item, sought: Sought, trust: Trust, now: datetime) -> float:
    factor = trust.factors.get(item.room, 1.0)
    if item.kind is not ItemKind.POST:
        names = (item.title, *(alias.removeprefix("#").partition(":")[0] for alias in item.aliases))
        if sought.bare and any(_name(analysis.folded(name)) == sought.bare for name in names):
            factor *= EXACT_NAME
        return factor * (1 + LIVELY_MAX * min(1.0, log10(1 + item.members) / 5))
    days = max(0.0, (now - item.at).total_seconds() / 86_400)
    return factor * (1 + RECENT_MAX * exp(-days / RECENT_DAYS))


def _name(folded: str) -> str:
    return " ".join(analysis.plain(word) for word in analysis.words(folded))


def _rarity(count: int, frequency: int) -> float:
    return log(1 + (count - frequency + 0.5) / (frequency + 0.5))
