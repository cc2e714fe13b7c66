"""All that decides what may be seen now; asked of every hit, suggestion and trending word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evenhand.search.asking import Trust
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.ports import NoPolicy, Policy


@dataclass(frozen=True, slots=True)
class Sight:
    """What stands between the index and whoever asks.

    masks    what decisions hide
    is_open  tells of a room whether it is public at the messenger now
    policy   what may not be sought, and which texts may not be found
    trust    what speaks for or against rooms
    held     rooms, posts and accounts that wait for a decision
    exempt   items that an appeal freed: no list of words hides them
    """

    masks: Masks = field(default_factory=Masks)
    is_open: Callable[[str], bool] = lambda _room: True
    policy: Policy = field(default_factory=NoPolicy)
    trust: Trust = field(default_factory=Trust)
    held: frozenset[str] = frozenset()
    exempt: frozenset[str] = frozenset()

    def shows(self, item: Item, country: str | None) -> bool:
        """Tells whether an item may be seen from a country."""
        return self.seen([item], country)[0]

    def seen(self, items: Sequence[Item], country: str | None) -> list[bool]:
        """Tells of each item whether it may be seen from a country."""
        allowed = [self._allowed(item, country) for item in items]
        asked = [at for at, item in enumerate(items) if allowed[at] and item.id not in self.exempt]
        if asked:
            topics = self.policy.hides([words_of(items[at]) for at in asked])
            for at, topic in zip(asked, topics, strict=True):
                allowed[at] = not topic
        return allowed

    def _allowed(self, item: Item, country: str | None) -> bool:
        if item.id in self.held or item.room in self.held or item.account in self.held:
            return False
        if item.kind is not ItemKind.ACCOUNT and not self.is_open(item.room):
            return False
        return not self.masks.hide(item, country=country)


def words_of(item: Item) -> str:
    """Gives all that an item says: name, addresses, text."""
    return "\n".join(filter(None, (item.title, *item.aliases, item.text)))
