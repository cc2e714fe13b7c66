"""SQLite's FTS5 with trigrams on the same posts, asked for the same words, all of them there."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search_posts import Town

ANSWERS = 20


@dataclass(frozen=True, slots=True)
class Peer:
    """What SQLite's FTS5 does with the same."""

    p50: float
    p99: float
    per_second: float
    posts_per_second: float
    bytes_per_post: float


def peer(file: Path, town: Town, posts: int, asked: Sequence[str], *, warm_up: int) -> Peer:
    """Gives its figures, without the first queries; its file is gone afterwards."""
    database = sqlite3.connect(file)
    database.execute("CREATE VIRTUAL TABLE items USING fts5(text, tokenize='trigram')")
    busy = 0.0
    for block in town.items(posts):
        rows = [(f"{item.title} {item.text}",) for item in block]
        begun = time.perf_counter()
        with database:
            database.executemany("INSERT INTO items (text) VALUES (?)", rows)
        busy += time.perf_counter() - begun
    size = file.stat().st_size
    taken = []
    for text in asked:
        words = " AND ".join(f'"{word}"' for word in text.replace('"', " ").split())
        begun = time.perf_counter()
        database.execute(
            "SELECT text FROM items WHERE items MATCH ? ORDER BY bm25(items) LIMIT ?",
            (words, ANSWERS),
        ).fetchall()
        taken.append(time.perf_counter() - begun)
    database.close()
    file.unlink()
    taken = sorted(taken[warm_up:])
    return Peer(
        p50=1_000 * taken[len(taken) // 2],
        p99=1_000 * taken[int(0.99 * len(taken))],
        per_second=len(taken) / sum(taken),
        posts_per_second=posts / busy,
        bytes_per_post=size / posts,
    )
