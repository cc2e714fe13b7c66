"""Public pages: the first page, what is screened, and the transparency site as it lies in files."""

import re
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from evenhand.base.errors import NotFound
from evenhand.desk.headers import EMBEDDED_POLICY
from evenhand.desk.scope import scope_rows
from evenhand.transparency.pages import page_context
from evenhand.transparency.site import published, published_days

FILE_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".svg": "image/svg+xml",
    ".atom": "application/atom+xml; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
SCHEMA_TYPE = "application/schema+json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a part of a path may be: nothing hidden, and no way up."""
EMBED = "embed/"


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
def reports(request: HttpRequest) -> HttpResponseBase:
    """Shows the first page of the reports, or that there is none yet."""
    if not (_folder() / "reports" / "index.html").is_file():
        return render(request, "desk/reports.html")
    return _handed_out(request, "")


@require_safe
def report(request: HttpRequest, day: date) -> HttpResponseBase:
    """Shows one published day."""
    return _handed_out(request, f"{day.isoformat()}/")


@require_safe
def report_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """Hands out a file of the public site as it was published."""
    return _handed_out(request, path)


def _handed_out(request: HttpRequest, path: str) -> HttpResponseBase:
    """Gives a file; of a folder, its page in the visitor's language."""
    names = [name for name in path.split("/") if name]
    if not all(NAME.fullmatch(name) for name in names):
        raise NotFound(what="report file")
    file = (_folder() / "reports").joinpath(*names)
    if file.is_dir():
        if path and not path.endswith("/"):
            return redirect(f"{request.path}/", permanent=True)
        file = file / f"{getattr(request, 'LANGUAGE_CODE', 'en')}.html"
    elif path.endswith("/"):
        raise NotFound(what="report file")
    if file.suffix not in FILE_TYPES or not file.is_file():
        raise NotFound(what="report file")
    kind = SCHEMA_TYPE if file.name.endswith(".schema.json") else FILE_TYPES[file.suffix]
    response: HttpResponse | FileResponse
    if file.suffix == ".html":
        response = HttpResponse(file.read_bytes(), content_type=kind)
    else:
        response = FileResponse(file.open("rb"), content_type=kind)
    response.headers["Access-Control-Allow-Origin"] = "*"
    if path.startswith(EMBED):
        response.headers["Content-Security-Policy"] = EMBEDDED_POLICY
    return response


def _folder() -> Path:
    return Path(settings.PUBLIC_FILES)
