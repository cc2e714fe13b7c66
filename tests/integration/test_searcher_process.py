"""The searcher as the process it is: closed until it knows, killed at random, and silent."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
from tests.conftest import START_SECONDS_MAX, Site
from tests.drafts_of_tests import STAFF
from tests.integration.actions_of_tests import LATER, decided

from evenhand.actions.drafts import Measure
from evenhand.actions.ports import Target
from evenhand.actions.steps import undo
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.connectors.matrix.homeserver import free_port
from evenhand.connectors.searcher import SearcherAway, SearcherClient
from evenhand.database.addresses import OWNER
from evenhand.search.asking import Ask
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.state import RoomState, State

NAMES = ("Beekeepers", "Cyclists", "Weavers", "Astronomers", "Bakers", "Philatelists", "Sailors")
"""Names that are not like each other: what is like a closed room is held back."""

ROOMS, KILLS, SEED = len(NAMES), 4, 20_261_123
CANARY = "quetzalcoatlus"
"""A word that nobody else looks for: it must be in no log and no file."""


def room(number: int) -> Item:
    name = f"!room{number}:example.test"
    at = datetime(2026, 11, 23, tzinfo=UTC)
    title = NAMES[number]
    text = f"Where {title} meet by lantern"
    return Item(id=name, kind=ItemKind.ROOM, at=at, title=title, text=text, room=name, members=3)


@dataclass
class Searcher:
    """A searcher with a few rooms in its index; there is no messenger to crawl."""

    site: Site
    port: int
    process: Any = None

    def start(self) -> None:
        keys = self.site.home / "keys"
        self.process = self.site.start(
            "evenhand.searcher",
            *("--port", str(self.port)),
            EVENHAND_MESSENGER="synapse",
            EVENHAND_SYNAPSE_URL="http://127.0.0.1:1",
            EVENHAND_SYNAPSE_TOKEN_FILE=str(keys / "search.token"),
            EVENHAND_SEARCH_TOKEN_FILE=str(keys / "search.token"),
            EVENHAND_DOOR_TOKEN_FILE=str(keys / "door.token"),
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def client(self) -> SearcherClient:
        token = (self.site.home / "keys" / "door.token").read_text()
        return SearcherClient(self.url, token)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def found(self) -> set[str] | None:
        """Gives the rooms that are found; None where nothing is answered."""
        try:
            page = self.client.search(Ask("lantern", "DE", limit=50))
        except SearcherAway:
            return None
        return {hit.item.id for hit in page.hits}

    def until(self, holds: Callable[[set[str]], bool], *, never: set[str]) -> None:
        """Asks until what is found holds; what must never be found is looked for each time."""
        give_up = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < give_up:
            found = self.found()
            if found is not None:
                assert not found & never, "what was gone is found again"
                if holds(found):
                    return
            time.sleep(0.02)
        raise TimeoutError


@pytest.fixture
def searcher(committed: Site) -> Searcher:
    for name in ("door.token", "search.token"):
        (committed.home / "keys" / name).write_text("t" * 32)
    folder = committed.home / "search"
    with Index.open(folder / "index") as index:
        index.put([room(number) for number in range(ROOMS)])
        index.commit()
        state = State.open(folder / "state.db", index=index.identity)
    for number in range(ROOMS):
        state.keep(room(number).id, RoomState(open=True, readable=True, forward="end"))
    state.close()
    return Searcher(committed, free_port())


def take_out(name: str) -> Any:
    return decided(Measure(ActionKind.DEINDEX, Target(TargetKind.CHANNEL, "@a:twin", name)))


def test_killed_at_any_moment_it_shows_nothing_that_was_taken_out(searcher: Searcher) -> None:
    chance = random.Random(SEED)
    names = [room(number).id for number in range(ROOMS)]
    gone: set[str] = set()
    actions = {}
    searcher.start()
    for turn in range(KILLS):
        name = names[turn]
        actions[name] = take_out(name)
        if turn % 2:
            searcher.until(lambda found, name=name: name not in found, never=gone)  # type: ignore[misc]
        time.sleep(chance.random() / 4)
        searcher.kill()
        # Decided before it starts: whatever it answers, it is not to be found.
        gone.add(name)
        searcher.start()
    searcher.until(lambda found: found == set(names) - gone, never=gone)

    back = names[0]
    undo(actions[back].id, by=STAFF, reason="a mistake", now=LATER)
    searcher.until(lambda found: back in found, never=gone - {back})


def test_it_answers_nothing_before_it_knows_what_is_hidden(searcher: Searcher) -> None:
    name = room(0).id
    take_out(name)
    answers: list[int] = []
    with psycopg.connect(searcher.site.url(OWNER)) as owner:
        # What is hidden cannot be read while this lasts.
        owner.execute("LOCK TABLE actions_action IN ACCESS EXCLUSIVE MODE")
        searcher.start()
        give_up = time.monotonic() + START_SECONDS_MAX
        while len(answers) < 3 and time.monotonic() < give_up:
            with suppress(httpx.TransportError):
                answers.append(httpx.get(f"{searcher.url}/health").status_code)
                assert searcher.found() is None
            time.sleep(0.1)

    searcher.until(lambda found: len(found) == ROOMS - 1, never={name})
    assert answers == [503, 503, 503]
    assert httpx.get(f"{searcher.url}/health").status_code == 200


def test_who_shows_no_token_is_told_nothing_and_what_is_too_large_is_refused(
    searcher: Searcher,
) -> None:
    searcher.start()
    searcher.until(bool, never=set())

    for path in ("/search", "/suggest", "/poke", "/reload", "/hidden"):
        assert httpx.post(f"{searcher.url}{path}", json={}).status_code == 401
    authorised = {"Authorization": f"Bearer {'t' * 32}"}
    with suppress(httpx.TransportError):  # it may hang up before all is sent
        told = httpx.post(f"{searcher.url}/poke", content=b"x" * 50_000_000, headers=authorised)
        assert told.status_code == 413
    assert searcher.found()


def test_what_is_sought_is_written_nowhere(searcher: Searcher) -> None:
    searcher.start()
    searcher.until(bool, never=set())
    searcher.client.search(Ask(f"{CANARY} lantern", "DE"))
    searcher.client.suggest(CANARY, country="DE", language="en")
    metrics = httpx.get(f"{searcher.url}/metrics").text
    searcher.process.terminate()
    searcher.process.wait()

    assert "evenhand_search_requests_total" in metrics
    assert CANARY not in metrics
    files = [path for path in searcher.site.home.rglob("*") if path.is_file()]
    assert any(path.name == "searcher.log" for path in files)
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
