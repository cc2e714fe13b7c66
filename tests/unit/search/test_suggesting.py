"""What a beginning is completed to: from what may be seen alone, names before words."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from evenhand.search.index import Index, Reader
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.sight import Sight
from evenhand.search.suggesting import (
    COMPLETIONS_MAX,
    PREFIX_CHARACTERS_MAX,
    SUGGESTIONS_MAX,
    suggestions,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERYWHERE: frozenset[str] = frozenset()


class Closing:
    """A policy that closes queries with one of a few words."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def topic_of(self, query: str) -> str:
        """Gives a topic where the query holds one of the words."""
        return "closed" if any(word in query.casefold() for word in self._words) else ""

    def hides(self, texts: Sequence[str]) -> Sequence[str]:
        """Hides nothing."""
        return [""] * len(texts)


def room(name: str, title: str, *, language: str = "", members: int = 10) -> Item:
    return Item(
        name, ItemKind.ROOM, NOW, title=title, room=name, language=language, members=members
    )


def posts(word: str, place: str, count: int = 3) -> list[Item]:
    return [
        Item(f"${word}{n}", ItemKind.POST, NOW, text=f"{word}, again", room=place, account="@a")
        for n in range(count)
    ]


ITEMS = [
    room("!a", "Garden talk", language="en"),
    room("!b", "Gardener's corner", language="de", members=900),
    room("!c", "City of gardens"),
    room("!d", "Garbage of the dealer"),
    room("!e", "Gärten am Fluss"),
    room("!f", "音楽会の部屋"),
    Item("@ann", ItemKind.ACCOUNT, NOW, title="Gareth", account="@ann"),
    *posts("Garlic", "!a"),
    *posts("Garnet", "!d"),
    *posts("garnish", "!c", count=2),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder: Path = tmp_path_factory.mktemp("index")
    with Index.open(folder) as index:
        index.put(ITEMS)
        index.commit()
        yield index.reader()


def given_for(
    reader: Reader, prefix: str, sight: Sight | None = None, country: str | None = "DE"
) -> list[str]:
    found = suggestions(reader, prefix, country=country, language="en", sight=sight or Sight())
    return list(found)


def test_names_come_first_those_that_begin_so_and_are_in_ones_language_before_others(
    reader: Reader,
) -> None:
    found = given_for(reader, "gard")

    assert found == ["Garden talk", "Gardener's corner", "City of gardens"]


def test_a_word_is_completed_as_people_write_it_if_enough_items_hold_it(reader: Reader) -> None:
    assert given_for(reader, "fresh garl") == ["fresh Garlic"]
    assert given_for(reader, "garni") == []


def test_what_is_hidden_where_one_asks_is_not_offered_there(reader: Reader) -> None:
    sight = Sight(masks=Masks(rooms={"!d": frozenset({"KZ"})}))

    assert given_for(reader, "garb", sight, "DE") == ["Garbage of the dealer"]
    assert given_for(reader, "garb", sight, "KZ") == []
    assert given_for(reader, "garn", sight, "KZ") == []
    assert given_for(reader, "garn", sight, None) == []


def test_what_waits_for_a_decision_and_closed_rooms_give_nothing(reader: Reader) -> None:
    assert given_for(reader, "garn", Sight(held=frozenset({"!d"}))) == []
    assert given_for(reader, "garn", Sight(is_open=lambda place: place != "!d")) == []


def test_the_policy_closes_beginnings_and_completions(reader: Reader) -> None:
    assert given_for(reader, "garlic", Sight(policy=Closing("garlic"))) == []
    assert given_for(reader, "gar", Sight(policy=Closing("dealer", "garnet"))) == [
        "Garden talk", "Gardener's corner", "Gareth", "City of gardens", "Garlic",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "prefix", ["", " ", "g", "!!", "x" * (PREFIX_CHARACTERS_MAX + 1), "a " * 40, "\ud800", "\x00"]
)
def test_a_beginning_of_nothing_is_completed_to_nothing(reader: Reader, prefix: str) -> None:
    assert given_for(reader, prefix) == []


def test_other_scripts_are_completed_by_name(reader: Reader) -> None:
    assert given_for(reader, "音楽") == ["音楽会の部屋"]
    assert given_for(reader, "gär") == ["Gärten am Fluss"]


def test_finished_words_give_names_that_hold_them_all(reader: Reader) -> None:
    assert given_for(reader, "city of ") == ["City of gardens"]
    assert given_for(reader, "city garden") == ["City of gardens"]


def test_a_name_that_turns_the_text_around_is_offered_without_that(tmp_path: Path) -> None:
    with Index.open(tmp_path) as index:
        index.put([room("!x", "Tea\u202e \u200bhouse\n")])
        index.commit()

        assert given_for(index.reader(), "tea") == ["Tea house"]


def test_no_more_are_given_than_are_read(tmp_path: Path) -> None:
    with Index.open(tmp_path) as index:
        index.put([room(f"!{n}", f"Tea number{n}") for n in range(COMPLETIONS_MAX * 4)])
        index.commit()

        assert len(given_for(index.reader(), "tea")) == SUGGESTIONS_MAX


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    prefix=some.sampled_from(["ga", "gar", "gard", "garn", "de", "the dea", "ci", "音", "gä"]),
    hidden=some.dictionaries(
        some.sampled_from(["!a", "!b", "!c", "!d", "!e", "!f"]),
        some.sampled_from([EVERYWHERE, frozenset({"KZ"}), frozenset({"DE", "FR"})]),
    ),
    held=some.frozensets(some.sampled_from(["!a", "!d", "@ann", "$Garlic0"])),
    closed=some.sampled_from(["garden", "garlic", "dealer", "gareth", "zzz"]),
    country=some.sampled_from(["KZ", "DE", "US", "", None]),
)
def test_nothing_offered_is_of_a_hidden_item_or_a_closed_topic(
    reader: Reader,
    prefix: str,
    hidden: dict[str, frozenset[str]],
    held: frozenset[str],
    closed: str,
    country: str | None,
) -> None:
    sight = Sight(masks=Masks(rooms=hidden), held=held, policy=Closing(closed))

    found = given_for(reader, prefix, sight, country)

    seen = [item for item in ITEMS if sight.shows(item, country)]
    there = " ".join(f"{item.title} {item.text}" for item in seen).casefold()
    assert all(text.split()[-1].casefold() in there for text in found)
    assert not any(closed in text.casefold() for text in found)
