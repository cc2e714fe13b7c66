"""The crawl on the real Synapse: what is public is in the index, and nothing else ever is."""

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.matrix.public_town import ENCRYPTED, SHARED, WORLD, Town

from evenhand.connectors.matrix import crawl as crawling
from evenhand.connectors.matrix.compare import Different, compare
from evenhand.connectors.matrix.crawl import Crawl
from evenhand.connectors.matrix.homeserver import Homeserver, HomeserverSettings, free_port
from evenhand.connectors.matrix.peek import Peek
from evenhand.search.index import Index
from evenhand.search.lists import Difference, ItemKind
from evenhand.search.state import State

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("crawl")
    settings = HomeserverSettings(folder=folder, port=free_port(), password=uuid4().hex)
    server = Homeserver(settings)
    server.start()
    yield Town(server)
    server.stop()


@dataclass
class Searched:
    """An index and its crawl."""

    town: Town
    folder: Path
    kept: set[str] = field(default_factory=set)
    told: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.town.call("seeker", "GET", "/_matrix/client/v3/account/whoami")
        self.index = Index.open(self.folder / "index")
        self.state = State.open(self.folder / "state.db", index=self.index.identity)
        self.peek = Peek(self.town.server.settings.url, self.town.tokens["seeker"])
        self.moment = 0.0
        self.crawl = Crawl(
            self.peek,
            self.state,
            self.index,
            keeps=lambda room: room in self.kept,
            changed=lambda items: self.told.extend((item.id, len(self.index)) for item in items),
            clock=lambda: self.moment,
        )

    def settle(self) -> None:
        """Sweeps once, and reads all history."""
        self.moment += 1_000
        for _ in range(10_000):
            if not self.crawl.step():
                return

    def poke(self, *rooms: str, accounts=(), closed=()) -> None:
        self.crawl.poke(rooms=rooms, accounts=accounts, closed=closed)
        self.crawl.step()

    def ids(self) -> set[str]:
        return {
            item.id
            for item in self.index.items()
            if item.kind is ItemKind.ACCOUNT or self.state.is_open(item.room)
        }

    def close(self) -> None:
        self.index.close()
        self.state.close()
        self.peek.close()


@pytest.fixture
def searched(town, tmp_path) -> Iterator[Searched]:
    made = Searched(town, tmp_path)
    yield made
    made.close()


def test_what_is_public_is_found_and_nothing_else(town, searched):
    public = town.room("ann", "Public garden")
    post = town.post("ann", public, "The roses are out")
    shared = town.room("bea", "Shared cellar", history=SHARED)
    hidden = town.post("bea", shared, "Down here")
    unlisted = town.room("cyn", "Unlisted attic", listed=False)
    town.post("cyn", unlisted, "Up here")
    sealed = town.room("dot", "Sealed room", history=SHARED, state=[ENCRYPTED])
    open_sealed = town.room("dot", "Sealed but readable", state=[ENCRYPTED])

    searched.settle()

    everything = {item.id for item in searched.index.items()}
    assert {public, post, "@ann:evenhand.test", shared} <= everything
    assert not {hidden, unlisted, sealed, open_sealed} & everything
    assert not {"@bea:evenhand.test", "@cyn:evenhand.test", "@dot:evenhand.test"} & everything
    rooms = {item.room for item in searched.index.items() if item.kind is ItemKind.POST}
    assert shared not in rooms
    assert unlisted not in rooms


