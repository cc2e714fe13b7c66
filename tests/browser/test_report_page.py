"""The pages of a report as files, on a telephone: what it took and what there was fits its card."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from evenhand.base.lists import Language
from evenhand.transparency.figures import Duration, Exact, Figure, Report, Span
from evenhand.transparency.pages import house_style, page_name, static_pages
from evenhand.transparency.protect import THRESHOLD, protect

OVERFLOWS = "[...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth)"


@pytest.mark.parametrize("language", Language)
def test_no_table_is_cut_off_on_a_telephone(chromium: Browser, tmp_path: Path, language: Language):
    figures = dict.fromkeys([Figure.CASES_OPENED, Figure.CASES_CLOSED], 1_234_567)
    durations = dict.fromkeys(Span, Duration(50, 8, 123_456))
    report = Report(
        day=date(2026, 11, 21),
        revision=1,
        generated_at=datetime(2026, 11, 22, tzinfo=UTC),
        complete=True,
        threshold=THRESHOLD,
        public=protect([Exact(figures, {}, durations)]),
    )
    (tmp_path / "house.css").write_text(house_style())
    (tmp_path / "day").mkdir()
    path = tmp_path / "day" / page_name(language)
    path.write_text(static_pages(report)[page_name(language)])

    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.goto(path.as_uri())

    assert page.evaluate(OVERFLOWS) == [0, 0]
    page.close()
