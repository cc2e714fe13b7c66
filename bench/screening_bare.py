"""A bare Hyperscan scan of the texts of batches, as what the whole screening is compared with."""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Self

import hyperscan
import pyarrow as pa

from evenhand.events.text_column import arrow_text
from evenhand.signals.expressions import expression_of, literal_of
from evenhand.signals.pattern_lists import read_pattern_lists

Batches = Sequence[pa.RecordBatch]


class BareScan:
    """Hyperscan alone: the same patterns over the same joined text, and nothing done with hits."""

    def __init__(self, patterns_folder: Path) -> None:
        lists = read_pattern_lists(patterns_folder)
        patterns = [pattern for one in lists for pattern in one.patterns]
        self._databases = [
            _compiled(
                [literal_of(one, normalised=True).content for one in patterns if one.text],
                literal=True,
            ),
            _compiled(
                [expression_of(one, normalised=True) for one in patterns if one.regex],
                literal=False,
            ),
        ]

    def timed(self, batches: Batches) -> tuple[float, int]:
        """Gives the seconds that a scan of all text takes, and the hits."""
        began = time.perf_counter()
        hits = self.run(batches)
        return time.perf_counter() - began, hits

    def run(self, batches: Batches) -> int:
        """Scans all text; gives the hits."""
        return self.scan([bytes(arrow_text(batch["text"])[0]) for batch in batches])

    def scan(self, texts: Sequence[bytes]) -> int:
        """Scans texts; gives the hits."""
        hits = 0

        def found(*_: object) -> None:
            nonlocal hits
            hits += 1

        for database in self._databases:
            scratch = hyperscan.Scratch(database)
            for text in texts:
                database.scan(text, match_event_handler=found, scratch=scratch)
        return hits


_scanner: BareScan
_together: Barrier


class BareScans:
    """A bare scan in each of some processes of their own, which hold nothing else."""

    def __init__(self, patterns_folder: Path, *, cores: int) -> None:
        self._cores = cores
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            cores, context, _begin_scanning, (patterns_folder, context.Barrier(cores))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def timed(self, batches: Batches) -> tuple[float, int]:
        """Scans half of the batches in each; gives the seconds of the slower one, and the hits."""
        texts = [bytes(arrow_text(batch["text"])[0]) for batch in batches]
        asked = [self._pool.submit(_scanned, texts[at :: self._cores]) for at in range(self._cores)]
        found = [one.result() for one in asked]
        return max(seconds for seconds, _ in found), sum(hits for _, hits in found)


def _begin_scanning(patterns_folder: Path, barrier: Barrier) -> None:
    global _scanner, _together
    _scanner, _together = BareScan(patterns_folder), barrier


def _scanned(texts: Sequence[bytes]) -> tuple[float, int]:
    _together.wait()
    began = time.perf_counter()
    hits = _scanner.scan(texts)
    return time.perf_counter() - began, hits


def _compiled(expressions: Sequence[bytes], *, literal: bool) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=list(expressions),
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=0 if literal else hyperscan.HS_FLAG_UTF8,
        literal=literal,
    )
    return database
