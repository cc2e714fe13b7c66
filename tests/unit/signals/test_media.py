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

    columns = lists.look_up(media, np.array([True, True, True, True]))

    assert columns["media_listed"].values.tolist() == [2, 0, 0, 0]
    assert columns["media_list"].words[columns["media_list"].values[0]] == "b"


def test_rows_that_are_not_watched_are_null():
    lists = HashLists.of({"a": [bytes(32)]})
    media = pa.array([[bytes(32)]], pa.list_(pa.binary(32)))

    columns = lists.look_up(media, np.array([False]))

    assert columns["media_listed"].known is not None
    assert not columns["media_listed"].known[0]


def test_a_line_that_is_no_hash_is_refused_with_its_number(tmp_path: Path):
    (tmp_path / "feed.sha256").write_text("# remark\n" + "0" * 64 + "\nnot a hash\n")

    with pytest.raises(InputRefused) as caught:
        HashLists.read(tmp_path)

    assert caught.value.fields["line"] == 3
