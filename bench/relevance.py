"""How often a search finds the passage that answers a question, language by language.

Recall@1 is the share of questions whose passage comes first, MRR@10 the mean of one divided by its
place among the first ten. Beside ours stands SQLite's FTS5 with trigrams in the same run: any of
the question's trigrams, ranked by its BM25. Nothing is set by language.

`--folder DIR` reads `xquad_docs_LANG.parquet` (`doc`, `text`) and `xquad_queries_LANG.parquet`
(`question`, `doc`); without it the small set of the project is
read: passages and questions in its own words.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import yaml

from evenhand.search.asking import Ask
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.sight import Sight

SMALL = Path(__file__).resolve().parent / "data" / "relevance"
PLACES = 10
"""First hits that count."""

GRAM = 3
WHEN = datetime(2026, 11, 1, tzinfo=UTC)

Answers = Callable[[str], Sequence[str]]
"""Gives the passages found for a question, the best first."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Passages by name, and questions each with the passage that answers it."""

    passages: Mapping[str, str]
    asked: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Relevance:
    """Share of passages that came first, mean reciprocal place among the first ten: 0 to 1."""

    recall: float
    mrr: float


def run(folder: Path | None = None) -> dict[str, object]:
    """Gives both measures for each language; leaves nothing behind."""
    read = _parquet(folder) if folder else small()
    figures = []
    for language, questions in sorted(read.items()):
        found, beside = ours(questions), theirs(questions)
        figures += [
            _figure(f"recall_at_1_{language}", found.recall, beside.recall),
            _figure(f"mrr_at_10_{language}", found.mrr, beside.mrr),
        ]
    return {"figures": figures}


def small() -> dict[str, Questions]:
    """Gives the project's own passages and questions, by language."""
    return {path.stem: _small(path) for path in sorted(SMALL.glob("*.yaml"))}


def ours(questions: Questions) -> Relevance:
    """Asks our own search, with nothing hidden."""
    with (
        tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder,
        Index.open(Path(folder)) as index,
    ):
        index.put(
            [
                Item(id=name, kind=ItemKind.POST, at=WHEN, text=text, room="!room:bench.test")
                for name, text in questions.passages.items()
            ]
        )
        index.commit()
        finder = Finder(index, bytes(32), clock=lambda: WHEN)

        def answers(question: str) -> Sequence[str]:
            page = finder.find(Ask(question, "DE", limit=PLACES), sight=Sight())
            return [hit.item.id for hit in page.hits]

        return _measured(questions, answers)


def theirs(questions: Questions) -> Relevance:
    """Asks SQLite's FTS5."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE VIRTUAL TABLE passages USING fts5(name UNINDEXED, text, tokenize='trigram')"
        )
        database.executemany("INSERT INTO passages VALUES (?, ?)", questions.passages.items())

        def answers(question: str) -> Sequence[str]:
            small = question.lower()
            grams = sorted({small[at : at + GRAM] for at in range(len(small) - GRAM + 1)})
            any_of = " OR ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
            rows = database.execute(
                "SELECT name FROM passages WHERE passages MATCH ? ORDER BY bm25(passages) LIMIT ?",
                (any_of, PLACES),
            )
            return [str(name) for (name,) in rows]

        return _measured(questions, answers)


def _measured(questions: Questions, answers: Answers) -> Relevance:
    places = []
    for question, passage in questions.asked:
        found = [*answers(question)]
        places.append(found.index(passage) + 1 if passage in found else 0)
    return Relevance(
        recall=sum(place == 1 for place in places) / len(places),
        mrr=sum(1 / place for place in places if place) / len(places),
    )


def _small(path: Path) -> Questions:
    passages: dict[str, str] = {}
    asked: list[tuple[str, str]] = []
    for name, one in yaml.safe_load(path.read_text("utf-8")).items():
        passages[name] = one["text"]
        asked += [(question, name) for question in one["asked"]]
    return Questions(passages, asked)


def _parquet(folder: Path) -> dict[str, Questions]:
    read = {}
    for path in sorted(folder.glob("xquad_docs_*.parquet")):
        language = path.stem.rpartition("_")[2]
        docs = pq.read_table(path).to_pylist()
        asked = pq.read_table(folder / f"xquad_queries_{language}.parquet").to_pylist()
        read[language] = Questions(
            {str(one["doc"]): one["text"] for one in docs},
            [(one["question"], str(one["doc"])) for one in asked],
        )
    if not read:
        raise FileNotFoundError(f"{folder} holds no xquad_docs_LANG.parquet")
    return read


def _figure(name: str, value: float, against: float) -> dict[str, object]:
    return {
        "figure": name,
        "value": round(value, 4),
        "unit": "share",
        "cores": os.cpu_count(),
        "against": "SQLite FTS5 trigram, any trigram",
        "against_value": round(against, 4),
        "ratio": round(value / against, 4) if against else None,
    }
