"""Who may do what to which table: the first lock on what is only ever added, and the second.

The first lock is the grant: the application's role holds SELECT and INSERT and nothing else on an
append-only table, and owns none. The second is a trigger that refuses changes by everybody, the
owner included; only the owner can take it off. One way through it exists: `records_forget`, which
deletes an opening and writes the record of it in one step, and which only one role may call.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg.sql import SQL, Identifier

from evenhand.database.addresses import APP, FORGET

REFUSE = """
CREATE OR REPLACE FUNCTION evenhand_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'records_recordopening' THEN
        IF current_setting('evenhand.forgetting', true) = OLD.record_id::text
           AND current_user = (SELECT tableowner FROM pg_tables
                               WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME)
        THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$
"""

FORGET_FUNCTION = """
CREATE OR REPLACE FUNCTION records_forget(
    forgotten uuid, written uuid, salt bytea, body jsonb, moment timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    deleted integer;
BEGIN
    PERFORM set_config('evenhand.forgetting', forgotten::text, true);
    DELETE FROM records_recordopening WHERE record_id = forgotten;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    PERFORM set_config('evenhand.forgetting', '', true);
    IF deleted = 0 THEN
        RETURN false;
    END IF;
    INSERT INTO records_record (id, at, day, kind, subject, harm, action, market, automation,
                                source, language, channel_kind, milliseconds, quantity)
    VALUES (written, moment, (moment AT TIME ZONE 'UTC')::date, 'record_forgotten', forgotten,
            '', '', 'ZZ', '', '', '', '', NULL, 1);
    INSERT INTO records_recordopening (record_id, body, salt) VALUES (written, body, salt);
    RETURN true;
END $$
"""


NEVER_DELETED = ("legal_", "authorities_")
"""Rooms whose rows change and are emptied, but stay: a row that is missing there (a window, a
notice, a vote) would be read as something that was never needed."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ours and whether its rows are only ever added."""

    name: str
    append_only: bool


def set_rights(
    owner: psycopg.Connection, tables: Iterable[Table], *, app: str = APP, forget: str = FORGET
) -> None:
    """Sets grants and triggers anew; `owner` is a connection as the role that owns the tables."""
    application, forgetting = Identifier(app), Identifier(forget)
    owner.execute(REFUSE)
    owner.execute(FORGET_FUNCTION)
    owner.execute(SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(application))
    owner.execute(SQL("GRANT USAGE ON SCHEMA public TO {}, {}").format(application, forgetting))
    owner.execute(
        SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(application)
    )
    owner.execute(SQL("GRANT SELECT ON django_migrations TO {}").format(application))
    for table in tables:
        rights = _rights(table)
        owner.execute(
            SQL("GRANT {} ON {} TO {}").format(SQL(rights), Identifier(table.name), application)
        )
        if table.append_only:
            _bar_changes(owner, table.name)
    _only_forget_may_forget(owner, forgetting)


def _rights(table: Table) -> str:
    if table.append_only:
        return "SELECT, INSERT"
    return "SELECT, INSERT, UPDATE" + ("" if table.name.startswith(NEVER_DELETED) else ", DELETE")


def _bar_changes(owner: psycopg.Connection, table: str) -> None:
    for name, events, each in (
        ("evenhand_only_added", "UPDATE OR DELETE", "ROW"),
        ("evenhand_not_emptied", "TRUNCATE", "STATEMENT"),
    ):
        owner.execute(
            SQL(
                "CREATE OR REPLACE TRIGGER {} BEFORE {} ON {} "
                "FOR EACH {} EXECUTE FUNCTION evenhand_refuse_change()"
            ).format(Identifier(name), SQL(events), Identifier(table), SQL(each))
        )


def _only_forget_may_forget(owner: psycopg.Connection, forgetting: Identifier) -> None:
    signature = SQL("FUNCTION records_forget(uuid, uuid, bytea, jsonb, timestamptz)")
    owner.execute(SQL("REVOKE ALL ON {} FROM PUBLIC").format(signature))
    owner.execute(SQL("GRANT EXECUTE ON {} TO {}").format(signature, forgetting))
