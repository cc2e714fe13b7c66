"""Records as the log takes them: by the ten thousand, each as the canonical halves of its leaf.

What is empty is left out, so a column that is added later changes no leaf of an earlier record.
`columns_of` says the same for one record at a time; a test holds the two together, and both
against another writer of canonical JSON.

Most columns are classes and repeat, so their part of the text is made once for each combination
and only the rest is put between. So are most bodies.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, cast
from uuid import UUID

import psycopg
from django.db import connection, models, transaction

from evenhand.proof.leaves import EXACT_MAX, canonical, record_leaf_of
from evenhand.records.models import BETWEEN, CLASSES, TRUE, Record
from evenhand.records.queries import Place

NOT_SHOWN = frozenset({"subject", "serial", "transaction", "milliseconds"})
"""Columns that only an auditor sees: the rest are the classes by which records are counted."""

BODY = "body"

PORTION_ROWS = 8_192
"""Rows that the database hands over at once."""

FEW_KEPT = 65_536
"""Combinations of classes, and bodies, whose text is kept: a day has a few hundred of each."""

DIGITS_MAX = 15
"""Digits of whole numbers that are surely below 2^53."""

# As `queries.SETTLED`: only rows whose transaction is older than every running one, since one
# that began earlier may commit later, before a place that was already passed.
ROWS = """
SELECT opening.salt, opening.body::text, {columns}
FROM (
    SELECT * FROM records_record
    WHERE (transaction, serial) > (%s::text::xid8, %s)
      AND transaction < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY transaction, serial
    LIMIT %s
) AS record LEFT JOIN records_recordopening AS opening ON opening.record_id = record.id
ORDER BY record.transaction, record.serial
"""

# The index gives rows in order from the first on; the planner, which knows little of a table that
# was filled a moment ago, would rather sort all that wait for the sake of one batch.
IN_ORDER = "SET LOCAL enable_sort = off"

VALUES: Mapping[str, str] = {
    "at": """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')""",
    "day": "day::text",
    "id": "id::text",
    "milliseconds": """coalesce('"milliseconds":' || milliseconds || ',', '')""",
    "quantity": "quantity",
    "serial": "serial",
    "subject": "subject::text",
    "transaction": "transaction::text",
}
"""Columns that differ from record to record, as they are read; all others are classes."""

PLACE = "\0"
"""Where a value comes between the classes: a sign that the database holds in no text."""

TEMPLATES: Mapping[str, str] = {
    "at": f'"at":"{PLACE}Z",',
    BODY: f'"body":{PLACE},',
    "day": '"day":"%s",',
    "id": f'"id":"{PLACE}",',
    "milliseconds": PLACE,
    "quantity": '"quantity":%s,',
    "serial": f'"serial":{PLACE},',
    "subject": f'"subject":"{PLACE}",',
    "transaction": f'"transaction":"{PLACE}",',
}


Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class LogRows:
    """The leaves of the next records, and the place of the last; a forgotten one has none."""

    through: Place
    leaves: list[bytes | None]


def rows_after(place: Place, *, rows_max: int) -> LogRows | None:
    """Gives the leaves of the next records whose order can no longer change.

    While leaves are made of some rows, the database already reads the next.
    """
    leaves: list[bytes | None] = []
    last: Row | None = None
    with (
        transaction.atomic(),
        connection.wrap_database_errors,
        psycopg.ServerCursor(cast("Any", connection.connection), "evenhand_log") as cursor,
        ThreadPoolExecutor(1) as reader,
    ):
        _execute(IN_ORDER)
        bounds = [str(place.transaction), place.serial, rows_max]
        cursor.execute(_statement(), bounds, binary=True)
        rows = cursor.fetchmany(PORTION_ROWS)
        while rows:
            coming = reader.submit(cursor.fetchmany, PORTION_ROWS)
            leaves += _leaves(rows)
            last, rows = rows[-1], coming.result()
    return None if last is None else LogRows(Place(int(last[-2]), last[-4]), leaves)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def columns_of(record: Record) -> dict[str, object]:
    """Gives the columns that are not empty, as JSON holds them."""
    found: dict[str, object] = {}
    for name, field in _fields():
        value = getattr(record, field.attname)
        if value is None or value == "" or value is False:
            continue
        match value:
            case datetime():
                found[name] = f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            case date():
                found[name] = value.isoformat()
            case UUID():
                found[name] = str(value)
            case _:
                found[name] = str(value) if name == "transaction" else value
    return found


