"""The pages that grow with each day: the index, the months, countries, harms, and how to check."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from evenhand.transparency import charts, words
from evenhand.transparency.days import PublishedDay
from evenhand.transparency.documents import SCHEMA_NAME
from evenhand.transparency.figures import Figure
from evenhand.transparency.sections import HEADLINES
from evenhand.transparency.shell import rendered
from evenhand.transparency.subjects import PastDay, Subject, SubjectKind
from evenhand.transparency.tables import NOT_SHOWN

CHART_DAYS = 60
"""Days in a chart: two months fit a telephone."""
LISTED_DAYS = 31
"""Days on the index; the months have all of them."""
CHARTS = (
    Figure.DECISIONS,
    Figure.REPORTS_RECEIVED,
    Figure.OBJECTIONS_RECEIVED,
    Figure.LEGAL_RECEIVED,
)
DRAWN = (*CHARTS, Figure.USERS_DISCLOSED)
"""Figures that have charts of their own on the page of a country or a harm."""
COLUMNS = (Figure.SCREENED, *CHARTS)
"""Figures beside each day in lists: all that have a chart, which says nothing to those who hear."""


def index_pages(days: Sequence[PublishedDay]) -> dict[str, str]:
    """Gives the first page."""
    latest = days[0]
    return rendered(
        "transparency/index.html",
        lambda: {
            "latest": _day_row(latest),
            "tiles": [
                {"label": gettext(words.FIGURES[figure]), "text": words.quantity(quantity)}
                for figure in HEADLINES
                if (quantity := latest.figures.get(figure, 0)) != 0
            ],
            "charts": [_chart(figure, _of_days(days, figure)) for figure in CHARTS],
            "headings": _headings(),
            "rows": [_day_row(entry) for entry in days[:LISTED_DAYS]],
            "months": _months(days),
            "schema_name": SCHEMA_NAME,
            "corrected": [_day_row(entry) for entry in days[:LISTED_DAYS] if entry.revision > 1],
        },
        root="",
        section="days",
    )


def month_pages(month: date, days: Sequence[PublishedDay]) -> dict[str, str]:
    """Gives a month's page: all its days."""
    inside = [
        entry for entry in days if (entry.day.year, entry.day.month) == (month.year, month.month)
    ]
    return rendered(
        "transparency/month.html",
        lambda: {
            "month": date_format(month, "YEAR_MONTH_FORMAT"),
            "charts": [_chart(figure, _of_days(inside, figure)) for figure in CHARTS[:1]],
            "headings": _headings(),
            "rows": [_day_row(entry) for entry in inside],
        },
        root="../../",
        section="days",
    )


def subject_pages(subject: Subject, history: Sequence[PastDay]) -> dict[str, str]:
    """Gives the pages of a country or a harm."""
    shown = [figure for figure in Figure if any(figure in past.quantities for past in history)]
    drawn = [figure for figure in DRAWN if figure in shown] or shown[:1]
    recent = history[:CHART_DAYS]

    def context() -> dict[str, object]:
        return {
            "name": words.cell(subject.kind.dimension, subject.key),
            "kind": subject.kind.value,
            "code": subject.key,
            "detail": words.dsa_category(subject.key) if subject.kind is SubjectKind.HARMS else "",
            "first": date_format(history[-1].day, "DATE_FORMAT"),
            "last": date_format(history[0].day, "DATE_FORMAT"),
            "tiles": [
                {"label": gettext(words.FIGURES[figure]), "text": words.number(quantity)}
                for figure, quantity in history[0].quantities.items()
            ][:6],
            "charts": [_chart(figure, _of_past(recent, figure)) for figure in drawn[:1]],
            "small": [_chart(figure, _of_past(recent, figure)) for figure in drawn[1:]],
            "headings": [gettext(words.FIGURES[figure]) for figure in shown],
            "rows": [
                {
                    "day": past.day,
                    "numbers": [
                        (gettext(words.FIGURES[figure]), _shown(past, figure)) for figure in shown
                    ],
                }
                for past in recent[:LISTED_DAYS]
            ],
        }

    return rendered("transparency/subject.html", context, root="../../", section=subject.kind.value)


