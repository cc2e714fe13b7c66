"""What is screened follows the table of DESIGN decision 1: the real rules, a real Synapse."""

from collections.abc import Iterator

import pytest

from evenhand.base.lists import ActionKind, ChannelKind, EventKind
from evenhand.connectors.matrix.door import load_plane
from evenhand.pipeline import ScreeningPlane
from evenhand.resources import Resources

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
def real_plane() -> ScreeningPlane:
    """The screening plane with the shipped rules."""
    return load_plane(Resources.default())


@pytest.fixture
def screened(town_of_session, real_plane) -> Iterator[object]:
    """The Synapse with our module, its door with the shipped rules."""
    town = town_of_session
    town.door.close()
    words, town.door.plane = town.door.plane, real_plane
    town.door.open()
    town.door.drain()
    yield town
    town.door.close()
    town.door.plane = words


@pytest.fixture
def forbidden(real_plane) -> str:
    """A text that a shipped rule refuses, taken from the rule's own fixtures."""
    for rule in real_plane.rules.rules:
        for hit in rule.hits:
            plain = not hit.signals and set(hit.event) <= {"text", "language"}
            if rule.proposes is ActionKind.REFUSE and plain:
                return str(hit.event["text"])
    pytest.fail("no shipped rule refuses a plain text")


def test_a_flagged_text_is_refused_in_public_and_yields_no_verdict_elsewhere(screened, forbidden):
    one, two, three = screened.person(), screened.person(), screened.person()
    public = one.public_room(name="Garden")
    group = one.create_room(preset="private_chat", invite=[two.id, three.id]).json()["room_id"]
    direct = one.create_room(preset="trusted_private_chat", is_direct=True, invite=[two.id]).json()[
        "room_id"
    ]
    for person, room in ((two, group), (three, group), (two, direct)):
        assert person.join(room).status_code == 200

    answers = [one.send(room, forbidden).status_code for room in (group, direct, public)]

    assert answers == [200, 200, 403]
    (entry,) = screened.door.flagged(public)
    assert screened.door.flagged(group) == screened.door.flagged(direct) == []
    assert entry.event.channel_kind is ChannelKind.PUBLIC


def test_a_benign_talk_passes(screened):
    one = screened.person()
    room = one.public_room(name="Garden")

    for text in ("Good morning!", "Wann treffen wir uns?", "Қайырлы таң", "Merci, à demain"):
        assert one.send(room, text).status_code == 200
    assert screened.door.flagged(room) == []


def test_a_burst_from_one_network_is_caught_and_a_busy_address_is_not(screened):
    burst = [screened.register(f"winner{number:03}", ip="203.0.113.9") for number in range(20)]
    names = ("ada", "grace", "alan", "edsger", "barbara", "donald", "margaret", "niklaus",
             "hedy", "claude", "emmy", "blaise", "sofja", "evariste", "hypatia", "omar",
             "rosalind", "pierre", "lise", "srinivasa")  # fmt: skip
    genuine = [screened.register(f"{name}x", ip="192.0.2.44") for name in names]

    assert [answer.status_code for answer in genuine] == [200] * len(names)
    for name in names:
        assert screened.door.flagged(f"@{name}x:evenhand.test") == []
    caught = [
        number
        for number in range(len(burst))
        for entry in screened.door.flagged(f"@winner{number:03}:evenhand.test")
        if entry.event.kind is EventKind.REGISTRATION
    ]
    assert min(caught) < 10
    assert len(caught) >= 10
