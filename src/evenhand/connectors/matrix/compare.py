"""Compares the index with Synapse, item by item: what is missing, what should not be there.

Synapse is read anew from the directory to the first event of each room, by the same account without
rights, and by another way than the crawl's: no cursors, no pokes, nothing kept.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from evenhand.connectors.matrix import found
from evenhand.connectors.matrix.peek import Json, Peek
from evenhand.search.items import Item
from evenhand.search.lists import Difference, ItemKind


@dataclass(frozen=True, slots=True)
class Different:
    """An item that is not in the index as it is at the messenger; its words are not told."""

    id: str
    kind: ItemKind
    how: Difference


@dataclass(slots=True)
class Comparison:
    """What was compared: items at the messenger by kind, and what differs."""

    items: dict[ItemKind, int] = field(default_factory=dict)
    differences: frozenset[Different] = frozenset()


def compare(
    peek: Peek,
    indexed: Callable[[], Iterable[Item]],
    *,
    kept: Callable[[], Collection[str]] = frozenset,
    tries: int = 3,
    pause: Callable[[], object] = lambda: None,
    read: Callable[[str], None] = lambda _room: None,
) -> Comparison:
    """Gives what differs, each time it was looked: what changed meanwhile is none.

    indexed  gives the items of the index as it is now
    kept     gives the rooms that decisions close: they stay in the index, hidden
    tries    looks at most; `pause` is called between two
    read     is told of each room read
    """
    made = Comparison()
    differences: frozenset[Different] | None = None
    for turn in range(tries):
        if turn:
            pause()
        there: dict[str, tuple[ItemKind, bytes]] = {
            item.id: (item.kind, _said(item)) for item in public_items(peek, read=read)
        }
        now = frozenset(_differences(there, indexed(), kept()))
        differences = now if differences is None else differences & now
        made.items = {kind: sum(one is kind for one, _ in there.values()) for kind in ItemKind}
        if not differences:
            break
    made.differences = differences or frozenset()
    return made


def public_items(peek: Peek, *, read: Callable[[str], None] = lambda _room: None) -> Iterator[Item]:
    """Gives all that may be found at the messenger; an account once for each room it is in."""
    unwilling: dict[str, bool] = {}

    def may(account: str) -> bool:
        if account not in unwilling:
            profile = peek.profile(account) or {}
            wish = profile.get(found.INDEX)
            unwilling[account] = found.opts_out(wish if isinstance(wish, dict) else None)
        return not unwilling[account]

    for room in _listed(peek):
        read(room)
        summary = peek.summary(room)
        if summary is None or not found.is_public(summary):
            continue
        readable = summary.get("world_readable") is True
        if readable and _is_kept_out(peek, room):
            continue
        yield found.room_item(summary, last=0.0)
        if readable:
            yield from (item for item in _in_room(peek, room) if may(item.account))


def _is_kept_out(peek: Peek, room: str) -> bool:
    """Tells whether a readable room opted out, or was given up for another."""
    wish = peek.state(room, found.INDEX)
    return found.opts_out(wish) or peek.state(room, "m.room.tombstone") is not None


def _in_room(peek: Peek, room: str) -> Iterator[Item]:
    """Gives the accounts and the posts of a readable room."""
    for account, member in (peek.members(room) or {}).items():
        yield found.account_item(account, member, last=0.0)
    for event in _events(peek, room):
        if item := found.post_item(event, room=room, members=0):
            yield item


def _listed(peek: Peek) -> Iterator[str]:
    since, seen = "", set[str]()
    while True:
        rooms, since = peek.directory(since)
        for room in rooms:
            if room not in seen:
                seen.add(room)
                yield room
        if not since:
            return


def _events(peek: Peek, room: str) -> Iterator[Json]:
    start = None
    while True:
        page = peek.messages(room, start=start, direction="b")
        if page is None:
            return
        yield from page.events
        if page.end is None or not page.events:
            return
        start = page.end


def _differences(
    there: Mapping[str, tuple[ItemKind, bytes]], indexed: Iterable[Item], kept: Collection[str]
) -> Iterator[Different]:
    missing = dict(there)
    for item in indexed:
        known = missing.pop(item.id, None)
        if known is None:
            if item.room not in kept:
                yield Different(item.id, item.kind, Difference.NOT_PUBLIC)
        elif known[1] != _said(item):
            yield Different(item.id, item.kind, Difference.CHANGED)
    for name, (kind, _) in missing.items():
        yield Different(name, kind, Difference.MISSING)


def _said(item: Item) -> bytes:
    """Gives what stands for what an item says, and where; not its size and age.

    An account may have another name in each room.
    """
    if item.kind is ItemKind.ACCOUNT:
        return b""
    words = (item.title, item.text, item.room, item.account, *item.aliases)
    return blake2b("\0".join(words).encode(errors="replace"), digest_size=12).digest()
