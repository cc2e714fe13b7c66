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
from evenhand.events.schema import EVENT_SCHEMA

SOURCE_SCHEMA = EVENT_SCHEMA.append(pa.field("row", pa.int64(), nullable=False)).append(
    pa.field("offset", pa.int64())
)
"""An event, the item of the file that it was (counted from 1), and the byte where that begins."""

UNTIMED_GAP_MS = 2 * 60 * 60 * 1000
"""Rows without a time are placed two hours apart, so that no rate is measured between them."""

_NAMES = ("event_id", "account", "channel", "reply_to")
_TEXTS = ("text", "display_name", "channel_name", "user_agent", "forwarded_from")

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
    timed = np.where(milliseconds == NO_TIME, rows * UNTIMED_GAP_MS, milliseconds)
    given = dict(columns)
    given["time"] = pa.array(timed).cast(pa.timestamp("ms", tz="UTC"))
    given["row"] = pa.array(rows)
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
            if name in columns:
                findings.add(_longer(columns[name], limit), Fault.TOO_LONG, slots.get(name, -1))


def _longer(column: pa.Array, limit: int) -> NDArray[np.bool_]:
    if column.null_count == len(column):
        return np.zeros(len(column), np.bool_)
    lengths = pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    return np.asarray(lengths > limit)


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
