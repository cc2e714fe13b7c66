"""What may not be found, and where: asked of every hit, so that a decision needs no new index."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evenhand.search.items import Item

Territory = frozenset[str]
"""ISO 3166-1 alpha-2 codes; empty means the whole world."""


@dataclass(frozen=True, slots=True)
class Masks:
    """What decisions hide, by the messenger's ids.

    rooms     with all that is in them
    posts     single ones
    accounts  as such; what they wrote stays
    authors   all that these accounts wrote
    """

    rooms: Mapping[str, Territory] = field(default_factory=dict)
    posts: Mapping[str, Territory] = field(default_factory=dict)
    accounts: Mapping[str, Territory] = field(default_factory=dict)
    authors: Mapping[str, Territory] = field(default_factory=dict)

    def hide(self, item: Item, *, country: str | None) -> bool:
        """Tells whether an item is not to be found from a country; None: from nobody knows where.

        Whoever cannot be placed at all is shown nothing that is hidden anywhere.
        """
        return (
            _covers(self.rooms.get(item.room), country)
            or _covers(self.posts.get(item.id), country)
            or _covers(self.accounts.get(item.id), country)
            or _covers(self.authors.get(item.account), country)
        )


def _covers(territory: Territory | None, country: str | None) -> bool:
    if territory is None:
        return False
    return not territory or country is None or country in territory
