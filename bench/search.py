"""How fast the search answers, and how soon a decision is gone from it, with a million posts.

Invented rooms and posts are put into the real index. Then the real searcher runs on it, beside
PostgreSQL with fsync and a hundred thousand standing decisions, and is asked over HTTP, as the desk
does: by one client for the time that a query takes, by eight for queries a second. Meanwhile rooms
are taken out of search by real decisions; each is asked for by its name until it is gone.

Beside it stands SQLite's FTS5 with trigrams on the same posts in a process of its own, asked for
the same words, all of which must be there: no typos, no names, nothing hidden. At sizes above a
million that is left out: it takes as long as all else.

What is asked first warms what is read from disk. The messenger is away: nothing is crawled.
"""

import json
import os
import random
import resource
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent))

SIZES = (1_000_000,)
SEED = 20_261_123
WARM_UP, ASKED, ASKED_AT_ONCE, CLIENTS = 300, 2_000, 2_000, 8
STANDING = 100_000
"""Posts removed by decisions that stand: what is hidden besides."""

TAKEN_OUT, PAUSE_SECONDS = 200, 0.15
"""Rooms taken out of search, one after the other, while two clients go on asking."""

AUDITED = 40
"""Rooms taken out that the audit seeks under some eighty spellings each."""

GONE_MS_MAX = 1_000.0
PEER_POSTS_MAX, PEER_ASKED = 1_000_000, 300
COMMIT_ITEMS = 100_000
START_SECONDS_MAX = 300.0

Query = tuple[str, bool]


def run(sizes: Sequence[int] = SIZES) -> dict[str, object]:
    """Gives the figures for each number of posts; leaves nothing behind."""
    return {"figures": [figure for size in sorted(sizes) for figure in _at(size)]}


def _at(posts: int) -> list[dict[str, object]]:
    """Gives the figures at one size, from a process of its own: settings are read once."""
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        command = (sys.executable, __file__, folder, str(posts))
        told = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: list[dict[str, object]] = json.loads(told.stdout)
    return figures


def _figures(home: Path, posts: int) -> list[dict[str, object]]:
    from search_posts import Town, queries

    town = Town(SEED)
    some = [item for block in town.items(min(posts, 200_000)) for item in block]
    asked = queries(some, WARM_UP + ASKED, seed=SEED)
    many = queries(some, ASKED_AT_ONCE, seed=SEED + 1)
    peer = None
    if posts <= PEER_POSTS_MAX:
        peer = _peer(home / "peer", posts, asked[: WARM_UP + PEER_ASKED])
    size = f"{posts // 1_000_000}m" if posts % 1_000_000 == 0 else str(posts)
    with _site(home) as site:
        fill = _fill(home, town, posts)
        _stand(town, posts)
        with site.searcher() as searcher:
            seconds, answered = _one_by_one(searcher, asked)
            per_second = _at_once(searcher, many)
            gone = _taken_out(searcher, town, posts, many)
            peak = site.peak_mb()
            audited = site.audit()
    return [
        _figure(f"search_p50_ms_{size}", _share(seconds, 0.5), "ms", peer and ("fts5", peer.p50)),
        _figure(f"search_p99_ms_{size}", _share(seconds, 0.99), "ms", peer and ("fts5", peer.p99)),
        _figure(
            f"search_queries_per_s_{size}", per_second, "queries/s",
            peer and ("fts5", peer.per_second),
        ),
        _figure(f"search_answered_share_{size}", answered, "share", None),
        _figure(
            f"index_docs_per_s_{size}", fill.per_second, "items/s",
            peer and ("fts5", peer.posts_per_second),
        ),
        _figure(
            f"index_bytes_per_post_{size}", fill.size / posts, "bytes",
            peer and ("fts5", peer.size / posts),
        ),
        _figure(f"deindex_p99_ms_{size}", _share(gone, 0.99), "ms", ("goal", GONE_MS_MAX)),
        _figure(f"deindex_p50_ms_{size}", _share(gone, 0.5), "ms", ("goal", GONE_MS_MAX)),
        _figure(f"searcher_peak_mb_{size}", peak, "MB", None),
        _figure(f"decided_items_found_{size}", audited["leaked"], "items", ("goal", 0)),
        _figure(f"decided_items_sought_{size}", audited["sought"], "items", None),
        _figure(f"undecided_flagged_share_{size}", audited["flagged_share"], "share", None),
        _figure(f"search_audit_s_{size}", audited["seconds"], "s", None),
    ]  # fmt: skip


def _figure(
    name: str, value: float, unit: str, against: tuple[str, float] | None
) -> dict[str, object]:
    # Figures of a million posts are known by their bare names, but for the time of a query.
    if not name.startswith("search_p"):
        name = name.removesuffix("_1m")
    figure: dict[str, object] = {
        "figure": name,
        "value": round(value, 3),
        "unit": unit,
        "cores": os.cpu_count(),
    }
    if against is not None:
        beside = {"fts5": "SQLite FTS5 trigram, all words", "goal": "goal"}[against[0]]
        figure |= {"against": beside, "against_value": round(against[1], 3)}
        if against[1]:
            figure["ratio"] = round(value / against[1], 4)
    return figure


