"""Lists of file hashes that follow their folder: a changed list is in force within seconds.

A thread of its own reads what changed and puts the new lists in the place of the old ones, with one
assignment; the screening thread takes whatever stands there once for a whole batch. It never waits.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import structlog
from numpy.typing import NDArray

from evenhand.base.background import step_back
from evenhand.base.errors import EvenhandError
from evenhand.signals.hash_files import list_files, warm_up
from evenhand.signals.media import HashLists
from evenhand.signals.table import Values

log = structlog.get_logger()

WATCH_SECONDS = 3.0
"""How long a changed list waits at most; looking costs one `stat` for each file."""

Stamp = tuple[tuple[str, int, int, int], ...]


class WatchedHashLists:
    """The hash lists of a folder as they stand; a list that cannot be read leaves the old ones."""

    def __init__(self, folder: Path | None) -> None:
        warm_up()
        self._folder = folder
        self._stamp = _stamp_of(folder)
        self._lists = HashLists.read(folder) if folder and folder.is_dir() else HashLists.of({})

    @property
    def lists(self) -> HashLists:
        """Gives the lists in force."""
        return self._lists

    @property
    def pictures(self) -> int:
        """Gives the number of hashes of pictures in the lists in force."""
        return self._lists.pictures

    def look_up(
        self,
        media: Sequence[pa.ListArray],
        watched: NDArray[np.bool_],
        pictures: pa.ListArray | None = None,
    ) -> Mapping[str, Values]:
        """Gives the columns about a batch's attached files, by the lists in force at its begin."""
        return self._lists.look_up(media, watched, pictures)

    def refresh(self) -> bool:
        """Reads the lists anew if a file came, changed or went; tells whether they changed."""
        # The stamp is older than what is read: a change meanwhile is seen the next time.
        stamp = _stamp_of(self._folder)
        if stamp == self._stamp or self._folder is None:
            return False
        try:
            fresh = HashLists.read(self._folder)
        except (EvenhandError, OSError, ValueError) as error:
            fields = error.fields if isinstance(error, EvenhandError) else {}
            why = {name: str(fields[name]) for name in ("file", "line", "why") if name in fields}
            log.warning("hash_lists_unreadable", **(why or {"why": type(error).__name__}))
            return False
        finally:
            self._stamp = stamp
        self._lists = fresh
        log.info("hash_lists_read", lists=len(fresh.names), hashes=len(fresh))
        return True

    def watch(self, *, seconds: float = WATCH_SECONDS) -> threading.Event:
        """Looks after the folder from now on, until the event it gives is set."""
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(stop, seconds), daemon=True)
        thread.name = "hash-lists"
        thread.start()
        return stop

    def _run(self, stop: threading.Event, seconds: float) -> None:
        step_back()
        while not stop.wait(seconds):
            self.refresh()


def _stamp_of(folder: Path | None) -> Stamp:
    """Gives what changes whenever a list does: names, inodes, sizes, times of change."""
    found = []
    for path in list_files(folder) if folder is not None else ():
        try:
            facts = path.stat()
        except OSError:
            continue
        found.append((path.name, facts.st_ino, facts.st_size, facts.st_mtime_ns))
    return tuple(found)
