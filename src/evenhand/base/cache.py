"""A cache on disk for what takes seconds to build from what is in the repository.

Nothing in it is needed: a missing, damaged or foreign file is built again.
"""

import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UNUSED_DAYS_MAX = 30
"""Days after which a file that nobody used is dropped: it takes a minute to build again."""

Arrays = Mapping[str, NDArray[np.generic]]


def cache_folder() -> Path:
    """Gives the folder for built things: EVENHAND_CACHE, below EVENHAND_HOME, or the user's own."""
    named = os.environ.get("EVENHAND_CACHE")
    if named:
        return Path(named)
    home = os.environ.get("EVENHAND_HOME")
    if home:
        return Path(home) / "cache"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "evenhand"


def cached_bytes(name: str, build: Callable[[], bytes], *, folder: Path | None = None) -> bytes:
    """Gives the content of the file `name`, which `build` makes if it is not there."""
    path = (folder or cache_folder()) / name
    try:
        found = path.read_bytes()
    except OSError:
        content = build()
    else:
        _note_use(path)
        return found
    _keep(path, content)
    return content


def forget_cached(name: str, *, folder: Path | None = None) -> None:
    """Drops the file `name`, because what it holds cannot be used."""
    ((folder or cache_folder()) / name).unlink(missing_ok=True)


def cached_arrays(name: str, build: Callable[[], Arrays], *, folder: Path | None = None) -> Arrays:
    """Gives the arrays kept under `name`, which `build` makes if they are not there."""
    path = (folder or cache_folder()) / f"{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = {key: stored[key] for key in stored.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        arrays = build()
    else:
        _note_use(path)
        return found
    with tempfile.TemporaryFile() as file:
        np.savez(file, **dict(arrays))  # type: ignore[arg-type]  # its stub names allow_pickle first
        file.seek(0)
        _keep(path, file.read())
    return arrays


def _keep(path: Path, content: bytes) -> None:
    """Writes a file so that readers see all of it or none; a full or closed disk is no harm."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        Path(file.name).replace(path)
        _forget_unused(path.parent)
    except OSError:
        return


def _note_use(path: Path) -> None:
    """Notes that a file is still wanted; one that somebody else owns keeps its age."""
    with suppress(OSError):
        os.utime(path)


def _forget_unused(folder: Path) -> None:
    """Drops what nobody has used for long, such as what earlier versions built."""
    oldest = time.time() - UNUSED_DAYS_MAX * 24 * 60 * 60
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
