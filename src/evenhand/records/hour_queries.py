"""How much was counted in each hour of a day, where the door counts by the hour."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from evenhand.base.lists import RecordKind
from evenhand.records.queries import BEGINNING, END, Place

COUNTED_BY_HOUR = (RecordKind.SCREENED, RecordKind.UNSCREENED)
"""Kinds of records of which each stands for what was counted in one hour, from `at` on."""

HOURS = """
SELECT kind, to_char(at AT TIME ZONE 'UTC', 'HH24'), sum(quantity)::bigint
FROM records_record
WHERE day = %s AND (transaction, serial) > (%s::text::xid8, %s)
  AND (transaction, serial) <= (%s::text::xid8, %s) AND kind = ANY(%s)
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class HourCounted:
    """How much of one kind was counted in one hour, `00` to `23` UTC."""

    kind: str
    hour: str
    quantity: int


def hours(day: date, *, after: Place = BEGINNING, through: Place = END) -> list[HourCounted]:
    """Gives how much was counted in each hour of a day, between two places of the outbox."""
    places = (str(after.transaction), after.serial, str(through.transaction), through.serial)
    with connection.cursor() as cursor:
        cursor.execute(HOURS, [day, *places, [kind.value for kind in COUNTED_BY_HOUR]])
        return [HourCounted(*row) for row in cursor.fetchall()]
