"""Which decisions count against a room in the order of hits, and which do not."""

from datetime import timedelta

import pytest
from tests.drafts_of_tests import CHANNEL, EVENT, NOW, STAFF
from tests.integration.actions_of_tests import LATER, decided, in_force, settle

from evenhand.actions.drafts import Measure
from evenhand.actions.lists import END_CAME
from evenhand.actions.models import Action
from evenhand.actions.ports import InForce
from evenhand.actions.steps import answer, end_due, undo
from evenhand.base.lists import ActionKind
from evenhand.search.trust import COUNTED_DAYS, OFTEN, ONCE, Standings
from evenhand.search.watching import Sources, Watch

ROOM = CHANNEL.channel
BLOCK = Measure(ActionKind.BLOCK_CHANNEL, CHANNEL)
FOR_A_WEEK = Measure(ActionKind.DEINDEX, CHANNEL, ends_at=NOW + timedelta(days=7))


def factors(days: int = 0) -> dict[str, float]:
    """Gives what counts so many days later."""
    return dict(Standings(lambda: NOW + timedelta(days=days)).read(None).factors)


def ended() -> Action:
    """Gives an action whose time is over, as the messenger confirmed."""
    action = in_force(FOR_A_WEEK)
    end_due(now=NOW + timedelta(days=8))
    settle(InForce.NO, now=NOW + timedelta(days=8))
    action.refresh_from_db()
    return action


@pytest.mark.django_db
def test_a_decision_that_ended_with_its_time_counts_for_a_year():
    assert ended().undo_reason == END_CAME

    assert factors(days=30) == {ROOM: ONCE}
    assert factors(days=COUNTED_DAYS) == {ROOM: ONCE}
    assert factors(days=COUNTED_DAYS + 1) == {}


@pytest.mark.django_db
def test_two_decisions_count_more_than_two_measures_of_one():
    in_force(BLOCK)
    once = factors()
    in_force(BLOCK)

    assert once == {ROOM: ONCE}
    assert factors() == {ROOM: OFTEN}


@pytest.mark.django_db
def test_what_somebody_took_back_does_not_count():
    undo(in_force(BLOCK).id, by=STAFF, reason="a mistake", now=LATER)

    assert factors() == {}


@pytest.mark.django_db
def test_an_appeal_that_is_upheld_when_all_has_ended_takes_the_decision_away():
    action = ended()
    before = factors(days=30)
    answer(action.decision_id, upheld=True, reason="It was wrong.", now=NOW + timedelta(days=20))

    assert before == {ROOM: ONCE}
    assert factors(days=30) == {}


@pytest.mark.django_db
def test_an_appeal_that_is_refused_leaves_it():
    action = ended()
    answer(action.decision_id, upheld=False, reason="It was right.", now=NOW + timedelta(days=20))

    assert factors(days=30) == {ROOM: ONCE}


@pytest.mark.django_db
def test_orders_for_single_countries_single_posts_and_what_is_not_done_yet_do_not_count():
    in_force(Measure(ActionKind.GEO_WITHHOLD, CHANNEL, territory=("KZ",)))
    in_force(Measure(ActionKind.REDACT, EVENT))
    decided(BLOCK)

    assert factors() == {}


@pytest.mark.django_db
def test_a_look_takes_in_what_changed_and_what_was_undone():
    watched = Watch(lambda _room: True, Sources(trust=Standings(lambda: NOW).read))
    watched.look()
    action = in_force(BLOCK)
    watched.look()
    lowered = dict(watched.sight.trust.factors)
    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    watched.look()

    assert lowered == {ROOM: ONCE}
    assert dict(watched.sight.trust.factors) == {}
