"""Signal columns kept as Parquet, so that rules are tried on history without reading texts again.

Beside the signals stand id and time of each event, and account and channel as hashes, by which they
can be counted; no text is kept. Of every list of patterns the file knows which edition it was made
with. `storing` writes such files.
"""

import json
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.signals.columns import MATCHES, ColumnType
from evenhand.signals.known import KNOWN, Known, from_words
from evenhand.signals.pattern_lists import PatternList
from evenhand.signals.sparse import ENTRIES, Sparse, from_entries
from evenhand.signals.table import SignalTable, Values

MARK = b"evenhand.signals"

STORED_GROUP_ROWS_MAX = 1_048_576
"""Rows of one group that are read: a hundred columns of so many fit into 1 GB."""

SPARSE = "matches"
"""The column in which all lists of patterns stand together: nearly every row meets none."""

KNOWN_NAME = "known"
"""The column that tells what is known in each row; no other holds a null."""

ABOUT = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("account", pa.uint64(), nullable=False),
        pa.field("channel", pa.uint64(), nullable=False),
    ]
)
"""What is kept of an event beside its signals; the time is not known where nobody said one."""

COMPARED_GROUPS = 5
"""Groups of a file, spread evenly, whose hits are compared with other rules, which reads every
column: half a million rows tell the shares."""

TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.TRUTH: pa.bool_(),
    ColumnType.WHOLE: pa.int32(),
    ColumnType.SHARE: pa.float64(),
    ColumnType.WORD: pa.dictionary(pa.int32(), pa.string()),
}

Rows = NDArray[np.int64]


class StoredRefused(InputRefused):
    """A file of signal columns cannot be used."""

    remedy = "Keep the signals again: `evenhand rules backtest RULE EVENTS --keep FILE`."


def editions(lists: Iterable[PatternList]) -> dict[str, str]:
    """Gives a short hash over each list of patterns, by the column that it adds."""
    told = {}
    for one in lists:
        said = [
            (each.text, each.regex, each.bounded, *([each.expires] if each.expires else ()))
            for each in one.patterns
        ]
        whole = repr((sorted(view.value for view in one.views), said))
        told[MATCHES + one.name] = blake2b(whole.encode(), digest_size=8).hexdigest()
    return told


def is_stored(path: Path) -> bool:
    """Tells whether a Parquet file holds signal columns and not events."""
    try:
        return MARK in (pq.read_metadata(path).metadata or {})
    except (pa.ArrowInvalid, OSError):
        return False


