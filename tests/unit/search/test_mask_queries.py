"""What decisions hide, as values: which names, and where."""

import pytest

from evenhand.actions.queries import HidingAction
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.search.mask_queries import masks_of, rooms_of

ROOM = (TargetKind.CHANNEL, "!r:a.test")
POST = (TargetKind.EVENT, "$1")
ACCOUNT = (TargetKind.ACCOUNT, "@own:a.test")


def one(kind, target, *territory, undoing=False):
    kind_of_target, name = target
    return HidingAction(kind, kind_of_target, name, territory, undoing)


@pytest.mark.parametrize(
    ("action", "kept", "name"),
    [
        (one(ActionKind.DEINDEX, ROOM), "rooms", "!r:a.test"),
        (one(ActionKind.BLOCK_CHANNEL, ROOM), "rooms", "!r:a.test"),
        (one(ActionKind.UNLIST, ROOM), "rooms", "!r:a.test"),
        (one(ActionKind.DEINDEX, POST), "posts", "$1"),
        (one(ActionKind.REDACT, POST), "posts", "$1"),
        (one(ActionKind.SUSPEND, ACCOUNT), "accounts", "@own:a.test"),
        (one(ActionKind.DEACTIVATE, ACCOUNT), "accounts", "@own:a.test"),
        (one(ActionKind.REDACT, ACCOUNT), "authors", "@own:a.test"),
    ],
)
def test_an_action_hides_its_target_and_nothing_else(action, kept, name):
    masks = masks_of([action])

    found = {part: dict(getattr(masks, part)) for part in ("rooms", "posts", "accounts", "authors")}
    assert found.pop(kept) == {name: frozenset()}
    assert not any(found.values())


def test_who_is_taken_out_of_search_takes_what_they_wrote_along():
    masks = masks_of([one(ActionKind.DEINDEX, ACCOUNT, "KZ")])

    assert masks.accounts == masks.authors == {"@own:a.test": frozenset({"KZ"})}


def test_of_two_actions_on_one_thing_the_wider_holds_in_any_order():
    narrow = one(ActionKind.GEO_WITHHOLD, ROOM, "KZ")
    other = one(ActionKind.DEINDEX, ROOM, "DE", "FR")
    wide = one(ActionKind.BLOCK_CHANNEL, ROOM)

    assert masks_of([narrow, other]).rooms == {"!r:a.test": frozenset({"KZ", "DE", "FR"})}
    for order in ([narrow, wide, other], [wide, other, narrow], [other, narrow, wide]):
        assert masks_of(order).rooms == {"!r:a.test": frozenset()}


def test_rooms_that_are_closed_are_kept_while_that_is_undone():
    assert rooms_of(
        [one(ActionKind.DEINDEX, ROOM, undoing=True), one(ActionKind.REDACT, POST)]
    ) == {"!r:a.test"}
