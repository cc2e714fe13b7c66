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
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

SIZES = (1_000_000,)
SEED = 20_261_123
WARM_UP, ASKED, ASKED_AT_ONCE, CLIENTS = 300, 2_000, 2_000, 8
TAKEN_OUT, PAUSE_SECONDS = 200, 0.15
"""Rooms taken out of search, one after the other, while two clients go on asking."""

GONE_MS_MAX = 1_000.0
PEER_POSTS_MAX, PEER_ASKED = 1_000_000, 300

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
    from search_peer import peer
    from search_posts import Town, queries
    from search_site import fill, site, stand

    town = Town(SEED)
    some = [item for block in town.items(min(posts, 200_000)) for item in block]
    asked = queries(some, WARM_UP + ASKED, seed=SEED)
    many = queries(some, ASKED_AT_ONCE, seed=SEED + 1)
    beside: dict[str, tuple[str, float]] = {}
    if posts <= PEER_POSTS_MAX:
        words = [text for text, _ in asked[: WARM_UP + PEER_ASKED]]
        fts5 = peer(home / "peer", town, posts, words, warm_up=WARM_UP)
        beside = {name: ("fts5", value) for name, value in asdict(fts5).items()}
    size = f"{posts // 1_000_000}m" if posts % 1_000_000 == 0 else str(posts)
    with site(home) as running:
        filled = fill(home, town, posts)
        stand(town, posts)
        with running.searcher() as searcher:
            seconds, answered = _one_by_one(searcher, asked)
            per_second = _at_once(searcher, many)
            gone = _taken_out(searcher, town, posts, many)
            peak = running.peak_mb()
            audited = running.audit()
    return [
        _figure(f"search_p50_ms_{size}", _share(seconds, 0.5), "ms", beside.get("p50")),
        _figure(f"search_p99_ms_{size}", _share(seconds, 0.99), "ms", beside.get("p99")),
        _figure(
            f"search_queries_per_s_{size}", per_second, "queries/s",
            beside.get("per_second"),
        ),
        _figure(f"search_answered_share_{size}", answered, "share", None),
        _figure(
            f"index_docs_per_s_{size}", filled.per_second, "items/s",
            beside.get("posts_per_second"),
        ),
        _figure(
            f"index_bytes_per_post_{size}", filled.size / posts, "bytes",
            beside.get("bytes_per_post"),
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
    from search_site import take_out

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
            take_out(room.id)
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


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(_figures(Path(sys.argv[1]), int(sys.argv[2]))))
