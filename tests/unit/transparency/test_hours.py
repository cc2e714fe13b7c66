"""The day by the hour: what was screened at once and what passed, in the order of the hours."""

from dataclasses import replace
from datetime import date

from django.utils.translation import override
from tests.days_of_tests import report_of

from evenhand.transparency.figures import (
    Breakdown,
    Dimension,
    Figure,
    PublicBreakdown,
    Report,
    Row,
)
from evenhand.transparency.pages import day_pages
from evenhand.transparency.sections import SECTIONS, Table
from evenhand.transparency.tables import ShownTable, shown_table

HOURLY = next(
    table for section in SECTIONS for table in section.tables if table.dimension is Dimension.HOUR
)
SCREENED = (Row("14", 9_900), Row("03", 50), Row("23", 50))


def a_report(passed: PublicBreakdown) -> Report:
    report = report_of(date(2026, 11, 21))
    by_hour = {
        Breakdown.SCREENED_BY_HOUR: PublicBreakdown(rows=SCREENED),
        Breakdown.UNSCREENED_BY_HOUR: passed,
    }
    return replace(
        report, public=replace(report.public, breakdowns={**report.public.breakdowns, **by_hour})
    )


def shown(passed: PublicBreakdown, table: Table = HOURLY) -> ShownTable:
    with override("en"):
        found = shown_table(table, a_report(passed))
    assert found is not None
    return found


def test_hours_stand_in_their_order_with_what_was_screened_at_once() -> None:
    rows = shown(PublicBreakdown(rows=(Row("14", 100),))).rows

    assert [(row.label, row.numbers[0]) for row in rows] == [
        ("03:00", "50"),
        ("14:00", "9,900"),
        ("23:00", "50"),
    ]
    assert [row.share for row in rows] == ["100.00\xa0%", "99.00\xa0%", "100.00\xa0%"]


def test_an_hour_of_which_it_is_not_known_what_passed_has_no_share() -> None:
    rows = shown(PublicBreakdown(rows=(Row("14", 100),), merged=8)).rows

    assert [row.share for row in rows] == ["", "99.00\xa0%", "", ""]
    assert shown(PublicBreakdown(withheld=True)).rows[0].share == ""


def test_the_table_is_drawn_and_names_what_its_share_is() -> None:
    found = shown(PublicBreakdown())

    assert found.is_hourly
    assert found.drawn
    assert all("<svg" in row.bar for row in found.rows)
    assert HOURLY.figures == (Figure.SCREENED, Figure.UNSCREENED)


def test_the_day_is_drawn_with_a_column_for_each_hour() -> None:
    few = day_pages(a_report(PublicBreakdown(rows=(Row("14", 100),), merged=8)))["en.html"]
    none = day_pages(a_report(PublicBreakdown()))["en.html"]

    assert "Most at 14:00 UTC: 9,900" in few
    assert "<title>14:00: 9,900</title>" in few
    assert few.count('class="column-withheld"') == 21 + 23
    assert none.count('class="column-withheld"') == 21
