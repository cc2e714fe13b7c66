"""Writing verdicts: every column, both formats, whole or not at all."""

import json
import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import Misconfigured
from evenhand.connectors.files.events import event_batch
from evenhand.connectors.files.output import OUTPUT_SCHEMA, Output, json_lines, output_rows
from evenhand.verdicts.schema import VERDICT_SCHEMA

MOMENT = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


def events(count: int) -> pa.RecordBatch:
    rows = np.arange(1, count + 1)
    columns = {
        "event_id": pa.array([f"m{row}" for row in rows]),
        "kind": pa.repeat("message", count),
        "channel": pa.repeat("77", count),
        "channel_kind": pa.repeat("public", count),
        "account": pa.repeat("user5", count),
        "language": pa.array([None] * (count - 1) + ["kk"], pa.string()),
    }
    moment = int(MOMENT.timestamp() * 1000)
    return event_batch(columns, milliseconds=np.full(count, moment), rows=rows, offsets=rows * 100)


def verdicts(*rows: int) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "row": row,
                "event_id": f"m{row + 1}",
                "account": "user5",
                "channel": "77",
                "harm": "m.spam.fraud",
                "severity": 3,
                "score": 0.9,
                "rules": [{"id": "one", "version": "2"}, {"id": "two", "version": "1"}],
                "action": "refuse",
                "exact": False,
                "language": "de",
                "reason": 'It says "win".',
            }
            for row in rows
        ],
        schema=VERDICT_SCHEMA,
    )


def test_flagged_rows_carry_the_verdict_and_their_place() -> None:
    (row,) = output_rows(events(3), verdicts(1), file="a.json", every=False).to_pylist()

    assert row == {
        "message_id": "m2",
        "channel": "77",
        "account": "user5",
        "time": MOMENT,
        "harm": "m.spam.fraud",
        "severity": 3,
        "score": pytest.approx(0.9),
        "rules": ["one", "two"],
        "rule_versions": ["2", "1"],
        "action": "refuse",
        "exact": False,
        "language": "de",
        "reason": 'It says "win".',
        "file": "a.json",
        "row": 2,
        "offset": 200,
    }


def test_every_row_is_written_when_asked() -> None:
    rows = output_rows(events(3), verdicts(1), file="a.json", every=True).to_pylist()

    assert [row["action"] for row in rows] == ["none", "refuse", "none"]
    assert [row["harm"] for row in rows] == [None, "m.spam.fraud", None]
    assert [row["rules"] for row in rows] == [[], ["one", "two"], []]
    assert [row["language"] for row in rows] == [None, "de", "kk"]


@pytest.mark.parametrize("every", [True, False])
def test_nothing_flagged_is_written_too(every: bool) -> None:
    table = output_rows(events(2), verdicts(), file="a.json", every=every)

    assert table.num_rows == (2 if every else 0)
    assert table.schema == OUTPUT_SCHEMA


def test_both_formats_hold_the_same(tmp_path: Path) -> None:
    rows = output_rows(events(5), verdicts(0, 4), file="a.json", every=True)
    for name in ("v.ndjson", "v.parquet"):
        with Output(tmp_path / name) as output:
            output.write(rows.slice(0, 2))
            output.write(rows.slice(2))
            assert not (tmp_path / name).exists()

    written = [json.loads(line) for line in (tmp_path / "v.ndjson").read_text().splitlines()]
    kept = pq.read_table(tmp_path / "v.parquet").to_pylist()

    for line in written:
        line["time"] = datetime.fromisoformat(line["time"])
        line["score"] = pytest.approx(line["score"])
    assert written == kept
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["v.ndjson", "v.parquet"]


@pytest.mark.parametrize("name", ["v.ndjson", "v.parquet"])
def test_verdicts_are_their_owners_alone(tmp_path: Path, name: str) -> None:
    with Output(tmp_path / name) as output:
        output.write(output_rows(events(1), verdicts(0), file="f", every=False))

    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_parquet_is_written_in_large_row_groups(tmp_path: Path) -> None:
    rows = output_rows(events(5_000), verdicts(0), file="a.json", every=True)
    with Output(tmp_path / "v.parquet") as output:
        for _ in range(8):
            output.write(rows)

    metadata = pq.ParquetFile(tmp_path / "v.parquet").metadata
    assert (metadata.num_rows, metadata.num_row_groups) == (40_000, 2)


@pytest.mark.parametrize("name", ["v.ndjson", "v.parquet"])
def test_after_an_error_no_file_stays_and_the_old_one_is_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")

    output = Output(path)
    output.write(output_rows(events(5), verdicts(0), file="a", every=True))

    with pytest.raises(ZeroDivisionError), output:
        1 / 0  # noqa: B018  any error will do

    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert path.read_text() == "old"


def test_what_a_killed_run_left_is_removed_and_what_is_being_written_stays(tmp_path: Path) -> None:
    left = tmp_path / ".out.ndjson.1.partial"
    left.write_text("half a verdict")

    with Output(tmp_path / "out.ndjson") as first:
        assert not left.exists()
        first._partial.rename(left)
        Output(tmp_path / "out.ndjson").__exit__(None, None, None)
        assert left.exists()
        left.rename(first._partial)


@pytest.mark.parametrize("name", ["v.ndjson", "v.parquet"])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    rows = output_rows(events(40_000), verdicts(0), file="a", every=True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(Misconfigured) as caught, Output(tmp_path / name) as output:
            output.write(rows)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert "cannot be written" in str(caught.value.fields["why"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["v.csv", "v", "missing/v.ndjson"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Output(tmp_path / name)

    assert caught.value.fields["setting"] == "--output"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.none(), max_size=8))
def test_any_text_is_valid_json(texts: list[str | None]) -> None:
    table = pa.table(
        {
            "a": pa.array(texts, pa.string()),
            "b": pa.array([[text or ""] for text in texts], pa.list_(pa.string())),
        }
    )

    lines: list[Any] = [json.loads(line) for line in bytes(json_lines(table)).split(b"\n") if line]

    assert lines == [{"a": text, "b": [text or ""]} for text in texts]
