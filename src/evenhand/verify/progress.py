"""A bar for work that takes long, drawn only where somebody looks at a terminal."""

import sys
from typing import TextIO

BAR_SIGNS = 30


class Progress:
    """How far some work has come."""

    def __init__(self, what: str, total: int, *, to: TextIO | None = None) -> None:
        self._what = what
        self._total = total
        self._to = sys.stderr if to is None else to
        self._drawn = -1

    def at(self, done: int) -> None:
        """Draws how far it has come, once per hundredth."""
        hundredths = 100 * done // self._total if self._total else 100
        if hundredths == self._drawn or not self._to.isatty():
            return
        self._drawn = hundredths
        bar = ("█" * (BAR_SIGNS * hundredths // 100)).ljust(BAR_SIGNS, "░")
        print(f"\r{self._what} {bar} {hundredths:3} %", end="", file=self._to, flush=True)

    def end(self) -> None:
        """Takes the bar away."""
        if self._drawn >= 0:
            print("\r\x1b[K", end="", file=self._to, flush=True)
