"""Writes signal columns as `stored` reads them."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evenhand.events.text_column import arrow_text
from evenhand.signals.arrow import valid_rows, without_nulls
from evenhand.signals.columns import MATCHES, ColumnType, SignalColumn
from evenhand.signals.hashing import hashes_of
from evenhand.signals.known import KNOWN, as_words
from evenhand.signals.sparse import ENTRIES, as_entries
from evenhand.signals.stored import ABOUT, KNOWN_NAME, MARK, SPARSE, TYPES
from evenhand.signals.table import SignalTable, Values

GROUP_ROWS = 131_072
"""Rows written together: few enough for the memory, enough that reading is not about overhead."""

ENCODINGS = {"time": "DELTA_BINARY_PACKED"}
"""History is mostly in order: differences of times are small, and soon read."""


class SignalsWriter:
    """Writes signal columns batch by batch; the file is whole once it is closed."""

    def __init__(
        self, path: Path, columns: Mapping[str, SignalColumn], lists: Mapping[str, str]
    ) -> None:
        self._sparse = [name for name in columns if name.startswith(MATCHES)]
        self._columns = {name: one for name, one in columns.items() if not name.startswith(MATCHES)}
        kinds = [_field(name, TYPES[one.type]) for name, one in self._columns.items()]
        known = [*ABOUT.names[1:], *self._columns]
        told = json.dumps({"lists": dict(lists), SPARSE: self._sparse, KNOWN_NAME: known})
        beside = [_field(SPARSE, ENTRIES), _field(KNOWN_NAME, KNOWN)]
        self._schema = pa.schema([*ABOUT, *kinds, *beside], {MARK: told})
        repeated = [name for name, one in self._columns.items() if one.type is not ColumnType.SHARE]
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="lz4",
            use_dictionary=["channel", *repeated, f"{SPARSE}.list.element", KNOWN_NAME],
            column_encoding=ENCODINGS,
        )
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, about: pa.Table, table: SignalTable) -> None:
        """Writes one batch; `about` has the columns of `ABOUT`, with names of accounts."""
        said = [about[name].combine_chunks() for name in ABOUT.names]
        signals = [table.columns.get(name) for name in self._columns]
        known = [
            *(None if one.null_count == 0 else valid_rows(one) for one in said[1:]),
            *(np.zeros(table.rows, np.bool_) if one is None else one.known for one in signals),
        ]
        arrays = [
            *(_about(one, field.type) for one, field in zip(said, ABOUT, strict=True)),
            *(
                _arrow(one, TYPES[column.type], table.rows)
                for one, column in zip(signals, self._columns.values(), strict=True)
            ),
            as_entries([table.columns.get(name) for name in self._sparse], table.rows),
            as_words(known, table.rows),
        ]
        self._waiting.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._rows += table.rows
        if self._rows >= GROUP_ROWS:
            self._write_group()

    def close(self) -> None:
        """Writes what waits, and the footer."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        group = pa.Table.from_batches(self._waiting).unify_dictionaries().combine_chunks()
        self._writer.write_table(group, row_group_size=group.num_rows)
        self._waiting, self._rows = [], 0


def _field(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


def _arrow(column: Values | None, kind: pa.DataType, rows: int) -> pa.Array:
    """Gives a column without nulls: what is not known says anything, and `KNOWN_NAME` that."""
    if pa.types.is_dictionary(kind):
        held = column if column is not None and column.words else _NO_WORD
        codes = held.values if column is held else np.zeros(rows, np.int32)
        words = pa.array(held.words, pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), words)
    values = np.zeros(rows) if column is None else column.values
    return pa.array(values.astype(kind.to_pandas_dtype()), kind)


_NO_WORD = Values(np.empty(0, np.int32), words=("",))


def _about(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Gives a column as it is kept: names as hashes, everything else as it is; without nulls."""
    if kind != pa.uint64() or column.type == kind:
        return without_nulls(column, "" if kind == pa.string() else 0)
    return pa.array(hashes_of(*arrow_text(without_nulls(column, "")), seed=0), kind)
