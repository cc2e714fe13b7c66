"""What is looked for in new and changed items before anybody can find them.

The searcher asks `look` of what a crawl brings, before it is committed to the index, and `renew`
when decisions have changed. What is found becomes a proposal; the worker decides.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.policy_items import ItemPolicy, named_items
from evenhand.search.proposals_queries import held, not_recreations
from evenhand.search.proposals_steps import propose
from evenhand.search.proposing import Closing, Proposed, recreation
from evenhand.search.queries import closings, kept_closed
from evenhand.search.recreations import Recreations
from evenhand.search.steps import keep_closed


@dataclass(slots=True)
class Watch:
    """What rooms are closed, and which items are held back; one thread at a time.

    find         gives an item of the index by its id
    recreations  what closed rooms are known by
    held         items that nobody may find until a decision on them: for `Sight`
    """

    find: Callable[[str], Item | None]
    recreations: Recreations = field(default_factory=Recreations)
    held: frozenset[str] = frozenset()
    _closings: dict[str, Closing] = field(default_factory=dict)
    _exempt: dict[str, frozenset[str]] = field(default_factory=dict)

    def renew(self) -> tuple[Item, ...]:
        """Takes in what decisions closed or opened since; gives the rooms that were closed.

        What resembles those may stand in the index already: whoever calls this looks for rooms by
        their names, and has `look` asked of what that finds. Ask this before masks are read anew.
        """
        now_closed = closings()
        for room in self._closings.keys() - now_closed.keys():
            self.recreations.open(room)
        fresh = now_closed.keys() - self._closings.keys()
        # What was kept comes first: the room may have another name since.
        known = {item.id: item for item in kept_closed(fresh)}
        indexed = [
            item for room in sorted(fresh - known.keys()) if (item := self.find(room)) is not None
        ]
        keep_closed(indexed)
        known |= {item.id: item for item in indexed}
        for item in known.values():
            self.recreations.close(item)
        # A room of which nothing is known yet is asked for again, until a crawl has brought it.
        self._closings = {
            room: one for room, one in now_closed.items() if room in known or room not in fresh
        }
        self._exempt = dict(not_recreations())
        self.held = held()
        return tuple(known.values())

    def look(self, items: Iterable[Item], *, now: datetime) -> int:
        """Holds back rooms that resemble closed ones; gives how many proposals are new."""
        found = [one for item in items if (one := self._of(item)) is not None]
        if not found:
            return 0
        # Held before anything is written: the index is committed after this.
        self.held |= {one.item for one in found}
        return propose(found, now=now)

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
