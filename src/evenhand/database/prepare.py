"""Brings a database to the state that this version needs; the same call again changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from dbos import DBOS
from django.apps import apps
from django.core.management import call_command
from django.db import connections

from evenhand.base.errors import Misconfigured
from evenhand.database.addresses import APP, FORGET, OWNER, django_database
from evenhand.database.rights import Table, set_rights
from evenhand.database.server import make_roles

QUEUE_SCHEMA = "dbos"


def prepare_embedded(home: Path, *, owner_url: str) -> None:
    """Makes roles, tables and rights in the embedded server, which must answer."""
    make_roles(home)
    prepare_database(owner_url=owner_url)


def prepare_database(*, owner_url: str, app: str = APP, forget: str = FORGET) -> None:
    """Makes tables and rights as the owner; the roles must exist."""
    if not owner_url:
        raise Misconfigured(
            setting="EVENHAND_OWNER_DATABASE_URL", why="needed to make or change tables"
        )
    with _connected_as_owner(owner_url) as alias:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    DBOS.migrate(owner_url, schema=QUEUE_SCHEMA, application_role=app)
    with psycopg.connect(owner_url) as owner:
        set_rights(owner, our_tables(), app=app, forget=forget)


def our_tables() -> list[Table]:
    """Gives every table of an installed room, with whether its rows are only ever added."""
    return [
        Table(model._meta.db_table, bool(getattr(model, "append_only", False)))  # noqa: SLF001  Django's public name for it
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy  # noqa: SLF001  the same
    ]


@contextmanager
def _connected_as_owner(owner_url: str) -> Iterator[str]:
    """Gives the name of a Django connection as the owner, for as long as the block lasts."""
    address = django_database(owner_url, setting="EVENHAND_OWNER_DATABASE_URL")
    entry = connections.configure_settings({"default": address})["default"]
    connections.settings[OWNER] = entry
    try:
        yield OWNER
    finally:
        connections[OWNER].close()
        del connections[OWNER]
        del connections.settings[OWNER]
