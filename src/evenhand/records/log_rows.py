"""Records as the log takes them: the canonical halves of each, made by the database itself.

What is empty is left out, so a column that is added later changes no leaf of an earlier record.
`columns_of` says the same in Python, for one record at a time; a test holds the two together.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, models

from evenhand.proof.leaves import EXACT_MAX, canonical, record_leaf_of
from evenhand.records.models import Record, TransactionIdField
from evenhand.records.queries import Place

NOT_SHOWN = frozenset({"subject", "serial", "transaction", "milliseconds"})
"""Columns that only an auditor sees: the rest are the classes by which records are counted."""

BODY = "body"
NO_BODY = "{}"

MANY_DIGITS = re.compile(r"[0-9]{16}")

MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
"""How a moment is written (to_char's pattern): UTC, with microseconds."""

# As `queries.SETTLED`: only rows whose transaction is older than every running one, since one
# that began earlier may commit later, before a place that was already passed.
ROWS = """
SELECT transaction::text, serial, opening.salt, opening.body::text, {shown}, {before}, {behind}
FROM records_record LEFT JOIN records_recordopening AS opening ON opening.record_id = id
WHERE (transaction, serial) > (%s::text::xid8, %s)
  AND transaction < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction, serial
LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class LogRows:
    """The leaves of the next records, and the place of the last; a forgotten one has none."""

    through: Place
    leaves: list[bytes | None]


def rows_after(place: Place, *, rows_max: int) -> LogRows | None:
    """Gives the leaves of the next records whose order can no longer change."""
    connection.ensure_connection()
    driver: Any = connection.connection
    # Django's own cursors take no binary answers, which spares decoding every salt.
    with connection.wrap_database_errors, psycopg.Cursor(driver) as cursor:
        values = [str(place.transaction), place.serial, rows_max]
        rows = cursor.execute(_statement(), values, binary=True).fetchall()
    if not rows:
        return None
    through = Place(int(rows[-1][0]), rows[-1][1])
    leaves = [
        None if salt is None else _leaf(salt, body, shown, before, behind)
        for _, _, salt, body, shown, before, behind in rows
    ]
    return LogRows(through, leaves)


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
    return {**columns, BODY: _read(json.dumps(dict(body)))}


def _read(body: str) -> object:
    """Gives a body as JSON reads it; numbers too large for a whole one are as near as they get.

    The database writes 1e21 with all its digits.
    """
    if MANY_DIGITS.search(body):
        return json.loads(body, parse_int=_number)
    return json.loads(body)


def _number(digits: str) -> int | float:
    number = int(digits)
    return number if -EXACT_MAX <= number <= EXACT_MAX else float(number)


def _leaf(salt: bytes, body: str, shown: str, before: str, behind: str) -> bytes:
    content = NO_BODY if body == NO_BODY else canonical(_read(body)).decode()
    whole = f'{{{before}"{BODY}":{content}{behind}}}'
    return record_leaf_of(shown.encode(), whole.encode(), salt)


def _fields() -> list[tuple[str, "models.Field[Any, Any]"]]:
    """Gives the columns by their names, in order."""
    fields = Record._meta.concrete_fields  # noqa: SLF001  Django's public name for it
    return sorted(((str(field.column), field) for field in fields), key=lambda pair: pair[0])


@cache
def _statement() -> str:
    """Gives the statement that makes the canonical halves, from the columns that there are."""
    columns = [(name, _text_of(name, field)) for name, field in _fields()]
    shown = [(name, text) for name, text in columns if name not in NOT_SHOWN]
    return ROWS.format(
        shown=f"'{{' || ltrim(concat({_members(shown)}), ',') || '}}'",
        before=f"ltrim(concat({_members([c for c in columns if c[0] < BODY])}), ',') || ','",
        behind=f"concat({_members([c for c in columns if c[0] > BODY])})",
    )


def _members(columns: list[tuple[str, str]]) -> str:
    """Gives members of an object, each with a comma before it; an empty one gives none."""
    return ", ".join(f"""',"{name}":' || {text}""" for name, text in columns)


def _text_of(column: str, field: "models.Field[Any, Any]") -> str:
    """Gives the expression for a column's value as JSON; NULL where it is empty."""
    name = f"records_record.{column}"
    match field:
        case models.CharField():
            return f"to_json(nullif({name}, '')::text)::text"
        case models.DateTimeField():
            return f"""'"' || to_char({name} AT TIME ZONE 'UTC', '{MOMENT}') || '"'"""
        case models.BooleanField():
            return f"CASE WHEN {name} THEN 'true' END"
        case models.UUIDField() | models.DateField() | TransactionIdField():
            return f"""'"' || {name}::text || '"'"""
        case _:
            return f"{name}::text"
