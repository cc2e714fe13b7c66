"""Rooms that resemble closed ones are found, and those that only share a common name are not."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evenhand.search.items import Item, RoomFacts
from evenhand.search.lists import ItemKind, Sign
from evenhand.search.recreations import Recreations

DATA = Path(__file__).parents[2] / "data" / "search"
AT = datetime(2026, 11, 23, tzinfo=UTC)
TOPIC = "Fresh goods every Friday, fast and discreet, write to the desk"


def room(name: str, *, id: str = "!new:town", **told: str) -> Item:  # noqa: A002
    alias = told.pop("alias", "")
    facts = RoomFacts(alias=alias)
    return Item(id=id, kind=ItemKind.ROOM, at=AT, title=name, room=id, facts=facts, **told)


def lines(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


def labelled() -> list[dict[str, str]]:
    with (DATA / "recreations.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def town() -> Recreations:
    """Gives a messenger with all lawful rooms, where all others are closed."""
    closed = Recreations()
    closed.learn(lines("lawful.txt"))
    for name in {row["closed"] for row in labelled()} | set(lines("closed_common.txt")):
        closed.close(room(name, id=name))
    return closed


def test_recreations_are_found(town: Recreations) -> None:
    rows = labelled()

    found = [town.look(room(row["name"])) for row in rows]

    right = [
        one is not None and one.closed == row["closed"]
        for one, row in zip(found, rows, strict=True)
    ]
    assert len(rows) >= 90
    assert sum(right) >= 0.95 * len(rows), [
        row for row, one in zip(rows, right, strict=True) if not one
    ]


def test_no_lawful_room_resembles_a_closed_one(town: Recreations) -> None:
    names = lines("lawful.txt")

    found = {name: one for name in names if (one := town.look(room(name))) is not None}

    assert len(names) >= 300
    assert found == {}


@pytest.mark.parametrize(
    ("closed", "other", "signs"),
    [
        ({"name": "General", "account": "@a:town"}, {"account": "@a:town"}, {"name", "creator"}),
        ({"name": "General", "avatar": "mxc://t/a"}, {"avatar": "mxc://t/a"}, {"name", "avatar"}),
        ({"name": "General", "text": TOPIC}, {"text": TOPIC.upper()}, {"name", "topic"}),
        ({"name": "General"}, {}, None),
        ({"name": "General", "account": "@a:town"}, {"account": "@b:town"}, None),
    ],
)
def test_a_common_name_needs_a_second_sign(
    closed: dict[str, str], other: dict[str, str], signs: set[str] | None
) -> None:
    known = Recreations()
    known.close(room(id="!old:town", **closed))

    found = known.look(room("general", **other))

    assert (None if found is None else set(found.signs)) == signs


def test_two_signs_speak_without_a_name() -> None:
    known = Recreations()
    known.close(room("Snow Kitchen", id="!old:town", avatar="mxc://t/a", account="@a:town"))

    both = known.look(room("Something else", avatar="mxc://t/a", account="@a:town"))
    one = known.look(room("Something else", avatar="mxc://t/a", account="@b:town"))

    assert both is not None
    assert both.signs == (Sign.CREATOR, Sign.AVATAR)
    assert one is None


def test_an_address_speaks_as_a_name_does() -> None:
    known = Recreations()
    known.close(room("Closed now", id="!old:town", alias="#snow_kitchen:town"))

    found = known.look(room("Cooking", alias="#sn0w-kitchen2:town"))

    assert found is not None
    assert found.signs == (Sign.ALIAS,)


def test_words_that_many_rooms_have_do_not_speak_alone() -> None:
    known = Recreations()
    known.close(room("Harbour Lantern", id="!old:town"))
    rare = known.look(room("Harbour Lantern 2"))

    known.learn([f"Harbour Lantern {word}" for word in "abcdefgh" for _ in range(300)])
    common = known.look(room("Harbour Lantern 2"))

    assert rare is not None
    assert common is None


def test_what_is_open_again_is_resembled_by_nothing() -> None:
    known = Recreations()
    known.close(room("Snow Kitchen", id="!old:town"))

    known.open("!old:town")

    assert known.look(room("Sn0w Kitchen")) is None
    assert len(known) == 0


def test_an_exempt_pair_is_left_alone_and_other_pairs_are_not() -> None:
    known = Recreations()
    known.close(room("Snow Kitchen", id="!old:town"))
    exempt = frozenset({"!old:town"})

    assert known.look(room("Snow Kitchen"), exempt=exempt) is None
    known.close(room("Snow Kitchen", id="!older:town"))
    found = known.look(room("Snow Kitchen"), exempt=exempt)
    assert found is not None
    assert found.closed == "!older:town"


def test_a_closed_room_does_not_resemble_itself_nor_another() -> None:
    known = Recreations()
    known.close(room("Snow Kitchen", id="!old:town"))
    known.close(room("Snow Kitchen", id="!older:town"))

    assert known.look(room("Snow Kitchen", id="!old:town")) is None


def test_a_closed_room_that_changes_its_name_is_known_by_the_new_one() -> None:
    known = Recreations()
    known.close(room("Snow Kitchen", id="!old:town"))

    known.close(room("Quetzal Polvo", id="!old:town"))

    assert known.look(room("Snow Kitchen")) is None
    assert known.look(room("Quetzal Polvo")) is not None


@pytest.mark.parametrize("name", ["", " ", "🌿", "2", "the", "\x00", "a" * 100_000, "￿" * 300])
def test_names_without_words_and_hostile_names_resemble_nothing(name: str) -> None:
    known = Recreations()
    known.close(room(name, id="!old:town"))

    assert known.look(room("Snow Kitchen")) is None
    assert known.look(room("")) is None
