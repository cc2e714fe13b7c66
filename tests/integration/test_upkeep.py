"""Withholdings are kept in force: who is placed there later, or slipped back in, has to leave."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest
from tests.drafts_of_tests import NOW
from tests.integration.actions_of_tests import LATER, decided, settle

from evenhand.actions.drafts import Measure
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.actions.ports import InForce, Target
from evenhand.actions.upkeep_steps import keep_withheld
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.connectors.memory import MemoryMessenger

pytestmark = pytest.mark.django_db
ROOM, OWNER, READER = "!room:twin", "@owner:twin", "@reader:twin"
TARGET = Target(TargetKind.CHANNEL, account=OWNER, channel=ROOM)


@dataclass
class Places:
    """Who is placed where; it may change."""

    found: dict[str, str] = field(default_factory=dict)

    def accounts_in(self, territory: Sequence[str], among: Collection[str]) -> Collection[str]:
        return [one for one in among if self.found.get(one) in territory]


@pytest.fixture
def places() -> Places:
    return Places({OWNER: "DE"})


@pytest.fixture
def twin(places: Places) -> MemoryMessenger:
    made = MemoryMessenger(places=places)
    made.register(OWNER)
    made.register(READER)
    made.create_room(ROOM, OWNER)
    made.join(ROOM, READER)
    return made


def withheld(twin: MemoryMessenger) -> Action:
    """Gives a withholding in Kazakhstan that the twin has carried out."""
    action = decided(Measure(ActionKind.GEO_WITHHOLD, TARGET, ("KZ",)))
    settle(InForce.YES, memory={"members": []})
    action.refresh_from_db()
    return action


def members(twin: MemoryMessenger) -> set[str]:
    with twin.looking() as world:
        return set(world.room(ROOM).members)


def rejoin(twin: MemoryMessenger) -> None:
    """Joins as one does whom the door does not know yet: the twin's own door is not asked."""
    with twin.looking():
        twin.change("membership", {"room": ROOM, "account": READER, "joined": True})


def test_who_is_placed_there_later_has_to_leave_and_is_remembered(twin, places):
    action = withheld(twin)
    assert keep_withheld(twin, now=LATER) == 0
    places.found[READER] = "KZ"

    assert keep_withheld(twin, now=LATER) == 1

    action.refresh_from_db()
    assert READER not in members(twin)
    assert OWNER in members(twin)
    assert action.memory == {"members": [READER]}


def test_who_slips_back_in_has_to_leave_again_and_is_remembered_once(twin, places):
    places.found[READER] = "KZ"
    action = withheld(twin)
    keep_withheld(twin, now=LATER)
    rejoin(twin)

    assert keep_withheld(twin, now=LATER) == 1

    action.refresh_from_db()
    assert READER not in members(twin)
    assert action.memory == {"members": [READER]}


def test_what_is_being_undone_is_left_alone(twin, places):
    action = withheld(twin)
    places.found[READER] = "KZ"
    Action.objects.filter(id=action.id).update(state=ActionState.UNDOING.value)

    assert keep_withheld(twin, now=NOW) == 0
    assert READER in members(twin)


def test_a_messenger_that_is_away_is_asked_again_later(twin, places):
    withheld(twin)
    places.found[READER] = "KZ"
    twin.faults.fail_next = 1

    assert keep_withheld(twin, now=LATER) == 0
