"""Seeded rooms and posts in nine scripts, with words as frequent as in language; nobody wrote any.

Each script has 30,000 invented words of which the n-th comes about 1/n as often as the first
(Zipf). A post has 8 to 40 words of one script, a room a name of two words and a topic of six.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from messages import SCRIPTS

WORDS, POSTS_OF_ROOM, ACCOUNTS = 30_000, 200, 50_000
UNSPACED = frozenset({"zh"})
"""Languages written without spaces between words."""

START = datetime(2026, 1, 1, tzinfo=UTC)


class Town:
    """Rooms and posts by their numbers: the same number is the same post in every run."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self._seed = seed
        self._words = {code: _words(code, letters, chance) for code, letters in SCRIPTS.items()}
        rank = 1.0 / np.arange(1, WORDS + 1)
        self._shares = np.cumsum(rank / rank.sum())

    def items(self, posts: int, *, block: int = 5_000) -> Iterator[list[Item]]:
        """Gives so many posts and the rooms they stand in, some thousand at once."""
        for start in range(0, posts, block):
            chance = np.random.default_rng((self._seed, start))
            numbers = range(start, min(posts, start + block))
            rooms = [
                self.room(number // POSTS_OF_ROOM)
                for number in numbers
                if number % POSTS_OF_ROOM == 0
            ]
            yield rooms + [self._post(number, chance) for number in numbers]

    def room(self, number: int) -> Item:
        """Gives a room."""
        chance = np.random.default_rng((self._seed, 1, number))
        code = list(SCRIPTS)[number % len(SCRIPTS)]
        # Names are of rarer words than posts: else all rooms had the same few.
        name = " ".join(self._words[code][at] for at in chance.integers(200, WORDS, 2))
        return Item(
            id=f"!room{number}:bench.test",
            kind=ItemKind.ROOM,
            at=START,
            title=f"{name} {number}",
            text=self._text(code, 6, chance),
            room=f"!room{number}:bench.test",
            language=code,
            members=int(chance.pareto(1.0) * 20) + 1,
        )

    def _post(self, number: int, chance: np.random.Generator) -> Item:
        code = list(SCRIPTS)[number // POSTS_OF_ROOM % len(SCRIPTS)]
        return Item(
            id=f"$post{number}",
            kind=ItemKind.POST,
            at=START + timedelta(seconds=number),
            text=self._text(code, int(chance.integers(8, 41)), chance),
            room=f"!room{number // POSTS_OF_ROOM}:bench.test",
            account=f"@invented{chance.integers(ACCOUNTS)}:bench.test",
            language=code,
        )

    def _text(self, code: str, length: int, chance: np.random.Generator) -> str:
        ranks = np.searchsorted(self._shares, chance.random(length))
        words = self._words[code]
        return ("" if code in UNSPACED else " ").join(words[at] for at in ranks)


def queries(items: Sequence[Item], count: int, *, seed: int) -> list[tuple[str, bool]]:
    """Gives what people might type about some items, and whether the last word is unfinished.

    A quarter are names of rooms, four in ten some words of a post, a fifth unfinished, the others
    with a letter wrong.
    """
    chance = np.random.default_rng(seed)
    rooms = [item for item in items if item.kind is ItemKind.ROOM]
    posts = [item for item in items if item.kind is ItemKind.POST]
    found = []
    for _ in range(count):
        kind = chance.random()
        if kind < 0.25:
            found.append((rooms[chance.integers(len(rooms))].title, False))
            continue
        words = _some_words(posts[chance.integers(len(posts))].text, chance)
        if kind < 0.65:
            found.append((" ".join(words), False))
        elif kind < 0.85:
            last = words[-1]
            found.append((" ".join([*words[:-1], last[: max(2, len(last) - 2)]]), True))
        else:
            found.append((" ".join(_misspelt(word, chance) for word in words), False))
    return found


def _some_words(text: str, chance: np.random.Generator) -> list[str]:
    words = text.split()
    if len(words) < 2:
        at = int(chance.integers(max(1, len(text) - 6)))
        return [text[at : at + 6]]
    first = int(chance.integers(len(words) - 1))
    return words[first : first + int(chance.integers(2, 4))]


def _misspelt(word: str, chance: np.random.Generator) -> str:
    if len(word) < 5:
        return word
    at = int(chance.integers(1, len(word) - 2))
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _words(code: str, letters: str, chance: np.random.Generator) -> list[str]:
    lengths = (1, 4) if code in UNSPACED or code == "ko" else (2, 11)
    drawn = chance.integers(*lengths, WORDS)
    every = chance.choice(list(letters), int(drawn.sum()))
    ends = np.cumsum(drawn)
    return ["".join(every[end - size : end]) for size, end in zip(drawn, ends, strict=True)]
