"""Reading Parquet: types that are taken, and what is damaged."""

import io
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.formats import Format
from evenhand.connectors.files.problems import FileRefused

PARQUET = Format.PARQUET
MOMENT = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **options)
    return stream.getvalue()


def test_columns_are_taken_by_name_or_alias_and_cast(read: Any) -> None:
    found = read(
        parquet(
            {
                "id": pa.array([1, 2]),
                "text": pa.array(["a", None], pa.large_string()),
                "lang": pa.array(["de", "de"]).dictionary_encode(),
                "urls": pa.array([["https://a.example"], None]),
                "media_sha256": pa.array([[b"\1" * 32], []]),
                "colour": pa.array([1.5, 2.5]),
            }
        ),
        PARQUET,
    )

    assert found.column("event_id") == ["1", "2"]
    assert found.column("text") == ["a", None]
    assert found.column("language") == ["de", "de"]
    assert found.column("urls") == [["https://a.example"], None]
    assert found.column("media_sha256") == [[b"\1" * 32], []]
    assert found.column("offset") == [None, None]


@pytest.mark.parametrize(
    "times",
    [
        pa.array([MOMENT], pa.timestamp("us", tz="Asia/Almaty")),
        pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("ns")),
        pa.array(["2024-01-15T10:30:00Z"]),
        pa.array([1705314600]),
        pa.array([1705314600000]),
        pa.array([1705314600.0]),
    ],
)
def test_times_may_be_timestamps_texts_or_numbers(read: Any, times: pa.Array) -> None:
    found = read(parquet({"text": ["x"], "time": times}), PARQUET)

    assert found.column("time") == [MOMENT]


def test_a_date_is_its_midnight_and_a_missing_time_is_made(read: Any) -> None:
    found = read(parquet({"text": ["x", "y"], "time": [date(2024, 1, 15), None]}), PARQUET)

    assert found.column("time")[0] == datetime(2024, 1, 15, tzinfo=UTC)
    assert found.column("time")[1] is not None


def test_a_text_that_is_not_utf8_refuses_its_row(read: Any) -> None:
    raw = pa.array([b"ok", b"\xff", None, b"fine"], pa.binary())

    found = read(parquet({"text": raw.view(pa.string())}), PARQUET)

    assert found.column("row") == [1, 3, 4]
    assert "row 2: a text is not UTF-8 [text]" in found.said[0]


def test_rows_are_numbered_across_row_groups(read: Any) -> None:
    found = read(parquet({"text": [str(n) for n in range(10)]}, row_group_size=3), PARQUET)

    assert found.column("row") == list(range(1, 11))
    assert found.column("event_id")[-1] == "row-10"


def test_a_damaged_row_group_is_refused_and_the_others_are_read(read: Any) -> None:
    columns = {"text": [f"{n:05}" * 20 for n in range(300)]}
    content = bytearray(
        parquet(columns, row_group_size=100, compression="snappy", use_dictionary=False)
    )
    second = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(1).column(0).data_page_offset
    content[second : second + 40] = b"\xff" * 40

    found = read(bytes(content), PARQUET)

    assert found.column("row") == [*range(1, 101), *range(201, 301)]
    assert found.ledger.refusals == 100
    assert "row 101: a part of the file is damaged" in found.said[0]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"colour": ["red"]}, "no column `text` (it has: colour)"),
        ({"text": pa.array([{"a": 1}])}, "its column `text` is of type struct"),
        ({"text": ["x"], "time": pa.array([[1]])}, "its column `time` is of type list"),
        ({"text": ["a"], "body": ["b"]}, "two texts"),
    ],
)
def test_a_file_with_unfit_columns_is_refused(read: Any, columns: Any, why: str) -> None:
    with pytest.raises(FileRefused) as caught:
        read(parquet(columns), PARQUET)

    assert why in str(caught.value.fields["why"])


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(place=st.integers(0, 2000), added=st.binary(max_size=20), cut=st.integers(0, 400))
def test_damage_anywhere_is_said_and_never_crashes(
    read: Any, place: int, added: bytes, cut: int
) -> None:
    whole = parquet({"id": list(range(50)), "text": ["hello"] * 50}, row_group_size=20)
    place = min(place, len(whole))
    damaged = whole[:place] + added + whole[place + cut :]

    with suppress(FileRefused):
        assert read(damaged, PARQUET).table.num_rows <= 50
