"""What decisions hide from the search, as the table of actions says, kept up as it changes."""

from collections.abc import Collection, Iterable, Mapping

from evenhand.actions.queries import (
    HidingAction,
    Named,
    hiding_actions,
    hiding_changed,
    transactions_ended,
)
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.search.masks import Masks, Territory

CHANGES_MAX = 20_000
"""Targets that are read one by one; where more have changed, all are read anew."""


class Hidden:
    """What decisions hide; one thread reads, many look.

    masks      all that they hide, whatever they were
    deindexed  what of it is hidden by being taken out of search
    rooms      the rooms that they close, in one country at least

    A room whose closing is being undone is hidden no longer, but stays among `rooms`: who takes it
    out of the directory is the desk, and not its owner.
    """

    def __init__(self) -> None:
        self.masks, self.deindexed = _nothing(), _nothing()
        self.rooms: set[str] = set()
        self._upto: int | None = None

    def read(self) -> Collection[Named] | None:
        """Reads what has changed since it was read last; gives on what, None for all.

        Whoever looks meanwhile sees each target as it was or as it is.
        """
        # Asked first: what is not ended now is read again the next time.
        upto = transactions_ended()
        changed = None if self._upto is None else hiding_changed(self._upto)
        if changed is not None and len(changed) > CHANGES_MAX:
            changed = None
        if changed is None or changed:
            self._take(changed, list(hiding_actions(changed)))
        self._upto = upto
        return changed

    def _take(self, changed: Collection[Named] | None, actions: Collection[HidingAction]) -> None:
        """Takes in what now stands on some targets; None: on all."""
        standing = [one for one in actions if not one.undoing]
        masks = masks_of(standing)
        deindexed = masks_of(one for one in standing if one.kind is ActionKind.DEINDEX)
        rooms = rooms_of(actions)
        if changed is None:
            self.rooms, self.masks, self.deindexed = set(rooms), masks, deindexed
            return
        # Rooms that stay are known before they are seen: else the crawl would drop them.
        self.rooms |= rooms
        for before, now in ((self.masks, masks), (self.deindexed, deindexed)):
            for part, kind in KIND_OF_PART.items():
                _put(getattr(before, part), getattr(now, part), names_of(changed, kind))
        self.rooms -= names_of(changed, TargetKind.CHANNEL) - rooms


KIND_OF_PART: Mapping[str, TargetKind] = {
    "rooms": TargetKind.CHANNEL,
    "posts": TargetKind.EVENT,
    "accounts": TargetKind.ACCOUNT,
    "authors": TargetKind.ACCOUNT,
}
"""What the names in each part of the masks are names of."""


def hidden() -> Hidden:
    """Gives what decisions hide now."""
    found = Hidden()
    found.read()
    return found


def masks_of(actions: Iterable[HidingAction]) -> Masks:
    """Gives what these actions hide; of two on one thing the wider one holds."""
    masks = _nothing()
    for one in actions:
        for part in _parts(one):
            _add(getattr(masks, part), one.name, one.territory)
    return masks


def rooms_of(actions: Iterable[HidingAction]) -> frozenset[str]:
    """Gives the rooms that these actions close, in one country at least."""
    return frozenset(one.name for one in actions if one.target_kind is TargetKind.CHANNEL)


def names_of(targets: Collection[Named], kind: TargetKind) -> frozenset[str]:
    """Gives the ids of targets of one kind."""
    return frozenset(name for one, name in targets if one is kind)


def _parts(one: HidingAction) -> tuple[str, ...]:
    """Gives as what an action hides its target."""
    match one.target_kind:
        case TargetKind.CHANNEL:
            return ("rooms",)
        case TargetKind.EVENT:
            return ("posts",)
        case TargetKind.ACCOUNT if one.kind is ActionKind.REDACT:
            return ("authors",)
        case TargetKind.ACCOUNT if one.kind is ActionKind.DEINDEX:
            return ("accounts", "authors")
        case TargetKind.ACCOUNT:
            return ("accounts",)
        case _:
            return ()


def _nothing() -> Masks:
    return Masks({}, {}, {}, {})


def _put(kept: dict[str, Territory], now: dict[str, Territory], names: Collection[str]) -> None:
    """Puts what now holds for some names in the place of what held, one after the other."""
    for name in names:
        if name in now:
            kept[name] = now[name]
        else:
            kept.pop(name, None)


EVERYWHERE: Territory = frozenset()


def _add(kept: dict[str, Territory], name: str, territory: tuple[str, ...]) -> None:
    if not name:
        return
    before = kept.get(name)
    if not territory or before == EVERYWHERE:
        kept[name] = EVERYWHERE
    else:
        kept[name] = frozenset(territory) | (before or EVERYWHERE)