def test_what_is_new_edited_and_redacted_follows_a_poke(town, searched):
    room = town.room("eva", "Lively square")
    first = town.post("eva", room, "first words")
    searched.settle()
    second = town.post("eva", room, "second words")
    edit = town.post(
        "eva",
        room,
        "* better words",
        **{
            "m.new_content": {"msgtype": "m.text", "body": "better words"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": first},
        },
    )
    searched.poke(room)
    edited = searched.index.get(first)

    town.redact("eva", room, second)
    town.redact("eva", room, edit)
    searched.poke(room)

    assert edited is not None
    assert edited.text == "better words"
    restored = searched.index.get(first)
    assert restored is not None
    assert restored.text == "first words"
    assert searched.index.get(second) is None
    assert searched.index.get(edit) is None


@pytest.mark.parametrize("change", ["unlisted", "encrypted", "joined_history", "opted_out"])
def test_a_room_that_is_public_no_longer_leaves(town, searched, change):
    room = town.room("fay", f"Short lived {change}")
    post = town.post("fay", room, f"here for a while {change}")
    searched.settle()
    assert {room, post} <= searched.ids()

    if change == "unlisted":
        path = f"/_matrix/client/v3/directory/list/room/{room}"
        town.call("safety", "PUT", path, {"visibility": "private"})
    elif change == "encrypted":
        town.state("fay", room, "m.room.encryption", ENCRYPTED["content"])
    elif change == "joined_history":
        town.state("fay", room, "m.room.history_visibility", {"history_visibility": "joined"})
    else:
        town.state("fay", room, "eu.evenhand.search", {"index": False})
    searched.poke(room)

    left = {item.id for item in searched.index.items()}
    assert post not in left
    assert (room in left) is (change == "joined_history")


def test_a_room_that_a_decision_closes_stays_hidden_and_is_back_at_once(town, searched):
    room = town.room("gia", "Closed by decision")
    post = town.post("gia", room, "kept for an appeal")
    other = town.post("gia", room, "redacted meanwhile")
    searched.settle()
    searched.kept.add(room)
    path = f"/_matrix/client/v3/directory/list/room/{room}"
    town.call("safety", "PUT", path, {"visibility": "private"})
    searched.poke(room)
    hidden = room not in searched.ids()
    kept = searched.index.get(post)
    town.redact("gia", room, other)

    searched.kept.clear()
    town.call("safety", "PUT", path, {"visibility": "public"})
    searched.poke(room)

    assert hidden
    assert kept is not None
    assert {room, post} <= searched.ids()
    assert other not in searched.ids()


def test_who_opts_out_leaves_with_all_they_wrote_and_may_come_back(town, searched):
    room = town.room("hal", "Quiet corner")
    town.call("ida", "POST", f"/_matrix/client/v3/join/{room}", {})
    post = town.post("ida", room, "I was here")
    searched.settle()
    before = {post, "@ida:evenhand.test"} <= searched.ids()
    path = "/_matrix/client/v3/profile/@ida:evenhand.test/eu.evenhand.search"

    town.call("ida", "PUT", path, {"eu.evenhand.search": {"index": False}})
    searched.poke(accounts=["@ida:evenhand.test"])
    left = searched.ids()
    town.call("ida", "PUT", path, {"eu.evenhand.search": {"index": True}})
    searched.poke(accounts=["@ida:evenhand.test"])
    searched.settle()

    assert before
    assert not {post, "@ida:evenhand.test"} & left
    assert {post, "@ida:evenhand.test"} <= searched.ids()


def test_a_closed_account_is_not_found(town, searched):
    room = town.room("jan", "Farewell")
    town.call("kim", "POST", f"/_matrix/client/v3/join/{room}", {})
    searched.settle()
    before = "@kim:evenhand.test" in searched.ids()
    town.call(
        "safety", "POST", "/_synapse/admin/v1/deactivate/@kim:evenhand.test", {"erase": False}
    )

    searched.poke(closed=["@kim:evenhand.test"])

    assert before
    assert "@kim:evenhand.test" not in searched.ids()


def test_a_crawl_goes_on_where_it_was_stopped(town, tmp_path):
    room = town.room("liv", "Long story")
    posts = {town.post("liv", room, f"chapter {number}") for number in range(130)}
    first = Searched(town, tmp_path)
    first.moment = 1_000.0
    for _ in range(60):
        first.crawl.step()
    first.close()
    again = Searched(town, tmp_path)
    again.settle()

    assert posts <= again.ids()
    again.close()


def test_rooms_and_posts_are_told_of_before_they_can_be_found(town, searched):
    room = town.room("qui", "Told before")
    searched.poke(room)
    post = town.post("qui", room, "new here")
    there = len(searched.index)
    searched.poke(room)

    assert room in [name for name, _ in searched.told]
    assert (post, there) in searched.told
    assert searched.index.get(post) is not None


def test_the_index_is_what_synapse_shows_and_what_differs_is_named(town, searched):
    room = town.room("moe", "Compared garden")
    town.call("nan", "POST", f"/_matrix/client/v3/join/{room}", {})
    gone, edited, kept = (town.post("nan", room, f"post {n}") for n in range(3))
    new = {"msgtype": "m.text", "body": "post 1 mended"}
    relation = {"rel_type": "m.replace", "event_id": edited}
    town.post("nan", room, "* post 1 mended", **{"m.new_content": new, "m.relates_to": relation})
    town.redact("nan", room, gone)
    searched.settle()
    same = compare(searched.peek, searched.index.items)

    old = searched.index.get(edited)
    assert old is not None
    searched.index.remove(ids=[kept])
    searched.index.put([replace(old, text="post 1"), replace(old, id="$foreign", text="x")])
    searched.index.commit()
    other = compare(searched.peek, searched.index.items)

    assert same.differences == frozenset()
    assert same.items[ItemKind.ACCOUNT] >= 2
    assert other.differences == {
        Different(kept, ItemKind.POST, Difference.MISSING),
        Different(edited, ItemKind.POST, Difference.CHANGED),
        Different("$foreign", ItemKind.POST, Difference.NOT_PUBLIC),
    }


def test_what_a_decision_keeps_in_the_index_is_no_difference(town, searched):
    room = town.room("oda", "Kept by a decision")
    town.post("oda", room, "kept")
    searched.settle()
    searched.kept.add(room)
    path = f"/_matrix/client/v3/directory/list/room/{room}"
    town.call("safety", "PUT", path, {"visibility": "private"})
    searched.poke(room)

    with_it = compare(searched.peek, searched.index.items, kept=lambda: searched.kept)
    without = compare(searched.peek, searched.index.items)

    assert room not in {one.id for one in with_it.differences}
    assert room in {one.id for one in without.differences}


INDEXER = """
import sys, threading
from pathlib import Path
from evenhand.connectors.matrix import crawl
from evenhand.connectors.matrix.peek import Peek
from evenhand.search.index import Index
from evenhand.search.state import State

folder, url, token = sys.argv[1:]
crawl.SWEEP_SECONDS = 0.1
index = Index.open(Path(folder) / "index")
state = State.open(Path(folder) / "state.db", index=index.identity)
print("reads", flush=True)
crawl.Crawl(Peek(url, token), state, index).run(threading.Event())
"""


@dataclass
class Indexer:
    """A process that crawls, and is killed; the folder is read from outside."""

    town: Town
    folder: Path
    process: Any = None

    def start(self) -> None:
        self.town.call("seeker", "GET", "/_matrix/client/v3/account/whoami")
        url, token = self.town.server.settings.url, self.town.tokens["seeker"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", INDEXER, str(self.folder), url, token],
            stdout=subprocess.PIPE,
            stderr=(self.folder / "log").open("ab"),
        )
        assert self.process.stdout.readline() == b"reads\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def items(self) -> list[Any]:
        """Gives what may be found now."""
        index = Index.open(self.folder / "index", read_only=True)
        with sqlite3.connect(self.folder / "state.db") as state:
            rows = state.execute("SELECT room FROM rooms WHERE open = 1").fetchall()
        open_rooms = {room for (room,) in rows}
        return [
            item
            for item in index.items()
            if item.kind is ItemKind.ACCOUNT or item.room in open_rooms
        ]


def test_killed_at_any_moment_nothing_removed_returns_and_nothing_lawful_is_lost(town, tmp_path):
    chance = random.Random(20261123)
    indexer = Indexer(town, tmp_path)
    rooms = [town.room("pam", f"Killed {number}") for number in range(3)]
    lawful = {town.post("pam", room, f"first {n}") for room in rooms for n in range(60)}
    directory = "/_matrix/client/v3/directory/list/room/"
    closed = town.room("pam", "Closed in between")
    secret = town.post("pam", closed, "no longer public")
    gone: set[str] = set()
    removed: set[str] = set()
    for turn in range(8):
        indexer.start()
        for n in range(6):
            room = chance.choice(rooms)
            lawful.add(town.post("pam", room, f"turn {turn} {n}"))
            doomed = town.post("pam", room, f"doomed {turn} {n}")
            time.sleep(chance.random() / 5)
            town.redact("pam", room, doomed)
            removed.add(doomed)
        if turn == 4:
            town.call("safety", "PUT", directory + closed, {"visibility": "private"})
            removed.add(secret)
        time.sleep(chance.random())
        indexer.kill()

        found = {item.id for item in indexer.items()}
        assert not gone & found, "what was seen to be gone is back"
        gone |= removed - found

    indexer.start()
    given_up = time.monotonic() + 60
    while (made := compare(Peek(town.server.settings.url, town.tokens["seeker"]), indexer.items)
           ).differences and time.monotonic() < given_up:  # fmt: skip
        time.sleep(0.2)
    found = {item.id for item in indexer.items()}
    indexer.kill()

    assert made.differences == frozenset()
    assert lawful <= found
    assert not removed & found


def test_the_loop_ends_when_told(searched):
    stop = threading.Event()
    thread = threading.Thread(target=searched.crawl.run, args=(stop,), daemon=True)
    thread.start()
    stop.set()
    thread.join(60)

    assert not thread.is_alive()


def test_what_may_leave_is_read_before_what_is_new(searched):
    searched.settle()
    read: list[str] = []
    searched.crawl.read = read.append
    searched.crawl.poke(rooms=["!one:x", "!two:x"], leaving=["!left:x"])
    searched.crawl.step()

    assert read[0] == "!left:x"
    assert set(read) == {"!left:x", "!one:x", "!two:x"}


def test_many_pokes_do_not_keep_the_sweep_from_going_on(searched):
    searched.settle()
    searched.moment += 1_000
    read: list[str] = []
    searched.crawl.read = read.append
    told = {f"!{number}:x" for number in range(3 * crawling.TOLD_AT_ONCE)}
    searched.crawl.poke(rooms=told)
    searched.crawl.step()

    # The sweep looks into the directory, which has rooms of other tests, or ends.
    assert len(told & set(read)) == crawling.TOLD_AT_ONCE
    assert searched.crawl.step()
    for _ in range(10_000):
        if not searched.crawl.step():
            break
    assert told <= set(read)
    assert len(set(read) & told) == len([one for one in read if one in told])


CHANGES = {
    "listed": [True, False],
    "m.room.join_rules": ["public", "invite", "knock"],
    "m.room.history_visibility": [WORLD, SHARED, "invited", "joined"],
    "m.room.encryption": [ENCRYPTED["content"]["algorithm"]],
    "eu.evenhand.search": [True, False],
}
FIELD = {
    "m.room.join_rules": "join_rule",
    "m.room.history_visibility": "history_visibility",
    "m.room.encryption": "algorithm",
    "eu.evenhand.search": "index",
}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_room_becomes_it_is_found_while_it_is_public_and_no_longer(town, searched, seed):
    chance = random.Random(seed)
    room = town.room("ned", f"Changeable {seed}")
    post = town.post("ned", room, "written while anybody could read")
    searched.settle()
    is_so: dict[str, Any] = {"listed": True, "m.room.join_rules": "public"}
    is_so["m.room.history_visibility"] = WORLD
    for _ in range(7):
        # Encryption is for good: rooms would seldom be anything else.
        what = chance.choice([*(3 * [one for one in CHANGES if "encr" not in one]), *CHANGES])
        is_so[what] = chance.choice(CHANGES[what])
        if what == "listed":
            path = f"/_matrix/client/v3/directory/list/room/{room}"
            seen = "public" if is_so[what] else "private"
            town.call("safety", "PUT", path, {"visibility": seen})
        else:
            town.state("ned", room, what, {FIELD[what]: is_so[what]})
        searched.poke(room)
        left = searched.ids()
        while searched.crawl.step():
            pass
        public = is_so["listed"] and is_so["m.room.join_rules"] in ("public", "knock")
        public = public and "m.room.encryption" not in is_so
        readable = is_so["m.room.history_visibility"] == WORLD
        public = public and not (readable and is_so.get("eu.evenhand.search") is False)

        assert public or not {room, post} & left, is_so
        assert readable or post not in left, is_so
        assert (room in searched.ids()) == public, is_so
        assert (post in searched.ids()) == (public and readable), is_so
