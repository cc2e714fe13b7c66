"""Reports from real records: what is published, again and again, and what never is."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, transaction
from jsonschema import Draft202012Validator
from tests.conftest import Site
from tests.integration.pages import faults

from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Automation, ChannelKind, RecordKind, Source
from evenhand.records.entries import NewRecord
from evenhand.records.models import Record
from evenhand.records.queries import BEGINNING, Cell, Place, counts, days, last_settled, times
from evenhand.records.steps import append_many
from evenhand.transparency.daily import exact
from evenhand.transparency.documents import schema_text
from evenhand.transparency.figures import Breakdown, Figure, Span
from evenhand.transparency.protect import protect
from evenhand.transparency.publish import exact_report, publish
from evenhand.transparency.site import published, published_days

DAY = date(2026, 11, 21)
NEXT_DAY = datetime(2026, 11, 22, 0, 10, tzinfo=UTC)

PERCENTILES = """
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY milliseconds),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY milliseconds)
FROM records_record WHERE day = %s
"""

pytestmark = pytest.mark.usefixtures("committed")


def decision(harm: str, *, market: str = "KZ", day: date = DAY) -> NewRecord:
    at = datetime.combine(day, time(12), UTC)
    record_id = new_id(now=at)
    return NewRecord(
        id=record_id,
        at=at,
        kind=RecordKind.DECISION,
        subject=record_id,
        harm=harm,
        action=ActionKind.REFUSE,
        market=market,
        automation=Automation.FULL,
        source=Source.OWN,
        language="kk",
        channel_kind=ChannelKind.PUBLIC,
        milliseconds=4,
    )


def record(*entries: NewRecord) -> None:
    with transaction.atomic():
        append_many(list(entries))


def harms_counted(cells: Sequence[Cell]) -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (cell.kind, cell.harm): (cell.records, cell.quantity)
        for cell in cells
        if cell.only == "harm"
    }


def harms_counted_slowly(rows: Sequence[Record]) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        records, quantity = found.get((row.kind, row.harm or ""), (0, 0))
        found[row.kind, row.harm or ""] = (records + 1, quantity + row.quantity)
    return found


def many(quantity: int, harm: str, **columns: str) -> list[NewRecord]:
    return [decision(harm, **columns) for _ in range(quantity)]


def harms_of(value: dict[str, object]) -> dict[str, int]:
    breakdowns = value["breakdowns"]
    assert isinstance(breakdowns, dict)
    return {row["key"]: row["quantity"] for row in breakdowns["decisions_by_harm"]["rows"]}


def read(folder: Path, day: date = DAY) -> dict[str, object]:
    value = json.loads((folder / "reports" / day.isoformat() / "report.json").read_text())
    assert isinstance(value, dict)
    return value


def test_the_public_report_is_the_protected_exact_one(folder: Path) -> None:
    record(*many(20, "m.spam"), *many(9, "m.spam.fraud"), *many(2, "m.violence", market="DE"))

    report = publish(DAY, now=NEXT_DAY, folder=folder)

    assert report.public == protect([exact(DAY)])
    assert published(DAY, folder=folder) == report
    assert harms_of(read(folder)) == {"m.spam": 20}
    assert exact_report(DAY, now=NEXT_DAY).public.figures[Figure.DECISIONS] == 31
    in_full = exact_report(DAY, now=NEXT_DAY).public.breakdowns[Breakdown.DECISIONS_BY_HARM]
    assert {row.key: row.quantity for row in in_full.rows}["m.violence"] == 2


def test_only_the_records_of_the_day_are_counted(folder: Path) -> None:
    record(*many(8, "m.spam"), *many(30, "m.spam", day=DAY - timedelta(days=1)))

    assert publish(DAY, now=NEXT_DAY, folder=folder).public.figures[Figure.DECISIONS] == 8
    assert DAY in days()


def test_the_files_fit_the_schema_and_the_pages_are_usable(folder: Path) -> None:
    record(*many(20, "m.spam"), *many(9, "m.spam.fraud"))
    publish(DAY, now=NEXT_DAY, folder=folder)
    published_files = folder / "reports" / DAY.isoformat()

    assert Draft202012Validator(json.loads(schema_text())).is_valid(read(folder))
    for name, language in {"index": "en", "de": "de", "fr": "fr", "ru": "ru", "kk": "kk"}.items():
        page = (published_files / f"{name}.html").read_text("utf-8")
        assert f'<html lang="{language}">' in page
        assert faults(page) == []
        assert "<style" not in page
        assert "<script" not in page
    assert (folder / "reports" / "house.css").read_text() != ""
    assert json.loads((folder / "reports" / "daily-report-3.schema.json").read_text())


def test_publishing_again_without_new_records_changes_nothing(folder: Path) -> None:
    record(*many(20, "m.spam"))
    first = publish(DAY, now=NEXT_DAY, folder=folder)

    second = publish(DAY, now=NEXT_DAY + timedelta(days=3), folder=folder)

    assert second == first
    assert Record.objects.filter(kind=RecordKind.REPORT_PUBLISHED).count() == 1


def test_late_records_make_a_revision_that_says_so(folder: Path) -> None:
    record(*many(20, "m.spam"), *many(9, "m.spam.fraud"))
    publish(DAY, now=NEXT_DAY, folder=folder)
    record(*many(6, "m.spam"))

    second = publish(DAY, now=NEXT_DAY + timedelta(hours=1), folder=folder)

    assert second.revision == 2
    assert harms_of(read(folder)) == {"m.spam": 26, "m.spam.fraud": 9}
    page = (folder / "reports" / DAY.isoformat() / "index.html").read_text("utf-8")
    assert "Revision 2" in page
    earlier = folder / "reports" / f"{DAY}.1" / "report.json"
    assert harms_of(json.loads(earlier.read_text())) == {"m.spam": 20, "m.spam.fraud": 9}


def test_a_few_late_records_wait_for_more(folder: Path) -> None:
    record(*many(20, "m.spam"))
    first = publish(DAY, now=NEXT_DAY, folder=folder)
    record(*many(3, "m.violence"))

    assert publish(DAY, now=NEXT_DAY, folder=folder) == first
    record(*many(4, "m.violence"))
    second = publish(DAY, now=NEXT_DAY, folder=folder)

    assert second.revision == 2
    assert second.public.figures[Figure.DECISIONS] == 27
    assert harms_of(read(folder)) == {"m.spam": 20, "m.violence": 7}


def test_a_late_order_alone_makes_no_edition_that_tells_of_it(folder: Path) -> None:
    record(*many(20, "m.spam"))
    first = publish(DAY, now=NEXT_DAY, folder=folder)
    orders = [
        replace(one, id=new_id(now=one.at), kind=RecordKind.LEGAL_RECEIVED, source=Source.AUTHORITY)
        for one in many(5, "", market="DE")
    ]
    record(orders[0])

    assert first.public.figures[Figure.LEGAL_RECEIVED] == 0
    assert publish(DAY, now=NEXT_DAY, folder=folder) == first
    record(*orders[1:])
    second = publish(DAY, now=NEXT_DAY, folder=folder)

    assert second.revision == 2
    assert second.public.figures[Figure.LEGAL_RECEIVED] == 5


def test_one_version_minus_the_other_shows_no_small_group(folder: Path) -> None:
    record(*many(20, "m.spam"), *many(20, "m.violence", market="DE"))
    first = publish(DAY, now=NEXT_DAY, folder=folder).public
    record(*many(30, "m.spam"), *many(1, "m.violence", market="DE"))

    second = publish(DAY, now=NEXT_DAY, folder=folder).public

    for breakdown in Breakdown:
        before = {row.key: row.quantity for row in first.breakdowns[breakdown].rows}
        after = {row.key: row.quantity for row in second.breakdowns[breakdown].rows}
        gained = [after[key] - before.get(key, 0) for key in after]
        assert all(quantity == 0 or quantity >= 5 for quantity in gained)


def test_lost_files_are_written_again_as_they_were(folder: Path) -> None:
    record(*many(20, "m.spam"))
    publish(DAY, now=NEXT_DAY, folder=folder)
    record(*many(7, "m.spam.fraud"))
    publish(DAY, now=NEXT_DAY, folder=folder)
    before = read(folder)
    (folder / "reports" / DAY.isoformat()).unlink()

    publish(DAY, now=NEXT_DAY + timedelta(days=9), folder=folder)

    assert read(folder) == before
    assert Record.objects.filter(kind=RecordKind.REPORT_PUBLISHED).count() == 2


def test_a_day_that_is_not_over_says_so(folder: Path) -> None:
    record(*many(20, "m.spam"))
    noon = datetime.combine(DAY, time(12), UTC)

    report = publish(DAY, now=noon, folder=folder)

    assert not report.complete
    page = (folder / "reports" / DAY.isoformat() / "index.html").read_text("utf-8")
    assert "This day is not over" in page


def test_a_day_without_records_is_published_as_empty(folder: Path) -> None:
    report = publish(DAY, now=NEXT_DAY, folder=folder)

    assert report.public.figures[Figure.DECISIONS] == 0
    assert Draft202012Validator(json.loads(schema_text())).is_valid(read(folder))


def test_the_list_of_days_shows_the_latest_first(folder: Path) -> None:
    for back in (2, 0, 1):
        day = DAY - timedelta(days=back)
        record(*many(10 + back, "m.spam", day=day))
        publish(day, now=NEXT_DAY, folder=folder)

    listed = published_days(folder=folder)

    assert [(entry.day, entry.decisions) for entry in listed] == [
        (DAY, 10),
        (DAY - timedelta(days=1), 11),
        (DAY - timedelta(days=2), 12),
    ]


def test_records_that_are_still_being_written_wait_for_the_next_revision(
    folder: Path, site: Site
) -> None:
    import psycopg

    record(*many(20, "m.spam"))
    with psycopg.connect(site.url()) as other:
        other.execute("SELECT pg_current_xact_id()")
        record(*many(9, "m.spam.fraud"))
        first = publish(DAY, now=NEXT_DAY, folder=folder)
        other.rollback()
    second = publish(DAY, now=NEXT_DAY, folder=folder)

    assert first.public.figures[Figure.DECISIONS] == 20
    assert (second.revision, second.public.figures[Figure.DECISIONS]) == (2, 29)


def test_the_days_with_records_are_listed_once_and_the_latest_first(folder: Path) -> None:
    assert days() == []
    for back in (3, 0, 3, 1):
        record(decision("m.spam", day=DAY - timedelta(days=back)))

    assert days() == [DAY, DAY - timedelta(days=1), DAY - timedelta(days=3)]


def test_the_last_record_is_found_by_number_and_not_by_spelling(folder: Path) -> None:
    for transaction_id in (99, 1000, 999):
        entry = decision("m.spam")
        Record.objects.create(
            id=entry.id,
            at=entry.at,
            day=DAY,
            kind=entry.kind.value,
            subject=entry.subject,
            serial=transaction_id,
            transaction=transaction_id,
        )

    assert last_settled(DAY) == Place(1000, 1000)


@pytest.mark.parametrize("quantity", [1, 2, 19, 20, 21, 100])
def test_durations_are_what_the_database_itself_calls_percentiles(
    folder: Path, quantity: int
) -> None:
    taken = [(number * 37) % 53 for number in range(quantity)]
    record(*(replace(decision("m.spam"), milliseconds=number) for number in taken))

    ours = exact(DAY).durations[Span.SEND_TO_VERDICT]
    with connection.cursor() as cursor:
        cursor.execute(PERCENTILES, [DAY])
        median, p95 = cursor.fetchone()

    assert ours.quantity == quantity
    assert ours.median_ms == median
    assert ours.p95_ms == p95


def test_counting_in_indexes_gives_what_counting_rows_gives() -> None:
    harms = ("m.spam", "m.spam.fraud", "")
    for number in range(60):
        entry = replace(
            decision(harms[number % 3], day=DAY if number % 7 else date(2026, 11, 20)),
            milliseconds=None if number % 5 == 0 else number % 4,
            quantity=number % 3,
            gagged=number % 11 == 3,
            kind=RecordKind.SCREENED if number % 13 == 0 else RecordKind.DECISION,
        )
        record(entry)
    rows = list(Record.objects.order_by("transaction", "serial"))
    places = [BEGINNING, *(Place(int(row.transaction), row.serial) for row in rows[9::10])]

    for after in places:
        for through in places:
            inside = [
                row
                for row in rows
                if row.day == DAY
                and not row.gagged
                and after < Place(int(row.transaction), row.serial) <= through
            ]
            found = counts(DAY, after=after, through=through)
            assert harms_counted(found) == harms_counted_slowly(inside)
            taken = times(DAY, [RecordKind.DECISION], after=after, through=through)
            assert sum(each.records * each.milliseconds for each in taken) == sum(
                row.milliseconds or 0 for row in inside if row.kind == "decision"
            )


def test_a_report_tells_nothing_of_one_person(folder: Path) -> None:
    entry = replace(decision("m.spam"), subject=UUID(int=7), body={"actions": ["refuse"]})
    record(entry, *many(20, "m.spam"))
    publish(DAY, now=NEXT_DAY, folder=folder)

    for path in (folder / "reports" / DAY.isoformat()).iterdir():
        text = path.read_text("utf-8")
        assert str(UUID(int=7)) not in text
        assert str(entry.id) not in text
