"""Makes batches of events from rows at the doors: what does not fit is refused, with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from evenhand.base.errors import InputRefused
from evenhand.base.limits import NAME_BYTES_MAX, TEXT_BYTES_MAX
from evenhand.base.lists import ChannelKind, EventKind
from evenhand.events.schema import EVENT_SCHEMA
from evenhand.events.utf8 import is_utf8

MEDIA_PER_EVENT_MAX = 64
"""Attached files of one event: albums have ten."""

LINKS_PER_EVENT_MAX = 1_000
"""Links that a messenger may mark up in one event: more than a text of 64 kB holds."""

FEW_ROWS = 64
"""Texts that Arrow has looked at sooner than we have asked it where they are."""

HASH_BYTES = 32
SHA1_BYTES = 20
MD5_BYTES = 16
NETWORK_BYTES = 16

_EVENT_KINDS = frozenset(kind.value for kind in EventKind)
_CHANNEL_KINDS = frozenset(kind.value for kind in ChannelKind)

_LISTS = frozenset(field.name for field in EVENT_SCHEMA if pa.types.is_list(field.type))

_EVENT = pa.struct(list(EVENT_SCHEMA))

Finding = str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is no event: its place among the rows, the field, and what is wrong with it."""

    row: int
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that are events, as a batch, and the others.

    places  for each row of the batch its place among the rows that were given
    """

    batch: pa.RecordBatch
    places: tuple[int, ...]
    refusals: tuple[Refusal, ...]


def event_batch(rows: Sequence[Mapping[str, object]]) -> Checked:
    """Gives a batch of the rows that are events; a channel kind that is unknown is private."""
    fine: list[dict[str, object]] = []
    places: list[int] = []
    refusals: list[Refusal] = []
    for place, row in enumerate(rows):
        refusal = _refusal(place, row)
        if refusal is None:
            kind = row.get("channel_kind")
            known = kind in _CHANNEL_KINDS
            fine.append({**row, "channel_kind": kind if known else ChannelKind.PRIVATE.value})
            places.append(place)
        else:
            refusals.append(refusal)
    return Checked(_batch_of(fine), tuple(places), tuple(refusals))


def _batch_of(rows: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    """Gives checked rows as columns; an empty list says as little as none."""
    told = [
        {name: value for name, value in row.items() if value or name not in _LISTS} for row in rows
    ]
    return pa.RecordBatch.from_struct_array(pa.array(told, _EVENT))


def few_events(rows: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    """Gives a batch of these events, or raises `InputRefused` with the first fault's reason."""
    checked = event_batch(rows)
    for refusal in checked.refusals:
        raise InputRefused(field=refusal.field, why=refusal.why)
    return checked.batch


def one_event(row: Mapping[str, object]) -> pa.RecordBatch:
    """Gives a batch of one event, or raises `InputRefused` with the field and the reason."""
    return few_events([row])


def check_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Gives the columns of the event schema, or raises `InputRefused`.

    Text that is not UTF-8 and offsets that lead nowhere are found here, so that no kernel ever
    sees them.
    """
    try:
        events = batch.select(EVENT_SCHEMA.names)
        events.validate()
    except KeyError as error:
        raise InputRefused(what="batch", why=f"a column is missing: {error}") from error
    except pa.ArrowInvalid as error:
        raise InputRefused(what="batch", why=str(error)[:200]) from error
    for name, type_ in zip(EVENT_SCHEMA.names, EVENT_SCHEMA.types, strict=True):
        if events.schema.field(name).type != type_:
            raise InputRefused(what="batch", field=name, why=f"not of type {type_}")
        _check_column(events[name], name)
    return events


def _check_column(column: pa.Array, name: str) -> None:
    """Raises `InputRefused` for a column that is not what it says it is."""
    try:
        if column.type == pa.string() and len(column) - column.null_count > FEW_ROWS:
            # Arrow looks at the texts themselves an eighth as fast as `is_utf8`.
            column.view(pa.binary()).validate(full=True)
            if is_utf8(column):
                return
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise InputRefused(what="batch", field=name, why=str(error)[:200]) from error
    # What nobody's list holds may be null; only where something is, it is asked whose it is.
    listed = pa.types.is_list(column.type) and column.values.null_count
    if listed and pc.list_flatten(column).null_count:
        raise InputRefused(what="batch", field=name, why="nothing in a list")


def _refusal(place: int, row: Mapping[str, object]) -> Refusal | None:
    for name in row:
        if name not in _CHECKS:
            return Refusal(place, str(name)[:50], "no such field")
    for name in _REQUIRED:
        if row.get(name) is None:
            return Refusal(place, name, "missing")
    for name, value in row.items():
        finding = None if value is None else _CHECKS[name](value)
        if finding is not None:
            return Refusal(place, name, finding)
    return None


def _words(bytes_max: int) -> Callable[[object], Finding]:
    def check(value: object) -> Finding:
        if not isinstance(value, str):
            return "not a text"
        if len(value) * 4 <= bytes_max and value.isascii():
            return None
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            return "not valid Unicode"
        return None if size <= bytes_max else f"longer than {bytes_max} bytes"

    return check


def _kind(value: object) -> Finding:
    return None if value in _EVENT_KINDS else f"not one of {', '.join(EventKind)}"


def _moment(value: object) -> Finding:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return "not a moment with its time zone"
    return None


def _digest(size: int) -> Callable[[object], Finding]:
    def check(value: object) -> Finding:
        fits = isinstance(value, bytes) and len(value) == size
        return None if fits else f"not {size} bytes"

    return check


def _share(value: object) -> Finding:
    fits = isinstance(value, float) and 0 <= value <= 1
    return None if fits else "not a number from 0 to 1"


def _many(check: Callable[[object], Finding], count_max: int) -> Callable[[object], Finding]:
    def check_all(values: object) -> Finding:
        if not isinstance(values, list | tuple):
            return "not a list"
        if len(values) > count_max:
            return f"more than {count_max}"
        return next((why for why in map(check, values) if why is not None), None)

    return check_all


_NAME, _TEXT = _words(NAME_BYTES_MAX), _words(TEXT_BYTES_MAX)
_HASHES = _many(_digest(HASH_BYTES), MEDIA_PER_EVENT_MAX)
_REQUIRED = ("event_id", "kind", "time")
_CHECKS: Mapping[str, Callable[[object], Finding]] = {
    "event_id": _NAME,
    "kind": _kind,
    "time": _moment,
    "account": _NAME,
    "account_created": _moment,
    "channel": _NAME,
    "channel_kind": _NAME,
    "channel_name": _TEXT,
    "territory": _words(2),
    "network": _digest(NETWORK_BYTES),
    "user_agent": _TEXT,
    "display_name": _TEXT,
    "text": _TEXT,
    "language": _words(8),
    "urls": _many(_TEXT, LINKS_PER_EVENT_MAX),
    "media_sha256": _HASHES,
    "media_sha1": _many(_digest(SHA1_BYTES), MEDIA_PER_EVENT_MAX),
    "media_md5": _many(_digest(MD5_BYTES), MEDIA_PER_EVENT_MAX),
    "media_pdq": _HASHES,
    "media_nudity": _share,
    "reply_to": _NAME,
    "forwarded_from": _NAME,
}
assert list(_CHECKS) == EVENT_SCHEMA.names
