"""The only readers of records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Count, Sum

from evenhand.records.models import Record


@dataclass(frozen=True, slots=True)
class Cell:
    """How often one kind of thing happened on a day, in one combination of its columns."""

    kind: str
    harm: str
    action: str
    market: str
    automation: str
    source: str
    language: str
    channel_kind: str
    records: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Duration:
    """How long one kind of thing took on a day."""

    kind: str
    action: str
    records: int
    median_milliseconds: int
    p95_milliseconds: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the outbox: everything up to it has been seen."""

    transaction: int
    serial: int


BEGINNING = Place(0, 0)

CELL_COLUMNS = (
    "kind",
    "harm",
    "action",
    "market",
    "automation",
    "source",
    "language",
    "channel_kind",
)

DURATIONS = """
SELECT kind, action, count(*),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY milliseconds),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY milliseconds)
FROM records_record
WHERE day = %s AND milliseconds IS NOT NULL
GROUP BY kind, action
ORDER BY kind, action
"""

# A transaction that began earlier may commit later, and then its rows appear before a place that
# was already passed. So only rows are given whose transaction is older than every running one.
# The numbers go on where a dump is restored into another cluster only if that cluster's counter
# is ahead (`pg_resetwal --next-transaction-id`); physical back-ups keep it.
SETTLED = """
SELECT id, serial, transaction, at, day, kind, subject, harm, action, market, automation, source,
       language, channel_kind, milliseconds, quantity
FROM records_record
WHERE (transaction, serial) > (%s::text::xid8, %s)
  AND transaction < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction, serial
LIMIT %s
"""


def counts(day: date) -> list[Cell]:
    """Gives how often each combination of columns happened on a day."""
    rows = (
        Record.objects.filter(day=day)
        .values(*CELL_COLUMNS)
        .annotate(rows=Count("id"), total=Sum("quantity"))
        .order_by(*CELL_COLUMNS)
    )
    return [
        Cell(
            kind=row["kind"],
            harm=row["harm"],
            action=row["action"],
            market=row["market"],
            automation=row["automation"],
            source=row["source"],
            language=row["language"],
            channel_kind=row["channel_kind"],
            records=row["rows"],
            quantity=row["total"],
        )
        for row in rows
    ]


def durations(day: date) -> list[Duration]:
    """Gives the median and the 95th percentile of what took time on a day."""
    with connection.cursor() as cursor:
        cursor.execute(DURATIONS, [day])
        return [
            Duration(
                kind=kind,
                action=action,
                records=records,
                median_milliseconds=median,
                p95_milliseconds=p95,
            )
            for kind, action, records, median, p95 in cursor.fetchall()
        ]


def days() -> list[date]:
    """Gives the days of which there are records, the latest first."""
    return list(Record.objects.order_by("-day").values_list("day", flat=True).distinct())


def about(subject: UUID) -> list[Record]:
    """Gives the records about one decision, case or item, in order."""
    return list(Record.objects.filter(subject=subject).order_by("serial"))


def settled_after(place: Place, *, rows_max: int) -> Sequence[Record]:
    """Gives the next records of the outbox whose order can no longer change."""
    return list(Record.objects.raw(SETTLED, [str(place.transaction), place.serial, rows_max]))
