"""One query, from what was typed to a page of hits that the asker may see."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import tantivy

from evenhand.base.clock import now as clock_now
from evenhand.base.errors import InputRefused
from evenhand.search import analysis, paging
from evenhand.search.asking import Ask, Filters, Hit, Page
from evenhand.search.index import Index, Reader, Wanted
from evenhand.search.items import Item
from evenhand.search.limits import (
    CANDIDATES_MAX,
    CLOSER_HITS,
    HITS_MAX,
    MEMBERS_MAX,
    NAME_CHARACTERS_MAX,
    PAGE_HITS_MAX,
    QUERY_CHARACTERS_MAX,
    QUERY_GRAMS_MAX,
    QUERY_WORDS_MAX,
    ROUNDS_MAX,
)
from evenhand.search.lists import ItemKind
from evenhand.search.ranking import Sought, ranked
from evenhand.search.sight import Sight, words_of

TITLE_WORD, TITLE_GRAM, WORD, GRAM = 2.0, 0.8, 1.0, 0.6
"""How much a term weighs where it stands."""

COMMON_SHARE, COMMON_FROM = 0.1, 20_000
"""A term in more than this share of so large an index says nothing, and costs most."""

SIMILAR_LETTERS_MIN, SIMILAR_LETTERS_MAX, SIMILAR_WORDS_MAX = 4, 8, 2
"""Unknown words for which names one letter away are sought, and how many of a query.

In longer words the n-grams that are left lead there. Tantivy walks through all words of a field for
this, 40 ns each: names are few, words of posts are not.
"""

SIMILAR_WEIGHT = 3.0
"""What a similar word adds: its score is constant, about that of a middling word."""

NAMED_MAX = 20
"""Rooms and accounts with all words of a query in their names that are looked at in any case."""

BEGINNINGS_MAX = 12
"""Words that an unfinished one may become."""

_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True, slots=True)
class _Query:
    """What was typed, as it is compared; `phrases` must stand in the text as they are."""

    folded: str
    words: tuple[str, ...]
    phrases: tuple[str, ...]
    unfinished: str


@dataclass(slots=True)
class Finder:
    """Answers queries from an index.

    key  seals the tokens of pages; 32 bytes
    """

    index: Index
    key: bytes
    clock: Callable[[], datetime] = clock_now

    def find(self, ask: Ask, *, sight: Sight) -> Page:
        """Gives a page of hits; none, but a topic, where the policy names the query.

        Raises `InputRefused` where the query cannot be read.
        """
        query = _read(ask)
        topic = sight.policy.topic_of(ask.text)
        if topic:
            return Page(topic=topic)
        before = paging.shown(ask, key=self.key)
        limit = min(ask.limit, PAGE_HITS_MAX, HITS_MAX - len(before))
        if limit <= 0:
            return Page()
        hits, more = self._hits(query, ask, sight, before, limit)
        marks = before | {_mark(hit.item) for hit in hits}
        after = ""
        if more and hits and len(marks) < HITS_MAX:
            after = paging.close(ask, marks, key=self.key)
        return Page(tuple(hits), after)

    def _hits(
        self, query: _Query, ask: Ask, sight: Sight, before: frozenset[bytes], limit: int
    ) -> tuple[list[Hit], bool]:
        """Gives the hits of one page, and whether more may follow."""
        reader = self.index.reader()
        terms = list(_terms(query, reader))
        wanted = _wanted(ask.filters)
        window = max(CLOSER_HITS, limit + 1)
        seen: list[tuple[Item, float]] = []
        fetch = window + len(before)
        named = reader.named(query.words, wanted, limit=NAMED_MAX)
        for _ in range(ROUNDS_MAX):
            fetch = min(fetch, CANDIDATES_MAX)
            found = reader.find(terms, wanted, limit=fetch)
            fresh = [one for one in _merged(named, found) if _mark(one[0]) not in before]
            shown = sight.seen([item for item, _ in fresh], ask.country)
            seen = [
                one
                for one, visible in zip(fresh, shown, strict=True)
                if visible and _holds(one[0], query.phrases)
            ]
            if len(seen) > limit or len(found) < fetch:
                break
            hidden = [one[0] for one, visible in zip(fresh, shown, strict=True) if not visible]
            wanted = _without(wanted, hidden, sight, ask.country)
            fetch *= 2
        near, far = seen[:window], seen[window:]
        order = ranked(near, Sought.of(query.folded, reader), sight.trust, now=self.clock())
        whole = _once([*order, *(Hit(item, score) for item, score in far)])
        return whole[:limit], len(whole) > limit


def _read(ask: Ask) -> _Query:
    """Gives a query as it is compared, or refuses it."""
    if len(ask.text) > QUERY_CHARACTERS_MAX:
        raise InputRefused(
            field="text",
            why="too long",
            characters=len(ask.text),
            characters_max=QUERY_CHARACTERS_MAX,
        )
    _check(ask.filters)
    folded = analysis.folded(ask.text)
    words = tuple(dict.fromkeys(analysis.words(folded)))
    if not words:
        raise InputRefused(field="text", why="no letter or digit to look for")
    phrases = tuple(phrase for quoted in _QUOTED.findall(folded) if (phrase := _flat(quoted)))
    unfinished = ""
    if ask.typing and not folded[-1:].isspace() and len(words[-1]) > 1:
        unfinished = words[-1]
    return _Query(folded, words, phrases, unfinished)


def _check(filters: Filters) -> None:
    """Refuses what can be the filter of nothing."""
    for field in ("language", "room"):
        value: str = getattr(filters, field)
        if len(value) > NAME_CHARACTERS_MAX or not _writable(value):
            raise InputRefused(field=field, why="no name", characters_max=NAME_CHARACTERS_MAX)
    for field in ("members_min", "members_max"):
        number: int | None = getattr(filters, field)
        if number is not None and not 0 <= number <= MEMBERS_MAX:
            raise InputRefused(field=field, why="no number of members", max=MEMBERS_MAX)


def _writable(text: str) -> bool:
    """Tells whether a text has no half of a character (an unpaired surrogate)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _terms(query: _Query, reader: Reader) -> Iterable[tantivy.Query]:
    """Gives what is looked for: words, the rarest n-grams, similar words for unknown ones."""
    count = len(reader)
    known = {word: reader.frequency("words", word) for word in query.words}
    named = {word: reader.frequency("title", word) for word in query.words}
    kept = sorted(query.words, key=lambda word: known[word])[:QUERY_WORDS_MAX]
    # Only where every word is common are common words looked for.
    rare = [word for word in kept if not _common(known[word], count)] or kept
    for word in rare:
        if known[word]:
            yield reader.term("words", word, WORD)
        if named[word]:
            yield reader.term("title", word, TITLE_WORD)
    yield from _grams(query, reader, count)
    unknown = [word for word in kept if not known[word] and not named[word]]
    short = [word for word in unknown if SIMILAR_LETTERS_MIN <= len(word) <= SIMILAR_LETTERS_MAX]
    for word in short[:SIMILAR_WORDS_MAX]:
        if word != query.unfinished:
            yield reader.similar("title", word, boost=SIMILAR_WEIGHT)
    if query.unfinished:
        for name, weight in (("words", WORD), ("title", TITLE_WORD)):
            for term, _ in reader.beginning(name, query.unfinished, limit=BEGINNINGS_MAX):
                yield reader.term(name, term, weight)


