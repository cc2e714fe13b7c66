"""Signal columns kept as Parquet, so that rules are tried on history without reading texts again.

Beside the signals stand id and time of each event, and account and channel as hashes, by which they
can be counted; no text is kept. Of every list of patterns the file knows which edition it was made
with.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.events.text_column import arrow_text
from evenhand.signals.arrow import valid_rows, without_nulls, words_of
from evenhand.signals.columns import MATCHES, ColumnType, SignalColumn
from evenhand.signals.hashing import hashes_of
from evenhand.signals.pattern_lists import PatternList
from evenhand.signals.sparse import ENTRIES, Sparse, as_entries, from_entries
from evenhand.signals.table import SignalTable, Values

MARK = b"evenhand.signals"
GROUP_ROWS = 131_072
"""Rows written together: few enough for the memory, enough that reading is not about overhead."""

STORED_GROUP_ROWS_MAX = 1_048_576
"""Rows of one group that are read: a hundred columns of so many fit into 1 GB."""

SPARSE = "matches"
"""The column in which all lists of patterns stand together: nearly every row meets none."""

ABOUT = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("time", pa.timestamp("ms", tz="UTC")),
        pa.field("account", pa.uint64()),
        pa.field("channel", pa.uint64()),
    ]
)
"""What is kept of an event beside its signals; the time is null where nobody said one."""

COMPARED_GROUPS = 5
"""Groups of a file, spread evenly, whose hits are compared with other rules, which reads every
column: half a million rows tell the shares."""

_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.TRUTH: pa.bool_(),
    ColumnType.WHOLE: pa.int32(),
    ColumnType.SHARE: pa.float64(),
    ColumnType.WORD: pa.dictionary(pa.int32(), pa.string()),
}


class StoredRefused(InputRefused):
    """A file of signal columns cannot be used."""

    remedy = "Keep the signals again: `evenhand rules backtest RULE EVENTS --keep FILE`."


def editions(lists: Iterable[PatternList]) -> dict[str, str]:
    """Gives a short hash over each list of patterns, by the column that it adds."""
    told = {}
    for one in lists:
        said = [(each.text, each.regex, each.bounded) for each in one.patterns]
        whole = repr((sorted(view.value for view in one.views), said))
        told[MATCHES + one.name] = blake2b(whole.encode(), digest_size=8).hexdigest()
    return told


def is_stored(path: Path) -> bool:
    """Tells whether a Parquet file holds signal columns and not events."""
    try:
        return MARK in (pq.read_metadata(path).metadata or {})
    except (pa.ArrowInvalid, OSError):
        return False


class SignalsWriter:
    """Writes signal columns batch by batch; the file is whole once it is closed."""

    def __init__(
        self, path: Path, columns: Mapping[str, SignalColumn], lists: Mapping[str, str]
    ) -> None:
        self._sparse = [name for name in columns if name.startswith(MATCHES)]
        self._columns = {name: one for name, one in columns.items() if not name.startswith(MATCHES)}
        kinds = [pa.field(name, _TYPES[one.type]) for name, one in self._columns.items()]
        told = json.dumps({"lists": dict(lists), SPARSE: self._sparse})
        self._schema = pa.schema([*ABOUT, *kinds, pa.field(SPARSE, ENTRIES)], {MARK: told})
        self._writer = pq.ParquetWriter(path, self._schema, compression="lz4")
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, about: pa.Table, table: SignalTable) -> None:
        """Writes one batch; `about` has the columns of `ABOUT`, with names of accounts."""
        signals = [
            _arrow(table.columns.get(name), _TYPES[one.type], table.rows)
            for name, one in self._columns.items()
        ]
        arrays = [
            *(
                _about(about[name].combine_chunks(), field.type)
                for name, field in zip(ABOUT.names, ABOUT, strict=True)
            ),
            *signals,
            as_entries([table.columns.get(name) for name in self._sparse], table.rows),
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


class StoredGroup:
    """One group of rows of a file; what is asked of it is read then, and not before.

    rows      how many rows there are
    at        the rows that `own` is of; None if of all
    own       the signals that every such row is asked for
    compared  its hits are to be compared with other rules
    """

    def __init__(
        self,
        held: "_Held",
        number: int,
        *,
        own: Sequence[str],
        gates: Collection[str] | None,
        compared: bool,
    ) -> None:
        self._held = held
        self._number = number
        self._matches: Sparse | None = None
        self.compared = compared
        self.rows = held.file.metadata.row_group(number).num_rows
        self.at = self._candidates(gates)
        self.own = self._table(own, self.at)

    def table(self, names: Sequence[str], rows: NDArray[np.int64]) -> SignalTable:
        """Gives these signals of some rows; a signal that the file lacks is left out."""
        return self._table(names, rows)

    def about(self, rows: NDArray[np.int64]) -> pa.Table:
        """Gives time, account and channel of some rows."""
        return self._read(["time", "account", "channel"]).take(rows)

    def told(self, rows: NDArray[np.int64]) -> pa.Table:
        """Gives the ids of some rows."""
        return self._read(["event_id"]).take(rows)

    def _candidates(self, gates: Collection[str] | None) -> NDArray[np.int64] | None:
        """Gives the rows in which one of these lists was met."""
        if gates is None or not all(name in self._held.places for name in gates):
            return None
        return self._sparse().rows_with([self._held.places[name] for name in gates])

    def _table(self, names: Sequence[str], rows: NDArray[np.int64] | None) -> SignalTable:
        count = self.rows if rows is None else len(rows)
        if not count:
            return SignalTable(0, {})
        dense = [name for name in names if name in self._held.dense]
        sparse = [name for name in names if name in self._held.places]
        columns: dict[str, Values] = {}
        if dense:
            read = self._read(dense)
            columns |= _table(read if rows is None else read.take(rows)).columns
        if sparse:
            matches = self._sparse() if rows is None else self._sparse().taken(rows)
            found = matches.columns([self._held.places[name] for name in sparse])
            columns |= dict(zip(sparse, found, strict=True))
        return SignalTable(count, columns)

    def _sparse(self) -> Sparse:
        if self._matches is None:
            column = self._read([SPARSE])[SPARSE].combine_chunks()
            self._matches = _checked(from_entries(column), self._number)
        return self._matches

    def _read(self, names: Sequence[str]) -> pa.Table:
        return _columns(self._held.file, self._number, names)


@dataclass(frozen=True, slots=True)
class _Held:
    """A file, the columns that it has, and the places of those that stand together."""

    file: pq.ParquetFile
    dense: frozenset[str]
    places: Mapping[str, int]


class SignalsReader:
    """Reads a file of signal columns group by group.

    columns  the signals that it holds
    lists    the edition of each list of patterns, by its column
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
            told = json.loads((self._file.metadata.metadata or {})[MARK])
            self.lists = {str(name): str(said) for name, said in dict(told["lists"]).items()}
            sparse = {str(name): place for place, name in enumerate(told[SPARSE])}
        except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            raise StoredRefused(file=str(path), why="it holds no signal columns") from error
        schema = self._file.schema_arrow
        lacking = [name for name in ABOUT.names if name not in schema.names]
        if lacking or any(schema.field(field.name).type != field.type for field in ABOUT):
            raise StoredRefused(file=str(path), why="id, time, account or channel is not in it")
        if SPARSE not in schema.names or schema.field(SPARSE).type != ENTRIES:
            raise StoredRefused(file=str(path), why="an earlier version of Evenhand made it")
        dense = frozenset(schema.names) - frozenset(ABOUT.names) - {SPARSE}
        self._held = _Held(self._file, dense, sparse)
        self.columns = dense | frozenset(sparse)
        self.rows = self._file.metadata.num_rows

    def groups(
        self, own: Sequence[str], *, gates: Collection[str] | None = None
    ) -> Iterator[StoredGroup]:
        """Gives the groups in the order of the file, with the signals that are asked of all.

        gates  lists of patterns of which one must be met: nothing is asked of other rows
        """
        count = self._file.num_row_groups
        step = max(1, count // COMPARED_GROUPS)
        for number in range(count):
            if self._file.metadata.row_group(number).num_rows > STORED_GROUP_ROWS_MAX:
                raise StoredRefused(
                    group=number + 1, why=f"more than {STORED_GROUP_ROWS_MAX} rows in it"
                )
            compared = number % step == 0
            yield StoredGroup(self._held, number, own=own, gates=gates, compared=compared)


def _table(read: pa.Table) -> SignalTable:
    columns = zip(read.column_names, read.columns, strict=True)
    return SignalTable(
        read.num_rows, {name: _values(column.combine_chunks()) for name, column in columns}
    )


def _columns(file: pq.ParquetFile, number: int, names: Sequence[str]) -> pa.Table:
    try:
        return file.read_row_group(number, columns=list(names))
    except (pa.ArrowException, OSError) as error:
        raise StoredRefused(group=number + 1, why="it is damaged") from error


def _checked(sparse: Sparse, number: int) -> Sparse:
    """Gives entries that lead nowhere else; a file is somebody else's bytes."""
    steps = np.diff(sparse.offsets)
    if len(steps) and (steps.min() < 0 or sparse.offsets[-1] > len(sparse.entries)):
        raise StoredRefused(group=number + 1, why="it is damaged")
    return sparse


def _arrow(column: Values | None, kind: pa.DataType, rows: int) -> pa.Array:
    if column is None:
        return pa.nulls(rows, kind)
    unknown = None if column.known is None else ~column.known
    if pa.types.is_dictionary(kind):
        codes = pa.array(column.values.astype(np.int32), mask=unknown)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.words, pa.string()))
    return pa.array(column.values.astype(kind.to_pandas_dtype()), kind, mask=unknown)


def _about(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Gives a column as it is kept: names as hashes, everything else as it is."""
    if kind != pa.uint64() or column.type == kind:
        return column
    hashes = hashes_of(*arrow_text(without_nulls(column, "")), seed=0)
    return pa.array(hashes, kind, mask=~valid_rows(column))


def _values(column: pa.Array) -> Values:
    if pa.types.is_dictionary(column.type):
        return words_of(column)
    known = _bits(column.buffers()[0], column) if column.null_count else None
    if pa.types.is_boolean(column.type):
        return Values(_bits(column.buffers()[1], column), known)
    kind = column.type.to_pandas_dtype()
    held = np.frombuffer(column.buffers()[1], kind, len(column) + column.offset)
    return Values(held[column.offset :], known)


def _bits(buffer: pa.Buffer, column: pa.Array) -> NDArray[np.bool_]:
    """Gives one truth per row of a buffer with a bit for each."""
    count = column.offset + len(column)
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), count=count, bitorder="little")
    return bits[column.offset :].view(np.bool_)
