"""Rows by the hundred: COPY to add them, one UPDATE from arrays to change them.

Django builds one expression per row and column for the same, which costs many times as much.
Values are given by column, as the driver takes them (an enum by its value, JSON as text).
"""

from collections.abc import Mapping, Sequence

from django.db import connection, models
from psycopg.sql import SQL, Composed, Identifier


def add_rows(model: type[models.Model], rows: Sequence[Mapping[str, object]]) -> None:
    """Adds rows; every one names the same columns.

    Columns left out get the database's default, not Django's.
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
            assert len(row) == len(columns)
            copy.write_row([row[column] for column in columns])


def change_rows(model: type[models.Model], rows: Sequence[Mapping[str, object]]) -> None:
    """Changes rows that exist; every one names its key first, and the same columns.

    None of the columns may be an array.
    """
    if not rows:
        return
    key, *changed = list(rows[0])
    statement = SQL(
        "UPDATE {table} AS kept SET {sets} FROM unnest({arrays}) AS given ({given}) "
        "WHERE kept.{key} = given.{key}"
    ).format(
        table=Identifier(model._meta.db_table),  # noqa: SLF001  Django's public name for it
        sets=SQL(", ").join([SQL("{0} = given.{0}").format(Identifier(one)) for one in changed]),
        arrays=SQL(", ").join([_array(model, column) for column in rows[0]]),
        given=SQL(", ").join([Identifier(column) for column in rows[0]]),
        key=Identifier(key),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(), [[row[column] for row in rows] for column in rows[0]])


def _array(model: type[models.Model], column: str) -> Composed:
    """Gives the place of an array of this column's type."""
    fields = model._meta.concrete_fields  # noqa: SLF001  Django's public name for it
    field = next(field for field in fields if field.column == column)
    sql_type = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    assert sql_type is not None
    return Composed([SQL("%s::"), SQL(sql_type), SQL("[]")])
