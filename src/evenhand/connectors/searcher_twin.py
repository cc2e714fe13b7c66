"""The searcher's twin: finds by plain words in a few items, and says what it was asked.

For tests of what stands before the searcher; order and analysis are the real one's alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evenhand.base.errors import InputRefused, Unavailable
from evenhand.search.asking import Ask, Filters, Hit, Page
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks

PAGE = "page-"


@dataclass
class MemorySearcher:
    """Answers from memory.

    items     what there is, the best first
    masks     what decisions hide
    topics    the topic of the query policy by the word that seeks it
    trending_terms, suggestions  what it gives for these
    names     it suggests the names of what there is, too
    away      it does not answer
    asks      what it was asked, in order
    """

    items: Sequence[Item] = ()
    masks: Masks = field(default_factory=Masks)
    topics: Mapping[str, str] = field(default_factory=dict)
    suggestions: Sequence[str] = ()
    trending_terms: Sequence[str] = ()
    names: bool = False
    away: bool = False
    asks: list[Ask] = field(default_factory=list)

    def search(self, ask: Ask) -> Page:
        """Gives one page of the items that hold every word."""
        self._answer()
        self.asks.append(ask)
        words = ask.text.casefold().split()
        topic = next((topic for word, topic in self.topics.items() if word in words), "")
        if topic:
            return Page(topic=topic)
        found = [
            item
            for item in self.items
            if all(word in _words(item) for word in words)
            and _fits(item, ask.filters)
            and not self.masks.hide(item, country=ask.country)
        ]
        begin = _begin(ask.after)
        end = begin + ask.limit
        hits = tuple(
            Hit(item, 1.0 / (1 + place), self._room_name(item, ask.country))
            for place, item in enumerate(found[begin:end])
        )
        return Page(hits, f"{PAGE}{end}" if end < len(found) else "")

    def _room_name(self, item: Item, country: str | None) -> str:
        if item.kind is not ItemKind.POST:
            return ""
        rooms = (one for one in self.items if one.id == item.room)
        return next((one.title for one in rooms if not self.masks.hide(one, country=country)), "")

    def suggest(self, prefix: str, *, country: str | None, language: str) -> Sequence[str]:  # noqa: ARG002
        """Gives the suggestions that begin so, after the names that do."""
        self._answer()
        if any(word in prefix.casefold().split() for word in self.topics):
            return []
        names = [item.title for item in self.items if not self.masks.hide(item, country=country)]
        return [
            one
            for one in (*(names if self.names else ()), *self.suggestions)
            if one.casefold().startswith(prefix.casefold())
            and not any(word in one.casefold().split() for word in self.topics)
        ]

    def trending(self, *, country: str | None, language: str) -> Sequence[str]:  # noqa: ARG002
        """Gives the trending terms."""
        self._answer()
        return self.trending_terms

    def _answer(self) -> None:
        if self.away:
            raise Unavailable(process="searcher")


def _words(item: Item) -> str:
    return " ".join((item.title, item.text, item.account, *item.aliases)).casefold()


def _fits(item: Item, filters: Filters) -> bool:
    return (
        (not filters.kinds or item.kind in filters.kinds)
        and filters.language in ("", item.language)
        and filters.room in ("", item.room)
        and item.members >= filters.members_min
        and (filters.members_max is None or item.members <= filters.members_max)
    )


def _begin(after: str) -> int:
    number = after.removeprefix(PAGE)
    if after and not (after.startswith(PAGE) and number.isdecimal()):
        raise InputRefused(what="after", why="no token of ours")
    return int(number or 0)
