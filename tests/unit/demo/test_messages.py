"""Messages of somebody's own that cannot be read are refused in plain words."""

from pathlib import Path

import pytest

from evenhand.base.errors import InputRefused
from evenhand.demo.messages import read_messages


def test_a_file_that_is_not_there_is_refused_without_the_systems_number(tmp_path: Path):
    with pytest.raises(InputRefused) as caught:
        read_messages(tmp_path / "none.ndjson")

    assert caught.value.fields["why"] == "No such file or directory"


def test_a_file_in_another_encoding_is_refused_at_its_byte(tmp_path: Path):
    path = tmp_path / "day.ndjson"
    path.write_bytes(b"{}\n" + b"\xff")

    with pytest.raises(InputRefused) as caught:
        read_messages(path)

    assert caught.value.fields["why"] == "not UTF-8 at byte 3"
