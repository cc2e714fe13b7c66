"""What a query may not seek: which topic of the policy it seeks, however it is disguised.

A term counts when all its words stand in a query, plainly or disguised. Beside an exception of its
topic ("addiction", "news") it does not; exceptions are read as they stand.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from evenhand.search.phrases import Phrase, Phrases
from evenhand.search.policy_text import read_policy
from evenhand.search.query_words import Vocabulary
from evenhand.search.topics import Fixture, PolicyText, Topic

SHIPPED = "shipped.yaml"
"""The policy that counts until two people have let another go live."""


@dataclass(frozen=True, slots=True)
class Match:
    """Why a query is refused: the topic it seeks, by which of its terms."""

    topic: Topic
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class FixtureFault:
    """A fixture that does not hold.

    wanted  the topic that it must seek, empty if none
    found   what it seeks
    """

    fixture: Fixture
    wanted: str
    found: str

    def in_words(self) -> str:
        """Gives line, query and what is wrong in one line."""
        wanted, found = self.wanted or "nothing", self.found or "nothing"
        return f"line {self.fixture.line}: {self.fixture.text!r} seeks {found}, not {wanted}"


class _Terms:
    """The terms of some topics, and what lifts them."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._terms = [(topic, term) for topic in topics for term in topic.terms]
        self._lifts = [(topic, term) for topic in topics for term in topic.exceptions]
        self._sought = Phrases([term for _, term in self._terms])
        self._lifted = Phrases([term for _, term in self._lifts])
        both = (term for _, term in self._terms + self._lifts)
        self._vocabulary = Vocabulary.of(word for term in both for word in term.words)

    def match(self, text: str) -> Match | None:
        plain = self._vocabulary.plain(text)
        found = self._first(plain, plain)
        if found is None:
            disguised = self._vocabulary.disguised(text)
            if not disguised <= plain:
                found = self._first(plain | disguised, plain)
        return found

    def _first(self, words: AbstractSet[str], plain: AbstractSet[str]) -> Match | None:
        """Gives the first term that stands in words, unless what stands plainly lifts it."""
        found = self._sought.in_words(words)
        if not found:
            return None
        lifted = {self._lifts[number][0].id for number in self._lifted.in_words(plain)}
        for number in found:
            topic, term = self._terms[number]
            if topic.id not in lifted:
                return Match(topic, term)
        return None


class QueryPolicy:
    """A policy that queries are asked of; threads may share it."""

    def __init__(self, said: PolicyText) -> None:
        self.said = said
        self.topics = MappingProxyType({topic.id: topic for topic in said.topics})
        self._queries = _Terms(said.topics)
        hiding = [topic for topic in said.topics if topic.items]
        self._items = _Terms(hiding) if hiding else None

    def match(self, query: str) -> Match | None:
        """Gives what a query seeks and by which term; the gravest topic if several."""
        return self._queries.match(query)

    def topic_of(self, query: str) -> str:
        """Gives the id of the topic that a query seeks; empty if none."""
        found = self.match(query)
        return found.topic.id if found else ""

    def hides(self, texts: Sequence[str]) -> Sequence[str]:
        """Gives for each text of an item the topic for which it is hidden; empty if none."""
        if self._items is None:
            return [""] * len(texts)
        found = map(self._items.match, texts)
        return [match.topic.id if match else "" for match in found]

    def harm_of(self, topic: str) -> str:
        """Gives the harm that a topic is about, by its code in `base/harms.csv`."""
        return self.topics[topic].harm

    def faults(self) -> tuple[FixtureFault, ...]:
        """Gives the fixtures that do not hold: a hit seeks its own topic, a pass seeks none."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[FixtureFault]:
        for topic in self.said.topics:
            for wanted, fixtures in ((topic.id, topic.hits), ("", topic.passes)):
                yield from self._unmet(wanted, fixtures)
        yield from self._unmet("", self.said.passes)

    def _unmet(self, wanted: str, fixtures: Iterable[Fixture]) -> Iterator[FixtureFault]:
        for fixture in fixtures:
            found = self.topic_of(fixture.text)
            if found != wanted:
                yield FixtureFault(fixture, wanted, found)


def load_policy(text: str) -> QueryPolicy:
    """Gives the policy that a YAML text says; raises `PolicyRefused`."""
    return QueryPolicy(read_policy(text))


@cache
def shipped_text() -> str:
    """Gives the text of the policy that comes with Evenhand."""
    return files("evenhand.search").joinpath("policies", SHIPPED).read_text(encoding="utf-8")


@cache
def shipped_policy() -> QueryPolicy:
    """Gives the policy that comes with Evenhand."""
    return load_policy(shipped_text())
