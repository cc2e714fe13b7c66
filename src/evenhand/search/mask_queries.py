"""What decisions hide from the search, as the table of actions says."""

from collections.abc import Iterable
from dataclasses import dataclass

from evenhand.actions.queries import HidingAction, hiding_actions
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.search.masks import Masks, Territory


@dataclass(frozen=True, slots=True)
class Hidden:
    """What decisions hide.

    masks      all that they hide, whatever they were
    deindexed  what of it is hidden by being taken out of search
    rooms      the rooms that they close, in one country at least
    """

    masks: Masks
    deindexed: Masks
    rooms: frozenset[str]


def hidden() -> Hidden:
    """Gives what decisions hide now.

    A room whose closing is being undone is hidden no longer, but stays in the index: who takes it
    out of the directory is the desk, and not its owner.
    """
    actions = hiding_actions()
    standing = [one for one in actions if not one.undoing]
    deindexed = (one for one in standing if one.kind is ActionKind.DEINDEX)
    return Hidden(masks_of(standing), masks_of(deindexed), rooms_of(actions))


def masks_of(actions: Iterable[HidingAction]) -> Masks:
    """Gives what these actions hide; of two on one thing the wider one holds."""
    masks = Masks({}, {}, {}, {})
    for one in actions:
        for kept, name in _hides(one, masks):
            _add(kept, name, one.territory)
    return masks


def rooms_of(actions: Iterable[HidingAction]) -> frozenset[str]:
    """Gives the rooms that these actions close, in one country at least."""
    return frozenset(one.target.channel for one in actions if one.target.kind is TargetKind.CHANNEL)


def _hides(one: HidingAction, masks: Masks) -> list[tuple[dict[str, Territory], str]]:
    """Gives which names an action hides, and as what."""
    rooms, posts, accounts, authors = masks.rooms, masks.posts, masks.accounts, masks.authors
    assert isinstance(rooms, dict)
    assert isinstance(posts, dict)
    assert isinstance(accounts, dict)
    assert isinstance(authors, dict)
    target = one.target
    match target.kind:
        case TargetKind.CHANNEL:
            return [(rooms, target.channel)]
        case TargetKind.EVENT:
            return [(posts, target.event)]
        case TargetKind.ACCOUNT if one.kind is ActionKind.REDACT:
            return [(authors, target.account)]
        case TargetKind.ACCOUNT if one.kind is ActionKind.DEINDEX:
            return [(accounts, target.account), (authors, target.account)]
        case TargetKind.ACCOUNT:
            return [(accounts, target.account)]
        case TargetKind.MEDIA | TargetKind.REGISTRATION:
            return []


def _add(kept: dict[str, Territory], name: str, territory: tuple[str, ...]) -> None:
    if not name:
        return
    before = kept.get(name)
    wide = not territory or before == frozenset()
    kept[name] = frozenset() if wide else frozenset(territory) | (before or frozenset())