def _grams(query: _Query, reader: Reader, count: int) -> Iterable[tantivy.Query]:
    every = dict.fromkeys(analysis.grams_of(query.folded))
    for name, weight in (("grams", GRAM), ("title_grams", TITLE_GRAM)):
        found = {gram: reader.frequency(name, gram) for gram in every}
        there = sorted((gram for gram in every if found[gram]), key=lambda gram: found[gram])
        rare = [gram for gram in there if not _common(found[gram], count)] or there[:2]
        for gram in rare[:QUERY_GRAMS_MAX]:
            yield reader.term(name, gram, weight)


def _common(frequency: int, count: int) -> bool:
    return count >= COMMON_FROM and frequency > COMMON_SHARE * count


def _wanted(filters: Filters) -> Wanted:
    return Wanted(
        kinds=filters.kinds,
        language=filters.language,
        members_min=filters.members_min,
        members_max=filters.members_max,
        room=filters.room,
    )


def _without(wanted: Wanted, hidden: Sequence[Item], sight: Sight, country: str | None) -> Wanted:
    """Leaves out rooms and authors of which nothing may be seen, so that they fill no round."""
    bare = {
        item.room: replace(item, id="", account="", title="", text="", aliases=())
        for item in hidden
        if item.room
    }
    shown = dict(zip(bare, sight.seen(list(bare.values()), country), strict=True))
    rooms = {room for room, seen in shown.items() if not seen}
    accounts = {
        item.account
        for item in hidden
        if item.account in sight.masks.authors
        and sight.masks.hide(replace(item, id="", room=""), country=country)
    }
    return replace(
        wanted,
        without_rooms=rooms.union(wanted.without_rooms),
        without_accounts=accounts.union(wanted.without_accounts),
    )


def _holds(item: Item, phrases: Sequence[str]) -> bool:
    if not phrases:
        return True
    text = f" {_flat(analysis.folded(words_of(item)))} "
    return all(f" {phrase} " in text for phrase in phrases)


def _flat(folded: str) -> str:
    return " ".join(analysis.words(folded))


def _mark(item: Item) -> bytes:
    """Gives what a page's token remembers of an item: posts that say the same are one."""
    if item.kind is ItemKind.POST:
        return paging.mark(f"{item.kind} {words_of(item)}")
    return paging.mark(item.id)


def _merged(
    named: Sequence[tuple[Item, float]], found: Sequence[tuple[Item, float]]
) -> list[tuple[Item, float]]:
    """Gives candidates, those found by name first, with the score of all terms where known."""
    scores = {item.id: score for item, score in found}
    both = {item.id: (item, scores.get(item.id, score)) for item, score in (*named, *found)}
    return list(both.values())


def _once(hits: Iterable[Hit]) -> list[Hit]:
    """Gives hits without those that say the same as a better one."""
    kept: dict[bytes, Hit] = {}
    for hit in hits:
        kept.setdefault(_mark(hit.item), hit)
    return list(kept.values())
