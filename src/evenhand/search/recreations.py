"""Whether a room resembles one that was closed: its name disguised, its address, its picture.

A name alone speaks only where chance would not give it to another room: its words are rare among
the rooms of this messenger, or made up. Else it needs a second sign.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import log2

import numpy as np

from evenhand.search.items import Item
from evenhand.search.lists import Sign
from evenhand.search.skeletons import Skeleton, is_common, is_dense, seen_as, skeletons, words_of

SCORES = {
    Sign.NAME: 0.9,
    Sign.NAME_SAID: 0.85,
    Sign.NAME_NEAR: 0.8,
    Sign.ALIAS: 0.85,
    Sign.CREATOR: 0.5,
    Sign.AVATAR: 0.4,
    Sign.TOPIC: 0.4,
}
"""How far each sign alone speaks for a re-creation, 0 to 1; several count as independent."""

NAMED = (Sign.NAME, Sign.ALIAS, Sign.NAME_SAID, Sign.NAME_NEAR)
"""Signs of a name, of which the weightiest counts."""

LETTERS_MIN = 4
"""Letters of a skeleton that is compared at all."""

NEAR_LETTERS_MIN = 9
"""Letters of a skeleton that one letter less, more or other still resembles."""

ROOMS_MIN = 10_000
"""Rooms that are reckoned with where fewer are known: rarity in a small town says little."""

CHANCE_BITS = 3.0
"""A name speaks alone where chance gives it to fewer than one room in 2 ** 3 such messengers."""

LETTER_BITS = 2.0
"""What a letter of a word that no other room has says; a word of n letters 2 n bits."""

DENSE_BITS = 5.0
"""The same of a Han character, kana or Hangul syllable."""

WORD_BITS_MAX = 24.0

KNOWN_ROOMS_MIN = 2
"""Rooms with a word in their names from which it is a word and no misspelling."""

COMMON_SHARE = 0.01
"""Share of rooms that are reckoned to have a common word in their names."""

TOPIC_WORDS_MIN = 5
TOPIC_LIKENESS_MIN = 0.6
"""Share of the words of two topics that both have (Jaccard), from which they resemble."""

COUNTS = 1 << 20
"""Places in which words are counted, by hash: words that meet in one only seem less rare."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What a room has of a closed one.

    closed  the room that is closed
    signs   why, the weightiest first
    score   0 to 1
    """

    closed: str
    signs: tuple[Sign, ...]
    score: float


@dataclass(frozen=True, slots=True)
class _Fingerprint:
    """What is known of a closed room."""

    names: tuple[Skeleton, ...]
    aliases: tuple[Skeleton, ...]
    avatar: str
    creator: str
    topic: frozenset[str]

    @classmethod
    def of(cls, item: Item) -> "_Fingerprint":
        aliases = {item.facts.alias, *item.aliases} - {""}
        found = [one for alias in sorted(aliases) for one in skeletons(_local(alias))]
        return cls(
            names=skeletons(item.title),
            aliases=tuple(found),
            avatar=item.avatar,
            creator=item.account,
            topic=frozenset(words_of(item.text)),
        )

    @property
    def skeletons(self) -> tuple[Skeleton, ...]:
        return self.names + self.aliases


class Recreations:
    """The closed rooms, and what rooms are looked at for; one thread at a time."""

    def __init__(self) -> None:
        self._closed: dict[str, _Fingerprint] = {}
        self._by_key: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._rooms = 0
        self._counts = np.zeros(COUNTS, np.uint32)

    def __len__(self) -> int:
        return len(self._closed)

    def learn(self, titles: Iterable[str]) -> None:
        """Counts in how many names of rooms each word stands; call once for each room's name."""
        for title in titles:
            self._rooms += 1
            for word in set(words_of(title)):
                self._counts[_place(word)] += 1

    def close(self, item: Item) -> None:
        """Keeps what a closed room is known by."""
        self.open(item.id)
        fingerprint = self._closed[item.id] = _Fingerprint.of(item)
        for key in _keys(fingerprint):
            self._by_key[key].add(item.id)

    def open(self, room: str) -> None:
        """Forgets a room that is closed no more; nothing resembles it from now on."""
        fingerprint = self._closed.pop(room, None)
        for key in _keys(fingerprint) if fingerprint else ():
            self._by_key[key].discard(room)
            if not self._by_key[key]:
                del self._by_key[key]

    def look(self, item: Item, *, exempt: frozenset[str] = frozenset()) -> Resemblance | None:
        """Gives the closed room that a room resembles most, if it resembles one.

        exempt  closed rooms that it was found not to be a re-creation of
        """
        if not self._closed or item.id in self._closed:
            return None
        mine = _Fingerprint.of(item)
        rooms = set().union(*(self._by_key.get(key, ()) for key in _asked(mine))) - exempt
        found = [self._compare(mine, room) for room in sorted(rooms)]
        return max(
            (one for one in found if one is not None), key=lambda one: one.score, default=None
        )

    def _compare(self, mine: _Fingerprint, room: str) -> Resemblance | None:
        theirs = self._closed[room]
        named = _named(mine, theirs)
        beside = [
            sign
            for sign, holds in (
                (Sign.CREATOR, mine.creator and mine.creator == theirs.creator),
                (Sign.AVATAR, mine.avatar and mine.avatar == theirs.avatar),
                (Sign.TOPIC, _alike(mine.topic, theirs.topic)),
            )
            if holds
        ]
        alone = any(
            self._is_distinctive(name) and not self._is_chance(sign, name, other)
            for sign, name, other in named
        )
        if not (alone or (named and beside) or len(beside) > 1):
            return None
        best = [sign for sign in NAMED if sign in {one for one, _, _ in named}][:1]
        signs = (*best, *beside)
        doubt = 1.0
        for sign in signs:
            doubt *= 1.0 - SCORES[sign]
        return Resemblance(room, signs, round(1.0 - doubt, 3))

    def _is_distinctive(self, name: Skeleton) -> bool:
        """Tells whether chance would not give this name to another room."""
        rooms = max(self._rooms, ROOMS_MIN)
        return sum(map(self._bits, set(name.words))) >= log2(rooms) + CHANCE_BITS

    def _is_chance(self, sign: Sign, name: Skeleton, other: Skeleton) -> bool:
        """Tells whether what parts two names by a letter may well be another word.

        Disguises by another letter are undone before, and words that are misspelt begin as they
        should; "show" is neither "snow" misspelt nor disguised.
        """
        if sign is not Sign.NAME_NEAR:
            return False
        if len(name.words) != len(other.words):
            return name.seen[0] != other.seen[0] or len(name.seen) == len(other.seen)
        return any(
            one[0] != another[0]
            or (len(one) == len(another) and sorted(one) != sorted(another))
            or self._counts[_place(another)] >= KNOWN_ROOMS_MIN
            for one, another in zip(name.words, other.words, strict=True)
            if seen_as(one) != seen_as(another)
        )

    def _bits(self, word: str) -> float:
        """Gives how much a word says about which room it names."""
        rooms = max(self._rooms, ROOMS_MIN)
        share = self._counts[_place(word)] / rooms
        if is_common(word):
            share = max(share, COMMON_SHARE)
        letters = sum(DENSE_BITS if is_dense(letter) else LETTER_BITS for letter in word)
        return min(letters, WORD_BITS_MAX, -log2(share) if share else WORD_BITS_MAX)


