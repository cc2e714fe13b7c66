"""A line on the terminal that says how far the reading is; silent anywhere else."""

from time import monotonic
from typing import TextIO

SECONDS_BETWEEN = 0.2
_BAR_CELLS = 24


class Progress:
    """Shows bytes done, messages per second and the time left.

    Where `terminal` is no terminal, nothing is shown.
    """

    def __init__(self, terminal: TextIO, *, total_bytes: int | None, quiet: bool = False) -> None:
        self._terminal = terminal
        self._shown = terminal.isatty() and not quiet
        self._total_bytes = total_bytes
        self.began = self._last = monotonic()

    def show(
        self, *, done_bytes: int, messages: int, flagged: int, now: float | None = None
    ) -> None:
        """Renews the line, at most five times a second."""
        now = monotonic() if now is None else now
        if not self._shown or now - self._last < SECONDS_BETWEEN:
            return
        self._last = now
        line = progress_line(
            done_bytes=done_bytes,
            total_bytes=self._total_bytes,
            messages=messages,
            flagged=flagged,
            seconds=now - self.began,
        )
        self._terminal.write(f"\r\x1b[K{line}")
        self._terminal.flush()

    def start(self) -> None:
        """Begins to count the time: what came before belongs to no message."""
        self.began = self._last = monotonic()

    def wait(self, why: str) -> None:
        """Says what takes its time before anything can be counted."""
        if self._shown:
            self._terminal.write(f"\r\x1b[K{why}")
            self._terminal.flush()

    def clear(self) -> None:
        """Takes the line away, so that something else can be written."""
        if self._shown:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()


def progress_line(
    *, done_bytes: int, total_bytes: int | None, messages: int, flagged: int, seconds: float
) -> str:
    """Gives the line: bar, share, bytes, messages, pace and the time left."""
    pace = f"{messages:,} messages, {messages / max(seconds, 1e-9):,.0f}/s, {flagged:,} flagged"
    if not total_bytes:
        return f"{_megabytes(done_bytes)} read, {pace}"
    share = min(1.0, done_bytes / total_bytes)
    filled = round(share * _BAR_CELLS)
    bar = "█" * filled + "░" * (_BAR_CELLS - filled)
    left = _clock(seconds / share - seconds) if share > 0 else "–"
    return f"{bar} {share:4.0%} of {_megabytes(total_bytes)}, {pace}, {left} left"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
