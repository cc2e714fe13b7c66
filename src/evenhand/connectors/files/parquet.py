"""Reads Parquet files whose columns are named like those of the event schema."""

from collections.abc import Iterator
from typing import BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.connectors.files.cells import Findings
from evenhand.connectors.files.events import Int64s, report, without
from evenhand.connectors.files.faults import EXPLANATIONS, Fault
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.limits import BLOCK_BYTES
from evenhand.connectors.files.problems import FileRefused
from evenhand.connectors.files.rows import (
    ALIASES,
    COLUMNS,
    JUDGED,
    LISTS,
    SLOTS,
    TEXTS,
    TIMES,
    finished,
    listed,
    moments,
    refuse_repeated,
)
from evenhand.connectors.files.times import NO_TIME, times
from evenhand.connectors.files.tokens import ABSENT, STRING, Cells
from evenhand.events.schema import EVENT_SCHEMA


class ParquetReader:
    """Reads the rows of a Parquet file; a damaged row group is refused, and the others are read."""

    def __init__(self, stream: BinaryIO, ledger: Ledger, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._ledger = ledger
        self._size_bytes = stream.seek(0, 2)
        stream.seek(0)
        try:
            self._file = pq.ParquetFile(stream, buffer_size=block_bytes, pre_buffer=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise FileRefused(
                file=ledger.name, why=f"it is no whole Parquet file ({_first_line(error)})"
            ) from error
        self._taken = self._choose_columns(self._file.schema_arrow.names)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Gives the rows, in the order of the file."""
        metadata = self._file.metadata
        for group in range(metadata.num_row_groups):
            begin = self._ledger.items
            expected = metadata.row_group(group).num_rows
            try:
                for batch in self._file.iter_batches(
                    batch_size=BATCH_ROWS_MAX,
                    row_groups=[group],
                    columns=sorted(set(self._taken.values())),
                    use_threads=False,
                ):
                    yield self._events(batch)
            except (pa.ArrowException, OSError):
                lost = begin + expected - self._ledger.items
                self._ledger.refuse(
                    Fault.DAMAGED, row=self._ledger.items + 1, place=None, count=lost
                )
                self._ledger.items = begin + expected
            self._ledger.bytes_done = self._size_bytes * (group + 1) // metadata.num_row_groups

    def _choose_columns(self, names: list[str]) -> dict[str, str]:
        """Gives the file's name for each column of ours that it has."""
        refuse_repeated(self._ledger.name, names)
        if {"text", "body"} <= set(names):
            reason, remedy = EXPLANATIONS[Fault.TWO_TEXTS]
            raise FileRefused(file=self._ledger.name, why=f"{reason}; {remedy}")
        taken = {name: name for name in EVENT_SCHEMA.names if name in names and name != JUDGED}
        for alias, name in ALIASES.items():
            if alias in names:
                taken.setdefault(name, alias)
        if not {"text", "display_name", "channel_name"} & taken.keys():
            raise FileRefused(
                file=self._ledger.name,
                why=f"it has no column `text` (it has: {', '.join(names[:10])}); "
                "docs/screen.md lists the columns",
            )
        return taken

    def _events(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        rows = np.arange(self._ledger.items + 1, self._ledger.items + 1 + batch.num_rows)
        self._ledger.items += batch.num_rows
        findings = Findings.none(batch.num_rows)
        milliseconds = np.full(batch.num_rows, NO_TIME, np.int64)
        columns: dict[str, pa.Array] = {}
        for name, source in self._taken.items():
            column = batch.column(source)
            if name == "time":
                milliseconds = self._times(name, column, findings)
            elif name in TIMES:
                columns[name] = moments(self._times(name, column, findings))
            elif name in LISTS or name == "network":
                columns[name] = self._bytes_column(name, column, findings)
            else:
                assert name in TEXTS or name == "text"
                columns[name] = self._strings(name, column, findings)
        events = finished(columns, milliseconds, rows=rows, offsets=None, findings=findings)
        report(findings, self._ledger, rows=rows, offsets=None, base=0, columns=COLUMNS)
        return without(events, findings)

    def _strings(self, name: str, column: pa.Array, findings: Findings) -> pa.StringArray:
        try:
            raw = column.cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            self._refuse_type(name, column, error)
        try:
            raw.validate(full=True)
        except pa.ArrowInvalid:
            return self._readable(name, raw, findings)
        return raw

    def _readable(self, name: str, column: pa.Array, findings: Findings) -> pa.StringArray:
        """Gives the column without the texts that are not UTF-8, which are noted."""
        values: list[str | None] = []
        wrong = np.zeros(len(column), np.bool_)
        for row, raw in enumerate(column.view(pa.binary()).to_pylist()):
            try:
                values.append(None if raw is None else raw.decode())
            except UnicodeDecodeError:
                values.append(None)
                wrong[row] = True
        findings.add(wrong, Fault.NOT_UTF8, SLOTS[name])
        return pa.array(values, pa.string())

    def _times(self, name: str, column: pa.Array, findings: Findings) -> Int64s:
        if pa.types.is_temporal(column.type):
            try:
                return self._moments(column)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                self._refuse_type(name, column, error)
        return self._written_times(name, self._strings(name, column, findings), findings)

    def _moments(self, column: pa.Array) -> Int64s:
        zone = getattr(column.type, "tz", None) or "UTC"
        whole = column.cast(pa.timestamp("ms", tz=zone), safe=False).cast(pa.int64())
        return np.asarray(pc.fill_null(whole, NO_TIME).to_numpy(zero_copy_only=False), np.int64)

    def _written_times(self, name: str, column: pa.StringArray, findings: Findings) -> Int64s:
        """Reads times that are written as texts or numbers, as in the other formats."""
        filled = pc.fill_null(column, "")
        _, ends, data = filled.buffers()
        places = np.frombuffer(ends, np.int32)[filled.offset : filled.offset + len(filled) + 1]
        cells = Cells.empty(len(filled), len(COLUMNS)).first(len(filled), bytes_max=0)
        slot = SLOTS[name]
        cells.table[slot, :, 0] = np.where(np.diff(places) > 0, STRING, ABSENT)
        cells.table[slot, :, 1] = places[:-1]
        cells.table[slot, :, 2] = places[1:]
        return times(data.address if data else 0, cells, (slot,), findings)

    def _bytes_column(self, name: str, column: pa.Array, findings: Findings) -> pa.Array:
        """Gives lists of links or hashes, or the network; hashes are bytes or hexadecimal."""
        values: list[object] = []
        wrong = np.zeros(len(column), np.bool_)
        for row, value in enumerate(column.to_pylist()):
            try:
                values.append(None if value is None else _as_bytes(name, value))
            except ValueError:
                values.append(None)
                wrong[row] = True
        findings.add(wrong, Fault.VALUE, SLOTS[name])
        return pa.array(values, EVENT_SCHEMA.field(name).type)

    def _refuse_type(self, name: str, column: pa.Array, error: Exception) -> NoReturn:
        raise FileRefused(
            file=self._ledger.name,
            why=f"its column `{name}` is of type {column.type}; docs/screen.md lists the types",
        ) from error


def _as_bytes(name: str, value: object) -> object:
    if name == "network":
        network = bytes.fromhex(value) if isinstance(value, str) else value
        if not isinstance(network, bytes) or len(network) != 16:
            raise ValueError("a network is 16 bytes")
        return network
    if not isinstance(value, list):
        raise ValueError("no list")  # noqa: TRY004  a value of somebody else's
    return listed([one.hex() if isinstance(one, bytes) else one for one in value], LISTS[name])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
