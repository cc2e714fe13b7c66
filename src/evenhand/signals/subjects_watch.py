"""What is known of accounts and channels, as the worker wrote it last.

A thread of its own reads the file when it changed, and puts what it says in the place of what was
known with one assignment; the screening thread takes what stands there once for a whole batch.
"""

import threading
from pathlib import Path

import structlog

from evenhand.base.errors import EvenhandError
from evenhand.signals.subjects import Subjects

log = structlog.get_logger()

WATCH_SECONDS = 3.0
"""How long a changed file waits at most."""


class WatchedSubjects:
    """The subjects of a file; one that cannot be read leaves those that were known."""

    def __init__(self, path: Path | None, *, seed: int) -> None:
        self._path, self._seed = path, seed
        self._stamp: tuple[int, int, int] | None = None
        self._current = Subjects.of((), seed=seed)
        self.refresh()

    @property
    def current(self) -> Subjects:
        """Gives what is known now."""
        return self._current

    def refresh(self) -> bool:
        """Reads the file if it changed; tells whether what is known changed."""
        # The stamp is older than what is read: a change meanwhile is seen the next time.
        stamp = self._stamped()
        if stamp == self._stamp or self._path is None:
            return False
        self._stamp = stamp
        try:
            self._current = Subjects.read(self._path, seed=self._seed)
        except EvenhandError as error:
            log.warning("subjects_unreadable", **error.fields)
            return False
        log.info("subjects_read", subjects=len(self._current))
        return True

    def watch(self, *, seconds: float = WATCH_SECONDS) -> threading.Event:
        """Looks after the file from now on, until the event it gives is set."""
        stop = threading.Event()

        def run() -> None:
            while not stop.wait(seconds):
                self.refresh()

        threading.Thread(target=run, name="subjects", daemon=True).start()
        return stop

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            facts = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return None if facts is None else (facts.st_ino, facts.st_size, facts.st_mtime_ns)
