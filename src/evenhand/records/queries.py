"""The only readers of records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from evenhand.base.lists import RecordKind
from evenhand.records.models import BETWEEN, CLASSES, Record, RecordOpening


@dataclass(frozen=True, slots=True)
class Cell:
    """How often one kind of thing happened on a day.

    marked  whether its harm is one that was asked for apart
    only    the column by which these are counted, or several joined by `+`; kind, action, outcome
            and lane are told too, and the others are empty. Empty itself where all are told.
    """

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
    regime: str = ""
    request: str = ""
    outcome: str = ""
    lane: str = ""
    marked: bool = False
    only: str = ""


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """How many of one kind of thing took just so long on a day."""

    kind: str
    automatic: bool
    request: str
    lane: str
    milliseconds: int
    records: int


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the outbox: everything up to it has been seen."""

    transaction: int
    serial: int


BEGINNING = Place(0, 0)
END = Place(2**63 - 1, 2**63 - 1)
"""Beyond every record."""

# A day from its beginning is counted in two indexes that hold what it is counted by, in order and
# without the rows; then the few are taken off that came after the last place, and added what a
# record stands for beyond one thing. Settled records alone come late, so what is counted a second
# time is few as well: those are read. A record under a gag is counted when the gag ends, by the
# record that says so: never as its own day's, and that day as one of `ENDED`.
WHOLE_CLASSES = """
    SELECT classes, sum(records)::bigint AS records, sum(quantity)::bigint AS quantity
    FROM (
        SELECT classes, count(*) AS records, count(*) AS quantity
        FROM records_record WHERE day = %(day)s GROUP BY classes
        UNION ALL
        SELECT classes, 0, sum(quantity - 1)
        FROM records_record WHERE day = %(day)s AND quantity <> 1 GROUP BY classes
        UNION ALL
        SELECT classes, -count(*), -sum(quantity)
        FROM records_record WHERE day = %(day)s AND {later} GROUP BY classes
    ) AS counted
    WHERE split_part(classes, '{between}', {gagged}) = ''
    GROUP BY classes HAVING sum(records) > 0
"""
PART_CLASSES = """
    SELECT classes, count(*) AS records, sum(quantity)::bigint AS quantity
    FROM ({records}) AS counted GROUP BY classes
"""
WHOLE_TIMES = """
    SELECT kind, automation, request, lane, milliseconds, count(*) AS records
    FROM records_record
    WHERE day = %(day)s AND milliseconds IS NOT NULL AND NOT gagged GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT kind, automation, request, lane, milliseconds, -count(*)
    FROM records_record
    WHERE day = %(day)s AND {later} AND milliseconds IS NOT NULL AND NOT gagged
    GROUP BY 1, 2, 3, 4, 5
"""
PART_TIMES = """
    SELECT kind, automation, request, lane, milliseconds, count(*) AS records
    FROM ({records}) AS counted WHERE milliseconds IS NOT NULL GROUP BY 1, 2, 3, 4, 5
"""
LATER = "(transaction, serial) > (%(through)s::text::xid8, %(through_serial)s)"
BETWEEN_PLACES = """
    (transaction, serial) > (%(after)s::text::xid8, %(after_serial)s)
    AND (transaction, serial) <= (%(through)s::text::xid8, %(through_serial)s)
"""
HERE = """
    SELECT * FROM records_record WHERE day = %(day)s AND NOT gagged AND {between_places}
"""
ENDED = """
    SELECT gagged.* FROM (
        SELECT subject FROM records_record
        WHERE day = %(day)s AND kind = 'gag_ended' AND {between_places}
    ) AS ended
    JOIN records_record AS gagged ON gagged.id = ended.subject AND gagged.gagged
"""

