"""What many look for: from many networks alone, of what may be seen alone, for hours alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from evenhand.search import trending
from evenhand.search.asking import Ask
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.sight import Sight
from evenhand.search.trending import NETWORKS_MAX, NETWORKS_MIN, Trending

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
NOON = AT.timestamp()
WORDS = ("lantern", "kettle", "фонарь", "secretword")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder: Path = tmp_path_factory.mktemp("trending")
    with Index.open(folder) as made:
        made.put(
            [
                Item(
                    id=f"${word}{n}", kind=ItemKind.POST, at=AT, text=f"A {word.capitalize()} {n}",
                    room=f"!{word}", account="@a", language="ru" if word > "z" else "en",
                )
                for word in WORDS
                for n in range(4)
            ]
        )  # fmt: skip
        made.commit()
        yield made


class Closing:
    """A query policy that names one word."""

    def topic_of(self, query: str) -> str:
        return "closed" if "kettle" in query.lower() else ""

    def hides(self, texts: list[str]) -> list[str]:
        return [""] * len(texts)


def sought(made: Trending, index: Index, text: str, networks: int, **more: object) -> None:
    for number in range(networks):
        ask = Ask(text, "DE", network=f"net{number}", **more)  # type: ignore[arg-type]
        made.note(ask, index.reader())


EVERYTHING = Sight()


def told(made: Trending, index: Index, sight: Sight = EVERYTHING, country: str = "DE") -> list[str]:
    return [*made.terms(index.reader(), country=country, language="en", sight=sight)]


def test_a_word_is_shown_once_enough_networks_used_it(index: Index) -> None:
    few, many = Trending(lambda: NOON), Trending(lambda: NOON)
    sought(few, index, "lantern", NETWORKS_MIN - 1)
    sought(few, index, "lantern", NETWORKS_MIN - 1)
    sought(many, index, "lantern please", NETWORKS_MIN)

    assert told(few, index) == []
    assert told(many, index) == ["Lantern"]


def test_words_of_the_readers_language_come_first_then_the_most_used(index: Index) -> None:
    made = Trending(lambda: NOON)
    sought(made, index, "фонарь", NETWORKS_MIN + 9)
    sought(made, index, "lantern", NETWORKS_MIN)
    sought(made, index, "kettle", NETWORKS_MIN + 5)

    assert told(made, index) == ["Kettle", "Lantern", "Фонарь"]


def test_nothing_that_only_a_query_said_is_counted(index: Index) -> None:
    made = Trending(lambda: NOON)
    sought(made, index, "unheardof 4711 lantern", NETWORKS_MIN)

    assert set(made._seen) == {"lantern"}
    assert told(made, index) == ["Lantern"]


@pytest.mark.parametrize("more", [{"after": "token"}, {"typing": True}])
def test_later_pages_and_unfinished_queries_are_not_counted(
    index: Index, more: dict[str, object]
) -> None:
    made = Trending(lambda: NOON)
    sought(made, index, "lantern", NETWORKS_MIN, **more)
    made.note(Ask("lantern", "DE"), index.reader())

    assert made._seen == {}


def test_what_the_policy_closes_and_what_is_hidden_is_not_shown(index: Index) -> None:
    made = Trending(lambda: NOON)
    for word in WORDS:
        sought(made, index, word, NETWORKS_MIN)
    masks = Masks(rooms={"!secretword": frozenset({"KZ"})})
    sight = Sight(masks=masks, policy=Closing())

    assert set(told(made, index, sight, "KZ")) == {"Lantern", "Фонарь"}
    assert set(told(made, index, sight, "DE")) == {"Lantern", "Фонарь", "Secretword"}


def test_what_was_counted_is_gone_after_hours_and_at_midnight(index: Index) -> None:
    moment = [NOON]
    made = Trending(lambda: moment[0])
    sought(made, index, "lantern", NETWORKS_MIN)
    key = made._key
    moment[0] += trending.WINDOW_SECONDS + 1
    later = told(made, index)
    sought(made, index, "lantern", NETWORKS_MIN)
    moment[0] = NOON + trending.DAY_SECONDS
    made.note(Ask("kettle", "DE", network="x"), index.reader())

    assert later == []
    assert set(made._seen) == {"kettle"}
    assert made._key != key


def test_memory_is_bounded_and_no_network_is_kept_as_it_came(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trending, "WORDS_MAX", 2)
    made = Trending(lambda: NOON)
    sought(made, index, "lantern", NETWORKS_MAX + 50)
    sought(made, index, "kettle", 3)
    sought(made, index, "фонарь", 2)

    assert set(made._seen) == {"lantern", "фонарь"}
    assert len(made._seen["lantern"]) == NETWORKS_MAX
    assert b"net1" not in b"".join(made._seen["lantern"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    queries=some.lists(
        some.tuples(some.sampled_from([*WORDS, "unheardof"]), some.integers(0, 40)), max_size=8
    ),
    hidden=some.frozensets(some.sampled_from(WORDS)),
)
def test_whatever_is_sought_no_word_comes_from_what_is_hidden(
    index: Index, queries: list[tuple[str, int]], hidden: frozenset[str]
) -> None:
    made = Trending(lambda: NOON)
    for word, networks in queries:
        sought(made, index, word, networks)
    sight = Sight(masks=Masks(rooms={f"!{word}": frozenset() for word in hidden}))

    used = {word for word, networks in queries if networks >= NETWORKS_MIN}
    shown = {word.lower() for word in told(made, index, sight)}
    assert shown == (used & set(WORDS)) - hidden
