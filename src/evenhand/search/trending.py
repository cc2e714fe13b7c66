"""What many look for these hours: words of what may be seen, counted in memory and nowhere else.

A word counts once for each network that used it. Networks come as tokens of the day, and are kept
as hashes under a key that this process makes, tells nobody and drops at midnight (UTC) with all
that was counted. A word that the index does not hold is not counted, so that nothing that only a
query said can ever be shown; what is shown was looked through at that moment.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b

from evenhand.search import analysis
from evenhand.search.asking import Ask
from evenhand.search.index import Reader
from evenhand.search.sight import Sight
from evenhand.search.vocabulary import Word, once, word_seen

NETWORKS_MIN = 20
"""Networks that must have used a word before it is shown: no household, no class of a school."""

NETWORKS_MAX, WORDS_MAX = 200, 2_000
"""Networks of a word, and words, that are counted: beyond, the oldest and the rarest give way."""

WINDOW_SECONDS = 6 * 3_600.0
DAY_SECONDS = 86_400.0

TERMS_MAX, LOOKED_AT_MAX = 8, 32
"""Words that are shown, and those that are looked through for them."""

QUERY_WORDS_MAX = 8
LETTERS_MIN = 3
COMMON_SHARE = 0.05
"""A word in more than this share of all items says nothing of what is sought."""

COMMON_FROM = 1_000


class Trending:
    """Counts, and tells what many look for; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._day, self._key = -1, b""
        self._seen: dict[str, dict[bytes, float]] = {}

    def note(self, ask: Ask, reader: Reader) -> None:
        """Counts the words of a query that found something, on its first page."""
        if not ask.network or ask.after or ask.typing:
            return
        words = dict.fromkeys(analysis.words(analysis.folded(ask.text)))
        told = [word for word in list(words)[:QUERY_WORDS_MAX] if _says_something(word, reader)]
        with self._lock:
            now = self._now()
            network = blake2b(ask.network.encode(), key=self._key, digest_size=8).digest()
            for word in told:
                self._count(word, network, now)

    def terms(
        self, reader: Reader, *, country: str | None, language: str, sight: Sight
    ) -> Sequence[str]:
        """Gives words that many networks used, as people write them, the most used first.

        country, language  as in an `Ask`; words of the language come first
        """
        with self._lock:
            self._forget(self._now())
            counts = {word: len(networks) for word, networks in self._seen.items()}
        many = sorted(
            (word for word, count in counts.items() if count >= NETWORKS_MIN),
            key=lambda word: (-counts[word], word),
        )
        seen = [word_seen(reader, word, sight, country) for word in many[:LOOKED_AT_MAX]]
        found: list[Word] = [word for word in seen if word is not None]
        found.sort(key=lambda word: language not in word.languages)
        return tuple(once(word.text for word in found)[:TERMS_MAX])

    def _now(self) -> float:
        """Gives the time; with a new day all that was counted is gone, and so is the key."""
        now = self._clock()
        day = int(now // DAY_SECONDS)
        if day != self._day:
            self._day, self._key = day, secrets.token_bytes(32)
            self._seen.clear()
        return now

    def _count(self, word: str, network: bytes, now: float) -> None:
        networks = self._seen.get(word)
        if networks is None:
            if len(self._seen) >= WORDS_MAX:
                self._forget(now)
            if len(self._seen) >= WORDS_MAX:
                del self._seen[min(self._seen, key=lambda one: len(self._seen[one]))]
            networks = self._seen[word] = {}
        networks.pop(network, None)
        if len(networks) >= NETWORKS_MAX:
            del networks[next(iter(networks))]
        networks[network] = now

    def _forget(self, now: float) -> None:
        for word, networks in list(self._seen.items()):
            # The longest unused stand first.
            while networks and next(iter(networks.values())) < now - WINDOW_SECONDS:
                del networks[next(iter(networks))]
            if not networks:
                del self._seen[word]


def _says_something(word: str, reader: Reader) -> bool:
    if len(word) < LETTERS_MIN and word.isascii():
        return False
    held = max(reader.frequency(field, word) for field in ("words", "title"))
    count = len(reader)
    return held > 0 and not (count >= COMMON_FROM and held > COMMON_SHARE * count)
