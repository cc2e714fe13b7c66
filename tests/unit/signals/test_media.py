"""File hashes are found exactly, whole batches at once."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused
from evenhand.signals.media import HashLists

hashes = st.binary(min_size=32, max_size=32)
near = st.integers(0, 255).map(lambda n: bytes(8) + bytes([n]) * 24)


@given(st.lists(hashes | near, unique=True), st.lists(hashes | near))
def test_what_is_found_is_what_a_set_would_find(listed: list[bytes], asked: list[bytes]):
    lists = HashLists.of({"operator": listed})

    found = lists.find(np.frombuffer(b"".join(asked), np.uint8).reshape(-1, 32))

    assert (found >= 0).tolist() == [value in set(listed) for value in asked]


def test_each_row_says_how_many_files_are_listed_and_where():
    one, two, other = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
    lists = HashLists.of({"a": [one], "b": [two]})
    media = pa.array([[other, two, one], None, [], [other]], pa.list_(pa.binary(32)))

    columns = lists.look_up([media], np.array([True, True, True, True]))

    assert columns["media_listed"].values.tolist() == [2, 0, 0, 0]
    assert columns["media_list"].words[columns["media_list"].values[0]] == "a"


@given(st.sampled_from([16, 20]), st.data())
def test_a_short_hash_is_found_by_its_own_kind_alone(size: int, data: st.DataObject):
    value = data.draw(st.binary(min_size=size, max_size=size))
    lists = HashLists.of({"operator": [value]})
    other = 36 - size
    columns = [
        pa.array([[value], None, []], pa.list_(pa.binary(size))),
        pa.array([None, [value[:16].ljust(other, b"\0")], []], pa.list_(pa.binary(other))),
        pa.array([None, None, [value.ljust(32, b"\0")]], pa.list_(pa.binary(32))),
    ]

    found = lists.look_up(columns, np.array([True, True, True]))

    assert found["media_listed"].values.tolist() == [1, 0, 0]


def test_a_file_that_two_kinds_of_hash_find_counts_once():
    lists = HashLists.of({"b": [bytes(32)], "a": [bytes(16)]})
    whole = [pa.array([[bytes(32)]] * 3, pa.list_(pa.binary(32))),
             pa.array([[bytes(16)]] * 3, pa.list_(pa.binary(16)))]  # fmt: skip

    columns = lists.look_up([one.slice(1, 2) for one in whole], np.array([True, True]))

    assert columns["media_listed"].values.tolist() == [1, 1]
    assert columns["media_list"].words[columns["media_list"].values[0]] == "a"


def test_a_list_may_stand_in_a_file_for_each_kind_of_hash(tmp_path: Path):
    (tmp_path / "feed.md5").write_text("00" * 16 + "  # remark\n")
    (tmp_path / "feed.sha1").write_text("11" * 20)
    (tmp_path / "feed.md5.partial").write_text("not yet whole")

    lists = HashLists.read(tmp_path)

    assert (lists.names, len(lists)) == (("feed",), 2)


@pytest.mark.parametrize("name", ["feed.md5", "feed.sha1"])
def test_a_hash_of_another_kind_is_refused_with_its_line(tmp_path: Path, name: str):
    (tmp_path / name).write_text("0" * 64)

    with pytest.raises(InputRefused, match=r"MD5|SHA1"):
        HashLists.read(tmp_path)


def test_rows_that_are_not_watched_are_null():
    lists = HashLists.of({"a": [bytes(32)]})
    media = pa.array([[bytes(32)]], pa.list_(pa.binary(32)))

    columns = lists.look_up([media], np.array([False]))

    assert columns["media_listed"].known is not None
    assert not columns["media_listed"].known[0]


def test_a_line_that_is_no_hash_is_refused_with_its_number(tmp_path: Path):
    (tmp_path / "feed.sha256").write_text("# remark\n" + "0" * 64 + "\nnot a hash\n")

    with pytest.raises(InputRefused) as caught:
        HashLists.read(tmp_path)

    assert caught.value.fields["line"] == 3


def test_what_stands_on_a_list_that_allows_never_matches():
    lists = HashLists.of({"a": [bytes(32), bytes(20)], "false_matches.allow": [bytes(32)]})
    asked = np.zeros((2, 32), np.uint8)
    asked[1, -1] = 20

    assert lists.names == ("a",)
    assert lists.find(asked).tolist() == [-1, 0]


def test_hashes_that_begin_alike_are_told_apart():
    """A table that looked at the first bytes alone would search all of them each time."""
    listed = [bytes(28) + number.to_bytes(4, "big") for number in range(50_000)]
    lists = HashLists.of({"a": listed[::2], "b": listed[:100]})

    found = lists.find(np.frombuffer(b"".join(listed), np.uint8).reshape(-1, 32))

    assert len(lists) == 25_050
    assert found[:100].tolist() == [0, 1] * 50
    assert found[100:].tolist() == [0, -1] * 24_950


def test_a_batch_without_files_is_told_the_same_as_one_row_without():
    lists = HashLists.of({"a": [bytes([1]) * 32], "b": [bytes([2]) * 32]}, {"b": [bytes(32)]})
    type_ = pa.list_(pa.binary(32))
    some, none = pa.array([[bytes([2]) * 32], None, None], type_), pa.nulls(3, type_)
    watched = np.array([True, True, False])

    beside = lists.look_up([some], watched, some)
    alone = lists.look_up([none], watched, none)

    assert beside.keys() == alone.keys()
    for name, values in alone.items():
        other = beside[name]
        known, others_known = (np.broadcast_to(one.known, 3)[1:] for one in (values, other))
        assert known.tolist() == others_known.tolist()
        assert values.values[1:][known].tolist() == other.values[1:][known].tolist()
        assert (values.words, values.values.dtype.kind) == (other.words, other.values.dtype.kind)
