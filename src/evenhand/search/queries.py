"""The only readers of what closes rooms, and of what closed rooms are known by."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.base.lists import ActionKind, Ground, TargetKind
from evenhand.records.queries import still_gagged
from evenhand.search.answers import POLICY, RECREATED
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.models import ClosedRoom
from evenhand.search.proposing import Closing

CLOSING_KINDS = (ActionKind.BLOCK_CHANNEL.value, ActionKind.DEINDEX.value)
"""What closes a room so that it must not come back under another name."""

STANDING = (ActionState.PENDING.value, ActionState.IN_FORCE.value)


def closings() -> Mapping[str, Closing]:
    """Gives what closes rooms, by room; the decision that reaches furthest, else the first.

    Not what the search decided itself: what resembles a re-creation need not resemble the closed
    room. Nor an order that nobody may be told of: what follows from it would tell.
    """
    rows = list(
        Action.objects.filter(
            kind__in=CLOSING_KINDS, target_kind=TargetKind.CHANNEL.value, state__in=STANDING
        )
        .exclude(decision__rule_id=RECREATED)
        .exclude(decision__rule_id__startswith=POLICY)
        .order_by("decision_id")
        .values_list("channel", "decision_id", "decision__harm", "territory", "decision__ground")
    )
    ordered = [decision for _, decision, _, _, ground in rows if ground == Ground.ORDER]
    gagged = still_gagged(ordered) if ordered else frozenset()
    found: dict[str, Closing] = {}
    for room, decision, harm, territory, _ in rows:
        if decision in gagged:
            continue
        closing = Closing(decision, room, harm, tuple(territory))
        before = found.get(room)
        if before is None or (before.territory and not closing.territory):
            found[room] = closing
    return found


def closes(decision: UUID) -> bool:
    """Tells whether a decision still closes a room."""
    return Action.objects.filter(
        decision_id=decision,
        kind__in=CLOSING_KINDS,
        target_kind=TargetKind.CHANNEL.value,
        state__in=STANDING,
    ).exists()


def kept_closed(rooms: Collection[str]) -> list[Item]:
    """Gives what is kept of those closed rooms, as items."""
    return [
        Item(
            id=row.room,
            kind=ItemKind.ROOM,
            at=row.at,
            title=row.title,
            text=row.text,
            room=row.room,
            account=row.account,
            aliases=tuple(row.aliases),
            avatar=row.avatar,
        )
        for row in ClosedRoom.objects.filter(room__in=list(rooms))
    ]


def without_facts(item: Item) -> Item:
    """Gives a room's item with all its addresses in one place, as `kept_closed` gives it."""
    alias = (item.facts.alias,) if item.facts.alias else ()
    return replace(item, aliases=tuple(dict.fromkeys((*alias, *item.aliases))))
