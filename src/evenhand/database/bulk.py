"""Rows by the hundred: COPY to add them, one UPDATE from arrays to change them.

Django builds one expression per row and column for the same, which costs many times as much.
Nothing else is different: the columns' own types convert the values, in the running transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models
from psycopg.sql import SQL, Composed, Identifier

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field

PLAIN = frozenset({UUID, str, int, float, bool, datetime, date, bytes, list, type(None)})
"""Types that the driver writes as Django would; a subclass (an enum) is not among them."""

PREPARED = (models.JSONField,)
"""Columns whose values are never plain: a list in JSON is no array."""


def add_rows(model: type[models.Model], rows: Sequence[Mapping[str, object]]) -> None:
    """Adds rows given by column, as the driver takes the values; JSON is given as text.

    Every row names the same columns; those left out get the database's default, not Django's.
    """
    if not rows:
        return
    columns = list(rows[0])
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(model._meta.db_table),  # noqa: SLF001  Django's public name for it
        SQL(", ").join([Identifier(column) for column in columns]),
    )
    # Django wraps the errors of `execute`, not those of `copy`.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row([row[column] for column in columns])


def change_rows(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Writes the columns named of rows that exist; none of them may be an array."""
    if not rows:
        return
    meta = type(rows[0])._meta  # noqa: SLF001  Django's public name for it
    key = meta.pk
    assert key is not None
    changed = [field for field in meta.concrete_fields if field.name in names]
    assert len(changed) == len(names)
    fields: list[_Field] = [key, *changed]
    statement = SQL(
        "UPDATE {table} AS kept SET {sets} FROM unnest({arrays}) AS given ({given}) "
        "WHERE kept.{key} = given.{key}"
    ).format(
        table=Identifier(meta.db_table),
        sets=SQL(", ").join([SQL("{0} = given.{0}").format(_column(field)) for field in changed]),
        arrays=SQL(", ").join([_array(field) for field in fields]),
        given=SQL(", ").join([_column(field) for field in fields]),
        key=_column(key),
    )
    with connection.cursor() as cursor:
        values = [_values(fields, row) for row in rows]
        cursor.execute(
            statement.as_string(), [list(column) for column in zip(*values, strict=True)]
        )


def _column(field: _Field) -> Composed:
    assert field.column is not None
    return Composed([Identifier(field.column)])


def _array(field: _Field) -> Composed:
    """Gives the place of an array of this column's type."""
    sql_type = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    assert sql_type is not None
    return Composed([SQL("%s::"), SQL(sql_type), SQL("[]")])


def _values(fields: Sequence[_Field], row: models.Model) -> list[object]:
    return [_value(field, getattr(row, field.attname)) for field in fields]


def _value(field: _Field, value: object) -> object:
    """Gives a value as the driver takes it: plain ones as they are, others as Django prepares."""
    if type(value) in PLAIN and not isinstance(field, PREPARED):
        return value
    return field.get_db_prep_save(value, connection)