# First by the text that joins all classes, then those few rows by each column alone: what a day's
# report splits by, beside what decides of which figure a record is; and by those together of
# which one can tell another.
COUNTS = """
WITH combined AS ({counted}), split AS (
    SELECT {split}, records, quantity
    FROM (SELECT string_to_array(classes, '{between}') AS parts, * FROM combined) AS apart
)
SELECT kind, coalesce(harm, ''), action, coalesce(market, ''), coalesce(automation, ''),
       coalesce(source, ''), coalesce(language, ''), coalesce(channel_kind, ''),
       sum(records)::bigint, sum(quantity)::bigint, coalesce(regime, ''), coalesce(request, ''),
       outcome, lane, mark,
       concat_ws('+', CASE GROUPING(harm) WHEN 0 THEN 'harm' END,
                 CASE GROUPING(market) WHEN 0 THEN 'market' END,
                 CASE GROUPING(automation) WHEN 0 THEN 'automation' END,
                 CASE GROUPING(source) WHEN 0 THEN 'source' END,
                 CASE GROUPING(language) WHEN 0 THEN 'language' END,
                 CASE GROUPING(channel_kind) WHEN 0 THEN 'channel_kind' END,
                 CASE GROUPING(regime) WHEN 0 THEN 'regime' END,
                 CASE GROUPING(request) WHEN 0 THEN 'request' END)
FROM (SELECT *, harm = ANY(%(marked)s) AS mark FROM split) AS marked
GROUP BY kind, action, outcome, lane, mark, GROUPING SETS (
    (harm), (market), (automation), (source), (language), (channel_kind), (regime), (request),
    (automation, source), (market, regime, request)
)
"""

SPLIT = ", ".join(f"parts[{place}] AS {name}" for place, name in enumerate(CLASSES, 1))

TIMES = """
SELECT kind, automation = 'full', request, lane, milliseconds, sum(records)::bigint
FROM ({counted}) AS counted WHERE kind = ANY(%(kinds)s)
GROUP BY 1, 2, 3, 4, 5 HAVING sum(records) > 0
"""

GAGGED = """
SELECT gagged.id FROM records_record AS gagged
WHERE gagged.subject = %s AND gagged.gagged
  AND NOT EXISTS (SELECT 1 FROM records_record AS ended
                  WHERE ended.subject = gagged.id AND ended.kind = 'gag_ended')
ORDER BY gagged.serial
"""

HELD = """
SELECT gagged.subject FROM records_record AS gagged
WHERE gagged.gagged AND gagged.{column} = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM records_record AS ended
                  WHERE ended.subject = gagged.id AND ended.kind = 'gag_ended')
"""

LAST_SETTLED = """
SELECT record.transaction::text, record.serial
FROM records_record AS record
WHERE record.day = %s AND record.transaction < pg_snapshot_xmin(pg_current_snapshot())
  AND (record.transaction, record.serial) <= (%s::text::xid8, %s)
ORDER BY record.transaction DESC, record.serial DESC
LIMIT 1
"""

# One look at the index per day: DISTINCT would read every record.
DAYS = """
WITH RECURSIVE found AS (
    SELECT max(day) AS day FROM records_record
    UNION ALL
    SELECT (SELECT max(day) FROM records_record WHERE day < found.day)
    FROM found WHERE found.day IS NOT NULL
)
SELECT day FROM found WHERE day IS NOT NULL ORDER BY day DESC
"""

