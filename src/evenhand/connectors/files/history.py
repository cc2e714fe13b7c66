"""History for backtests: events of any file that is read here, and signals that were kept of them.

Both come as parts of which signals can be asked: of events they are computed, of a file of signals
only the columns asked for are read. A file that is kept appears whole, or not at all.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.errors import Misconfigured
from evenhand.connectors.files.ahead import ReadAhead, side_by_side
from evenhand.connectors.files.events import SteadyClock
from evenhand.connectors.files.formats import Format, Source
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.problems import FileRefused
from evenhand.connectors.files.screen import source_batches
from evenhand.events.batch import check_batch
from evenhand.pipeline import Scope, ScreeningPlane
from evenhand.rules.backtest import Backtest, Looked, Part
from evenhand.signals.columns import SignalColumn
from evenhand.signals.engine import see
from evenhand.signals.stored import (
    ABOUT,
    SignalsReader,
    StoredRefused,
    is_stored,
)
from evenhand.signals.storing import SignalsWriter
from evenhand.signals.table import SignalTable

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class EventsPart:
    """Some events with all their signals."""

    own: SignalTable
    events: pa.Table
    compared: bool = True
    at: NDArray[np.int64] | None = None

    @property
    def rows(self) -> int:
        """Gives how many events there are."""
        return self.own.rows

    def table(self, names: Sequence[str], rows: NDArray[np.int64]) -> SignalTable:
        """Gives these signals of some events."""
        held = {name: self.own.columns[name] for name in names if name in self.own.columns}
        return SignalTable(self.own.rows, held).taken(rows)

    def about(self, rows: NDArray[np.int64]) -> pa.Table:
        """Gives time, account and channel of some events."""
        return self.events.select(["time", "account", "channel"]).take(rows)

    def told(self, rows: NDArray[np.int64]) -> pa.Table:
        """Gives ids and texts of some events."""
        return self.events.select(["event_id", "text"]).take(rows)


class History:
    """Reads files of events and of signals one after another.

    asked    columns that a file of signals must hold
    gates    lists of patterns of which one must be met by what is asked
    ledgers  the accounts of files of events, as far as they are read
    refused  some part could not be read, which was said
    """

    def __init__(
        self,
        *,
        load: Callable[[], ScreeningPlane],
        asked: Sequence[str],
        gates: Collection[str] | None = None,
        lists: Mapping[str, str],
        say: Say,
        keeper: "Keeper | None" = None,
    ) -> None:
        self._load = load
        self._asked = asked
        self._gates = gates
        self._lists = lists
        self._say = say
        self._keeper = keeper
        self._clock = SteadyClock()
        self._plane: ScreeningPlane | None = None
        self.ledgers: list[Ledger] = []
        self.refused = False

    def parts(self, sources: Sequence[Source]) -> Iterator[tuple[Part, int]]:
        """Gives part after part, and how many bytes of all files were read by then."""
        done = 0
        for source in sources:
            try:
                if _holds_signals(source):
                    assert source.path is not None
                    yield from self._stored(source.path, done)
                else:
                    for part, so_far in self._events(source):
                        yield part, done + so_far
            except (FileRefused, StoredRefused) as refused:
                where = f"part {refused.fields['group']}: " if "group" in refused.fields else ""
                self._say(f"{source.name}: {where}{refused.fields['why']}. {refused.remedy}")
                self.refused = True
            except OSError as error:
                self._say(f"{source.name}: reading stopped ({error.strerror}).")
                self.refused = True
            done += source.size_bytes or 0

    def tried(self, work: Backtest, parts: Iterable[tuple[Part, int]]) -> Iterator[int]:
        """Counts part after part, a few looked at side by side; gives the bytes read by then.

        One that cannot be read is said and passed over.
        """
        for (part, _, done), found in side_by_side(_placed(parts), partial(_look, work)):
            if isinstance(found, StoredRefused):
                self._say(f"{part.rows:,} rows are passed over: {found.fields['why']}.")
                self.refused = True
            else:
                work.count(found)
            yield done

    def _stored(self, path: Path, done: int) -> Iterator[tuple[Part, int]]:
        if self._keeper is not None:
            raise FileRefused(file=path.name, why="it holds signals already, and --keep is given")
        reader = SignalsReader(path)
        lacking = [name for name in self._asked if name not in reader.columns]
        if lacking:
            raise StoredRefused(why=f"it has no signal {', '.join(lacking)}")
        changed = [name for name in self._asked if reader.lists.get(name) != self._lists.get(name)]
        if changed:
            self._say(f"{path}: these lists have changed since it was made: {', '.join(changed)}.")
        size, read = path.stat().st_size, 0
        for group in reader.groups(self._asked, gates=self._gates):
            read += group.rows
            yield group, done + size * read // reader.rows

    def _events(self, source: Source) -> Iterator[tuple[Part, int]]:
        if self._plane is None:
            self._plane = self._load()
        ledger = Ledger(name=source.name, say=self._say)
        self.ledgers.append(ledger)
        for batch in ReadAhead(source_batches(source, ledger)):
            seen = see(check_batch(self._clock.steady(batch)), Scope.FILES)
            if seen.batch.num_rows:
                part = EventsPart(
                    self._plane.signals.over(seen), _as_told(seen.batch, batch, seen.rows)
                )
                if self._keeper is not None:
                    self._keeper.keep(part)
                yield part, ledger.bytes_done
        self.refused |= bool(ledger.refusals)


Placed = tuple[Part, int, int]


def _placed(parts: Iterable[tuple[Part, int]]) -> Iterator[Placed]:
    """Gives each part with the row at which it begins."""
    first = 0
    for part, done in parts:
        yield part, first, done
        first += part.rows


def _look(work: Backtest, placed: Placed) -> tuple[Placed, Looked | StoredRefused]:
    part, first, _ = placed
    try:
        return placed, work.look(part, first=first)
    except StoredRefused as refused:
        return placed, refused


class Keeper:
    """Keeps the signals of events in a file that appears whole, or not at all."""

    def __init__(
        self, path: Path, columns: Mapping[str, SignalColumn], lists: Mapping[str, str]
    ) -> None:
        if path.suffix != ".parquet":
            raise Misconfigured(setting="--keep", value=str(path), why="must end in .parquet")
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            self._partial.touch(mode=0o600)  # it names accounts
            self._writer = SignalsWriter(self._partial, columns, lists)
        except OSError as error:
            raise self._unwritable(error) from error

    def keep(self, part: EventsPart) -> None:
        """Keeps the signals of some events."""
        try:
            self._writer.write(part.events.select(ABOUT.names), part.own)
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self) -> None:
        """Lets the file appear."""
        try:
            self._writer.close()
            self._partial.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error

    def abandon(self) -> None:
        """Takes away what was written, unless it has appeared."""
        if self._partial.exists():
            with suppress(OSError, pa.ArrowException):
                self._writer.close()
            self._partial.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> Misconfigured:
        why = f"cannot be written ({error.strerror})"
        return Misconfigured(setting="--keep", value=str(self._path), why=why)


def _holds_signals(source: Source) -> bool:
    return source.format is Format.PARQUET and source.path is not None and is_stored(source.path)


def _as_told(seen: pa.RecordBatch, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> pa.Table:
    """Gives the events seen with the times that the file states, null where it states none."""
    place = seen.schema.get_field_index("time")
    stated = batch.column("stated_time")
    if len(rows) < batch.num_rows:
        stated = stated.take(pa.array(rows))
    field = pa.field("time", stated.type)
    return pa.Table.from_batches([seen.set_column(place, field, stated)])
