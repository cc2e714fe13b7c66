"""Regular expressions, compiled once and scanned for in bytes."""

import hashlib
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hyperscan
import numpy as np
from numpy.typing import NDArray

from evenhand.base.cache import cached_bytes, forget_cached
from evenhand.events.text_column import Bytes
from evenhand.signals.pattern_lists import PatternRefused

_FORMAT = 3
_ENGINE_VERSION = version("hyperscan")
_REGEX = hyperscan.HS_FLAG_UTF8

Ints = NDArray[np.int64]


class RegexDatabase:
    """Regular expressions as Hyperscan compiles them, kept on disk by the hash of them all."""

    def __init__(self, expressions: Sequence[bytes], *, folder: Path | None) -> None:
        self._expressions = expressions
        self._engine = self._loaded(folder)
        self._own = threading.local()

    def _loaded(self, folder: Path | None) -> Any:
        digest = hashlib.sha256(f"{_ENGINE_VERSION} {_FORMAT}".encode())
        for expression in self._expressions:
            digest.update(len(expression).to_bytes(4, "little") + expression)
        name = f"patterns-{digest.hexdigest()[:40]}"
        for _ in range(2):
            content = cached_bytes(name, self._compiled, folder=folder)
            try:
                engine = hyperscan.loadb(content, hyperscan.HS_MODE_BLOCK)
            except hyperscan.error:
                # Damaged, or made on a processor of another kind: it is compiled again.
                forget_cached(name, folder=folder)
                continue
            # A loaded database has no scratch space of its own to copy (error -1).
            engine.scratch = hyperscan.Scratch(engine)
            return engine
        raise PatternRefused(list="*", line=1, why="Hyperscan cannot load what it compiled")

    def _compiled(self) -> bytes:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=list(self._expressions),
            ids=list(range(len(self._expressions))),
            elements=len(self._expressions),
            flags=_REGEX,
        )
        return bytes(hyperscan.dumpb(database))

    def scan(self, content: Bytes) -> tuple[Ints, Ints]:
        """Gives the number of each expression found, and where the match ends."""
        which: list[int] = []
        ends: list[int] = []

        def found(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            which.append(number)
            ends.append(end)

        self._engine.scan(content, match_event_handler=found, scratch=self._scratch())
        return np.array(which, np.int64), np.array(ends, np.int64)

    def _scratch(self) -> Any:
        """Gives this thread's scratch space: two scans in one would spoil each other."""
        if not hasattr(self._own, "scratch"):
            self._own.scratch = self._engine.scratch.clone()
        return self._own.scratch


def compile_alone(expression: bytes) -> None:
    """Raises `hyperscan.error` if an expression does not compile."""
    hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
        expressions=[expression], ids=[0], elements=1, flags=_REGEX
    )