# The site


@dataclass(slots=True)
class Site:
    """A folder with a database that runs, and the processes that use it."""

    home: Path
    port: int
    environment: dict[str, str]
    running: "subprocess.Popen[bytes] | None" = None

    @contextmanager
    def searcher(self) -> Iterator[Any]:
        """Runs the searcher until it is ready, and gives who asks it."""
        from evenhand.connectors.searcher import SearcherClient

        command = (sys.executable, "-m", "evenhand.searcher", "--port", str(self.port))
        with (self.home / "searcher.log").open("wb") as log:
            self.running = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        try:
            _until_ready(self.port)
            token = (self.home / "keys" / "door.token").read_text()
            yield SearcherClient(f"http://127.0.0.1:{self.port}", token)
        finally:
            self.running.terminate()
            self.running.wait(30)

    def peak_mb(self) -> float:
        """Gives the peak of memory of the searcher."""
        assert self.running is not None
        status = Path(f"/proc/{self.running.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6

    def audit(self) -> dict[str, float]:
        """Gives what `evenhand search audit` finds of the running searcher."""
        begun = time.perf_counter()
        told = subprocess.run(
            (
                *(sys.executable, "-m", "evenhand", "search", "audit"),
                *("--json", "--sought", str(AUDITED)),
            ),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        found = json.loads(told.stdout)
        return {
            "leaked": len(found["leaked"]),
            "sought": found["sought"],
            "flagged_share": found["flagged_share"],
            "seconds": time.perf_counter() - begun,
        }


@contextmanager
def _site(home: Path) -> Iterator[Site]:
    port = _free_port()
    keys = home / "keys"
    environment = {
        "EVENHAND_HOME": str(home),
        "EVENHAND_MESSENGER": "synapse",
        "EVENHAND_PUBLIC_URL": "http://localhost:1",
        # Nobody listens there: what is in the index is all there is.
        "EVENHAND_SYNAPSE_URL": "http://127.0.0.1:1",
        "EVENHAND_SYNAPSE_TOKEN_FILE": str(keys / "search.token"),
        "EVENHAND_SEARCH_TOKEN_FILE": str(keys / "search.token"),
        "EVENHAND_DOOR_TOKEN_FILE": str(keys / "door.token"),
        "EVENHAND_SEARCH_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "evenhand.settings",
    }
    os.environ |= environment
    os.environ.pop("DATABASE_URL", None)
    from evenhand.base.sealing import make_keys
    from evenhand.database.server import Server

    make_keys(keys)
    for name in ("door.token", "search.token"):
        (keys / name).write_text(secrets.token_urlsafe(24))
    with (home / "postgres.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "evenhand.database.server", str(home)], stdout=log, stderr=log
        )
    try:
        Server(home).wait()
        import evenhand.start  # noqa: F401  reads the settings of the folder just made
        from evenhand.database.addresses import OWNER, role_url
        from evenhand.database.prepare import prepare_embedded

        prepare_embedded(home, owner_url=role_url(home, OWNER))
        yield Site(home, port, {**os.environ})
    finally:
        server.terminate()
        server.wait(20)


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
        return port


def _until_ready(port: int) -> None:
    import httpx

    give_up = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/health").is_success:
                return
        time.sleep(0.1)
    raise TimeoutError


# What is in it


@dataclass(frozen=True, slots=True)
class Filled:
    """How the index was filled: items a second with all commits, and bytes on disk."""

    per_second: float
    size: int


def _fill(home: Path, town: Any, posts: int) -> Filled:
    from evenhand.search.index import Index
    from evenhand.search.state import RoomState, State

    busy, count, waiting = 0.0, 0, 0
    folder = home / "search" / "index"
    with Index.open(folder) as index:
        state = State.open(home / "search" / "state.db", index=index.identity)
        for block in town.items(posts):
            begun = time.perf_counter()
            index.put(block)
            waiting += len(block)
            if waiting >= COMMIT_ITEMS:
                index.commit()
                waiting = 0
            busy += time.perf_counter() - begun
            count += len(block)
            for item in block:
                if item.id == item.room:
                    state.keep(item.id, RoomState(open=True, readable=True, forward="end"))
        begun = time.perf_counter()
        index.commit()
        busy += time.perf_counter() - begun
        state.close()
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Filled(count / busy, size)


def _stand(town: Any, posts: int) -> None:
    """Makes decisions stand: one is real, the others are rows as it leaves them."""
    from django.db import connection

    decision = _take_out(town.room(0).room)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO actions_action (id, decision_id, kind, target_kind, account, channel, event,
                media, lasting_on, territory, ends_at, state, memory, in_force_at, undo_by,
                undo_reason)
            SELECT gen_random_uuid(), %s, 'redact', 'event', '@invented:bench.test',
                '!room' || n / 200 || ':bench.test', '$post' || n, '', '$post' || n, '{}', NULL,
                'in_force', '{}', now(), NULL, ''
            FROM generate_series(%s::int, %s::int) AS n
            """,
            [decision, posts, posts + STANDING - 1],
        )
        cursor.execute("ANALYZE actions_action")


def _take_out(room: str) -> UUID:
    """Takes a room out of search by a decision, and gives it."""
    from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
    from evenhand.actions.ports import Target
    from evenhand.actions.steps import decide
    from evenhand.base import clock
    from evenhand.base.harms import harms
    from evenhand.base.ids import new_id
    from evenhand.base.lists import ActionKind, ChannelKind, Ground, Language, Source, TargetKind

    now = clock.now()
    draft = DecisionDraft(
        id=new_id(now=now),
        at=now,
        origin=f"event:{room}",
        ground=Ground.RULE,
        harm="m.spam",
        severity=harms()["m.spam"].severity,
        score=1.0,
        reason="It sells followers.",
        source=Source.OWN,
        market="DE",
        language=Language.EN,
        channel_kind=ChannelKind.PUBLIC,
        measures=(Measure(ActionKind.DEINDEX, Target(TargetKind.CHANNEL, channel=room)),),
        rule=RuleFacts("bench", "1", "Author", "Approver"),
        channel=room,
    )
    return decide(draft, now=now).id


# How it is asked


def _ask(searcher: Any, query: Query) -> int:
    from evenhand.search.asking import Ask

    text, typing = query
    return len(searcher.search(Ask(text, "DE", typing=typing)).hits)


def _one_by_one(searcher: Any, asked: Sequence[Query]) -> tuple[list[float], float]:
    """Gives what queries take in milliseconds, and the share that found something."""
    for query in asked[:WARM_UP]:
        _ask(searcher, query)
    taken, answered = [], 0
    for query in asked[WARM_UP:]:
        begun = time.perf_counter()
        answered += _ask(searcher, query) > 0
        taken.append(1_000 * (time.perf_counter() - begun))
    return taken, answered / len(taken)


def _at_once(searcher: Any, asked: Sequence[Query]) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda query: _ask(searcher, query), asked))
    return len(asked) / (time.perf_counter() - begun)


def _taken_out(searcher: Any, town: Any, posts: int, asked: Sequence[Query]) -> list[float]:
    """Gives what it takes from a decision's commit until a room is found no more, in ms."""
    from evenhand.search.asking import Ask
    from search_posts import POSTS_OF_ROOM

    rooms = max(2, posts // POSTS_OF_ROOM)
    chosen = random.Random(SEED).sample(range(1, rooms), min(TAKEN_OUT, rooms - 1))
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            for query in asked:
                if stop.is_set():
                    return
                _ask(searcher, query)

    def found(room: str, name: str) -> bool:
        hits = searcher.search(Ask(name, "DE", limit=5)).hits
        return any(hit.item.id == room for hit in hits)

    taken = []
    load = [threading.Thread(target=go_on) for _ in range(2)]
    for thread in load:
        thread.start()
    try:
        for number in chosen:
            room = town.room(number)
            assert found(room.id, room.title), f"{room.title} is found before"
            _take_out(room.id)
            begun = time.perf_counter()
            while found(room.id, room.title):
                pass
            taken.append(1_000 * (time.perf_counter() - begun))
            time.sleep(PAUSE_SECONDS)
    finally:
        stop.set()
        for thread in load:
            thread.join()
    return taken


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# The peer


@dataclass(frozen=True, slots=True)
class Peer:
    """What SQLite's FTS5 does with the same."""

    p50: float
    p99: float
    per_second: float
    posts_per_second: float
    size: int


def _peer(file: Path, posts: int, asked: Sequence[Query]) -> Peer:
    from search_posts import Town

    database = sqlite3.connect(file)
    database.execute("CREATE VIRTUAL TABLE items USING fts5(text, tokenize='trigram')")
    busy = 0.0
    for block in Town(SEED).items(posts):
        rows = [(f"{item.title} {item.text}",) for item in block]
        begun = time.perf_counter()
        with database:
            database.executemany("INSERT INTO items (text) VALUES (?)", rows)
        busy += time.perf_counter() - begun
    size = file.stat().st_size
    taken = []
    for text, _ in asked:
        words = " AND ".join(f'"{word}"' for word in text.replace('"', " ").split())
        begun = time.perf_counter()
        database.execute(
            "SELECT text FROM items WHERE items MATCH ? ORDER BY bm25(items) LIMIT 20", (words,)
        ).fetchall()
        taken.append(time.perf_counter() - begun)
    database.close()
    file.unlink()
    taken = taken[WARM_UP:] or taken
    return Peer(
        p50=1_000 * _share(taken, 0.5),
        p99=1_000 * _share(taken, 0.99),
        per_second=len(taken) / sum(taken),
        posts_per_second=posts / busy,
        size=size,
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(_figures(Path(sys.argv[1]), int(sys.argv[2]))))
