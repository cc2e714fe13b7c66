"""A day's report as a page: what its template shows, in the active language."""

from base64 import b64encode
from importlib.resources import files

from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from evenhand.base.lists import Automation
from evenhand.transparency import charts, words
from evenhand.transparency.changes import Change
from evenhand.transparency.documents import SCHEMA_NAME
from evenhand.transparency.figures import (
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Figure,
    InLog,
    Report,
)
from evenhand.transparency.sections import BESIDE, GROUPS, HEADLINES, SECTIONS, Section
from evenhand.transparency.shell import rendered
from evenhand.transparency.tables import lacks_some, shown_table

HOURS = 24

SERIES = {Automation.FULL: 0, Automation.PARTIAL: 1, Automation.NONE: 2}
"""The colour of who decided: the same every day."""


SEARCH_SHARE_MIN = 10_000
"""A share of the search below one in so many reads as none, and is not said."""


def page_context(report: Report) -> dict[str, object]:
    """Gives what the template `transparency/report.html` shows."""
    return {
        "report": report,
        "is_exact": report.revision == 0,
        "day_text": date_format(report.day, "DATE_FORMAT"),
        "small_max": report.threshold - 1,
        "tiles": [_tile(figure, report) for figure in HEADLINES],
        "sentences": _sentences(report),
        "automation": _automation(report),
        "groups": [(series, gettext(text)) for series, text in GROUPS.items()],
        "sections": [_section(section, report) for section in SECTIONS],
    }


def day_pages(report: Report, changes: tuple[Change, ...] = ()) -> dict[str, str]:
    """Gives the pages of a day, by file name: one per language."""
    return rendered(
        "transparency/day.html",
        lambda: (
            page_context(report)
            | {
                "changes": [change.in_words() for change in changes],
                "schema_name": SCHEMA_NAME,
                **_head(report.in_log),
                "permanent": f"{report.day.isoformat()}.{report.revision}",
                "earlier": [
                    f"{report.day.isoformat()}.{number}" for number in range(1, report.revision)
                ],
            }
        ),
        root="../",
        section="days",
    )


def _head(found: InLog | None) -> dict[str, str]:
    """Gives the head of the log that a report names, as a checkpoint writes it."""
    if found is None:
        return {}
    return {
        "log_size": words.number(found.first + found.leaves),
        "log_root": b64encode(found.root).decode(),
    }


def house_style() -> str:
    """Gives the style sheet, to stand beside pages that are carried elsewhere."""
    path = files("evenhand.transparency").joinpath("static/evenhand/house.css")
    return path.read_text("utf-8")


def _tile(figure: Figure, report: Report) -> dict[str, object]:
    quantity = report.public.figures[figure]
    beside = [
        f"{gettext(words.FIGURES[other])}: {_number(other, report)}"
        for other in BESIDE.get(figure, ())
        if report.public.figures[other] != 0
    ]
    return {
        "label": gettext(words.FIGURES[figure]),
        "text": words.quantity(quantity),
        "withheld": quantity is None,
        "beside": beside[::-1],  # the style sheet stacks a tile from below
    }


def _one_in(report: Report) -> int | None:
    """Gives in how much of what was screened one decision was taken."""
    screened = report.public.figures[Figure.SCREENED]
    decisions = report.public.figures[Figure.DECISIONS]
    return round(screened / decisions) if screened and decisions and screened >= decisions else None


def _sentences(report: Report) -> list[str]:
    """Gives the day in a few short sentences; what is withheld is left out."""
    figures = report.public.figures
    said = []
    if rate := _one_in(report):
        said.append(
            gettext("One in %(number)s posts and sign-ups led to a decision.")
            % {"number": words.number(rate)}
        )
    rows = report.public.breakdowns[Breakdown.DECISIONS_BY_AUTOMATION].rows
    full = sum(row.quantity for row in rows if row.key == Automation.FULL)
    more = lacks_some(Figure.DECISIONS, report)
    if full and (share := words.share(full, of=figures[Figure.DECISIONS] or 0, more=more)):
        said.append(gettext("Software alone took %(share)s of the decisions.") % {"share": share})
    upheld, refused = figures[Figure.OBJECTIONS_UPHELD], figures[Figure.OBJECTIONS_REFUSED]
    if upheld is not None and refused is not None and upheld + refused:
        said.append(
            gettext("Of the objections decided, %(share)s were right.")
            % {"share": words.share(upheld, of=upheld + refused)}
        )
    screened, unscreened = figures[Figure.SCREENED], figures[Figure.UNSCREENED]
    if screened and unscreened:
        said.append(
            gettext("%(share)s of what came was screened before anybody saw it.")
            % {"share": words.share(screened, of=screened + unscreened, decimals=2)}
        )
    audited, flagged = figures[Figure.SEARCH_AUDITED], figures[Figure.SEARCH_FLAGGED]
    if audited and flagged and flagged * SEARCH_SHARE_MIN >= audited:
        said.append(
            gettext("Screening would flag %(share)s of what can be found by search.")
            % {"share": words.share(flagged, of=audited, decimals=2)}
        )
    if figures[Figure.CLOCKS_MET] and figures[Figure.CLOCKS_MISSED] == 0:
        said.append(gettext("No deadline was missed."))
    return said


