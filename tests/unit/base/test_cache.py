"""What takes long to build is kept while it is used, and no longer."""

import os
import time
from pathlib import Path

import pytest

from evenhand.base.cache import UNUSED_DAYS_MAX, cache_folder, cached_bytes

LONG_AGO = time.time() - (UNUSED_DAYS_MAX + 1) * 24 * 60 * 60


def test_what_nobody_used_for_long_goes_when_something_is_kept(tmp_path: Path):
    cached_bytes("old", lambda: b"old", folder=tmp_path)
    os.utime(tmp_path / "old", (LONG_AGO, LONG_AGO))

    cached_bytes("new", lambda: b"new", folder=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_what_is_still_used_stays(tmp_path: Path):
    cached_bytes("old", lambda: b"old", folder=tmp_path)
    os.utime(tmp_path / "old", (LONG_AGO, LONG_AGO))
    cached_bytes("old", lambda: b"built anew", folder=tmp_path)

    cached_bytes("new", lambda: b"new", folder=tmp_path)

    assert (tmp_path / "old").read_bytes() == b"old"


def test_a_folder_that_is_named_for_it_is_the_cache_of_every_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENHAND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EVENHAND_CACHE", raising=False)
    below_home = cache_folder()
    monkeypatch.setenv("EVENHAND_CACHE", str(tmp_path / "shared"))

    assert (below_home, cache_folder()) == (tmp_path / "home/cache", tmp_path / "shared")
