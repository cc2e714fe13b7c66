"""Which errors of the database's drivers say that it does not answer."""

import django.db
import psycopg

NOT_ANSWERING = (
    django.db.OperationalError,
    django.db.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
"""The database is away, full or refuses us; trying again may help, the statement is not wrong."""
