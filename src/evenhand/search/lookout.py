"""What is looked for in new and changed rooms before anybody can find them.

The searcher asks `look` of what a crawl brings, before it is committed to the index, and `renew`
when decisions have changed. What is found is held back at once and becomes a proposal; the worker
decides.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evenhand.base.errors import InputRefused
from evenhand.search.asking import Ask, Filters, Page
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.policy_items import ItemPolicy, named_items
from evenhand.search.proposals_queries import not_recreations
from evenhand.search.proposals_steps import propose
from evenhand.search.proposing import Closing, Proposed, recreation
from evenhand.search.queries import closings, kept_closed
from evenhand.search.recreations import Recreations
from evenhand.search.steps import keep_closed

CANDIDATES_MAX = 100
"""Rooms with names like that of a closed one that are looked at when it is closed."""


@dataclass(slots=True)
class Lookout:
    """The closed rooms, and what resembles them; one thread at a time.

    find         gives an item of the index by its id
    seek         finds whatever the index holds, hidden or not
    hold         holds items back at once, until their proposals are read
    recreations  what closed rooms are known by
    """

    find: Callable[[str], Item | None]
    seek: Callable[[Ask], Page]
    hold: Callable[[Sequence[str]], None]
    recreations: Recreations = field(default_factory=Recreations)
    _closings: dict[str, Closing] = field(default_factory=dict)
    _exempt: dict[str, frozenset[str]] = field(default_factory=dict)
    _unknown: set[str] = field(default_factory=set)
    _come: set[str] = field(default_factory=set)

    def renew(self, rooms: Collection[str] | None = None, *, now: datetime) -> int:
        """Takes in what decisions closed or opened since; gives how many proposals are new.

        rooms  those whose decisions have changed; all if left out

        Rooms that resemble a room closed now may stand in the index already: they are sought.
        """
        asked = None if rooms is None else {*rooms, *self._come}
        now_closed = closings(asked)
        self._exempt = dict(not_recreations())
        looked_at = self._closings.keys() if asked is None else asked & self._closings.keys()
        for room in looked_at - now_closed.keys():
            self.recreations.open(room)
            del self._closings[room]
        fresh = now_closed.keys() - self._closings.keys()
        # What was kept comes first: the room may have another name since.
        known = {item.id: item for item in kept_closed(fresh)}
        indexed = [
            item for room in sorted(fresh - known.keys()) if (item := self.find(room)) is not None
        ]
        known |= {item.id: item for item in indexed}
        for item in known.values():
            self.recreations.close(item)
        # A room of which nothing is known yet is asked for again once a crawl has brought it.
        unknown = fresh - known.keys()
        self._unknown = unknown if asked is None else (self._unknown - asked) | unknown
        self._come &= self._unknown
        self._closings |= {room: one for room, one in now_closed.items() if room not in unknown}
        new = sum(self.look(self._alike(item), now=now) for item in indexed)
        # Kept last: what is kept already was sought, and is not sought again after a start.
        keep_closed(indexed)
        return new

    def look(self, items: Iterable[Item], *, now: datetime) -> int:
        """Holds back rooms that resemble closed ones; gives how many proposals are new."""
        found = []
        for item in items:
            if item.id in self._unknown:
                self._come.add(item.id)
            if (one := self._of(item)) is not None:
                found.append(one)
        if not found:
            return 0
        # Held before anything is written: the index is committed after this.
        self.hold([one.item for one in found])
        return propose(found, now=now)

    def _alike(self, item: Item) -> list[Item]:
        """Gives rooms of the index whose names are like that of another."""
        found: dict[str, Item] = {}
        rooms = Filters(kinds=frozenset({ItemKind.ROOM}))
        for name in (item.title, *item.aliases):
            try:
                page = self.seek(Ask(name, "", filters=rooms, limit=CANDIDATES_MAX))
            except InputRefused:
                # A name without a letter, or longer than a query may be, finds nothing.
                continue
            found |= {hit.item.id: hit.item for hit in page.hits}
        return list(found.values())

    def _of(self, item: Item) -> Proposed | None:
        if item.kind is not ItemKind.ROOM:
            return None
        exempt = self._exempt.get(item.id, frozenset())
        found = self.recreations.look(item, exempt=exempt)
        return recreation(item, found, self._closings[found.closed]) if found else None


def look_at_words(items: Sequence[Item], policy: ItemPolicy, *, version: str, now: datetime) -> int:
    """Proposes items whose words the query policy names; gives how many proposals are new.

    The policy hides them already: this has them decided on, so that somebody can object.
    """
    return propose(named_items(items, policy, version=version), now=now)
