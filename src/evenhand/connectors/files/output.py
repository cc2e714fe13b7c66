"""Writes verdicts as NDJSON or Parquet: under a name of their own until all are there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from glob import escape
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evenhand.base.errors import Misconfigured
from evenhand.base.lists import ActionKind

OUTPUT_SCHEMA = pa.schema(
    [
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("channel", pa.string()),
        pa.field("account", pa.string()),
        pa.field("time", pa.timestamp("ms", tz="UTC")),
        pa.field("harm", pa.string()),
        pa.field("severity", pa.int8()),
        pa.field("score", pa.float32()),
        pa.field("rules", pa.list_(pa.string()), nullable=False),
        pa.field("rule_versions", pa.list_(pa.string()), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("exact", pa.bool_(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("offset", pa.int64()),
    ]
)
"""One line of the output; docs/screen.md tells what each column means. No text is written."""

SUFFIXES = (".ndjson", ".parquet")

GROUP_ROWS = 32_768
"""Rows of a Parquet row group: some ten megabytes of verdicts wait until so many are there."""


def output_rows(batch: pa.RecordBatch, verdicts: pa.Table, *, file: str, every: bool) -> pa.Table:
    """Joins verdicts to their events: flagged ones alone, or every one of the batch."""
    flagged = verdicts.column("row").combine_chunks().to_numpy()
    if every:
        place = np.full(batch.num_rows, -1, np.int64)
        place[flagged] = np.arange(len(flagged))
        verdicts = verdicts.take(pa.array(place, mask=place < 0))
        events = pa.table(batch)
    else:
        events = pa.table(batch).take(pa.array(flagged))
    rules = _chunk(verdicts, "rules")
    columns = {
        "message_id": events.column("event_id"),
        "channel": events.column("channel"),
        "account": events.column("account"),
        "time": events.column("stated_time"),
        "harm": verdicts.column("harm"),
        "severity": verdicts.column("severity"),
        "score": verdicts.column("score"),
        "rules": _rule_field(rules, "id"),
        "rule_versions": _rule_field(rules, "version"),
        "action": pc.fill_null(verdicts.column("action"), ActionKind.NONE.value),
        "exact": pc.fill_null(verdicts.column("exact"), False),
        "language": pc.coalesce(verdicts.column("language"), events.column("language")),
        "reason": verdicts.column("reason"),
        "file": pa.repeat(file, events.num_rows),
        "row": events.column("row"),
        "offset": events.column("offset"),
    }
    return pa.table(columns, schema=OUTPUT_SCHEMA)


def _chunk(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name).combine_chunks()
    return column if isinstance(column, pa.Array) else column.chunk(0)


def _rule_field(rules: pa.ListArray, name: str) -> pa.ListArray:
    """Gives one field of each rule; an event without a verdict has an empty list."""
    lengths = pc.fill_null(pc.list_value_length(rules), 0).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pc.struct_field(rules.flatten(), name))


class Sheet(Protocol):
    """Takes rows of `OUTPUT_SCHEMA`."""

    def write(self, rows: pa.Table) -> None:
        """Writes rows after those written before."""

    def close(self) -> None:
        """Writes what belongs after the last row."""

    def abandon(self) -> None:
        """Lets go of the file, whole or not."""


class ParquetSheet:
    """Writes Parquet, in row groups of a size that readers like."""

    def __init__(self, stream: BinaryIO) -> None:
        self._writer = pq.ParquetWriter(stream, OUTPUT_SCHEMA, compression="zstd")
        self._waiting: list[pa.Table] = []

    def write(self, rows: pa.Table) -> None:
        """Writes rows after those written before."""
        self._waiting.append(rows)
        if sum(table.num_rows for table in self._waiting) >= GROUP_ROWS:
            self._write_group()

    def close(self) -> None:
        """Writes what waits, and the footer."""
        self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Closes the writer, which complains when it is freed open; the file does not count."""
        with suppress(OSError, pa.ArrowException):
            self._writer.close()

    def _write_group(self) -> None:
        self._writer.write_table(pa.concat_tables([OUTPUT_SCHEMA.empty_table(), *self._waiting]))
        self._waiting = []


