"""A version of the query policy applied to the whole index.

What it names is hidden already, since the policy is asked of every hit; this makes decisions of it
that somebody can object to, and undoes those of words that it no longer names. Each portion is kept
together with the place in the index: killed anywhere, the next run goes on there.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

from django.db import transaction

from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.policy_items import ItemPolicy, named_items
from evenhand.search.proposals_queries import sweep_of
from evenhand.search.proposals_steps import end_sweep, note_sweep, propose, undo_unnamed
from evenhand.search.queries import policy_in_force

PORTION_ITEMS = 2_000
"""Items of one transaction."""


class Ordered(Protocol):
    """An index that is walked by the ids of items."""

    def items(self, *, after: str = "") -> Iterator[Item]:
        """Gives every item by its id; those after an id."""


def sweep_items(
    index: Ordered,
    policy: ItemPolicy,
    *,
    version: str,
    now: Callable[[], datetime],
    counts: Callable[[], bool] = lambda: True,
    walked: Callable[[int], None] = lambda _items: None,
) -> int:
    """Applies a version to the index from where it stopped; gives how many proposals are new.

    counts  tells whether this version still does; asked before each portion
    walked  is told how many items were looked at

    A version that was applied to the end is not applied again; one that counts no more is left.
    """
    row = sweep_of(version)
    if row is not None and row.ended_at is not None:
        return 0
    place, items, found = (row.place, row.items, row.found) if row else ("", 0, 0)
    before = found
    for portion in _portions(index.items(after=place)):
        if not counts():
            return found - before
        with transaction.atomic():
            found += _apply(portion, policy, version=version, now=now())
            items += len(portion)
            note_sweep(version, place=portion[-1].id, items=items, found=found, now=now())
        walked(len(portion))
    if row is None and not items:
        note_sweep(version, place="", items=0, found=0, now=now())
    end_sweep(version, now=now())
    return found - before


def sweep_in_force(folder: Path, *, now: Callable[[], datetime]) -> int:
    """Applies the policy in force to the index in a folder, once; gives how much is new.

    The searcher may write the index meanwhile: what comes later is looked at as it comes.
    """
    version, policy = policy_in_force()
    row = sweep_of(version)
    if (row is not None and row.ended_at is not None) or not folder.is_dir():
        return 0
    return sweep_items(
        Index.open(folder, read_only=True),
        policy,
        version=version,
        now=now,
        counts=lambda: policy_in_force()[0] == version,
    )


def _apply(portion: Sequence[Item], policy: ItemPolicy, *, version: str, now: datetime) -> int:
    named = list(named_items(portion, policy, version=version))
    topics = dict.fromkeys((item.id for item in portion), "")
    topics |= {one.item: one.topic for one in named}
    undo_unnamed(topics, now=now)
    return propose(named, now=now)


def _portions(items: Iterator[Item]) -> Iterator[Sequence[Item]]:
    while portion := list(islice(items, PORTION_ITEMS)):
        yield portion
