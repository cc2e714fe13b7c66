"""What whoever asks a searcher may rely on, of the real one behind its wire and of the twin."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from evenhand.connectors.matrix.crawl import Crawl
from evenhand.connectors.matrix.serving import Request
from evenhand.connectors.searcher import SearcherClient
from evenhand.connectors.searcher_twin import MemorySearcher
from evenhand.search.asking import Ask
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.policy import shipped_policy
from evenhand.search.ports import Searcher
from evenhand.search.sight import Sight
from evenhand.search.watching import Watch
from evenhand.searcher import Desk

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ITEMS = (
    Item("!a", ItemKind.ROOM, NOW, title="Garden talk", room="!a", members=9),
    Item("!b", ItemKind.ROOM, NOW, title="Garden gnomes", room="!b", members=5),
    Item("$1", ItemKind.POST, NOW, text="garden of the day", room="!a", account="@ann"),
)
MASKS = Masks(rooms={"!b": frozenset({"KZ"})})
CLOSED = "buy cocaine"
"""What the shipped policy names."""


def client_of(desk: Desk) -> SearcherClient:
    """Gives a client that reaches a searcher without a network."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = Request(request.method, request.url.path, dict(request.headers), request.read())
        given = asyncio.run(desk.handle(asked))
        return httpx.Response(given.status, content=given.body)

    return SearcherClient("http://searcher", "t", transport=httpx.MockTransport(answer))


@pytest.fixture(params=["real", "twin"])
def searcher(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Searcher]:
    if request.param == "twin":
        yield MemorySearcher(ITEMS, MASKS, {"cocaine": "drug_trade"}, names=True)
        return
    with Index.open(tmp_path) as index:
        index.put(ITEMS)
        index.commit()
        watch = SimpleNamespace(sight=Sight(masks=MASKS, policy=shipped_policy()), ready=True)
        finder = Finder(index, bytes(32), lambda: NOW)
        yield client_of(Desk(finder, cast("Watch", watch), cast("Crawl", SimpleNamespace()), "t"))


def test_what_is_hidden_in_a_country_is_neither_found_nor_suggested_there(
    searcher: Searcher,
) -> None:
    found = {
        country: {hit.item.id for hit in searcher.search(Ask("garden", country)).hits}
        for country in ("DE", "KZ", None)
    }
    suggested = {
        country: list(searcher.suggest("garden ", country=country, language="en"))
        for country in ("DE", "KZ", None)
    }

    assert found == {"DE": {"!a", "!b", "$1"}, "KZ": {"!a", "$1"}, None: {"!a", "$1"}}
    assert suggested["DE"] == ["Garden talk", "Garden gnomes"]
    assert suggested["KZ"] == suggested[None] == ["Garden talk"]


def test_a_post_says_what_its_room_is_called_where_that_may_be_seen(searcher: Searcher) -> None:
    found = searcher.search(Ask("garden of the day", "DE")).hits

    assert {hit.item.id: hit.room_name for hit in found}["$1"] == "Garden talk"
    assert {hit.room_name for hit in found if hit.item.kind is not ItemKind.POST} <= {""}


def test_what_the_policy_closes_is_neither_answered_nor_completed(searcher: Searcher) -> None:
    page = searcher.search(Ask(CLOSED, "DE"))

    assert (page.topic, page.hits) == ("drug_trade", ())
    assert list(searcher.suggest(CLOSED, country="DE", language="en")) == []


def test_nothing_is_suggested_for_what_nothing_begins_with(searcher: Searcher) -> None:
    assert list(searcher.suggest("zzz", country="DE", language="en")) == []
    assert list(searcher.trending(country="DE", language="en")) == []
