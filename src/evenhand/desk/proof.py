"""The public page that shows that something entered the log, and the log's own files.

A code goes by POST and stands in no address. What the page says is the desk's word; the receipt
that it hands out is checked by the reader's own browser or by `evenhand verify`, without the desk.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import read_key
from evenhand.desk.limits import count_send
from evenhand.desk.proof_counted import counted_rows
from evenhand.desk.proof_rows import shown_rows, value_of
from evenhand.desk.texts import line
from evenhand.proof import counting
from evenhand.proof.notes import Checkpoint, parts
from evenhand.proof.receipts import Receipt
from evenhand.proof.tiles import leaves_under
from evenhand.records.log_queries import LogAltered
from evenhand.records.proof_codes import code_of, record_of
from evenhand.records.proof_queries import Standing, next_batch_at, records_about, standing_of

LOOKS_MAX = 60
"""Codes that one network may look up in one window: a class of pupils can, a search cannot."""

CODE_SIGNS_MAX = 100
LOG_FILE = re.compile(
    r"checkpoint|keys\.json|tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/(x[0-9]{3}/){0,5}[0-9]{3}"
    r"(\.p/[1-9][0-9]{0,2})?",
    re.ASCII,
)
"""Files of the log, as C2SP tlog-tiles names them; nothing else is read from its folder."""

CHANGING = {"checkpoint": "text/plain; charset=utf-8", "keys.json": "application/json"}
KEEP_SECONDS, KEEP_CHANGING_SECONDS = 86_400, 5


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """The log as far as its files go."""

    folder: Path


@require_http_methods(["GET", "HEAD", "POST"])
def proof(request: HttpRequest) -> HttpResponse:
    """Shows what entered the log under a code: its classes, its place, and the receipt."""
    if request.method != "POST":
        return render(request, "desk/proof.html", {"code": "", **_checking()})
    record_id = _asked(request)
    altered = False
    try:
        standing = None if record_id is None else standing_of(record_id, _log())
    except LogAltered:
        standing, altered = Standing(), True
    if record_id is None or standing is None:
        wrong = {
            "code": _typed(request),
            "fault": gettext("This is no code of ours."),
            **_checking(),
        }
        return render(request, "desk/proof.html", wrong, status=422)
    context = {
        "code": code_of(record_id, key=_key()),
        "found": True,
        "altered": altered,
        "forgotten": standing.forgotten,
        **_checking(),
        "next_at": next_batch_at(seconds=settings.LOG_SECONDS, now=now()),
        **_receipt_context(standing.receipt),
    }
    return render(request, "desk/proof.html", context)


@require_POST
def receipt_file(request: HttpRequest) -> HttpResponse:
    """Hands out a receipt as a file."""
    record_id = _asked(request)
    standing = None if record_id is None else standing_of(record_id, _log())
    if standing is None or standing.receipt is None:
        raise NotFound(what="receipt")
    response = HttpResponse(standing.receipt.as_json(), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{record_id}.json"'
    return response


@require_safe
def log_file(_request: HttpRequest, name: str) -> FileResponse:
    """Hands out a file of the log as it is published: what no checkpoint covers is not."""
    path = _log().folder / name
    if not LOG_FILE.fullmatch(name) or not _is_covered(name) or not path.is_file():
        raise NotFound(what="file of the log", name=name)
    kind = CHANGING.get(name, "application/octet-stream")
    response = FileResponse(path.open("rb"), content_type=kind)
    seconds = KEEP_CHANGING_SECONDS if name in CHANGING else KEEP_SECONDS
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    return response


def _is_covered(name: str) -> bool:
    """Tells whether the checkpoint covers a file: anything else may be written anew.

    A writer that failed leaves files with other leaves to fill them up than the next one writes;
    who saw both would know how many of them have a meaning.
    """
    if name in CHANGING:
        return True
    checkpoint = _log().folder / "checkpoint"
    if not checkpoint.is_file():
        return False
    return leaves_under(name) <= Checkpoint.parse(parts(checkpoint.read_text("utf-8"))[0]).size


def proof_code(record_id: UUID) -> str:
    """Gives the code of a record, as pages show it to who may know it."""
    return code_of(record_id, key=_key())


def proof_codes_about(subject: UUID, kinds: Collection[RecordKind]) -> list[tuple[str, str]]:
    """Gives what was recorded about something, in words and with the codes of it."""
    return [
        (value_of("kind", one.kind), proof_code(one.id)) for one in records_about(subject, kinds)
    ]


def _checking() -> dict[str, object]:
    """Gives what the page's script needs to look for an entry in the report of its day."""
    reports = Path(settings.PUBLIC_FILES) / "reports" / "index.json"
    return {"counting": counting.TABLES, "has_reports": reports.is_file()}


def _receipt_context(receipt: Receipt | None) -> dict[str, object]:
    if receipt is None:
        return {"receipt": None}
    checkpoint = Checkpoint.parse(parts(receipt.checkpoint)[0])
    return {
        "receipt": receipt,
        "rows": shown_rows(receipt.shown),
        "counted": counted_rows(receipt),
        "leaf": receipt.leaf.hex(),
        "number": receipt.index + 1,
        "checkpoint": checkpoint,
        "root": checkpoint.root.hex(),
        "holds": receipt.holds(checkpoint.root),
        "receipt_value": json.loads(receipt.as_json()),
        "report_url": _report_of(str(receipt.shown.get("day", ""))),
    }


def _report_of(day: str) -> str:
    """Gives the address of a day's report; empty if none is published."""
    folder = Path(settings.PUBLIC_FILES) / "reports" / day
    return reverse("report", args=[date.fromisoformat(day)]) if day and folder.is_dir() else ""


def _asked(request: HttpRequest) -> UUID | None:
    count_send(request, form="proof", sends_max=LOOKS_MAX)
    return record_of(_typed(request), key=_key())


def _typed(request: HttpRequest) -> str:
    return line(request.POST.get("code", ""))[:CODE_SIGNS_MAX]


def _key() -> bytes:
    return read_key(settings.KEYS / "token.key")


def _log() -> PublishedLog:
    return PublishedLog(Path(settings.PUBLIC_FILES) / "log")
