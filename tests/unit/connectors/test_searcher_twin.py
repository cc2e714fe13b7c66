"""One contract for the searcher's twin and for the engine behind its client: what pages rely on."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.search_items_of_tests import ACCOUNT, ARABIC, POST, ROOM

from evenhand.base.errors import InputRefused, Unavailable
from evenhand.connectors.searcher import SearcherClient
from evenhand.connectors.searcher_twin import MemorySearcher
from evenhand.connectors.searcher_wire import ask_of, page_json
from evenhand.search.asking import Ask, Filters
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.policy import shipped_policy
from evenhand.search.ports import Searcher
from evenhand.search.sight import Sight

SOUGHT = "buy cocaine"
TOPIC = "drug_trade"
MANY = tuple(
    replace(ROOM, id=f"!r{n}:x.test", room=f"!r{n}:x.test", title=f"Garden {n}", aliases=())
    for n in range(25)
)
ITEMS = (ROOM, POST, ACCOUNT, ARABIC, *MANY)
Made = Callable[[Masks], Searcher]


def twin(folder: Path) -> Made:
    return lambda masks: MemorySearcher(items=ITEMS, masks=masks, topics={"cocaine": TOPIC})


def engine(folder: Path) -> Made:
    index = Index.open(folder)
    index.put(ITEMS)
    index.commit()
    finder = Finder(index, key=b"k" * 32)

    def made(masks: Masks) -> Searcher:
        sight = Sight(masks=masks, policy=shipped_policy())

        def answer(request: httpx.Request) -> httpx.Response:
            try:
                page = finder.find(ask_of(json.loads(request.content)), sight=sight)
            except InputRefused as error:
                return httpx.Response(400, json={"why": str(error.fields.get("why"))})
            return httpx.Response(200, json=page_json(page))

        return SearcherClient("http://searcher.test", "t", transport=httpx.MockTransport(answer))

    return made


@pytest.fixture(params=[twin, engine], ids=["twin", "engine"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    found: Made = request.param(tmp_path / "index")
    return found


def ids(searcher: Searcher, text: str = "garden", **wanted: object) -> set[str]:
    ask = Ask(text, country="DE", filters=Filters(**wanted), limit=100)  # type: ignore[arg-type]
    return {hit.item.id for hit in searcher.search(ask).hits}


def test_what_holds_the_word_is_found_whole(made: Made) -> None:
    hits = made(Masks()).search(Ask("garden", country="DE", limit=100)).hits

    found: dict[str, Item] = {hit.item.id: hit.item for hit in hits}
    assert {ROOM.id, POST.id, ACCOUNT.id} <= set(found)
    assert ARABIC.id not in found
    for item in (ROOM, POST, ACCOUNT):
        assert found[item.id] == item
    assert ids(made(Masks()), "حديقة") == {ARABIC.id}


def test_filters_narrow_it_down(made: Made) -> None:
    searcher = made(Masks())

    assert ids(searcher, kinds=frozenset({ItemKind.POST})) == {POST.id}
    assert ids(searcher, language="de") == {POST.id}
    assert ids(searcher, "حديقة", members_min=87, members_max=87) == {ARABIC.id}
    assert ids(searcher, "حديقة", members_min=88) == set()
    assert ids(searcher, room=ROOM.id, kinds=frozenset({ItemKind.POST})) == {POST.id}


def test_what_a_decision_hides_is_hidden_where_it_says(made: Made) -> None:
    searcher = made(Masks(rooms={ROOM.id: frozenset({"DE"})}))

    assert not ids(searcher) & {ROOM.id, POST.id}
    elsewhere = {hit.item.id for hit in searcher.search(Ask("garden", country="FR")).hits}
    nowhere = {hit.item.id for hit in searcher.search(Ask("garden", country=None)).hits}
    assert ROOM.id in elsewhere
    assert ROOM.id not in nowhere


def test_pages_follow_each_other_without_a_hit_twice(made: Made) -> None:
    searcher = made(Masks())
    ask = Ask("garden", country="DE", filters=Filters(frozenset({ItemKind.ROOM})), limit=10)
    seen: list[str] = []

    page = searcher.search(ask)
    while True:
        seen += [hit.item.id for hit in page.hits]
        if not page.after:
            break
        page = searcher.search(replace(ask, after=page.after))

    assert len(seen) == len(set(seen)) == len(MANY) + 1


def test_a_topic_of_the_policy_has_no_hits(made: Made) -> None:
    page = made(Masks()).search(Ask(SOUGHT, country="DE"))

    assert (page.topic, page.hits, page.after) == (TOPIC, (), "")


def test_a_forged_token_is_refused(made: Made) -> None:
    with pytest.raises(InputRefused):
        made(Masks()).search(Ask("garden", country="DE", after="forged"))


def test_a_twin_that_is_away_answers_nothing() -> None:
    searcher = MemorySearcher(away=True)

    for call in (
        lambda: searcher.search(Ask("garden", country=None)),
        lambda: searcher.suggest("g", country=None, language="en"),
        lambda: searcher.trending(country=None, language="en"),
    ):
        with pytest.raises(Unavailable):
            call()
