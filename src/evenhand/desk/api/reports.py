"""The API for reports: from anybody's program, from trusted flaggers by token, and in XARF.

Its document stands at `/api/v1/reports/openapi.json`. Every error is a problem of RFC 9457.
"""

import hashlib
from dataclasses import replace
from typing import Annotated

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Header, Path, Query
from ninja.errors import AuthenticationError

from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError, InputRefused, NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import Language
from evenhand.base.personal import IpAddress, MailAddress, MessageText
from evenhand.base.sealing import read_key
from evenhand.desk.api import report_schemas as schemas
from evenhand.desk.api.frame import PROBLEMS, Api, findings_of, problem, say_errors, words_of
from evenhand.desk.engines import identities
from evenhand.desk.limits import API_CALLS_MAX, FORM_SENDS_MAX, address_of, count_send, network_of
from evenhand.desk.texts import line, lines
from evenhand.evidence.disclosures import read_disclosure
from evenhand.reports import queries, xarf
from evenhand.reports.checks import ReportRefused
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.flagger_steps import token_hash
from evenhand.reports.keys import installed
from evenhand.reports.lists import (
    ReporterKind,
    ReportFinding,
    ReportKind,
    ReportOutcome,
    ReportState,
    Way,
)
from evenhand.reports.models import Report, TrustedFlagger
from evenhand.reports.phrases import lines_of
from evenhand.reports.places import place_of
from evenhand.reports.receipts import code_of
from evenhand.reports.steps import Received, receive
from evenhand.reports.tell_steps import FOLLOW_PATH, told_of

TOKEN_CHARACTERS_MAX = 200
FOLLOWS_MAX = 60
"""Codes that one network may look up in one window."""

reports_api = Api(
    title="Evenhand: API for reports",
    version="1.0.0",
    description=(
        "Anybody may report, and waits in a queue of some reports a minute; trusted flaggers send "
        "their token as a bearer token, and their notices come first. What is reported is sealed; "
        "who reports is told to nobody concerned."
    ),
    docs_url=None,
    openapi_url="/reports/openapi.json",
    urls_namespace="reports-1",
)
say_errors(reports_api)

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=100,
        pattern=r"^[A-Za-z0-9_.:-]*$",
        description="the same key and content again give the report that stands",
    ),
]


@reports_api.post(
    "/reports", response={201: schemas.ReportOut, **PROBLEMS}, summary="Report something"
)
def report(
    request: HttpRequest, given: schemas.ReportIn, key: Key = ""
) -> tuple[int, dict[str, object]]:
    """Takes a report, with one message of an encrypted room where the reporter discloses it."""
    flagger = _sender(request)
    return 201, _taken(receive(_draft(request, given, key, flagger), now=now()))


