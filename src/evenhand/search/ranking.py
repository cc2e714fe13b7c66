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
WORD_WEIGHT = 0.2
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

    weights  what each of its n-grams and words says: its rarity (natural logarithm, as BM25 has
             it) times the weight of its kind
    gram_bits, word_bits
             the place of each n-gram and word in `weights`, as a number with that bit alone
    pairs    its neighbouring words with their rarity
    bare     the whole query as a name
    """

    weights: Sequence[float]
    gram_bits: Mapping[str, int]
    word_bits: Mapping[str, int]
    pairs: Mapping[tuple[str, str], float]
    bare: str

    @classmethod
    def of(cls, folded: str, reader: Reader) -> "Sought":
        """Gives what a folded query seeks in an index as it is now."""
        count = len(reader)
        words = analysis.words(folded)
        grams = list(dict.fromkeys(analysis.grams_of(folded)))
        rare = {word: _rarity(count, reader.frequency("words", word)) for word in words}
        weights = [PASSAGE_WEIGHT * _rarity(count, reader.frequency("grams", one)) for one in grams]
        weights += [WORD_WEIGHT * rarity for rarity in rare.values()]
        # What follows each other is at least as rare as the rarer of the two.
        pairs = {(one, other): max(rare[one], rare[other]) for one, other in pairwise(words)}
        return cls(
            weights=weights,
            gram_bits={gram: 1 << at for at, gram in enumerate(grams)},
            word_bits={word: 1 << at for at, word in enumerate(rare, start=len(grams))},
            pairs=pairs,
            bare=_name(folded),
        )

    def mask(self, words: Sequence[str]) -> int:
        """Gives which n-grams and words of the query some words hold, as bits."""
        text = analysis.joined(words)
        found = sum(bit for gram, bit in self.gram_bits.items() if gram in text)
        return found + sum(self.word_bits[word] for word in self.word_bits.keys() & set(words))

    def weight(self, mask: int) -> float:
        """Gives how much what is in a mask says."""
        return sum(weight for at, weight in enumerate(self.weights) if mask >> at & 1)


def ranked(
    candidates: Sequence[tuple[Item, float]],
    sought: Sought,
    trust: Trust,
    *,
    now: datetime,
) -> list[Hit]:
    """Gives candidates in the order in which they are shown."""
    weights: dict[int, float] = {}
    hits = [
        Hit(
            item,
            (score + _closeness(item, sought, weights)) * _standing(item, sought, trust, now),
        )
        for item, score in candidates
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.item.id))


def _closeness(item: Item, sought: Sought, weights: dict[int, float]) -> float:
    """Gives how much of the query stands together in the text of an item.

    weights  what was found of masks already
    """
    if len(sought.gram_bits) <= 1:
        return 0.0
    words = analysis.words(analysis.folded(words_of(item)))
    neighbours = sought.pairs.keys() & set(pairwise(words)) if sought.pairs else ()
    pairs = sum(sought.pairs[pair] for pair in neighbours)
    step = PASSAGE_WORDS // 2 * analysis.pieces_of_word(words)
    halves = [sought.mask(words[at : at + step]) for at in range(0, len(words), step)]
    best = 0.0
    for one, other in pairwise([*halves, 0]):
        if (both := one | other) not in weights:
            weights[both] = sought.weight(both)
        best = max(best, weights[both])
    return best + PAIR_WEIGHT * pairs


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