def shown_of(columns: Mapping[str, object]) -> dict[str, object]:
    """Gives what a holder of the receipt is shown."""
    return {name: value for name, value in columns.items() if name not in NOT_SHOWN}


def whole_of(columns: Mapping[str, object], body: Mapping[str, object]) -> dict[str, object]:
    """Gives all that a record's leaf commits to."""
    return {**columns, BODY: json.loads(_canonical_body(json.dumps(dict(body))))}


def _leaves(rows: Iterable[Row]) -> Iterator[bytes | None]:
    """Gives the leaf of each row; None if its opening is forgotten."""
    for salt, body, at, day, of, milliseconds, quantity, serial, subject, wrote, classes in rows:
        if salt is None:
            yield None
            continue
        (a, b, c), (p, q, r, s, t, u, v, w) = _templates(classes, day, quantity)
        content = _canonical_body(body)
        yield record_leaf_of(
            f"{a}{at}{b}{of}{c}".encode(),
            f"{p}{at}{q}{content}{r}{of}{s}{milliseconds}{t}{serial}{u}{subject}{v}{wrote}{w}".encode(),
            salt,
        )


@lru_cache(maxsize=FEW_KEPT)
def _canonical_body(body: str) -> str:
    """Gives a body in its canonical form.

    Where names are ASCII and numbers small and whole, Python's own writer gives that form.
    """
    if body.isascii():
        try:
            return _WRITER.encode(_READER.decode(body))
        except _Unusual:
            pass
    return canonical(json.loads(body, parse_int=_number)).decode()


class _Unusual(Exception):
    """A number that Python writes otherwise than RFC 8785 does."""


def _small(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise _Unusual
    return int(digits)


def _fraction(_digits: str) -> float:
    raise _Unusual


def _number(digits: str) -> int | float:
    """Gives a number as near as it gets: the database writes 1e21 with all its digits."""
    number = int(digits)
    return number if -EXACT_MAX <= number <= EXACT_MAX else float(number)


_READER = json.JSONDecoder(parse_int=_small, parse_float=_fraction)
_WRITER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
)


@lru_cache(maxsize=FEW_KEPT)
def _templates(classes: str, day: str, quantity: int) -> tuple[list[str], list[str]]:
    """Gives the two halves of a record of these classes, as what stands around its values."""
    parts = dict(zip(CLASSES, classes.split(BETWEEN), strict=True))
    told = {"day": day, "quantity": quantity}
    shown, whole = [], []
    for name in sorted([*parts, *TEMPLATES]):
        if name in told:
            part = TEMPLATES[name] % told[name]
        elif name in TEMPLATES:
            part = TEMPLATES[name]
        elif not parts[name]:
            continue
        else:
            value = True if parts[name] == TRUE else parts[name]
            part = canonical({name: value}).decode()[1:-1] + ","
        whole.append(part)
        if name not in NOT_SHOWN and name != BODY:
            shown.append(part)
    return _object(shown).split(PLACE), _object(whole).split(PLACE)


def _object(parts: list[str]) -> str:
    return "{" + "".join(parts).removesuffix(",") + "}"


@cache
def _statement() -> str:
    return ROWS.format(columns=", ".join([*VALUES.values(), "classes"]))


@cache
def _fields() -> tuple[tuple[str, "models.Field[Any, Any]"], ...]:
    """Gives the columns that say something of their own by their names, in order."""
    fields = Record._meta.concrete_fields  # noqa: SLF001  Django's public name for it
    own = ((str(one.column), one) for one in fields if not one.generated)
    return tuple(sorted(own, key=lambda pair: pair[0]))
