"""Reading NDJSON: names, forms and defaults of columns, and broken lines."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.formats import Format

LINES = Format.LINES
QUICK = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_every_column_of_the_event_schema_is_taken_by_its_name(read: Any) -> None:
    row = {
        "event_id": "$a",
        "kind": "registration",
        "time": "2024-01-15T10:30:00.250+02:00",
        "account": "@a:x.example",
        "account_created": 1700000000,
        "channel": "!r:x.example",
        "channel_kind": "public",
        "channel_name": "Garden",
        "territory": "kz",
        "network": "00" * 15 + "ff",
        "user_agent": "Client/1",
        "display_name": "Ada",
        "text": "Hi",
        "language": "en-US",
        "urls": ["https://a.example"],
        "media_sha256": ["ab" * 32],
        "media_sha1": ["ab" * 20],
        "media_md5": ["ab" * 16],
        "media_pdq": ["cd" * 32, "00" * 32],
        "media_nudity": 0.9,
        "reply_to": "$b",
        "forwarded_from": "@b:x.example",
    }

    found = read(lines(row), LINES)

    assert found.rows == [
        {
            **row,
            "time": datetime(2024, 1, 15, 8, 30, 0, 250000, tzinfo=UTC),
            "account_created": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
            "territory": "KZ",
            "network": bytes(15) + b"\xff",
            "language": "en",
            "media_sha256": [b"\xab" * 32],
            "media_sha1": [b"\xab" * 20],
            "media_md5": [b"\xab" * 16],
            "media_pdq": [b"\xcd" * 32, bytes(32)],
            "media_nudity": None,  # what a model thinks is made here, and taken from nobody
            "row": 1,
            "offset": 0,
            "stated_time": datetime(2024, 1, 15, 8, 30, 0, 250000, tzinfo=UTC),
        }
    ]
    assert found.said == []


def test_a_minimal_line_of_labelled_messages_is_enough(read: Any) -> None:
    found = read(
        lines(
            {"id": 7, "text": "x", "lang": "de", "channel": "public", "expect": "none"},
            {"text": "y"},
        ),
        LINES,
    )

    assert found.column("event_id") == ["7", "row-2"]
    assert found.column("language") == ["de", None]
    assert found.column("channel_kind") == ["public", "private"]
    assert found.column("kind") == ["message", "message"]


def test_rows_without_a_time_are_placed_two_hours_apart(read: Any) -> None:
    found = read(lines({"text": "x"}, {"text": "x"}), LINES)

    first, second = found.column("time")
    assert found.column("stated_time") == [None, None]
    assert (second - first).total_seconds() == 2 * 60 * 60


def test_a_column_under_its_own_name_wins_over_an_alias(read: Any) -> None:
    found = read(lines({"id": "1", "event_id": "2", "text": "x"}, {"id": "3", "text": "x"}), LINES)

    assert found.column("event_id") == ["2", "3"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2024-01-15 10:30", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        ("2024-01-15T10:30:00Z", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        ("2024-01-15T10:30:00-0530", datetime(2024, 1, 15, 16, 0, tzinfo=UTC)),
        ("1969-12-31T23:59:59", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (1705314600, datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        (1705314600.5, datetime(2024, 1, 15, 10, 30, 0, 500000, tzinfo=UTC)),
        (1705314600123, datetime(2024, 1, 15, 10, 30, 0, 123000, tzinfo=UTC)),
        ("1705314600", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_iso_or_unix_time(read: Any, written: Any, moment: datetime) -> None:
    assert read(lines({"text": "x", "time": written}), LINES).column("time") == [moment]


@QUICK
@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_every_moment_that_python_writes_is_read_back(read: Any, moment: datetime) -> None:
    found = read(lines({"text": "x", "time": moment.isoformat()}), LINES)

    wanted = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    assert found.table.column("time").cast("int64").to_pylist() == [
        (wanted - datetime(1970, 1, 1, tzinfo=UTC)) // (wanted.resolution * 1000)
    ]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('{"id": 2, "text": "x"', "JSON"),
        ('{"id": 2, "text": "x}', "control character"),
        ("not json at all", "an object was expected"),
        ("[1, 2]", "an object was expected"),
        ('{"id": 2, "text": "x"} trailing', "an object was expected"),
        ('{"id": 2, "text": {"a": 1}}', "wrong type [text]"),
        ('{"id": [2], "text": "x"}', "wrong type [event_id]"),
        ('{"id": 2, "text": "x", "kind": "shout"}', "not on the list of the column [kind]"),
        ('{"id": 2, "text": "x", "channel_kind": "open"}', "not on the list"),
        ('{"id": 2, "text": "x", "territory": "Kazakhstan"}', "not on the list"),
        ('{"id": 2, "text": "x", "time": "2023-02-29"}', "time cannot be read [time]"),
        ('{"id": 2, "text": "x", "time": "2024-01-15T25:00:00"}', "time cannot be read"),
        ('{"id": 2, "text": "x", "time": true}', "wrong type [time]"),
        ('{"id": 2, "text": "x", "network": "12"}', "value cannot be read [network]"),
        ('{"id": 2, "text": "x", "media_sha256": ["12"]}', "value cannot be read"),
        ('{"id": 2, "text": "x", "urls": [1]}', "value cannot be read [urls]"),
        ('{"id": "' + "i" * 256 + '", "text": "x"}', "longer than an event may hold [event_id]"),
        ('{"colour": "red"}', "none of the columns"),
        ("{}", "none of the columns"),
        ('{"id": 1, "message": "hello"}', "none of the columns"),
    ],
)
def test_a_broken_line_is_refused_and_the_others_are_read(
    read: Any, broken: str, reason: str
) -> None:
    found = read('{"id": 1, "text": "a"}\n' + broken + '\n{"id": 3, "text": "b"}\n', LINES)

    whole = ["1", "2", "3"] if "trailing" in broken else ["1", "3"]
    assert found.column("event_id") == whole
    assert found.ledger.refusals == 1
    assert reason in found.said[0]
    place = int(found.said[0].split("byte ")[1].split(" ")[0])
    assert 23 <= place <= 23 + len(broken) + 1


def test_carriage_returns_blank_lines_and_a_missing_last_break_do_not_matter(read: Any) -> None:
    found = read(b'\xef\xbb\xbf{"id":1,"text":"a"}\r\n\r\n{"id":2,"text":"b"}', LINES)

    assert found.column("event_id") == ["1", "2"]
    assert found.said == []


def test_a_line_of_many_megabytes_is_refused_in_a_small_window(read: Any) -> None:
    huge = '{"id": 2, "text": "' + "x" * 9_000_000 + '"}'

    found = read('{"id": 1, "text": "a"}\n' + huge + '\n{"id": 3, "text": "b"}\n', LINES)

    assert found.column("event_id") == ["1", "3"]
    assert "larger than any message" in found.said[0]


def test_a_nul_written_as_an_escape_is_kept(read: Any) -> None:
    assert read('{"id": 1, "text": "a\\u0000b"}', LINES).column("text") == ["a\0b"]


def test_refusals_are_counted_beyond_those_that_are_listed(read: Any) -> None:
    found = read("nonsense\n" * 50, LINES)

    assert found.ledger.refusals == 50
    assert len(found.said) == 21


@QUICK
@given(
    rows=st.lists(st.fixed_dictionaries({"text": st.text(max_size=40), "n": st.integers()})),
    block_bytes=st.integers(1, 200),
    step=st.integers(1, 200),
)
def test_any_chunking_gives_the_same_rows(
    read: Any, rows: list[dict[str, Any]], block_bytes: int, step: int
) -> None:
    found = read(lines(*rows), LINES, block_bytes=block_bytes, step=step)

    assert found.column("text") == [row["text"] or None for row in rows]


@QUICK
@given(content=st.binary(max_size=300), block_bytes=st.integers(1, 64))
def test_arbitrary_bytes_never_crash(read: Any, content: bytes, block_bytes: int) -> None:
    found = read(content, LINES, block_bytes=block_bytes)

    assert (
        found.ledger.refusals or found.table.num_rows or not content.strip(b" \t\r\n\xef\xbb\xbf")
    )


def test_an_item_with_two_texts_is_refused(read: Any) -> None:
    data = (
        '{"text":"a","body":"b"}\n{"text":"c","text":"d"}\n{"text":null,"body":"e"}\n{"text":"f"}\n'
    )

    found = read(data, LINES)

    assert found.column("text") == ["e", "f"]
    assert ["two texts" in said or "twice" in said for said in found.said] == [True, True]
