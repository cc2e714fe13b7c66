"""What may be seen follows the decisions: hidden, back on undo, and never shown unknown."""

from datetime import UTC, datetime

import pytest
from tests.drafts_of_tests import CHANNEL, STAFF
from tests.integration.actions_of_tests import LATER, decided, in_force

from evenhand.actions.drafts import Measure
from evenhand.actions.steps import undo
from evenhand.base.lists import ActionKind
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.watching import NotReady, Sources, Watch

NAME = CHANNEL.channel
ROOM = Item(
    id=NAME, kind=ItemKind.ROOM, at=datetime(2026, 11, 23, tzinfo=UTC), title="x", room=NAME
)


def watch() -> Watch:
    return Watch(lambda _room: True, Sources())


@pytest.mark.django_db
def test_a_channel_taken_out_is_hidden_and_back_as_soon_as_that_is_undone():
    watched = watch()
    watched.look()
    assert watched.sight.shows(ROOM, "DE")

    action = in_force(Measure(ActionKind.DEINDEX, CHANNEL))
    watched.look()
    hidden = not watched.sight.shows(ROOM, "DE")
    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    watched.look()

    assert hidden
    assert watched.sight.shows(ROOM, "DE")
    assert watched.keeps(NAME)


@pytest.mark.django_db
def test_an_order_for_one_country_hides_there_alone():
    watched = watch()
    decided(Measure(ActionKind.DEINDEX, CHANNEL, territory=("KZ",)))
    watched.look()

    shown = {country: watched.sight.shows(ROOM, country) for country in ("KZ", "DE", None)}

    assert shown == {"KZ": False, "DE": True, None: False}


@pytest.mark.django_db
def test_nothing_is_shown_before_it_is_known_what_is_hidden():
    with pytest.raises(NotReady):
        watch().sight  # noqa: B018


@pytest.mark.django_db
def test_what_is_taken_out_of_search_is_told_apart_from_what_is_hidden_otherwise():
    watched = watch()
    action = in_force(Measure(ActionKind.DEINDEX, CHANNEL))
    in_force(Measure(ActionKind.BLOCK_CHANNEL, CHANNEL))
    watched.look()
    taken_out = set(watched.deindexed.rooms)

    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    watched.look()

    assert taken_out == {NAME}
    assert not watched.deindexed.rooms
    assert not watched.sight.shows(ROOM, "DE")
