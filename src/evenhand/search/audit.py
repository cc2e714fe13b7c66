"""What the index shows that it should not: walked whole, screened, and sought as one would seek.

Nothing is changed and nothing kept: what screening flags here is counted and not decided.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from evenhand.base.lists import EventKind
from evenhand.search.asking import Ask, Filters, Page
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.ports import Screen
from evenhand.search.sight import words_of
from evenhand.search.spellings import Spelling, spellings

BATCH_ITEMS = 4_096
"""Items that are screened at a time."""

SOUGHT_MAX = 500
"""Decided items that are sought under every spelling: each is some eighty queries."""

PAGES_MAX = 3
"""Pages of a query that are looked at: what is hidden must be on none."""

PAGE_HITS = 50

EVENTS: Mapping[ItemKind, EventKind] = {
    ItemKind.ROOM: EventKind.ROOM_PUBLICATION,
    ItemKind.POST: EventKind.MESSAGE,
    ItemKind.ACCOUNT: EventKind.PROFILE,
}
"""As what the screening looks at an item."""

Seek = Callable[[Ask], Page]
"""Gives one page of what is found, as anybody would be given it."""


class Walked(Protocol):
    """An index that is walked."""

    def items(self) -> Iterator[Item]:
        """Gives every item, in any order."""

    def __len__(self) -> int:
        """Gives how many items there are."""


class Hidden(Protocol):
    """What decides what may be seen, as far as decisions do."""

    @property
    def masks(self) -> Masks:
        """Gives what decisions hide."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Something that must not be found: its id, and by what it would be sought."""

    id: str
    kind: ItemKind
    names: tuple[str, ...]
    countries: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that was found and should not have been.

    how  the spelling by which it was found
    """

    id: str
    how: str
    query: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found.

    items    all that the index holds
    decided  of those, hidden by a decision, in some country at least
    flagged  of the others, those that screening would flag, by harm
    sought   decided items that were sought, by `queries` queries
    leaks    what was found of them
    """

    items: int
    decided: int
    flagged: Mapping[str, int]
    sought: int = 0
    queries: int = 0
    leaks: tuple[Leak, ...] = ()

    @property
    def undecided(self) -> int:
        """Gives how many items no decision hides anywhere."""
        return self.items - self.decided

    @property
    def flagged_share(self) -> float:
        """Gives the share of undecided items that screening would flag, 0 to 1."""
        return sum(self.flagged.values()) / self.undecided if self.undecided else 0.0

    @property
    def leaked(self) -> frozenset[str]:
        """Gives the ids that were found and should not have been."""
        return frozenset(leak.id for leak in self.leaks)


@dataclass(slots=True)
class _Walk:
    """What is counted while an index is walked."""

    sought_max: int
    items: int = 0
    decided: int = 0
    flagged: Counter[str] = field(default_factory=Counter)
    rooms: list[Sought] = field(default_factory=list)
    others: list[Sought] = field(default_factory=list)

    def sought(self) -> list[Sought]:
        return (self.rooms + self.others)[: self.sought_max]


def audit(
    index: Walked,
    screen: Screen,
    sight: Hidden,
    *,
    seek: Seek,
    seeded: Sequence[Sought] = (),
    sought_max: int = SOUGHT_MAX,
    walked: Callable[[int], None] = lambda _items: None,
    tried: Callable[[int], None] = lambda _queries: None,
) -> Audit:
    """Walks the whole index, screens what is not decided, and seeks what is.

    seeded      what must not be found beside what decisions hide
    sought_max  decided items that are sought, rooms before others
    walked      told how many items were walked since it was last told
    tried       told how many queries were asked
    """
    walk = _Walk(sought_max)
    for batch in _batches(index.items()):
        _count(batch, screen, sight.masks, walk)
        walked(len(batch))
    sought = [*walk.sought(), *seeded]
    must_not = {one.id for one in seeded}
    queries = 0
    leaks: dict[str, Leak] = {}
    for one in sought:
        for ask, how in _asks(one):
            queries += 1
            for id_ in _found(ask, seek, sight.masks, must_not):
                leaks.setdefault(id_, Leak(id_, how, ask.text, ask.country))
            tried(1)
    return Audit(
        items=walk.items,
        decided=walk.decided,
        flagged=dict(walk.flagged),
        sought=len(sought),
        queries=queries,
        leaks=tuple(leaks.values()),
    )


def _batches(items: Iterator[Item]) -> Iterator[Sequence[Item]]:
    while batch := list(islice(items, BATCH_ITEMS)):
        yield batch


def _count(batch: Sequence[Item], screen: Screen, masks: Masks, walk: _Walk) -> None:
    walk.items += len(batch)
    undecided = []
    for item in batch:
        if not masks.hide(item, country=None):
            undecided.append(item)
            continue
        walk.decided += 1
        into = walk.rooms if item.kind is ItemKind.ROOM else walk.others
        if len(into) < walk.sought_max:
            into.append(_sought(item, masks))
    harms = screen.flagged(
        [words_of(item) for item in undecided], [EVENTS[item.kind] for item in undecided]
    )
    walk.flagged.update(harm for harm in harms if harm)


def _sought(item: Item, masks: Masks) -> Sought:
    """Gives an item as it is sought: where it is hidden, by its name or how it begins."""
    everywhere = masks.hide(item, country="")
    hidden_in = [code for code in _territory(item, masks) if masks.hide(item, country=code)]
    countries = (None, "", *hidden_in[:1]) if everywhere else (None, *hidden_in[:2])
    names = (item.title, *item.aliases) if item.title else (item.text,)
    return Sought(item.id, item.kind, tuple(name for name in names if name.strip()), countries)


def _territory(item: Item, masks: Masks) -> Sequence[str]:
    """Gives the countries that decisions on an item name."""
    named = (
        masks.rooms.get(item.room),
        masks.posts.get(item.id),
        masks.accounts.get(item.id),
        masks.authors.get(item.account),
    )
    return sorted(set().union(*(territory or () for territory in named)))


def _asks(one: Sought) -> Iterator[tuple[Ask, str]]:
    """Gives the queries by which something is sought; the spellings from each country in turn."""
    asked: Iterable[Spelling] = (way for name in one.names for way in spellings(name))
    filters = Filters(kinds=frozenset({one.kind}))
    for k, way in enumerate(asked):
        country = one.countries[k % len(one.countries)]
        yield (
            Ask(way.text, country, filters=filters, typing=way.typing, limit=PAGE_HITS),
            way.how,
        )


def _found(ask: Ask, seek: Seek, masks: Masks, must_not: set[str]) -> Iterator[str]:
    """Gives the ids of hits that should not be there: whatever was sought."""
    after = ""
    for _ in range(PAGES_MAX):
        page = seek(
            Ask(ask.text, ask.country, ask.language, ask.filters, ask.typing, after, ask.limit)
        )
        for hit in page.hits:
            if hit.item.id in must_not or masks.hide(hit.item, country=ask.country):
                yield hit.item.id
        after = page.after
        if not after:
            return
