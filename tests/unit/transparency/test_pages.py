"""What a page of a report shows."""

from datetime import UTC, date, datetime

from evenhand.transparency.figures import (
    Breakdown,
    Exact,
    Public,
    PublicBreakdown,
    Report,
    Row,
)
from evenhand.transparency.pages import page_context
from evenhand.transparency.protect import THRESHOLD, protect


def decided_by(*rows: Row, merged: int) -> Report:
    """Gives a public report of a day that says so much about who decided."""
    nothing = protect([Exact({}, {}, {})])
    cells = PublicBreakdown(rows=rows, merged=merged, withheld=False)
    breakdowns = {**nothing.breakdowns, Breakdown.DECISIONS_BY_AUTOMATION: cells}
    public = Public(nothing.figures, breakdowns, nothing.durations)
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return Report(date(2026, 11, 21), 1, moment, True, THRESHOLD, public)


def test_who_decided_is_shown_where_it_is_told():
    shown = page_context(decided_by(Row("full", 40), merged=12))["automation"]

    assert shown


def test_one_bar_of_everything_merged_is_not_shown():
    assert page_context(decided_by(merged=12))["automation"] is None
