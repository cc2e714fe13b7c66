"""The only writers of records: added in the transaction of what they speak of."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from django.db import transaction
from psycopg.types.json import Jsonb

from evenhand.base.errors import Misconfigured, NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.database.bulk import add_rows
from evenhand.records.bodies import body_text, masked
from evenhand.records.entries import NewRecord
from evenhand.records.models import Record, RecordOpening
from evenhand.records.queries import gagged_about

SALT_BYTES = 32
"""Bytes of salt in an opening: without it a commitment could be guessed from the columns."""

Chance = Callable[[int], bytes]


def append(record: NewRecord, *, random: Chance = os.urandom) -> None:
    """Adds one record in the running transaction."""
    append_many([record], random=random)


def append_many(records: Sequence[NewRecord], *, random: Chance = os.urandom) -> None:
    """Adds records in the running transaction; an id that exists already is an error."""
    assert transaction.get_connection().in_atomic_block, "a record stands with what it speaks of"
    add_rows(Record, [_row(record) for record in records])
    add_rows(RecordOpening, [_opening(record, random) for record in records])


def append_missing(records: Sequence[NewRecord], *, random: Chance = os.urandom) -> None:
    """Adds those records whose id does not exist yet: what is drained twice counts once."""
    ids = [record.id for record in records]
    known = set(Record.objects.filter(id__in=ids).values_list("id", flat=True))
    append_many([record for record in records if record.id not in known], random=random)


def end_gag(subject: UUID, *, now: datetime, random: Chance = os.urandom) -> int:
    """Lets what is gagged about a subject be counted, on this day; gives how much there was."""
    held = gagged_about(subject)
    append_many(
        [
            NewRecord(id=new_id(now=now), at=now, kind=RecordKind.GAG_ENDED, subject=one)
            for one in held
        ],
        random=random,
    )
    return len(held)


def forget(
    record_id: UUID,
    *,
    by: UUID,
    reason: str,
    now: datetime,
    forget_url: str,
    random: Chance = os.urandom,
) -> None:
    """Deletes the opening of a record and writes the record of that, in one step.

    Its columns stay: they hold no personal data. Only the role `forget` may do this.
    """
    if not forget_url:
        raise Misconfigured(setting="EVENHAND_FORGET_DATABASE_URL", why="needed to forget")
    body = Jsonb({"by": str(by), "reason": masked(reason)})
    with psycopg.connect(forget_url) as connection:
        answer = connection.execute(
            "SELECT records_forget(%s, %s, %s, %s, %s)",
            [record_id, new_id(now=now), random(SALT_BYTES), body, now],
        ).fetchone()
        if answer != (True,):
            raise NotFound(what="opening", record=record_id)


def _row(record: NewRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "at": record.at,
        "day": record.at.astimezone(UTC).date(),
        "kind": record.kind.value,
        "subject": record.subject,
        "harm": record.harm,
        "action": record.action.value if record.action else "",
        "market": record.market,
        "automation": record.automation.value if record.automation else "",
        "source": record.source.value if record.source else "",
        "language": record.language,
        "channel_kind": record.channel_kind.value if record.channel_kind else "",
        "regime": record.regime,
        "request": record.request,
        "outcome": record.outcome,
        "lane": record.lane.value if record.lane else "",
        "gagged": record.gagged,
        "milliseconds": record.milliseconds,
        "quantity": record.quantity,
    }


def _opening(record: NewRecord, random: Chance) -> dict[str, object]:
    return {
        "record_id": record.id,
        "body": body_text(record.body),
        "salt": random(SALT_BYTES),
    }
