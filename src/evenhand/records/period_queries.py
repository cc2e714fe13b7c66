"""What reports of a whole period count: combinations of columns, and times, over many days."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

# As in a day's report: what is under a gag counts on the day on which the gag ends.
RECORDS = """
    SELECT * FROM records_record WHERE day BETWEEN %s AND %s AND NOT gagged AND lane <> 'drill'
    UNION ALL
    SELECT gagged.* FROM records_record AS ended
    JOIN records_record AS gagged ON gagged.id = ended.subject AND gagged.gagged
    WHERE ended.day BETWEEN %s AND %s AND ended.kind = 'gag_ended' AND gagged.lane <> 'drill'
"""
CROSSED = """
SELECT kind, harm, action, market, automation, source, request, outcome, sum(quantity)::bigint
FROM ({records}) AS counted
GROUP BY kind, harm, action, market, automation, source, request, outcome
ORDER BY kind, harm, action, market, automation, source, request, outcome
"""
MEDIANS = """
SELECT kind, request, market, GROUPING(market) = 1, count(*)::bigint,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY milliseconds)
FROM ({records}) AS counted
WHERE milliseconds IS NOT NULL
GROUP BY GROUPING SETS ((kind, request, market), (kind, request), (kind))
ORDER BY kind, request, market
"""


@dataclass(frozen=True, slots=True)
class Crossed:
    """How often one kind of thing happened in a period, in one combination of columns."""

    kind: str
    harm: str
    action: str
    market: str
    automation: str
    source: str
    request: str
    outcome: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Median:
    """The median of what took time in a period; market or request None: of all of them."""

    kind: str
    request: str | None
    market: str | None
    records: int
    milliseconds: int


def crossed(first: date, last: date) -> list[Crossed]:
    """Gives how often each combination happened from one day to another, both included."""
    with connection.cursor() as cursor:
        cursor.execute(CROSSED.format(records=RECORDS), [first, last, first, last])
        return [Crossed(*row) for row in cursor.fetchall()]


def medians(first: date, last: date) -> list[Median]:
    """Gives medians by kind, by what was asked, and by country."""
    with connection.cursor() as cursor:
        cursor.execute(MEDIANS.format(records=RECORDS), [first, last, first, last])
        return [
            Median(kind, request, None if of_all else market, records, milliseconds)
            for kind, request, market, of_all, records, milliseconds in cursor.fetchall()
        ]
