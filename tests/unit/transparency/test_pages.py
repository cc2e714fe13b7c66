"""What a page of a report shows."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.utils import translation
from tests.days_of_tests import report_of
from tests.integration.pages import faults

from evenhand.base.lists import Language
from evenhand.transparency.changes import changes
from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    Breakdown,
    Exact,
    Figure,
    Public,
    PublicBreakdown,
    Report,
    Row,
    Span,
)
from evenhand.transparency.living import CHARTS, COLUMNS
from evenhand.transparency.pages import day_pages, page_context
from evenhand.transparency.protect import THRESHOLD, protect
from evenhand.transparency.sections import SECTIONS

DAY = date(2026, 11, 21)


def decided_by(*rows: Row, merged: int) -> Report:
    """Gives a public report of a day that says so much about who decided."""
    nothing = protect([Exact({}, {}, {})])
    cells = PublicBreakdown(rows=rows, merged=merged, withheld=False)
    breakdowns = {**nothing.breakdowns, Breakdown.DECISIONS_BY_AUTOMATION: cells}
    public = Public(nothing.figures, breakdowns, nothing.durations)
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return Report(DAY, 1, moment, True, THRESHOLD, public)


def test_every_number_has_its_place_on_the_page() -> None:
    figures = {figure for section in SECTIONS for figure in section.figures}
    spans = [span for section in SECTIONS for span in section.spans]
    breakdowns = {
        breakdown
        for section in SECTIONS
        for table in section.tables
        for figure in table.figures
        for breakdown in BREAKDOWNS_OF[figure]
        if DIMENSION_OF_BREAKDOWN[breakdown] is table.dimension
    }

    assert figures == set(Figure)
    assert breakdowns == set(Breakdown)
    assert spans == list(Span)


def test_who_decided_is_shown_where_it_is_told() -> None:
    shown = page_context(decided_by(Row("full", 40), merged=12))["automation"]

    assert shown


def test_one_bar_of_everything_merged_is_not_shown() -> None:
    assert page_context(decided_by(merged=12))["automation"] is None


@pytest.mark.parametrize(("removed", "told"), [(0, True), (None, False)])
def test_software_took_all_only_if_no_decision_is_withheld(removed: int | None, told: bool) -> None:
    report = decided_by(Row("full", 92), merged=0)
    figures = {**report.public.figures, Figure.DECISIONS: 92, Figure.REMOVED: removed}
    report = replace(report, public=replace(report.public, figures=figures))

    page = day_pages(report)["en.html"]

    assert ("100.0" in page) == told
    assert "Decided by software alone: <strong>92</strong>" in page


def test_every_chart_of_the_first_page_has_its_numbers_in_the_list_of_days() -> None:
    assert set(CHARTS) <= set(COLUMNS)


@pytest.mark.parametrize("language", Language)
def test_a_page_is_whole_in_every_language(language: Language) -> None:
    page = day_pages(report_of(DAY))[f"{language.value}.html"]

    assert f'<html lang="{language.value}">' in page
    assert faults(page) == []
    assert "<script" not in page
    assert "style=" not in page


def test_the_page_that_a_server_shows_unasked_is_the_english_one() -> None:
    pages = day_pages(report_of(DAY))

    assert pages["index.html"] == pages["en.html"]


def test_the_day_is_told_in_sentences_from_public_numbers_alone() -> None:
    report = report_of(DAY)
    figures = report.public.figures

    with translation.override("en"):
        sentences = page_context(report)["sentences"]
        nothing = page_context(decided_by(merged=0))["sentences"]

    rate = round((figures[Figure.SCREENED] or 0) / (figures[Figure.DECISIONS] or 1))
    assert f"One in {rate} posts and sign-ups led to a decision." in sentences
    assert "No deadline was missed." in sentences
    assert nothing == []


def test_a_later_edition_says_what_it_corrected() -> None:
    first, second = report_of(DAY), report_of(DAY, late=0.2)
    changed = changes(first, second)

    page = day_pages(second, changed)["en.html"]

    before, after = (one.public.figures[Figure.SCREENED] for one in (first, second))
    assert f"{before:,}</td>" in page
    assert f"{after:,}</td>" in page
    assert f"../{DAY}.1/en.html" in page
    assert changes(first, first) == ()
    assert "corrections" not in day_pages(first)["en.html"]
