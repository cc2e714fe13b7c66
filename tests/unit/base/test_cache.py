"""What takes long to build is kept while it is used, and no longer."""

import os
import time
from pathlib import Path

from evenhand.base.cache import UNUSED_DAYS_MAX, cached_bytes

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
