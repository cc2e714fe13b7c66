"""A report as a page: what its template shows, and the pages that stand alone as files."""

from dataclasses import dataclass
from importlib.resources import files

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from evenhand.base.lists import Automation, Language
from evenhand.transparency import charts, words
from evenhand.transparency.figures import Breakdown, Figure, PublicBreakdown, Report

TILES = (
    Figure.SCREENED,
    Figure.DECISIONS,
    Figure.EFFECTS_CONFIRMED,
    Figure.STATEMENTS_DELIVERED,
    Figure.OBJECTIONS_RECEIVED,
    Figure.OBJECTIONS_UPHELD,
)
"""The figures at the head of a page."""

TABLES = (
    Breakdown.DECISIONS_BY_HARM,
    Breakdown.DECISIONS_BY_ACTION,
    Breakdown.DECISIONS_BY_MARKET,
    Breakdown.DECISIONS_BY_LANGUAGE,
    Breakdown.DECISIONS_BY_SOURCE,
    Breakdown.SCREENED_BY_CHANNEL_KIND,
    Breakdown.UNSCREENED_BY_CHANNEL_KIND,
)
"""The breakdowns that are shown as tables; who decided is shown apart."""


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure in words; `withheld` marks words in place of a number."""

    label: str
    text: str
    withheld: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a table with its bar."""

    label: str
    detail: str
    quantity: str
    share: str
    bar: SafeString
    merged: bool = False
    series: int = 0


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A breakdown as a table."""

    title: str
    heading: str
    rows: list[ShownRow]
    withheld: bool
    total: str
    chart: SafeString
    has_details: bool


def page_context(report: Report) -> dict[str, object]:
    """Gives what the template `transparency/report.html` shows, in the active language."""
    public = report.public
    automation = _table(Breakdown.DECISIONS_BY_AUTOMATION, report)
    return {
        "report": report,
        "is_exact": report.revision == 0,
        "day_text": date_format(report.day, "DATE_FORMAT"),
        "small_max": report.threshold - 1,
        "tiles": [_figure(figure, report) for figure in TILES],
        "figures": [_figure(figure, report) for figure in Figure],
        # One bar of everything merged would say nothing about who decided.
        "automation": automation if any(not row.merged for row in automation.rows) else None,
        "tables": [
            table
            for breakdown in TABLES
            if (table := _table(breakdown, report)).rows or table.withheld
        ],
        "durations": [
            {
                "label": gettext(words.SPANS[span]),
                "quantity": words.number(duration.quantity),
                "median": words.duration(duration.median_ms),
                "p95": words.duration(duration.p95_ms),
            }
            for span, duration in public.durations.items()
        ],
    }


def static_pages(report: Report) -> dict[str, str]:
    """Gives the pages that stand alone as files, by file name: one per language."""
    pages: dict[str, str] = {}
    for language in Language:
        with translation.override(language.value):
            context = page_context(report) | {
                "page_language": language.value,
                "languages": [
                    {
                        "code": other.value,
                        "name": dict(settings.LANGUAGES)[other.value],
                        "href": page_name(other),
                        "current": other is language,
                    }
                    for other in Language
                ],
            }
            pages[page_name(language)] = render_to_string("transparency/page.html", context)
    return pages


def page_name(language: Language) -> str:
    """Gives the file of a page: English is the one that a web server shows unasked."""
    return "index.html" if language is Language.EN else f"{language.value}.html"


def house_style() -> str:
    """Gives the style sheet, to stand beside pages that are carried elsewhere."""
    path = files("evenhand.transparency").joinpath("static/evenhand/house.css")
    return path.read_text("utf-8")


def _figure(figure: Figure, report: Report) -> ShownFigure:
    quantity = report.public.figures[figure]
    text = _between(report) if quantity is None else words.number(quantity)
    return ShownFigure(gettext(words.FIGURES[figure]), text, withheld=quantity is None)


def _between(report: Report) -> str:
    return gettext("1 to %(most)s") % {"most": report.threshold - 1}


def _table(breakdown: Breakdown, report: Report) -> ShownTable:
    cells = report.public.breakdowns[breakdown]
    total = sum(row.quantity for row in cells.rows) + cells.merged
    rows = [
        ShownRow(
            label=words.label(breakdown, row.key),
            detail=words.dsa_category(row.key) if breakdown is Breakdown.DECISIONS_BY_HARM else "",
            quantity=words.number(row.quantity),
            share=words.share(row.quantity, of=total),
            bar=mark_safe(charts.bar(row.quantity, of=total)),  # noqa: S308  numbers alone
            series=_series(breakdown, row.key),
        )
        for row in cells.rows
    ]
    if cells.merged:
        rows.append(_merged_row(cells, total))
    return ShownTable(
        title=gettext(words.BREAKDOWNS[breakdown]),
        heading=words.heading(breakdown),
        rows=rows,
        withheld=cells.withheld,
        total=words.number(total),
        chart=_stacked(breakdown, cells),
        has_details=breakdown is Breakdown.DECISIONS_BY_HARM,
    )


def _merged_row(cells: PublicBreakdown, total: int) -> ShownRow:
    return ShownRow(
        label=gettext("Others, together"),
        detail="",
        quantity=words.number(cells.merged),
        share=words.share(cells.merged, of=total),
        bar=mark_safe(charts.bar(cells.merged, of=total)),  # noqa: S308  numbers alone
        merged=True,
        series=len(Automation),
    )


def _series(breakdown: Breakdown, key: str) -> int:
    """Gives the colour of a row where a chart needs one: the same for the same key every day."""
    if breakdown is not Breakdown.DECISIONS_BY_AUTOMATION or not key:
        return 0
    return list(Automation).index(Automation(key))


def _stacked(breakdown: Breakdown, cells: PublicBreakdown) -> SafeString:
    parts = [(_series(breakdown, row.key), row.quantity) for row in cells.rows]
    if cells.merged:
        parts.append((len(Automation), cells.merged))
    return mark_safe(charts.stacked(parts))  # noqa: S308  numbers alone