def _number(figure: Figure, report: Report) -> str:
    return words.quantity(report.public.figures[figure])


def _automation(report: Report) -> dict[str, object] | None:
    """Gives who decided as one bar; None where one merged bar would say nothing."""
    cells = report.public.breakdowns[Breakdown.DECISIONS_BY_AUTOMATION]
    if not cells.rows:
        return None
    total = sum(row.quantity for row in cells.rows) + cells.merged
    more = lacks_some(Figure.DECISIONS, report)
    rows = [
        (
            SERIES[Automation(row.key)] if row.key else 3,
            words.label(Breakdown.DECISIONS_BY_AUTOMATION, row.key),
            row.quantity,
        )
        for row in cells.rows
    ]
    if cells.merged:
        rows.append((4, gettext("Others, together"), cells.merged))
    return {
        "chart": mark_safe(charts.stacked([(series, n) for series, _, n in rows])),  # noqa: S308  numbers alone
        "rows": [
            {
                "series": series,
                "label": label,
                "quantity": words.number(quantity),
                "share": words.share(quantity, of=total, more=more),
            }
            for series, label, quantity in rows
        ],
    }


def _day_chart(breakdown: Breakdown, report: Report) -> dict[str, object]:
    """Gives a table by the hour as a day; an hour that is not shown by itself is a low stub."""
    rows = report.public.breakdowns[breakdown].rows
    by_hour = {row.key: row.quantity for row in rows}
    hours = [f"{hour:02}" for hour in range(HOURS)]
    values = [
        (f"{hour}:00: {words.number(by_hour.get(hour, 0))}", by_hour.get(hour)) for hour in hours
    ]
    return {
        "title": words.title_of(FIGURE_OF_BREAKDOWN[breakdown], Dimension.HOUR),
        "columns": mark_safe(charts.columns(values)),  # noqa: S308  numbers alone
        "first": "00:00",
        "last": "23:00",
        "highest": gettext("Most at %(hour)s UTC: %(number)s")
        % {"hour": f"{rows[0].key}:00", "number": words.number(rows[0].quantity)}
        if rows
        else "",
        "draws": bool(rows),
    }


def _section(section: Section, report: Report) -> dict[str, object]:
    public = report.public
    tables = [shown for table in section.tables if (shown := shown_table(table, report))]
    durations = [
        (span, public.durations[span]) for span in section.spans if span in public.durations
    ]
    longest = max((duration.p95_ms for _, duration in durations), default=0)
    return {
        "name": section.name,
        "title": gettext(section.title),
        "lead": gettext(section.lead) if section.lead else "",
        "charts": [_day_chart(breakdown, report) for breakdown in section.hourly],
        "figures": [
            {
                "label": gettext(words.FIGURES[figure]),
                "text": _number(figure, report),
                "none": public.figures[figure] == 0,
            }
            for figure in section.figures
        ],
        "tables": [table for table in tables if table.wide and not table.folded],
        "small": [table for table in tables if not table.wide and not table.folded],
        "folded": [table for table in tables if table.folded],
        "durations": [
            {
                "label": gettext(words.SPANS[span]),
                "median": words.duration(duration.median_ms),
                "p95": words.duration(duration.p95_ms),
                "bar": mark_safe(  # noqa: S308  numbers alone
                    charts.spread(duration.median_ms, duration.p95_ms, longest=longest)
                ),
            }
            for span, duration in durations
        ],
        "is_empty": not (section.figures or tables or durations),
    }