@dataclass(frozen=True, slots=True)
class _Held:
    """A file, the columns that it has, and the places of those that stand together.

    known  the place of each column in the words that tell what is known
    """

    path: Path
    metadata: pq.FileMetaData
    dense: frozenset[str]
    places: Mapping[str, int]
    known: Mapping[str, int]
    _opened: threading.local = field(default_factory=threading.local)

    def read(self, number: int, names: Sequence[str]) -> pa.Table:
        """Gives columns of one group.

        Each thread opens the file for itself: two at one reader of Parquet crash.
        """
        try:
            file = getattr(self._opened, "file", None)
            if file is None:
                file = self._opened.file = pq.ParquetFile(self.path, metadata=self.metadata)
            return file.read_row_group(number, columns=list(names), use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(number) from error


class StoredGroup:
    """One group of rows of a file; what is asked of it is read then, and not before.

    rows      how many rows there are
    compared  its hits are to be compared with other rules
    """

    def __init__(
        self,
        held: _Held,
        number: int,
        *,
        own: Sequence[str],
        gates: Collection[str] | None,
        compared: bool,
    ) -> None:
        self._held = held
        self._number = number
        self._own = own
        self._gates = gates
        self.compared = compared
        self.rows: int = held.metadata.row_group(number).num_rows

    @cached_property
    def at(self) -> Rows | None:
        """Gives the rows that `own` is of: those in which a gate's list was met; None if all."""
        if self._gates is None or not all(name in self._held.places for name in self._gates):
            return None
        return self._sparse.rows_with([self._held.places[name] for name in self._gates])

    @cached_property
    def own(self) -> SignalTable:
        """Gives the signals that every such row is asked for."""
        return self._table(self._own, self.at)

    def table(self, names: Sequence[str], rows: Rows) -> SignalTable:
        """Gives these signals of some rows; a signal that the file lacks is left out."""
        return self._table(names, rows)

    def about(self, rows: Rows) -> pa.Table:
        """Gives time, account and channel of some rows."""
        names = ABOUT.names[1:]
        taken = self._held.read(self._number, names).take(rows)
        columns = []
        for name in names:
            known = self._known.of(self._held.known[name], rows)
            column = _whole(taken, name)
            columns.append(column if known is None else _nulled(column, known))
        return pa.table(columns, names=names)

    def told(self, rows: Rows) -> pa.Table:
        """Gives the ids of some rows."""
        return self._held.read(self._number, ["event_id"]).take(rows)

    def _table(self, names: Sequence[str], rows: Rows | None) -> SignalTable:
        count = self.rows if rows is None else len(rows)
        if not count:
            return SignalTable(0, {})
        columns: dict[str, Values] = {}
        dense = [name for name in names if name in self._held.dense]
        if dense:
            read = self._held.read(self._number, dense)
            columns |= {name: self._values(_whole(read, name), name, rows) for name in dense}
        sparse = [name for name in names if name in self._held.places]
        if sparse:
            matches = self._sparse if rows is None else self._sparse.taken(rows)
            found = matches.columns([self._held.places[name] for name in sparse])
            columns |= dict(zip(sparse, found, strict=True))
        return SignalTable(count, columns)

    def _values(self, column: pa.Array, name: str, rows: Rows | None) -> Values:
        known = self._known.of(self._held.known[name], rows)
        if pa.types.is_dictionary(column.type):
            codes = column.indices.to_numpy()
            words = tuple(word or "" for word in column.dictionary.to_pylist())
            return Values(codes if rows is None else codes[rows], known, words)
        values = _truths(column) if pa.types.is_boolean(column.type) else column.to_numpy()
        return Values(values if rows is None else values[rows], known)

    @cached_property
    def _sparse(self) -> Sparse:
        return from_entries(_whole(self._held.read(self._number, [SPARSE]), SPARSE))

    @cached_property
    def _known(self) -> Known:
        column = _whole(self._held.read(self._number, [KNOWN_NAME]), KNOWN_NAME)
        try:
            return from_words(column, len(self._held.known))
        except ValueError as error:
            raise _damaged(self._number) from error


class SignalsReader:
    """Reads a file of signal columns group by group.

    columns  the signals that it holds
    lists    the edition of each list of patterns, by its column
    """

    def __init__(self, path: Path) -> None:
        try:
            metadata = pq.read_metadata(path)
            schema = metadata.schema.to_arrow_schema()
            told = json.loads((metadata.metadata or {})[MARK])
            self.lists = {str(name): str(said) for name, said in dict(told["lists"]).items()}
            sparse = {str(name): place for place, name in enumerate(told[SPARSE])}
            known = {str(name): place for place, name in enumerate(told.get(KNOWN_NAME, ()))}
        except (pa.ArrowException, AttributeError, KeyError, TypeError, ValueError) as error:
            raise StoredRefused(file=str(path), why="it holds no signal columns") from error
        dense = frozenset(schema.names) - frozenset(ABOUT.names) - {SPARSE, KNOWN_NAME}
        if not known or not _as_written(schema, dense, known):
            raise StoredRefused(file=str(path), why="another version of Evenhand made it")
        self._held = _Held(path, metadata, dense, sparse, known)
        self.columns = dense | frozenset(sparse)
        self.rows: int = metadata.num_rows

    def groups(
        self, own: Sequence[str], *, gates: Collection[str] | None = None
    ) -> Iterator[StoredGroup]:
        """Gives the groups in the order of the file; each may be read in a thread of its own.

        own    the signals that are asked of all rows
        gates  lists of patterns of which one must be met: nothing is asked of other rows
        """
        count = self._held.metadata.num_row_groups
        step = max(1, count // COMPARED_GROUPS)
        for number in range(count):
            group = StoredGroup(
                self._held, number, own=own, gates=gates, compared=number % step == 0
            )
            if group.rows > STORED_GROUP_ROWS_MAX:
                raise StoredRefused(
                    group=number + 1, why=f"more than {STORED_GROUP_ROWS_MAX} rows in it"
                )
            yield group


def _as_written(schema: pa.Schema, dense: frozenset[str], known: Collection[str]) -> bool:
    """Tells whether every column is of a kind that is read here, none holds nulls, none lacks."""
    kinds = {one.name: one.type for one in ABOUT} | {SPARSE: ENTRIES, KNOWN_NAME: KNOWN}
    fields = {one.name: one for one in schema}
    return (
        len(fields) == len(schema)
        and not any(one.nullable for one in schema)
        and all(name in fields and fields[name].type == kind for name, kind in kinds.items())
        and all(fields[name].type in TYPES.values() for name in dense)
        and set(known) == dense | set(ABOUT.names[1:])
    )


def _whole(read: pa.Table, name: str) -> pa.Array:
    """Gives a column in one piece, copied only where it is not."""
    column = read[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _truths(column: pa.Array) -> NDArray[np.bool_]:
    bits, count = np.frombuffer(column.buffers()[1], np.uint8), column.offset + len(column)
    return np.unpackbits(bits, count=count, bitorder="little")[column.offset :].view(np.bool_)


def _nulled(column: pa.Array, known: NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(known), column, pa.scalar(None, column.type))


def _damaged(number: int) -> StoredRefused:
    return StoredRefused(group=number + 1, why="it is damaged")
