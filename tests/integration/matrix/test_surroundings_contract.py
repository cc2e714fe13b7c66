"""What every messenger tells of what stands around a message, on the twin and on Synapse."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from evenhand.base.errors import NotFound
from evenhand.cases.context import Surroundings, as_bytes, from_bytes
from evenhand.connectors.matrix.surroundings import SynapseSurroundings
from evenhand.connectors.memory import MemoryMessenger, MemorySurroundings


class TwinStage:
    """The twin, and somebody who writes in it."""

    def __init__(self) -> None:
        self.twin = MemoryMessenger()
        self.surroundings: Surroundings = MemorySurroundings(self.twin)
        self.account = "@writer:twin.test"
        self.twin.register(self.account)

    def channel(self) -> str:
        room = f"!{uuid4().hex}:twin.test"
        self.twin.create_room(room, self.account)
        return room

    def post(self, room: str, text: str) -> str:
        event = f"${uuid4().hex}"
        self.twin.post(event, room, self.account, text)
        return event


class SynapseStage:
    """A real Synapse, and somebody who writes in it."""

    def __init__(self, town) -> None:
        self.town = town
        self.surroundings: Surroundings = SynapseSurroundings(town.client())
        self.person = town.person()
        self.account = self.person.id

    def channel(self) -> str:
        return self.person.public_room()

    def post(self, room: str, text: str) -> str:
        return self.person.send(room, text).json()["event_id"]


@pytest.fixture(params=["twin", pytest.param("synapse", marks=pytest.mark.synapse)])
def stage(request: pytest.FixtureRequest) -> Iterator[TwinStage | SynapseStage]:
    """Each messenger in turn."""
    if request.param == "twin":
        yield TwinStage()
    else:
        yield SynapseStage(request.getfixturevalue("town"))


def test_the_messages_around_one_come_in_their_order(stage: TwinStage | SynapseStage):
    room = stage.channel()
    events = [stage.post(room, f"line {number}") for number in range(7)]

    found = stage.surroundings.around(room, events[3], each_side=2)

    assert [one.text for one in found] == [f"line {number}" for number in range(1, 6)]
    assert [one.event for one in found if one.asked] == [events[3]]
    assert {one.account for one in found} == {stage.account}


def test_at_the_beginning_only_what_follows_is_told(stage: TwinStage | SynapseStage):
    room = stage.channel()
    events = [stage.post(room, f"line {number}") for number in range(3)]

    found = stage.surroundings.around(room, events[0], each_side=1)

    assert [one.text for one in found] == ["line 0", "line 1"]


def test_what_never_was_has_no_surroundings(stage: TwinStage | SynapseStage):
    room = stage.channel()

    with pytest.raises(NotFound):
        stage.surroundings.around(room, f"${uuid4().hex}", each_side=1)


def test_surroundings_survive_the_seal():
    stage = TwinStage()
    room = stage.channel()
    event = stage.post(room, "Қалай?")

    found = stage.surroundings.around(room, event, each_side=1)

    assert from_bytes(as_bytes(found)) == tuple(found)
