"""Turns columns read from a file into checked batches of the event schema."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.limits import BATCH_ROWS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX
from evenhand.connectors.files.cells import Findings
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.times import NO_TIME
from evenhand.events.batch import LINKS_PER_EVENT_MAX, MEDIA_PER_EVENT_MAX
from evenhand.events.schema import EVENT_SCHEMA

MOMENT = pa.timestamp("ms", tz="UTC")

SOURCE_SCHEMA = pa.schema(
    [
        *EVENT_SCHEMA,
        pa.field("row", pa.int64(), nullable=False),
        pa.field("offset", pa.int64()),
        pa.field("stated_time", MOMENT),
    ]
)
"""An event, and where it comes from.

row          the item of the file that it was, counted from 1
offset       the byte where that begins; null for Parquet
stated_time  its time as the file says; null if the file says none, and `time` is made up
"""

GAP_MS = 2 * 60 * 60 * 1000
"""A gap between two events over which no rate is measured: the longest window is an hour."""

UNTIMED_ROWS = 1_000_000
"""Made-up times begin anew after so many rows, lest they leave the calendar."""

FORWARDED_LETTERS_MAX = 63
"""Letters kept of whom a message was forwarded from: four bytes each fit into a name's limit."""

_NAMES = ("event_id", "account", "channel", "reply_to")
_TEXTS = ("text", "display_name", "channel_name", "user_agent")
_LISTS = {
    "urls": LINKS_PER_EVENT_MAX,
    "media_sha256": MEDIA_PER_EVENT_MAX,
    "media_sha1": MEDIA_PER_EVENT_MAX,
    "media_md5": MEDIA_PER_EVENT_MAX,
    "media_pdq": MEDIA_PER_EVENT_MAX,
}

Int64s = NDArray[np.int64]


def event_batch(
    columns: Mapping[str, pa.Array],
    *,
    milliseconds: Int64s,
    rows: Int64s,
    offsets: Int64s | None,
) -> pa.RecordBatch:
    """Gives a batch of `SOURCE_SCHEMA`; columns that are not given are null."""
    count = len(rows)
    untimed = milliseconds == NO_TIME
    given = dict(columns)
    given["time"] = given["stated_time"] = pa.array(milliseconds).view(MOMENT)
    if untimed.any():
        timed = np.where(untimed, rows % UNTIMED_ROWS * GAP_MS, milliseconds)
        given["time"] = pa.array(timed).view(MOMENT)
        given["stated_time"] = pa.array(milliseconds, mask=untimed).view(MOMENT)
    given["row"] = pa.array(rows)
    if "forwarded_from" in given:
        given["forwarded_from"] = pc.utf8_slice_codeunits(
            given["forwarded_from"], 0, FORWARDED_LETTERS_MAX
        )
    given["offset"] = pa.nulls(count, pa.int64()) if offsets is None else pa.array(offsets)
    arrays = [
        given[field.name] if field.name in given else pa.nulls(count, field.type)
        for field in SOURCE_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SOURCE_SCHEMA)


def check_lengths(
    columns: Mapping[str, pa.Array], findings: Findings, slots: Mapping[str, int]
) -> None:
    """Notes the items whose identifiers or texts are longer than an event may hold."""
    for names, limit in ((_NAMES, NAME_BYTES_MAX), (_TEXTS, TEXT_BYTES_MAX)):
        for name in names:
            longer = _longer(columns[name], limit) if name in columns else None
            if longer is not None:
                findings.add(longer, Fault.TOO_LONG, slots.get(name, -1))
    for name, count_max in _LISTS.items():
        if name in columns:
            many = pc.greater(pc.list_value_length(columns[name]), count_max)
            wrong = pc.fill_null(many, False).to_numpy(zero_copy_only=False)
            findings.add(np.asarray(wrong), Fault.TOO_LONG, slots.get(name, -1))


def _longer(column: pa.Array, limit: int) -> NDArray[np.bool_] | None:
    """Tells which texts have more bytes than `limit`; None, the usual answer, if none has."""
    if column.null_count == len(column):
        return None
    _, ends, _ = column.buffers()
    first = column.offset
    lengths = np.diff(np.frombuffer(ends, np.int32)[first : first + len(column) + 1])
    longer: NDArray[np.bool_] = lengths > limit
    return longer if longer.any() else None


def report(
    findings: Findings,
    ledger: Ledger,
    *,
    rows: Int64s,
    offsets: Int64s | None,
    base: int,
    columns: Sequence[str],
) -> None:
    """Tells the ledger of every item that `findings` refuses; `columns` names the slots."""
    for line in np.flatnonzero(~findings.faultless):
        code, slot, place = (int(value) for value in findings.table[line])
        where = None
        if offsets is not None:
            where = base + place if place else int(offsets[line])
        ledger.refuse(
            Fault(code),
            row=int(rows[line]),
            place=where,
            column=columns[slot] if 0 <= slot < len(columns) else "",
        )


def without(batch: pa.RecordBatch, findings: Findings) -> pa.RecordBatch:
    """Gives the batch without the items that `findings` refuses."""
    fine = findings.faultless
    return batch if fine.all() else batch.filter(pa.array(fine))


def full_batches(
    batches: Iterable[pa.RecordBatch], *, rows_max: int = BATCH_ROWS_MAX
) -> Iterator[pa.RecordBatch]:
    """Gives the same rows in batches of `rows_max`, so that small chats and blocks cost nothing."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count < rows_max:
            continue
        joined = pa.concat_batches(waiting)
        whole = count - count % rows_max
        for start in range(0, whole, rows_max):
            yield joined.slice(start, rows_max)
        waiting = [joined.slice(whole)]
        count -= whole
    if count:
        yield pa.concat_batches(waiting)


class SteadyClock:
    """Gives events a time that only goes on, whatever order a file has.

    Rates are counted with a clock that goes forward. A full export starts anew with each chat,
    and tables are often written newest first. So a step back counts as a step forward of the same
    length: rates within a chat, and in a table that runs backwards, stay what they are, and across
    larger steps nothing is counted together. The age of an account stays the same, too.
    """

    def __init__(self) -> None:
        self._before: int | None = None
        self._now = 0

    def steady(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Gives the batch in `EVENT_SCHEMA` with times that never step back."""
        events = batch.select(EVENT_SCHEMA.names)
        times = np.asarray(batch.column("time").cast(pa.int64()).to_numpy(), np.int64)
        if self._before is None:
            self._before = self._now = int(times[0])
        steps = np.abs(np.diff(times, prepend=self._before))
        steady = self._now + np.cumsum(np.minimum(steps, GAP_MS))
        self._before, self._now = int(times[-1]), int(steady[-1])
        if (steady == times).all():
            return events
        columns = dict(zip(EVENT_SCHEMA.names, events.columns, strict=True))
        columns["time"] = pa.array(steady).cast(MOMENT)
        created = columns["account_created"]
        if created.null_count < len(created):
            moved = pc.add(created.cast(pa.int64()), pa.array(steady - times))
            columns["account_created"] = moved.cast(MOMENT)
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=EVENT_SCHEMA)
