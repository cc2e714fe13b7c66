"""The day by the hour: what was screened at once and what passed, in the order of the hours."""

from dataclasses import replace
from datetime import date

from django.utils.translation import override
from tests.days_of_tests import report_of

from evenhand.transparency.figures import Breakdown, Dimension, Figure, PublicBreakdown, Row
from evenhand.transparency.sections import SECTIONS, Table
from evenhand.transparency.tables import ShownTable, shown_table

HOURLY = next(
    table for section in SECTIONS for table in section.tables if table.dimension is Dimension.HOUR
)
SCREENED = (Row("14", 9_900), Row("03", 50), Row("23", 50))


def shown(passed: PublicBreakdown, table: Table = HOURLY) -> ShownTable:
    report = report_of(date(2026, 11, 21))
    by_hour = {
        Breakdown.SCREENED_BY_HOUR: PublicBreakdown(rows=SCREENED),
        Breakdown.UNSCREENED_BY_HOUR: passed,
    }
    public = replace(report.public, breakdowns={**report.public.breakdowns, **by_hour})
    with override("en"):
        found = shown_table(table, replace(report, public=public))
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