def _named(mine: _Fingerprint, theirs: _Fingerprint) -> list[tuple[Sign, Skeleton, Skeleton]]:
    """Gives which names of two rooms are one, and how: theirs, then mine."""
    found = []
    for name in theirs.skeletons:
        for other in mine.skeletons:
            sign = _same(name, other)
            if sign is not None:
                by_alias = name in theirs.aliases and sign is Sign.NAME
                found.append((Sign.ALIAS if by_alias else sign, name, other))
    return found


def _same(name: Skeleton, other: Skeleton) -> Sign | None:
    if name.seen == other.seen:
        return Sign.NAME
    if name.said == other.said and len(name.said) >= LETTERS_MIN:
        return Sign.NAME_SAID
    if _one_edit(name.seen, other.seen) or _one_edit(name.said, other.said):
        return Sign.NAME_NEAR
    return None


def _one_edit(name: str, other: str) -> bool:
    """Tells whether one letter less, more, other, or two letters in turn, makes them the same."""
    if min(len(name), len(other)) < NEAR_LETTERS_MIN - 1 or abs(len(name) - len(other)) > 1:
        return False
    if max(len(name), len(other)) < NEAR_LETTERS_MIN:
        return False
    start = 0
    while start < min(len(name), len(other)) and name[start] == other[start]:
        start += 1
    first, second = name[start:], other[start:]
    return (
        first[1:] == second[1:]
        or first[1:] == second
        or first == second[1:]
        or (first[:2] == second[1::-1] and first[2:] == second[2:])
    )


def _alike(topic: frozenset[str], other: frozenset[str]) -> bool:
    if min(len(topic), len(other)) < TOPIC_WORDS_MIN:
        return False
    return len(topic & other) / len(topic | other) >= TOPIC_LIKENESS_MIN


def _keys(closed: _Fingerprint) -> Iterator[tuple[str, str]]:
    """Gives under what a closed room is kept: whole names, and halves that one edit leaves."""
    yield from _signs(closed)
    for text in _texts(closed):
        if len(text) >= NEAR_LETTERS_MIN - 1:
            yield from _halves(text, len(text))


def _asked(mine: _Fingerprint) -> Iterator[tuple[str, str]]:
    """Gives under what the closed rooms that a room may resemble are kept."""
    yield from _signs(mine)
    for text in _texts(mine):
        for length in (len(text) - 1, len(text), len(text) + 1):
            if length >= NEAR_LETTERS_MIN - 1:
                yield from _halves(text, length)


def _signs(one: _Fingerprint) -> Iterator[tuple[str, str]]:
    for text in _texts(one):
        yield "name", text
    if one.avatar:
        yield "avatar", one.avatar
    if one.creator:
        yield "creator", one.creator


def _texts(one: _Fingerprint) -> set[str]:
    both = {text for name in one.skeletons for text in (name.seen, name.said)}
    return {text for text in both if len(text) >= LETTERS_MIN or any(map(is_dense, text))}


def _halves(text: str, length: int) -> Iterator[tuple[str, str]]:
    """Gives beginning and end of a name as a name of this length has them.

    One letter changed leaves one of the two as it was (the pigeonhole principle).
    """
    half = (length - 1) // 2
    yield f"{length}<", text[:half]
    yield f"{length}>", text[-half:]


def _local(alias: str) -> str:
    """Gives the part of a room's address that its owner chose."""
    return alias.removeprefix("#").partition(":")[0].replace("_", " ").replace("-", " ")


@lru_cache(maxsize=100_000)
def _place(word: str) -> int:
    digest = blake2b(word.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % COUNTS
