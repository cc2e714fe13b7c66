"""What was counted of accounts and channels, kept over a restart.

The file holds keyed hashes and numbers, no names and no texts. Under another key its hashes mean
nothing, so it is kept with a mark of the key, and of how names are hashed, and left aside when
that differs. While it is written the tables go on counting: a row may be some events behind.
"""

import threading
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import structlog
from numpy.typing import NDArray

log = structlog.get_logger()

KEEP_SECONDS = 60.0
"""How much of what was counted a crash may cost."""

Tables = Mapping[str, NDArray[np.int64]]


class HabitsFile:
    """The tables of one owner and the file in which they are kept."""

    def __init__(self, path: Path, tables: Tables, *, seed: int) -> None:
        self._path, self._tables = path, tables
        self._mark = np.frombuffer(
            blake2b(f"habits 2 {seed}".encode(), digest_size=16).digest(), np.uint8
        )

    def restore(self) -> bool:
        """Fills the tables from the file; tells whether it did. One that is damaged is left."""
        try:
            with np.load(self._path, allow_pickle=False) as kept:
                if not np.array_equal(kept["mark"], self._mark):
                    return False
                found = {name: kept[name] for name in self._tables}
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            log.warning("habits_unreadable", why=type(error).__name__)
            return False
        fits = all(
            one.shape == self._tables[name].shape and one.dtype == np.int64
            for name, one in found.items()
        )
        if fits:
            for name, one in found.items():
                self._tables[name][:] = one
        return fits

    def keep(self) -> None:
        """Writes the tables in one piece: a reader sees the old file or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self._path.with_suffix(".partial")
        partial.touch(mode=0o600)
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, mark=self._mark, **dict(self._tables))
        partial.replace(self._path)

    def follow(self, *, seconds: float = KEEP_SECONDS) -> threading.Event:
        """Keeps the tables from time to time, until the event it gives is set."""
        stop = threading.Event()

        def run() -> None:
            while not stop.wait(seconds):
                try:
                    self.keep()
                except OSError as error:
                    log.warning("habits_not_kept", why=type(error).__name__)

        threading.Thread(target=run, name="habits", daemon=True).start()
        return stop