@reports_api.post(
    "/reports/xarf",
    response={201: schemas.ReportOut, **PROBLEMS},
    summary="Report something in XARF version 4",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
def report_in_xarf(request: HttpRequest) -> tuple[int, dict[str, object]]:
    """Takes a report in XARF; the same `report_id` of the same reporter again is the same."""
    flagger = _sender(request)
    network = IpAddress(network_of(address_of(request)))
    draft = xarf.draft_of(xarf.read(request.body), way=Way.API, at=now(), network=network)
    draft = replace(draft, slow=True) if flagger is None else _as_flagger(draft, flagger)
    return 201, _taken(receive(draft, now=now()))


@reports_api.post(
    "/reports/status",
    response={200: schemas.StatusOut, **PROBLEMS},
    summary="Where a report stands",
)
def status(request: HttpRequest, given: schemas.CodeIn) -> dict[str, object]:
    """Tells whoever has the code where their report stands."""
    count_send(request, form="follow", sends_max=FOLLOWS_MAX)
    found = queries.report_by_code(line(given.receipt_code), key=_key())
    if found is None:
        raise NotFound(what="report")
    return _status(found)


@reports_api.get(
    "/reports",
    response={200: list[schemas.FlaggerReportOut], **PROBLEMS},
    summary="A trusted flagger's own notices",
)
def own(
    request: HttpRequest, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> list[dict[str, object]]:
    """Lists the notices sent under the token, the newest first, fifty on a page."""
    flagger = _flagger(request)
    return [
        {
            **_status(one),
            "receipt_code": code_of(one.id, key=_key()),
            "harm": one.harm,
        }
        for one in queries.reports_of_flagger(flagger.id, page=page)
    ]


@reports_api.get(
    "/reports/statistics/{year}",
    response={200: schemas.YearOut, **PROBLEMS},
    summary="A trusted flagger's own figures of one year",
)
def statistics(
    request: HttpRequest, year: Annotated[int, Path(ge=2024, le=2999)]
) -> dict[str, object]:
    """Gives the figures that its yearly report asks for (DSA Art. 22(3))."""
    found = queries.flagger_year(_flagger(request).id, year)
    median = found.median_milliseconds
    return {
        "year": found.year,
        "notices": found.notices,
        "acted": found.acted,
        "not_acted": found.not_acted,
        "open": found.open,
        "median_hours": None if median is None else round(median / 3_600_000, 2),
        "by_harm": [{"harm": harm, "notices": count} for harm, count in found.by_harm],
    }


@reports_api.exception_handler(EvenhandError)
def _refused(request: HttpRequest, error: EvenhandError) -> HttpResponse:
    found = findings_of(error)
    why = error.fields.get("why")
    if not found and isinstance(error, InputRefused) and isinstance(why, str):
        found = [f"{error.fields.get('what', 'input')}: {why}"]
    return problem(request, words_of(error), findings=found)


def _draft(
    request: HttpRequest, given: schemas.ReportIn, key: str, flagger: TrustedFlagger | None
) -> ReportDraft:
    place = place_of(line(given.about))
    if place is None:
        raise ReportRefused(findings=(ReportFinding.PLACE_UNREADABLE,))
    text = lines(given.text)
    disclosure = None if given.disclosure is None else read_disclosure(given.disclosure)
    mailbox = line(given.mailbox)
    token = line(given.identity)
    account = identities().account_of(token) if token and flagger is None else ""
    draft = ReportDraft(
        origin=_origin(request, key),
        kind=ReportKind.NOTICE if given.good_faith else ReportKind.USER_REPORT,
        way=Way.API,
        about=place.about,
        text=MessageText(text),
        at=now(),
        language=given.language,
        reporter=ReporterDraft(
            kind=ReporterKind.USER if account else ReporterKind.ANONYMOUS,
            account=account,
            name=line(given.name),
            mailbox=MailAddress(mailbox) if mailbox else None,
        ),
        harm=given.harm,
        account=place.account,
        channel=place.channel or (disclosure.room_id if disclosure else ""),
        event=place.event,
        good_faith=given.good_faith,
        network=IpAddress(network_of(address_of(request))),
        disclosure=disclosure,
        place=line(given.about),
        slow=not account,
    )
    return draft if flagger is None else _as_flagger(draft, flagger, key=key)


def _as_flagger(draft: ReportDraft, flagger: TrustedFlagger, *, key: str = "") -> ReportDraft:
    """Gives the draft as a trusted flagger's notice; their network says nothing."""
    origin = f"api:{flagger.id}:{key}" if key else draft.origin
    return replace(
        draft,
        origin=origin,
        kind=ReportKind.TRUSTED_FLAGGER_NOTICE,
        reporter=ReporterDraft(kind=ReporterKind.TRUSTED_FLAGGER, flagger=flagger.id),
        network=None,
        slow=False,
    )


def _origin(request: HttpRequest, key: str) -> str:
    """Gives what makes a call the same again: its key, within one network."""
    if not key:
        return f"api:{new_id(now=now())}"
    network = hashlib.sha256(f"{address_of(request)}\0{key}".encode()).hexdigest()
    return f"api:{network}"


def _sender(request: HttpRequest) -> TrustedFlagger | None:
    """Gives the trusted flagger whose token a call shows, None without one; counts the call."""
    if request.headers.get("Authorization"):
        return _flagger(request)
    count_send(request, form="api-report", sends_max=FORM_SENDS_MAX)
    return None


def _flagger(request: HttpRequest) -> TrustedFlagger:
    count_send(request, form="api", sends_max=API_CALLS_MAX)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = scheme.lower() == "bearer" and 0 < len(token) <= TOKEN_CHARACTERS_MAX
    found = None
    if known:
        hashed = token_hash(token, installed())
        found = queries.flagger_by_token_hash(hashed, on=now().date())
    if found is None:
        raise AuthenticationError
    return found


def _taken(received: Received) -> dict[str, object]:
    return {
        "receipt_code": received.receipt_code,
        "kind": received.report.kind,
        "state": received.report.state,
        "follow_url": f"{settings.PUBLIC_URL}{FOLLOW_PATH}",
    }


def _status(found: Report) -> dict[str, object]:
    told = told_of(found, public_url=settings.PUBLIC_URL, key=_key())
    return {
        "kind": found.kind,
        "state": ReportState(found.state),
        "outcome": ReportOutcome(found.outcome) if found.outcome else None,
        "at": found.at,
        "answered_at": found.answered_at,
        "words": lines_of(told, Language(found.language)),
    }


def _key() -> bytes:
    return read_key(settings.KEYS / "token.key")
