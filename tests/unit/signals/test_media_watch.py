"""Lists of hashes follow their folder while others read them."""

import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from evenhand.signals.media import HashLists
from evenhand.signals.media_watch import WatchedHashLists

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32


def written(folder: Path, name: str, *values: bytes) -> None:
    folder.mkdir(exist_ok=True)
    partial = folder / f"{name}.partial"
    partial.write_text("".join(f"{value.hex()}\n" for value in values))
    partial.replace(folder / f"{name}.sha256")


def listed(lists: WatchedHashLists | HashLists, value: bytes) -> str | None:
    media = pa.array([[value]], pa.list_(pa.binary(32)))
    column = lists.look_up([media], np.array([True]))["media_list"]
    assert column.known is not None
    return column.words[int(column.values[0])] if column.known[0] else None


def test_a_list_that_comes_changes_and_goes_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "hashes"
    lists = WatchedHashLists(folder)
    assert listed(lists, ONE) is None

    written(folder, "extremism", ONE)
    assert lists.refresh()
    assert listed(lists, ONE) == "extremism"

    written(folder, "extremism", TWO)
    assert lists.refresh()
    assert (listed(lists, ONE), listed(lists, TWO)) == (None, "extremism")

    (folder / "extremism.sha256").unlink()
    assert lists.refresh()
    assert listed(lists, TWO) is None


def test_what_is_as_it_was_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "extremism", ONE)
    lists = WatchedHashLists(tmp_path)
    monkeypatch.setattr(HashLists, "read", lambda folder: pytest.fail("read again"))

    assert not lists.refresh()


def test_a_list_that_cannot_be_read_leaves_the_old_ones(tmp_path: Path) -> None:
    written(tmp_path, "extremism", ONE)
    lists = WatchedHashLists(tmp_path)

    (tmp_path / "extremism.sha256").write_bytes(b"no hash\xff\n")

    assert not lists.refresh()
    assert listed(lists, ONE) == "extremism"
    written(tmp_path, "extremism", TWO)
    assert lists.refresh()
    assert listed(lists, TWO) == "extremism"


def test_without_a_folder_nothing_is_listed() -> None:
    lists = WatchedHashLists(None)

    assert not lists.refresh()
    assert listed(lists, ONE) is None


def test_who_reads_meanwhile_sees_one_whole_state(tmp_path: Path) -> None:
    """Both hashes stand on one list or on the other, never on two."""
    written(tmp_path, "a", ONE, TWO)
    lists = WatchedHashLists(tmp_path)
    faults: list[object] = []
    stop = threading.Event()
    media = pa.array([[ONE], [TWO]], pa.list_(pa.binary(32)))

    def read() -> None:
        while not stop.is_set():
            column = lists.look_up([media], np.array([True, True]))["media_list"]
            if column.known is None or not column.known.all() or len(set(column.values)) != 1:
                faults.append(column)

    reader = threading.Thread(target=read)
    reader.start()
    ended = lists.watch(seconds=0.001)
    for number in range(40):
        written(tmp_path, "a", *((ONE, TWO) if number % 2 else (TWO, ONE)))
        lists.refresh()
    ended.set()
    stop.set()
    reader.join()

    assert faults == []
