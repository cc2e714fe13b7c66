"""What every messenger counts for a case, on the twin and on Synapse."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from evenhand.base.errors import NotFound
from evenhand.cases.ports import Crowds
from evenhand.connectors.matrix.crowds import SynapseCrowds
from evenhand.connectors.memory import MemoryCrowds, MemoryMessenger


class TwinStage:
    """The twin, and people in it."""

    def __init__(self) -> None:
        self.twin = MemoryMessenger()
        self.crowds: Crowds = MemoryCrowds(self.twin)
        self.account = "@owner:twin.test"
        self.twin.register(self.account)

    def channel(self, *, more: int) -> str:
        room = f"!{uuid4().hex}:twin.test"
        self.twin.create_room(room, self.account)
        for number in range(more):
            guest = f"@guest{number}:twin.test"
            self.twin.register(guest)
            self.twin.join(room, guest)
        return room

    def nowhere(self) -> str:
        return "!nowhere:twin.test"


class SynapseStage:
    """A real Synapse, and people in it."""

    def __init__(self, town) -> None:
        self.town = town
        self.crowds: Crowds = SynapseCrowds(town.client())
        self.person = town.person()
        self.account = self.person.id

    def channel(self, *, more: int) -> str:
        room = self.person.public_room()
        for _ in range(more):
            self.town.person().join(room)
        return room

    def nowhere(self) -> str:
        return f"!nowhere:{self.account.partition(':')[2]}"


@pytest.fixture(params=["twin", pytest.param("synapse", marks=pytest.mark.synapse)])
def stage(request: pytest.FixtureRequest) -> Iterator[TwinStage | SynapseStage]:
    """Each messenger in turn."""
    if request.param == "twin":
        yield TwinStage()
    else:
        yield SynapseStage(request.getfixturevalue("town"))


def test_the_members_of_a_channel_are_counted(stage: TwinStage | SynapseStage):
    room = stage.channel(more=2)

    assert stage.crowds.members(room) == 3


def test_the_channels_of_an_account_are_counted(stage: TwinStage | SynapseStage):
    before = stage.crowds.channels(stage.account)
    stage.channel(more=0)
    stage.channel(more=1)

    assert stage.crowds.channels(stage.account) == before + 2


def test_a_channel_that_never_was_is_not_counted(stage: TwinStage | SynapseStage):
    with pytest.raises(NotFound):
        stage.crowds.members(stage.nowhere())