class LinesSheet:
    """Writes one JSON object per line, whole columns at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, rows: pa.Table) -> None:
        """Writes rows after those written before."""
        if rows.num_rows:
            self._stream.write(json_lines(rows))

    def close(self) -> None:
        """Writes nothing: NDJSON ends with its last line."""

    def abandon(self) -> None:
        """Holds nothing to let go of."""


def json_lines(rows: pa.Table) -> memoryview:
    """Gives the rows as JSON objects, one per line."""
    parts: list[pa.Array | str] = []
    for place, field in enumerate(rows.schema):
        parts += ["{" if place == 0 else ",", f'"{field.name}":', _json(_chunk(rows, field.name))]
    joined = pc.binary_join_element_wise(*parts, "}\n", "")
    _, ends, data = joined.buffers()
    last = np.frombuffer(ends, np.int32)[joined.offset + len(joined)]
    return memoryview(data)[: int(last)]


def _json(column: pa.Array) -> pa.StringArray:
    """Gives each value of a column as JSON text."""
    kind = column.type
    if pa.types.is_string(kind):
        text = _quoted(column)
    elif pa.types.is_timestamp(kind):
        text = pc.binary_join_element_wise('"', pc.strftime(column, "%Y-%m-%dT%H:%M:%S"), 'Z"', "")
    elif pa.types.is_list(kind):
        text = _json_lists(column)
    elif pa.types.is_floating(kind):
        text = pc.round(column.cast(pa.float64()), ndigits=4).cast(pa.string())
    else:
        text = column.cast(pa.string())
    return pc.fill_null(text, "null")


def _quoted(column: pa.StringArray) -> pa.StringArray:
    text = column
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        text = pc.replace_substring(text, plain, escaped)
    if pc.any(pc.match_substring_regex(text, "[\x00-\x1f]")).as_py():
        for code in range(0x20):
            text = pc.replace_substring(text, chr(code), f"\\u{code:04x}")
    return pc.binary_join_element_wise('"', text, '"', "")


def _json_lists(column: pa.ListArray) -> pa.StringArray:
    lists = pa.ListArray.from_arrays(column.offsets, _quoted(column.values))
    return pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")


class Output:
    """A file of verdicts that appears whole, or not at all.

    Raises `Misconfigured` if the suffix is not known or nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix not in SUFFIXES:
            raise Misconfigured(
                setting="--output", value=str(path), why=f"must end in {' or '.join(SUFFIXES)}"
            )
        self.path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        with _said(path):
            _remove_left(path)
            self._partial.touch(mode=0o600)  # it names accounts
            self._stream: BinaryIO = self._partial.open("wb")
            flock(self._stream, LOCK_EX | LOCK_NB)
        self._sheet: Sheet = (
            ParquetSheet(self._stream) if path.suffix == ".parquet" else LinesSheet(self._stream)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                with _said(self.path):
                    self._finish()
        finally:
            self._sheet.abandon()
            with suppress(OSError):
                self._stream.close()
            self._partial.unlink(missing_ok=True)

    def _finish(self) -> None:
        self._sheet.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._partial.replace(self.path)

    def write(self, rows: pa.Table) -> None:
        """Writes rows after those written before."""
        with _said(self.path):
            self._sheet.write(rows)


def _remove_left(path: Path) -> None:
    """Removes what runs left that were killed: nobody holds those files any more."""
    for left in path.parent.glob(f".{escape(path.name)}.*.partial"):
        with suppress(OSError), left.open("rb") as file:
            flock(file, LOCK_EX | LOCK_NB)
            left.unlink()


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Says of which file the operating system speaks, when the disk is full for instance."""
    try:
        yield
    except OSError as error:
        raise Misconfigured(
            setting="--output", value=str(path), why=f"cannot be written ({error.strerror})"
        ) from error
