"""Rows with named columns, whatever file they stand in: their names, forms and defaults."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.lists import ChannelKind, EventKind
from evenhand.connectors.files.cells import Findings, strings
from evenhand.connectors.files.events import (
    Int64s,
    check_lengths,
    event_batch,
    report,
    without,
)
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.problems import FileRefused
from evenhand.connectors.files.texts import texts
from evenhand.connectors.files.times import NO_TIME, times
from evenhand.connectors.files.tokens import ARRAY, NULL, STRING, Bytes, Cells, keys_of
from evenhand.events.schema import EVENT_SCHEMA

ALIASES = {
    "id": "event_id",
    "message_id": "event_id",
    "date": "time",
    "timestamp": "time",
    "sender": "account",
    "from_id": "account",
    "user_id": "account",
    "room_id": "channel",
    "chat_id": "channel",
    "lang": "language",
    "body": "text",
    "country": "territory",
}
"""Other names under which a column is taken, if the row does not have it under its own."""

JUDGED = "media_nudity"
"""The one column that no file holds: a model's opinion is made here, or is not known."""

COLUMNS = (*(name for name in EVENT_SCHEMA.names if name != JUDGED), *ALIASES)
ROW_KEYS = keys_of(*COLUMNS)
SLOTS = {name: slot for slot, name in enumerate(COLUMNS)}

TELLING = [slot for name, slot in SLOTS.items() if ALIASES.get(name, name) != "event_id"]
"""The columns of which a row of JSON needs one: an id alone may hide that `text` is mistyped. A
table says once, in its header, that it has `text`."""

LISTS = {"urls": None, "media_sha256": 32, "media_sha1": 20, "media_md5": 16, "media_pdq": 32}
"""Columns that hold lists: of texts, or of hashes of so many bytes, written in hexadecimal."""

TIMES = ("time", "account_created")
TEXTS = tuple(
    name for name in EVENT_SCHEMA.names if name not in (*LISTS, *TIMES, JUDGED, "network", "text")
)
"""Columns that hold one short text or number."""

_KINDS = pa.array([kind.value for kind in EventKind])
_CHANNEL_KINDS = pa.array([kind.value for kind in ChannelKind])


def refuse_repeated(file: str, names: Sequence[str]) -> None:
    """Raises `FileRefused` for a table in which a column that we read stands twice."""
    twice = next((name for name in COLUMNS if names.count(name) > 1), None)
    if twice is not None:
        raise FileRefused(file=file, why=f"it has two columns `{twice}`; leave one out")


def cell_batch(
    data: Bytes,
    cells: Cells,
    *,
    csv: bool,
    rows: Int64s,
    offsets: Int64s,
    base: int,
    ledger: Ledger,
) -> pa.RecordBatch:
    """Gives the rows whose cells lie in `data` as events; refused ones go to the ledger."""
    findings = Findings.none(cells.rows)
    findings.add(cells.lacking(range(len(COLUMNS)) if csv else TELLING), Fault.NOTHING_KNOWN, -1)
    findings.add(cells.doubled(), Fault.TWICE, -1)
    # Whoever reads only one of two texts may be shown what another reader is not.
    findings.add(cells.hold(SLOTS["text"]) & cells.hold(SLOTS["body"]), Fault.TWO_TEXTS, -1)
    for alias, name in ALIASES.items():
        cells.fill(SLOTS[name], SLOTS[alias])
    address = int(data.ctypes.data)
    columns = {
        name: strings(address, cells, SLOTS[name], findings, csv=csv)
        for name in TEXTS
        if cells.holds(SLOTS[name])
    }
    if csv:
        columns["text"] = strings(address, cells, SLOTS["text"], findings, csv=True)
    else:
        columns["text"], columns["urls"] = texts(address, cells, SLOTS["text"], (), findings)
    for name, hash_bytes in LISTS.items():
        if cells.holds(SLOTS[name]):
            columns[name] = _parsed(data, cells, name, findings, _list_parser(hash_bytes))
    if cells.holds(SLOTS["network"]):
        columns["network"] = _parsed(data, cells, "network", findings, _network)
    if cells.holds(SLOTS["account_created"]):
        columns["account_created"] = moments(
            times(address, cells, (SLOTS["account_created"],), findings)
        )
    milliseconds = times(address, cells, (SLOTS["time"],), findings)
    batch = finished(columns, milliseconds, rows=rows, offsets=offsets, findings=findings)
    report(findings, ledger, rows=rows, offsets=offsets, base=base, columns=COLUMNS)
    return without(batch, findings)


