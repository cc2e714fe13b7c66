"""Messages of somebody's own that cannot be read are refused in plain words."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evenhand.base.errors import InputRefused
from evenhand.base.lists import ChannelKind
from evenhand.demo.messages import HISTORY_DAYS, Expected, Labelled, read_messages, write_history


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


def test_public_messages_become_an_archive_of_a_fortnight(tmp_path: Path):
    path, until = tmp_path / "history" / "day.ndjson", datetime(2026, 11, 15, 12, tzinfo=UTC)
    messages = [
        Labelled(str(number), f"Text {number}", "en", kind, Expected.NONE, "")
        for number, kind in enumerate([*[ChannelKind.PUBLIC] * 40, ChannelKind.PRIVATE])
    ]

    assert write_history(path, messages, until=until) == 40

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    times = [datetime.fromisoformat(row["time"]) for row in rows]
    assert [row["text"] for row in rows] == [one.text for one in messages[:40]]
    assert all(timedelta(0) < until - at < timedelta(days=HISTORY_DAYS + 1) for at in times)
    assert len({at.date() for at in times}) > 3
