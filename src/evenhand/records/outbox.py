"""Reactions: a room above sees every committed record once, in order.

A consumer's place moves in the transaction in which it reacts, so what it writes to the database
happens exactly once. What it does elsewhere must be idempotent by the record's id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from evenhand.base.lists import RecordKind
from evenhand.records.models import Cursor, Record
from evenhand.records.queries import Place, has_news, settled_after

ROWS_MAX = 500
"""Records looked at in one transaction of a consumer."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A consumer: its lasting name, the kinds it cares for, and what it does with one record."""

    consumer: str
    kinds: frozenset[RecordKind]
    react: Callable[[Record, datetime], None]


def react(reaction: Reaction, *, now: datetime, rows_max: int = ROWS_MAX) -> int:
    """Shows a consumer what it has not seen, and gives the number of records passed."""
    if not has_news(reaction.consumer):
        return 0
    with transaction.atomic():
        Cursor.objects.get_or_create(consumer=reaction.consumer)
        cursor = Cursor.objects.select_for_update().get(consumer=reaction.consumer)
        records = settled_after(Place(cursor.transaction, cursor.serial), rows_max=rows_max)
        if not records:
            return 0
        for record in records:
            if RecordKind(record.kind) in reaction.kinds:
                reaction.react(record, now)
        cursor.transaction, cursor.serial = records[-1].transaction, records[-1].serial
        cursor.save(update_fields=["transaction", "serial"])
    return len(records)
