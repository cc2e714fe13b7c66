"""What the desk knows of accounts and channels, as the screening reads it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from evenhand.base.lists import TargetKind
from evenhand.signals.habits_file import HabitsFile
from evenhand.signals.hashing import joined, keys_of
from evenhand.signals.subjects import (
    Subject,
    Subjects,
    SubjectsRefused,
    channel_keys,
    write_subjects,
)
from evenhand.signals.subjects_watch import WatchedSubjects

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Subject(TargetKind.ACCOUNT, "@ada:x", "m.spam", 2, NOW + timedelta(days=3))
ROOM = Subject(TargetKind.CHANNEL, "!a:x", "m.spam.fraud", 1, NOW, blocked=True, reports=4)


def keys(*names: str) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    return keys_of(*joined([name.encode() for name in names]), seed=7)


def moment(at: datetime, rows: int = 1) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.full(rows, int(at.timestamp() * 1000), np.int64)


def test_labels_are_told_of_who_has_them_and_of_nobody_else() -> None:
    subjects = Subjects.of([ADA, ROOM], seed=7)

    columns = subjects.columns(
        keys("@ada:x", "@ben:x"), channel_keys(keys("!b:x", "!a:x")), moment(NOW, 2)
    )

    label = columns["account_label"]
    assert label.known is not None
    assert label.known.tolist() == [True, False]
    assert label.words[label.values[0]] == "m.spam"
    assert columns["account_labels"].values.tolist() == [2, 0]
    assert columns["channel_labels"].values.tolist() == [0, 0]  # it ended at this very moment


def test_a_label_ends_with_its_day() -> None:
    subjects = Subjects.of([ADA], seed=7)
    one, nobody = keys("@ada:x"), np.zeros(1, np.uint64)

    valid = subjects.columns(one, nobody, moment(NOW + timedelta(days=2)))
    over = subjects.columns(one, nobody, moment(NOW + timedelta(days=4)))

    assert valid["account_label"].known is not None
    assert over["account_label"].known is not None
    assert valid["account_label"].known.tolist() == [True]
    assert over["account_label"].known.tolist() == [False]


def test_without_anybody_known_nothing_is_known() -> None:
    subjects = Subjects.of([], seed=7)

    columns = subjects.columns(keys("@ada:x"), keys("!a:x"), moment(NOW))

    assert all(one.known is not None and not one.known.any() for one in columns.values())
    assert subjects.found(keys("@ada:x")).tolist() == [-1]


def test_an_account_and_a_channel_of_one_name_are_two() -> None:
    subjects = Subjects.of([Subject(TargetKind.ACCOUNT, "same", "m.spam", 1, NOW)], seed=7)

    assert subjects.found(keys("same")).tolist() == [0]
    assert subjects.found(channel_keys(keys("same"))).tolist() == [-1]


def test_many_are_found_each_in_its_place() -> None:
    rows = [Subject(TargetKind.ACCOUNT, f"@{number}:x") for number in range(5_000)]
    subjects = Subjects.of(rows, seed=7)

    found = subjects.found(keys(*(one.name for one in rows)))

    assert found.tolist() == list(range(5_000))


def test_the_file_is_followed_and_a_damaged_one_leaves_what_was_known(tmp_path: Path) -> None:
    path = tmp_path / "subjects.arrow"
    watched = WatchedSubjects(path, seed=7)
    assert len(watched.current) == 0

    write_subjects(path, [ADA, ROOM])
    assert watched.refresh()
    assert not watched.refresh()
    assert len(watched.current.blocked) == 1
    assert (path.stat().st_mode & 0o777) == 0o600

    path.write_bytes(b"ARROW1 but not really")
    assert not watched.refresh()
    assert len(watched.current) == 2


def test_another_table_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "subjects.arrow"
    other = pa.table({"kind": ["account"]})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, other.schema) as file:
        file.write_table(other)

    with pytest.raises(SubjectsRefused) as refused:
        Subjects.read(path, seed=7)

    assert refused.value.fields["why"] == "its columns are others"


def test_counts_survive_a_restart_under_the_same_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "habits.npz"
    counted = {"a": np.arange(12, dtype=np.int64).reshape(3, 4)}
    HabitsFile(path, counted, seed=7).keep()

    same, other = ({"a": np.zeros((3, 4), np.int64)} for _ in range(2))

    assert HabitsFile(path, same, seed=7).restore()
    assert not HabitsFile(path, other, seed=8).restore()
    assert same["a"].tolist() == counted["a"].tolist()
    assert not other["a"].any()
    assert (path.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"not a file of arrays"])
def test_a_damaged_file_of_counts_is_left_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "habits.npz"
    path.write_bytes(content)
    tables = {"a": np.zeros((3, 4), np.int64)}

    assert not HabitsFile(path, tables, seed=7).restore()
    assert not tables["a"].any()


def test_counts_of_another_size_are_left_aside(tmp_path: Path) -> None:
    path = tmp_path / "habits.npz"
    HabitsFile(path, {"a": np.ones((2, 4), np.int64)}, seed=7).keep()

    assert not HabitsFile(path, {"a": np.zeros((3, 4), np.int64)}, seed=7).restore()