def finished(
    columns: dict[str, pa.Array],
    milliseconds: Int64s,
    *,
    rows: Int64s,
    offsets: Int64s | None,
    findings: Findings,
) -> pa.RecordBatch:
    """Gives the batch with defaults filled in, and notes values that no column may hold."""
    count = len(rows)
    absent = pa.nulls(count, pa.string())
    channel = columns.get("channel", absent)
    stated = columns.get("channel_kind", absent)
    if stated.null_count:
        as_kind = pc.if_else(pc.is_in(channel, _CHANNEL_KINDS), channel, None)
        stated = pc.coalesce(stated, as_kind, ChannelKind.PRIVATE.value)
    columns["channel_kind"] = stated
    columns["kind"] = pc.fill_null(columns.get("kind", absent), EventKind.MESSAGE.value)
    columns["event_id"] = _identified(columns.get("event_id", absent), rows)
    if "language" in columns:
        columns["language"] = _language(columns["language"])
    if "territory" in columns:
        columns["territory"] = pc.utf8_upper(columns["territory"])
        right = pc.match_substring_regex(columns["territory"], "^[A-Z]{2}$")
        findings.add(_false(right), Fault.NOT_LISTED, SLOTS["territory"])
    for name, listed in (("kind", _KINDS), ("channel_kind", _CHANNEL_KINDS)):
        findings.add(_false(pc.is_in(columns[name], listed)), Fault.NOT_LISTED, SLOTS[name])
    check_lengths(columns, findings, SLOTS)
    return event_batch(columns, milliseconds=milliseconds, rows=rows, offsets=offsets)


def moments(milliseconds: Int64s) -> pa.Array:
    """Gives times as a column; those that are not given are null."""
    return pa.array(milliseconds, mask=milliseconds == NO_TIME).cast(pa.timestamp("ms", tz="UTC"))


def _false(truths: pa.BooleanArray) -> NDArray[np.bool_]:
    return ~np.asarray(pc.fill_null(truths, True).to_numpy(zero_copy_only=False), np.bool_)


def _identified(ids: pa.StringArray, rows: Int64s) -> pa.StringArray:
    """Gives rows without an id their number: this door makes ids where the file has none."""
    empty = pc.or_kleene(pc.is_null(ids), pc.equal(ids, ""))
    if not pc.any(empty).as_py():
        return ids
    made = pc.binary_join_element_wise("row-", pa.array(rows).cast(pa.string()), "")
    return pc.if_else(empty, made, ids)


def _language(stated: pa.StringArray) -> pa.StringArray:
    """Gives the language alone (`en-US` is `en`); what is no such code counts as not stated."""
    code = pc.replace_substring_regex(pc.utf8_lower(stated), "[-_].*$", "")
    known = pc.and_(pc.match_substring_regex(code, "^[a-z]{2,3}$"), pc.not_equal(code, "und"))
    return pc.if_else(known, code, None)


def _parsed(
    data: Bytes,
    cells: Cells,
    name: str,
    findings: Findings,
    parse: Callable[[int, bytes], object],
) -> pa.Array:
    """Gives a rare column, whose values are read one by one."""
    slot = SLOTS[name]
    values: list[object] = []
    for row, (kind, start, end) in enumerate(cells.table[slot, : cells.rows].tolist()):
        value = None
        if kind > NULL:
            try:
                value = parse(kind, bytes(data[start:end]))
            except (ValueError, RecursionError):
                one = np.arange(cells.rows) == row
                findings.add(one, Fault.VALUE, slot)
        values.append(value)
    return pa.array(values, EVENT_SCHEMA.field(name).type)


def _list_parser(hash_bytes: int | None) -> Callable[[int, bytes], object]:
    def parse(kind: int, raw: bytes) -> object:
        if kind == ARRAY or raw.lstrip().startswith(b"["):
            parts = json.loads(raw if kind == ARRAY else raw.replace(b'""', b'"'))
        elif kind == STRING:
            parts = raw.decode().split()
        else:
            raise ValueError("neither a list nor a text")
        return listed(parts, hash_bytes)

    return parse


def listed(parts: Sequence[object], hash_bytes: int | None) -> list[str] | list[bytes]:
    """Gives a list of texts, or of hashes of `hash_bytes`; ValueError if it holds anything else."""
    taken = [part for part in parts if isinstance(part, str)]
    if len(taken) != len(parts):
        raise ValueError("an element is no text")
    if hash_bytes is None:
        return [part.encode(errors="replace").decode() for part in taken]
    hashes = [bytes.fromhex(part) for part in taken]
    if any(len(one) != hash_bytes for one in hashes):
        raise ValueError("a hash has the wrong length")
    return hashes


def _network(kind: int, raw: bytes) -> object:
    value = bytes.fromhex(raw.decode()) if kind == STRING else b""
    if len(value) != 16:
        raise ValueError("a network is 16 bytes in hexadecimal")
    return value