def list_pages(kind: SubjectKind, latest: Iterable[tuple[Subject, PastDay]]) -> dict[str, str]:
    """Gives the page that leads to every country, or every harm."""
    found = list(latest)
    longest = max((past.quantities.get(Figure.DECISIONS, 0) for _, past in found), default=0)

    def context() -> dict[str, object]:
        named = [(words.cell(kind.dimension, one.key), one, past) for one, past in found]
        named.sort(key=lambda row: (-row[2].quantities.get(Figure.DECISIONS, 0), row[0]))
        return {
            "kind": kind.value,
            "rows": [_subject_row(name, one, past, longest) for name, one, past in named],
        }

    return rendered("transparency/list.html", context, root="../", section=kind.value)


def _subject_row(name: str, subject: Subject, past: PastDay, longest: int) -> dict[str, object]:
    decisions = past.quantities.get(Figure.DECISIONS)
    is_harm = subject.kind is SubjectKind.HARMS
    return {
        "key": subject.key,
        "name": name,
        "detail": words.dsa_category(subject.key) if is_harm else "",
        "shown": NOT_SHOWN if decisions is None else words.number(decisions),
        "bar": SafeString(charts.bar(decisions or 0, of=longest)),
        "last": past.day,
    }


def check_pages() -> dict[str, str]:
    """Gives the page that tells how everything here can be checked."""
    return rendered(
        "transparency/check.html",
        lambda: {"schema_name": SCHEMA_NAME},
        root="../",
        section="check",
    )


def _shown(past: PastDay, figure: Figure) -> str:
    return words.number(past.quantities[figure]) if figure in past.quantities else NOT_SHOWN


def _headings() -> list[str]:
    return [gettext(words.FIGURES[figure]) for figure in COLUMNS]


def _day_row(entry: PublishedDay) -> dict[str, object]:
    return {
        "day": entry.day,
        "revision": entry.revision,
        "is_open": not entry.complete,
        "numbers": [
            (gettext(words.FIGURES[figure]), words.quantity(entry.figures.get(figure, 0)))
            for figure in COLUMNS
        ],
    }


def _months(days: Sequence[PublishedDay]) -> list[dict[str, str]]:
    months = sorted({entry.day.replace(day=1) for entry in days}, reverse=True)
    return [
        {"name": date_format(month, "YEAR_MONTH_FORMAT"), "path": f"months/{month:%Y-%m}"}
        for month in months
    ]


def _of_days(days: Sequence[PublishedDay], figure: Figure) -> list[tuple[date, int | None]]:
    return [(entry.day, entry.figures.get(figure, 0)) for entry in reversed(days[:CHART_DAYS])]


def _of_past(history: Sequence[PastDay], figure: Figure) -> list[tuple[date, int | None]]:
    """Gives the days up to the last one; a day of which nothing is shown has None."""
    by_day = {past.day: past.quantities.get(figure) for past in history}
    last, first = max(by_day), min(by_day)
    back = min((last - first).days + 1, CHART_DAYS)
    return [
        (day, by_day.get(day)) for ago in reversed(range(back)) for day in (last - timedelta(ago),)
    ]


def _chart(figure: Figure, values: Sequence[tuple[date, int | None]]) -> dict[str, object]:
    """Gives one chart with what it says in words: its ends, and its highest day."""
    known = [(quantity, day) for day, quantity in values if quantity is not None]
    highest, on = max(known, default=(0, None))
    labelled = [
        (f"{date_format(day, 'DATE_FORMAT')}: {words.quantity(quantity)}", quantity)
        for day, quantity in values
    ]
    return {
        "title": gettext(words.FIGURES[figure]),
        "columns": SafeString(charts.columns(labelled)),
        "first": date_format(values[0][0], "SHORT_DATE_FORMAT"),
        "last": date_format(values[-1][0], "SHORT_DATE_FORMAT"),
        "highest": gettext("Highest: %(number)s on %(day)s")
        % {"number": words.number(highest), "day": date_format(on, "DATE_FORMAT")}
        if on
        else "",
        "draws": len(values) > 2 and bool(highest),
    }
