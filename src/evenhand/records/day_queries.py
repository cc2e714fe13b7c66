"""How far each day has come: its last record, whether that is in the log, and whether counted."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from evenhand.records.log_queries import editions_through, logged_through
from evenhand.records.queries import BEGINNING, DAYS, Place

# One look at the index for each day. Settled or not: what is committed is somebody's already.
LAST_PLACES = """
SELECT listed.day, last.transaction::text, last.serial
FROM ({days}) AS listed CROSS JOIN LATERAL (
    SELECT transaction, serial FROM records_record WHERE day = listed.day
    ORDER BY transaction DESC, serial DESC LIMIT 1
) AS last
ORDER BY listed.day DESC
"""

LAST_PLACE = """
SELECT transaction::text, serial FROM records_record WHERE day = %s
ORDER BY transaction DESC, serial DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class DayReached:
    """How far a day has come.

    last       the place of its last record, settled or not
    is_logged  whether every record is in the log
    has_late   whether a record lies beyond what its last edition in the log counts
    """

    day: date
    last: Place
    is_logged: bool
    has_late: bool


def days_reached() -> list[DayReached]:
    """Gives how far each day has come of which there are records, the latest first."""
    logged, counted = logged_through(), editions_through()
    with connection.cursor() as cursor:
        cursor.execute(LAST_PLACES.format(days=DAYS))
        found = [(day, Place(int(number), serial)) for day, number, serial in cursor.fetchall()]
    return [
        DayReached(
            day=day,
            last=last,
            is_logged=not _beyond(last, logged),
            has_late=_beyond(last, counted.get(day, BEGINNING)),
        )
        for day, last in found
    ]


def last_place(day: date) -> Place:
    """Gives the place of a day's last record, settled or not."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_PLACE, [day])
        row = cursor.fetchone()
    return BEGINNING if row is None else Place(int(row[0]), row[1])


def _beyond(place: Place, other: Place) -> bool:
    return (place.transaction, place.serial) > (other.transaction, other.serial)
