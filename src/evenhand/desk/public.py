"""Public pages: the first page, what is screened, the transparency reports."""

from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from evenhand.base.errors import NotFound
from evenhand.desk.scope import scope_rows
from evenhand.transparency import charts
from evenhand.transparency.documents import schema_text
from evenhand.transparency.pages import page_context
from evenhand.transparency.site import PublishedDay, published, published_days
from evenhand.transparency.words import number

FILE_TYPES = {"report.json": "application/json", "report.csv": "text/csv; charset=utf-8"}
CHART_DAYS = 60
"""Days in the chart above the list of reports: two months fit a telephone."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Shows what this desk is and the latest report."""
    days = published_days(folder=_folder())
    latest = published(days[0].day, folder=_folder()) if days else None
    context = page_context(latest) if latest else {}
    return render(request, "desk/home.html", {"latest": latest, **context})


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Tells a supervisor that the desk answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def screened(request: HttpRequest) -> HttpResponse:
    """Shows the table of what is screened and what is not."""
    return render(request, "desk/screened.html", {"rows": scope_rows()})


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Lists every published day."""
    days = published_days(folder=_folder())
    latest = list(reversed(days[:CHART_DAYS]))
    chart = charts.columns([(entry.day.isoformat(), entry.decisions) for entry in latest])
    context = {
        "rows": [_row(entry) for entry in days],
        "chart": mark_safe(chart),  # noqa: S308  numbers and ISO dates alone
        "first": date_format(latest[0].day, "DATE_FORMAT") if latest else "",
        "last": date_format(latest[-1].day, "DATE_FORMAT") if latest else "",
        "draws": len(latest) > 1,
    }
    return render(request, "desk/reports.html", context)


@require_safe
def report(request: HttpRequest, day: date) -> HttpResponse:
    """Shows one published day."""
    found = published(day, folder=_folder())
    if found is None:
        raise NotFound(what="report", day=day)
    days = {entry.day for entry in published_days(folder=_folder())}
    context = page_context(found)
    context["before"] = max((other for other in days if other < day), default=None)
    context["after"] = min((other for other in days if other > day), default=None)
    return render(request, "desk/report.html", context)


@require_safe
def report_file(_request: HttpRequest, day: date, name: str) -> FileResponse:
    """Hands out a report's JSON or CSV as it was published."""
    path = _folder() / "reports" / day.isoformat() / name
    if name not in FILE_TYPES or not path.is_file():
        raise NotFound(what="report file", day=day, name=name)
    response = FileResponse(path.open("rb"), content_type=FILE_TYPES[name])
    response.headers["Content-Disposition"] = f'inline; filename="{day.isoformat()}-{name}"'
    return response


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    """Hands out the JSON Schema of the reports."""
    return HttpResponse(schema_text(), content_type="application/schema+json")


def _folder() -> Path:
    return Path(settings.PUBLIC_FILES)


def _row(entry: PublishedDay) -> dict[str, object]:
    return {
        "day": entry.day,
        "revision": entry.revision,
        "screened": None if entry.screened is None else number(entry.screened),
        "decisions": None if entry.decisions is None else number(entry.decisions),
    }