# A day has few combinations, which the planner cannot know: so what it does not find in order it
# counts in a hash table, whose memory is enough for a million of them, and sorts nothing.
MEMORY = """
SET LOCAL work_mem = '256MB'; SET LOCAL enable_sort = off;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0
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

NEWS = """
SELECT EXISTS (
    SELECT 1 FROM records_record r
    WHERE (r.transaction, r.serial) > (
        COALESCE((SELECT c.transaction FROM records_cursor c WHERE c.consumer = %s), '0'::xid8),
        COALESCE((SELECT c.serial FROM records_cursor c WHERE c.consumer = %s), 0)
    ) AND r.transaction < pg_snapshot_xmin(pg_current_snapshot())
)
"""
"""What `SETTLED` gives, as a question: most looks find nothing, and many consumers look."""

# Places only grow: whatever settles later is of a transaction above every one that settled before.
LATEST = """
SELECT record.transaction::text, record.serial
FROM records_record AS record
WHERE record.transaction < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY record.transaction DESC, record.serial DESC
LIMIT 1
"""


def counts(
    day: date,
    *,
    marked: Sequence[str] = (),
    after: Place = BEGINNING,
    through: Place = END,
) -> list[Cell]:
    """Gives how often things happened on a day, between two places, by each column in turn.

    `marked` are harms that are told apart whatever it is counted by.
    """
    values = _values(day, after, through) | {"marked": list(marked)}
    return [Cell(*row) for row in _counted(COUNTS, WHOLE_CLASSES, PART_CLASSES, values)]


def times(
    day: date, kinds: Sequence[RecordKind], *, after: Place = BEGINNING, through: Place = END
) -> list[TimeTaken]:
    """Gives how long things of these kinds took, counted by the millisecond."""
    values = _values(day, after, through) | {"kinds": [kind.value for kind in kinds]}
    return [TimeTaken(*row) for row in _counted(TIMES, WHOLE_TIMES, PART_TIMES, values)]


def gagged_about(subject: UUID) -> list[UUID]:
    """Gives the records about a subject that are not counted yet."""
    with connection.cursor() as cursor:
        cursor.execute(GAGGED, [subject])
        return [record for (record,) in cursor.fetchall()]


def still_gagged(subjects: Sequence[UUID]) -> frozenset[UUID]:
    """Gives which of these subjects have a record that is not counted yet."""
    with connection.cursor() as cursor:
        cursor.execute(HELD.format(column="subject"), [list(subjects)])
        return frozenset(subject for (subject,) in cursor.fetchall())


def is_gagged(record_id: UUID) -> bool:
    """Tells whether a record is one that is not counted yet."""
    with connection.cursor() as cursor:
        cursor.execute(HELD.format(column="id"), [[record_id]])
        return cursor.fetchone() is not None


def last_settled(day: date, *, through: Place = END) -> Place:
    """Gives the place of a day's last record whose order can no longer change, up to a place."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_SETTLED, [day, str(through.transaction), through.serial])
        row = cursor.fetchone()
    return BEGINNING if row is None else Place(int(row[0]), row[1])


def _values(day: date, after: Place, through: Place) -> dict[str, Any]:
    """Gives what the queries of a day take, between two places."""
    return {
        "day": day,
        "after": str(after.transaction),
        "after_serial": after.serial,
        "through": str(through.transaction),
        "through_serial": through.serial,
    }


def _counted(
    query: str, whole: str, part: str, values: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Gives what a query counts, of the day's own records and of those whose gag ended."""
    from_beginning = values["after"] == str(BEGINNING.transaction)
    here, ended = (
        part.format(records=records.format(between_places=BETWEEN_PLACES))
        for records in (HERE, ENDED)
    )
    if from_beginning:
        here = whole.format(later=LATER, between=BETWEEN, gagged=CLASSES.index("gagged") + 1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MEMORY)
        for counted in (here, ended):
            cursor.execute(query.format(counted=counted, split=SPLIT, between=BETWEEN), values)
            yield from cursor.fetchall()


def days() -> list[date]:
    """Gives the days of which there are records, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(DAYS)
        return [day for (day,) in cursor.fetchall()]


def about(subject: UUID) -> list[Record]:
    """Gives the records about one decision, case or item, in order."""
    return list(Record.objects.filter(subject=subject).order_by("serial"))


def bodies_about(subject: UUID, kind: RecordKind) -> list[dict[str, Any]]:
    """Gives what the records of one kind about one subject hold beyond their columns, in order."""
    rows = Record.objects.filter(subject=subject, kind=kind.value).order_by("serial")
    return [body for body in rows.values_list("opening__body", flat=True) if body is not None]


def body_of(record_id: UUID) -> dict[str, Any]:
    """Gives what a record holds beyond its columns; empty once it is forgotten."""
    opening = RecordOpening.objects.filter(pk=record_id).first()
    return {} if opening is None else dict(opening.body)


def last_record_before(moment: datetime) -> UUID | None:
    """Gives the id of the last record before a moment; None if there was none."""
    rows = Record.objects.filter(at__lt=moment).order_by("-at", "-serial")
    return rows.values_list("id", flat=True).first()


def has_news(consumer: str) -> bool:
    """Tells whether a consumer has something to see: one look, without lock or transaction."""
    with connection.cursor() as cursor:
        cursor.execute(NEWS, [consumer, consumer])
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def latest_settled() -> Place | None:
    """Gives the place of the last record that every consumer may see; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST)
        row = cursor.fetchone()
    return None if row is None else Place(int(row[0]), row[1])


def settled_after(place: Place, *, rows_max: int) -> Sequence[Record]:
    """Gives the next records of the outbox whose order can no longer change."""
    return list(Record.objects.raw(SETTLED, [str(place.transaction), place.serial, rows_max]))
