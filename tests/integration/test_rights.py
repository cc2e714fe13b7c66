"""What the roles may and may not do: both locks on what is only ever added."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors
from tests.conftest import Postgres, Site

from evenhand.database.addresses import APP, FORGET, OWNER
from evenhand.database.prepare import our_tables

RECORD = """
INSERT INTO records_record (id, at, day, kind, subject, harm, action, market, automation, source,
                            language, channel_kind, quantity)
VALUES (%s, now(), current_date, 'decision', %s, '', '', 'ZZ', '', '', '', '', 1)
"""
OPENING = "INSERT INTO records_recordopening (record_id, body, salt) VALUES (%s, '{}', '\\x00')"

APPEND_ONLY = [table.name for table in our_tables() if table.append_only]


@pytest.fixture(scope="module")
def site(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One database for this whole file: every test here is refused or rolled back."""
    made = Site(tmp_path_factory.mktemp("rights"), postgres, postgres.copy())
    yield made
    postgres.drop(made.database)


@pytest.fixture
def recorded(site: Site) -> str:
    """Writes one record with its opening, and gives its id."""
    record = str(uuid4())
    with psycopg.connect(site.url(APP)) as app:
        app.execute(RECORD, [record, record])
        app.execute(OPENING, [record])
    return record


def test_the_tables_that_are_only_added_to_are_known() -> None:
    assert {
        "records_record",
        "records_recordopening",
        "actions_decision",
        "actions_outcome",
    } <= set(APPEND_ONLY)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} DISABLE TRIGGER evenhand_only_added",
        "DROP TABLE {table} CASCADE",
        "DROP TRIGGER evenhand_only_added ON {table}",
        "ALTER TABLE {table} OWNER TO evenhand_app",
        "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION evenhand_refuse_change()",
        "GRANT ALL ON {table} TO evenhand_app",
    ],
)
def test_the_application_cannot_alter_what_is_only_added(
    site: Site, table: str, statement: str
) -> None:
    column = {"records_recordopening": "salt", "markets_regimetext": "kept_at"}.get(table, "at")

    with psycopg.connect(site.url(APP)) as app:
        if statement.startswith("GRANT"):
            app.execute(statement.format(table=table, column=column))
            held = app.execute(
                "SELECT has_table_privilege(%s, 'UPDATE, DELETE, TRUNCATE')", [table]
            ).fetchone()
            assert held == (False,)
        else:
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement.format(table=table, column=column))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_record SET harm = 'm.spam'",
        "DELETE FROM records_recordopening",
        "TRUNCATE records_record CASCADE",
    ],
)
def test_the_second_lock_refuses_even_the_owner(site: Site, recorded: str, statement: str) -> None:
    with (
        psycopg.connect(site.url(OWNER)) as owner,
        pytest.raises(errors.InsufficientPrivilege, match="only ever added"),
    ):
        owner.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "SET ROLE evenhand_owner",
        "ALTER ROLE evenhand_app SUPERUSER",
        "SET session_replication_role = replica",
        "COPY records_record TO PROGRAM 'cat'",
        "SELECT records_forget(gen_random_uuid(), gen_random_uuid(), '', '{}', now())",
    ],
)
def test_the_application_owns_and_makes_nothing(site: Site, statement: str) -> None:
    with psycopg.connect(site.url(APP)) as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)


def test_the_application_owns_no_table(site: Site) -> None:
    with psycopg.connect(site.url(APP)) as app:
        owned = app.execute(
            "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
        ).fetchone()

    assert owned == (0,)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM records_recordopening", "SELECT * FROM actions_decision", RECORD],
)
def test_the_role_that_forgets_can_do_nothing_but_forget(site: Site, statement: str) -> None:
    parameters = [uuid4(), uuid4()] if "%s" in statement else None

    with psycopg.connect(site.url(FORGET)) as forget, pytest.raises(errors.InsufficientPrivilege):
        forget.execute(statement, parameters)


def test_nobody_enters_without_a_password(site: Site) -> None:
    open_url = site.url(APP).split("://")[1].split("@")[1]

    for role in (APP, OWNER, FORGET, "postgres"):
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied"):
            psycopg.connect(f"postgresql://{role}@{open_url}")
