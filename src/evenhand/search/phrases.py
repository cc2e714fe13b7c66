"""Phrases of a query policy, and which of them stand in a text: all words of one, in any order.

Each phrase is found by the rarest of its words, so that thousands cost no more than a few.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from evenhand.search.query_words import BEGUN, plain_words

OR = "|"
"""Parts words of which any one will do."""


class PhraseRefused(ValueError):
    """A phrase cannot be looked for; the text says why."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is looked for: of each slot one word.

    line   where it stands in the policy's text, from 1
    slots  words as `Vocabulary` names them
    """

    text: str
    line: int
    slots: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str, line: int) -> "Phrase":
        """Gives the phrase that a text says; raises `PhraseRefused`."""
        slots = [slot for part in text.split() for slot in _slots(part)]
        if not slots:
            raise PhraseRefused("at least one word is wanted")
        return cls(text, line, tuple(slots))

    @property
    def words(self) -> Iterator[str]:
        """Gives every word that is looked for."""
        return (word for slot in self.slots for word in slot)

    def stands_in(self, words: AbstractSet[str]) -> bool:
        """Tells whether words that were found are all that the phrase wants."""
        return all(any(word in words for word in slot) for slot in self.slots)


class Phrases:
    """Phrases that are found together, each with a number: its place in the order given."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._phrases = tuple(phrases)
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)
        often = Counter(word for phrase in phrases for word in set(phrase.words))
        for number, phrase in enumerate(phrases):
            rarest = min(phrase.slots, key=lambda slot: sum(often[word] for word in slot))
            for word in rarest:
                self._by_word[word].append(number)

    def in_words(self, words: AbstractSet[str]) -> Iterable[int]:
        """Gives the numbers of the phrases whose words were all found, each once, in order."""
        asked = {number for word in words for number in self._by_word.get(word, ())}
        return sorted(number for number in asked if self._phrases[number].stands_in(words))


def _slots(part: str) -> Iterator[tuple[str, ...]]:
    """Gives the slots of what stands between two spaces: `ak-47` are two words, `a|b` is one."""
    if OR not in part:
        for word in _plain(part):
            yield (word,)
        return
    slot = []
    for one in part.split(OR):
        words = _plain(one)
        if len(words) != 1:
            raise PhraseRefused(f"{one!r}: single words are wanted between {OR}")
        slot += words
    yield tuple(slot)


def _plain(part: str) -> list[str]:
    """Gives the words of a part; the last may go on where the part ends with `*`."""
    goes_on = part.endswith(BEGUN)
    words = plain_words(part.removesuffix(BEGUN))
    if BEGUN in part.removesuffix(BEGUN):
        raise PhraseRefused(f"{part!r}: {BEGUN} may stand at the end of a word only")
    if goes_on:
        if not words:
            raise PhraseRefused(f"{BEGUN} needs letters before it")
        words[-1] += BEGUN
    for word in words:
        if len(word.removesuffix(BEGUN)) < 2 and word.isascii():
            raise PhraseRefused(f"{word!r}: a single letter says too little")
    return words
