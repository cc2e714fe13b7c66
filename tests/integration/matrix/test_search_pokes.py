"""What stops being public leaves the index by what Synapse's module says, without any sweep.

Each test records how many seconds that took: `--junitxml=FILE` writes them down.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from tests.integration.matrix.public_town import ENCRYPTED, SHARED, Town

from evenhand.connectors.matrix.crawl import Crawl
from evenhand.connectors.matrix.homeserver import Homeserver, HomeserverSettings, free_port
from evenhand.connectors.matrix.peek import Peek
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.state import State

pytestmark = pytest.mark.synapse

SECONDS_MAX = 20.0
"""Seconds after which something is taken to have never come."""


@dataclass
class Told:
    """An index whose crawl has swept once, and goes on by what it is told alone."""

    town: Town
    index: Index
    state: State

    def holds(self, *names: str) -> set[str]:
        """Gives which of these can be found."""
        self.index.refresh()
        found = [item for name in names if (item := self.index.get(name)) is not None]
        return {item.id for item in found if self._open(item)}

    def _open(self, item: Item) -> bool:
        return item.kind is ItemKind.ACCOUNT or self.state.is_open(item.room)

    def until(self, true: Callable[[], bool]) -> float:
        """Gives the seconds until something is so."""
        begun = time.monotonic()
        while not true():
            assert time.monotonic() - begun < SECONDS_MAX, "it did not come"
            time.sleep(0.01)
        return time.monotonic() - begun


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Iterator[Told]:
    folder: Path = tmp_path_factory.mktemp("pokes")
    ear = _ear()
    token = folder / "door.token"
    token.write_text("a token")
    settings = HomeserverSettings(
        folder=folder,
        port=free_port(),
        password=uuid4().hex,
        door_url=f"http://127.0.0.1:{ear.server_address[1]}",
        door_token_file=token,
        search_url=f"http://127.0.0.1:{ear.server_address[1]}",
    )
    server = Homeserver(settings)
    server.start()
    town, stop = Town(server), threading.Event()
    town.call("seeker", "GET", "/_matrix/client/v3/account/whoami")
    with Index.open(folder / "index") as index:
        state = State.open(folder / "state.db", index=index.identity)
        # Its clock stands still: after the first sweep no other is due.
        crawl = Crawl(Peek(settings.url, town.tokens["seeker"]), state, index, clock=lambda: 0.0)
        ear.crawl = crawl  # type: ignore[attr-defined]
        thread = threading.Thread(target=crawl.run, args=(stop,), daemon=True)
        thread.start()
        made = Told(town, index, state)
        made.until(lambda: crawl.first_done)
        yield made
        stop.set()
        thread.join(30)
        state.close()
    server.stop()
    ear.shutdown()


def _ear() -> ThreadingHTTPServer:
    """Hears the module: hands pokes on to the crawl, and knows no other call."""

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            poke = self.path == "/poke"
            if poke:
                self.server.crawl.poke(**json.loads(body))  # type: ignore[attr-defined]
            answer = b"{}"
            self.send_response(200 if poke else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _unlisted(town: Town, room: str, _post: str) -> None:
    path = f"/_matrix/client/v3/directory/list/room/{room}"
    town.call("safety", "PUT", path, {"visibility": "private"})


def _invited_alone(town: Town, room: str, _post: str) -> None:
    town.state("ann", room, "m.room.join_rules", {"join_rule": "invite"})


def _encrypted(town: Town, room: str, _post: str) -> None:
    town.state("ann", room, "m.room.encryption", ENCRYPTED["content"])


def _given_up(town: Town, room: str, _post: str) -> None:
    town.state("ann", room, "m.room.tombstone", {"body": "moved", "replacement_room": "!n:x"})


def _opted_out(town: Town, room: str, _post: str) -> None:
    town.state("ann", room, "eu.evenhand.search", {"index": False})


def _history_closed(town: Town, room: str, _post: str) -> None:
    town.state("ann", room, "m.room.history_visibility", {"history_visibility": SHARED})


def _redacted(town: Town, room: str, post: str) -> None:
    town.redact("bea", room, post)


def _author_opted_out(town: Town, _room: str, _post: str) -> None:
    path = "/_matrix/client/v3/profile/@bea:evenhand.test/eu.evenhand.search"
    town.call("bea", "PUT", path, {"eu.evenhand.search": {"index": False}})


def _author_closed(town: Town, _room: str, _post: str) -> None:
    path = "/_synapse/admin/v1/deactivate/@cyn:evenhand.test"
    town.call("safety", "POST", path, {"erase": True})


ROOM, POST, ACCOUNT = "room", "post", "account"

WAYS = {
    "unlisted": (_unlisted, "bea", {ROOM, POST}),
    "invited alone": (_invited_alone, "bea", {ROOM, POST}),
    "encrypted": (_encrypted, "bea", {ROOM, POST}),
    "given up for another": (_given_up, "bea", {ROOM, POST}),
    "opted out": (_opted_out, "bea", {ROOM, POST}),
    "history closed": (_history_closed, "bea", {POST}),
    "redacted": (_redacted, "bea", {POST}),
    "author closed": (_author_closed, "cyn", {ACCOUNT}),
    "author opted out": (_author_opted_out, "bea", {POST, ACCOUNT}),
}
"""How something stops being public: what is done, whose post it is, what leaves."""


@pytest.mark.parametrize("way", WAYS)
def test_what_is_public_no_longer_leaves_without_a_sweep(told, way, record_testsuite_property):
    change, author, leaves = WAYS[way]
    town = told.town
    room = town.room("ann", f"Square that is {way} {uuid4().hex}")
    town.call(author, "POST", f"/_matrix/client/v3/join/{room}", {})
    post = town.post(author, room, f"here until {way}")
    names = {ROOM: room, POST: post, ACCOUNT: f"@{author}:evenhand.test"}
    told.until(lambda: told.holds(*names.values()) == set(names.values()))

    change(town, room, post)
    gone = {names[kind] for kind in leaves}
    seconds = told.until(lambda: not told.holds(*gone))
    record_testsuite_property(f"seconds until gone, {way}", f"{seconds:.2f}")

    assert bool(told.holds(room)) is (ROOM not in leaves)
