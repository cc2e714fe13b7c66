"""What was posted while nobody asked is read back from a real Synapse, once."""

from dataclasses import dataclass, field

import pytest

from evenhand.connectors.matrix.readback import CursorFile, read_back

pytestmark = pytest.mark.synapse


@dataclass
class Swept:
    """Sweeps with cursors of their own, so that tests do not meet."""

    town: object
    cursors: CursorFile
    now: object
    answered: set[str] = field(default_factory=set)

    def texts(self, room: str) -> list[str]:
        pages = read_back(
            self.town.client(),
            self.cursors,
            answered=self.answered.__contains__,
            now=self.now,
            page_events=7,
        )
        return [seen.text for page in pages if page.room == room for seen in page.events]


@pytest.fixture
def swept(town, tmp_path, noon) -> Swept:
    """A sweep that has not begun."""
    return Swept(town, CursorFile(tmp_path / "cursors.db"), noon)


def test_the_first_sweep_takes_what_is_there_as_known(town, swept):
    author = town.person()
    room = author.public_room()
    author.send(room, "old")

    assert swept.texts(room) == []
    author.send(room, "new")
    assert swept.texts(room) == ["new"]


def test_nothing_is_given_twice_and_nothing_is_left_out(town, swept):
    author = town.person()
    room = author.public_room()
    swept.texts(room)
    expected = [f"message {number}" for number in range(30)]
    for text in expected:
        author.send(room, text)

    first, second = swept.texts(room), swept.texts(room)

    assert first == expected
    assert second == []


def test_a_page_that_was_not_handled_comes_again(town, swept):
    author = town.person()
    room = author.public_room()
    swept.texts(room)
    author.send(room, "once more")
    pages = read_back(town.client(), swept.cursors, answered=lambda _id: False, now=swept.now)

    assert any(page.room == room for page in pages)
    pages.close()

    assert swept.texts(room) == ["once more"]


def test_a_room_that_is_new_is_read_from_its_beginning(town, swept):
    author = town.person()
    swept.texts("")

    room = author.public_room(name="Garden")
    author.send(room, "hello")

    assert swept.texts(room) == ["Garden", "hello"]


def test_what_was_answered_or_redacted_or_is_private_is_left_out(town, swept):
    author = town.person()
    room = author.public_room()
    private = author.create_room(preset="private_chat").json()["room_id"]
    swept.texts(room)
    answered = author.send(room, "answered").json()["event_id"]
    redacted = author.send(room, "redacted").json()["event_id"]
    author.call("PUT", f"/rooms/{room}/redact/{redacted}/t1", {})
    author.send(private, "private")
    author.send(room, "left")
    swept.answered.add(answered)

    assert swept.texts(room) == ["left"]
    assert swept.texts(private) == []


def test_cursors_survive_a_restart(town, swept, tmp_path):
    author = town.person()
    room = author.public_room()
    swept.texts(room)
    author.send(room, "one")
    assert swept.texts(room) == ["one"]
    swept.cursors.close()

    swept.cursors = CursorFile(tmp_path / "cursors.db")

    assert swept.texts(room) == []
