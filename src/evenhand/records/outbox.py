"""Reactions: a room above sees every committed record once, in order.

A consumer's place moves in the transaction in which it reacts, so what it writes to the database
happens exactly once. What it does elsewhere must be idempotent by the record's id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from threading import Lock
from time import monotonic

from django.db import transaction

from evenhand.base.lists import RecordKind
from evenhand.records.models import Cursor, Record
from evenhand.records.queries import Place, has_news, latest_settled, settled_after

ROWS_MAX = 500
"""Records looked at in one transaction of a consumer."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A consumer: its lasting name, the kinds it cares for, and what it does with one record."""

    consumer: str
    kinds: frozenset[RecordKind]
    react: Callable[[Record, datetime], None]


class News:
    """Where the records end, asked at most so often for all consumers of a process together.

    Each would ask by itself several times a second, and nearly always in vain.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._asked = -inf
        self._latest: Place | None = None

    def latest(self) -> Place | None:
        """Gives where the records end, as of at most so many seconds ago."""
        with self._lock:
            if monotonic() - self._asked >= self._seconds:
                self._latest = latest_settled()
                self._asked = monotonic()
            return self._latest


class Consumer:
    """A reaction that is asked only when there is something that it has not seen."""

    def __init__(self, reaction: Reaction, news: News) -> None:
        self._reaction = reaction
        self._news = news
        self._seen: Place | None = None

    @property
    def name(self) -> str:
        """Gives the consumer's lasting name."""
        return self._reaction.consumer

    def work(self, *, now: datetime) -> int:
        """Shows the reaction what is new, and gives the number of records passed."""
        latest = self._news.latest()
        if latest == self._seen:
            return 0
        passed = react(self._reaction, now=now)
        if not passed:
            self._seen = latest  # asked for before it was looked at, so nothing lies between
        return passed


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
