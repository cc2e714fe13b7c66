"""What may be seen follows the decisions: hidden, back on undo, and never shown unknown."""

from collections.abc import Collection
from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.drafts_of_tests import ACCOUNT, CHANNEL, EVENT, STAFF
from tests.integration.actions_of_tests import LATER, decided, in_force

from evenhand.actions.drafts import Measure
from evenhand.actions.models import Action
from evenhand.actions.steps import undo
from evenhand.base.lists import ActionKind
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.mask_queries import hidden
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


@pytest.mark.django_db
def test_a_look_takes_in_what_has_changed_since_the_last_and_keeps_the_rest():
    watched = watch()
    first = in_force(Measure(ActionKind.DEINDEX, CHANNEL))
    in_force(Measure(ActionKind.SUSPEND, ACCOUNT))
    watched.look()

    block = in_force(Measure(ActionKind.BLOCK_CHANNEL, CHANNEL))
    watched.look()
    undo(first.id, by=STAFF, reason="a mistake", now=LATER)
    watched.look()
    still = dict(watched.sight.masks.rooms)
    undo(block.id, by=STAFF, reason="a mistake", now=LATER)
    watched.look()

    assert still == {NAME: frozenset()}
    assert not watched.sight.masks.rooms
    assert dict(watched.sight.masks.accounts) == {ACCOUNT.account: frozenset()}


@pytest.mark.django_db
def test_what_changes_step_by_step_ends_as_what_is_read_at_once():
    kept = hidden()
    narrow = Measure(ActionKind.DEINDEX, CHANNEL, territory=("KZ",))
    steps = [
        lambda: made.append(in_force(narrow)),
        lambda: made.append(in_force(Measure(ActionKind.GEO_WITHHOLD, CHANNEL, territory=("DE",)))),
        lambda: made.append(in_force(Measure(ActionKind.REDACT, EVENT))),
        lambda: made.append(in_force(Measure(ActionKind.DEACTIVATE, ACCOUNT))),
        lambda: made.append(in_force(Measure(ActionKind.LOCK, ACCOUNT))),
        lambda: undo(made[4].id, by=STAFF, reason="a mistake", now=LATER),
        lambda: undo(made[0].id, by=STAFF, reason="a mistake", now=LATER),
    ]
    made: list[Action] = []
    for step in steps:
        step()
        kept.read()
        whole = hidden()

        assert kept.masks == whole.masks
        assert kept.deindexed == whole.deindexed
        assert kept.rooms == whole.rooms
    assert kept.masks.accounts
    assert kept.masks.posts


@pytest.mark.django_db
def test_who_follows_decisions_is_told_on_which_rooms_they_were():
    told: list[Collection[str] | None] = []
    watched = Watch(lambda _room: True, Sources(renew=told.append))
    watched.look()
    in_force(Measure(ActionKind.DEINDEX, CHANNEL))
    watched.look()
    watched.look()
    watched.follow_up()
    watched.follow_up()

    assert told == [None, frozenset({NAME})]


@pytest.mark.django_db
def test_what_follows_and_failed_is_done_again():
    told: list[Collection[str] | None] = []

    def renew(rooms: Collection[str] | None) -> None:
        told.append(rooms)
        if len(told) == 2:
            raise TimeoutError

    watched = Watch(lambda _room: True, Sources(renew=renew))
    watched.look()
    in_force(Measure(ActionKind.DEINDEX, CHANNEL))
    watched.look()
    with pytest.raises(TimeoutError):
        watched.follow_up()
    watched.follow_up()

    assert told == [None, frozenset({NAME}), frozenset({NAME})]


@pytest.mark.django_db
def test_nobody_waits_for_what_follows_who_looks():
    seen: list[bool] = []

    def renew(rooms: Collection[str] | None) -> None:
        if rooms is not None:
            in_force(Measure(ActionKind.REDACT, EVENT))
            watched.look()
            seen.append(EVENT.event in watched.sight.masks.posts)

    watched = Watch(lambda _room: True, Sources(renew=renew))
    watched.look()
    in_force(Measure(ActionKind.DEINDEX, CHANNEL))
    watched.look()
    watched.follow_up()

    assert seen == [True]


@pytest.mark.django_db
def test_what_is_held_back_stays_so_until_its_proposals_are_written_and_read():
    seen: list[bool] = []
    proposed: set[str] = set()
    watched = Watch(lambda _room: True, Sources(held=lambda: frozenset(proposed)))
    watched.look()

    def work() -> None:
        watched.hold(["!again:evenhand.test"])
        watched.look()
        seen.append("!again:evenhand.test" in watched.sight.held)
        proposed.add("!again:evenhand.test")

    watched.alone(work)
    watched.alone(work)
    watched.look()
    assert seen == [True, True]
    assert watched.sight.held == {"!again:evenhand.test"}

    proposed.clear()
    watched.look()
    assert not watched.sight.held


@pytest.mark.django_db
def test_an_action_says_which_transaction_wrote_it_last_however_it_was_written():
    action = in_force(Measure(ActionKind.DEINDEX, CHANNEL))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE actions_action SET changed = '3' WHERE id = %s", [action.id])
        cursor.execute("SELECT pg_current_xact_id()::text")
        (mine,) = cursor.fetchone() or ("",)

    action.refresh_from_db()

    assert action.changed == int(mine) > 3
