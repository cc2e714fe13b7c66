"""The public form by which anybody reports something, and the page to follow it by its code.

No account is needed. A browser does a small calculation so that a flood costs its sender more than
us; without it a report is taken all the same and waits in a slower queue.
"""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from evenhand.appeals.complaint_steps import complaint_path
from evenhand.base.clock import now
from evenhand.base.harms import harms
from evenhand.base.lists import Language, RecordKind
from evenhand.base.personal import IpAddress, MailAddress, MessageText
from evenhand.base.sealing import read_key
from evenhand.desk.limits import address_of, count_send, network_of
from evenhand.desk.proof import proof_codes_about
from evenhand.desk.texts import line, lines
from evenhand.desk.words import harm_name
from evenhand.evidence.disclosures import holds_session_keys
from evenhand.reports.checks import ReporterSuspended, ReportRefused, check_report
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.limits import (
    MAILBOX_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    PLACE_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)
from evenhand.reports.lists import ReportFinding, ReportKind, ReportOutcome, Way
from evenhand.reports.models import Report
from evenhand.reports.phrases import lines_of, subject_of
from evenhand.reports.places import Place, place_of
from evenhand.reports.queries import report_by_code
from evenhand.reports.receipts import grouped, typed
from evenhand.reports.steps import Received, receive
from evenhand.reports.tell_steps import told_of
from evenhand.reports.work import challenge_for, looked_at
from evenhand.standing.notices import misuse_text
from evenhand.standing.queries import told_latest

SLOW_SENDS_MAX = 3
"""Reports without calculation that one network may send in one window."""

FOLLOWS_MAX = 30
"""Codes that one network may look up in one window: nobody finds one of 10^16 by trying."""

FIELDS = ("place", "text", "harm", "name", "mailbox", "good_faith")

FINDINGS: Mapping[ReportFinding, tuple[str, str]] = {
    ReportFinding.TEXT_MISSING: ("text", gettext_noop("Please say why; the field is empty.")),
    ReportFinding.TEXT_TOO_LONG: ("text", gettext_noop("Please shorten the reasons.")),
    ReportFinding.PLACE_MISSING: (
        "place",
        gettext_noop("Please give a link or an address by which we can find it."),
    ),
    ReportFinding.PLACE_UNREADABLE: (
        "place",
        gettext_noop("We cannot find anything by this address; please copy the whole link."),
    ),
    ReportFinding.HARM_MISSING: ("harm", gettext_noop("Please choose what it is.")),
    ReportFinding.HARM_UNKNOWN: ("harm", gettext_noop("Please choose what it is.")),
    ReportFinding.NAME_MISSING: ("name", gettext_noop("Please give your name.")),
    ReportFinding.NAME_TOO_LONG: ("name", gettext_noop("This name is too long.")),
    ReportFinding.MAILBOX_MISSING: ("mailbox", gettext_noop("Please give your mail address.")),
    ReportFinding.MAILBOX_UNREADABLE: ("mailbox", gettext_noop("This is no mail address.")),
    ReportFinding.GOOD_FAITH_MISSING: (
        "good_faith",
        gettext_noop("Please confirm that what you say is right as far as you know."),
    ),
    ReportFinding.DISCLOSURE_TOO_MUCH: (
        "text",
        gettext_noop(
            "This holds keys that open other messages too. Never send them to anybody; take them"
            " out and send the report again."
        ),
    ),
    ReportFinding.QUEUE_FULL: (
        "text",
        gettext_noop(
            "Too many reports without the calculation are waiting. Please allow JavaScript for"
            " this page, or try again in an hour. Nothing of yours was kept."
        ),
    ),
    ReportFinding.FORM_USED: (
        "text",
        gettext_noop("A report was sent with this page already. Send this one now, if it is new."),
    ),
    ReportFinding.FORM_EXPIRED: (
        "text",
        gettext_noop("This page was open for too long. Please send it once more."),
    ),
}
"""What is said of each finding, and at which field; others cannot come from a form."""


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Shows the form; takes a report and shows its receipt code."""
    if request.method != "POST":
        return _form(request, {"place": line(request.GET.get("place", ""))})
    count_send(request, form="report")
    texts = _texts(request.POST)
    try:
        received = _received(request, texts)
    except ReportRefused as error:
        found = error.fields["findings"]
        return _form(request, texts, found if isinstance(found, tuple) else ())
    except ReporterSuspended:
        return render(request, "desk/report_suspended.html", status=403)
    return render(
        request,
        "desk/report_received.html",
        {
            "code": grouped(received.receipt_code),
            "lines": _lines(request, received),
            "proof_codes": _proof_codes(received.report),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Shows where the report stands that a code was given for; the code is in no address."""
    if request.method != "POST":
        return render(request, "desk/report_follow.html", {"code": ""})
    count_send(request, form="follow", sends_max=FOLLOWS_MAX)
    code = line(request.POST.get("code", ""))[:64]
    key = read_key(settings.KEYS / "token.key")
    found = report_by_code(code, key=key)
    if found is None:
        fault = (
            gettext("There is no report with this code.")
            if typed(code)
            else gettext("A code has sixteen digits.")
        )
        wrong = {"code": code, "fault": fault}
        return render(request, "desk/report_follow.html", wrong, status=422)
    told = told_of(found, public_url=settings.PUBLIC_URL, key=key)
    language = _language(request)
    context = {
        "code": grouped(typed(code)),
        "found": found,
        "subject": subject_of(told, language),
        "lines": lines_of(told, language),
        "complaint": _complaint(found, key),
        "misuses": _misuses(found, language),
        "proof_codes": _proof_codes(found),
    }
    return render(request, "desk/report_follow.html", context)


def _proof_codes(report: Report) -> list[tuple[str, str]]:
    return proof_codes_about(report.id, (RecordKind.REPORT_RECEIVED, RecordKind.REPORT_ANSWERED))


def _received(request: HttpRequest, texts: Mapping[str, str]) -> Received:
    at, key = now(), read_key(settings.KEYS / "token.key")
    sent = request.POST
    work = looked_at(sent.get("challenge", ""), sent.get("number", ""), now=at, key=key)
    if not work.nonce:
        raise ReportRefused(findings=(ReportFinding.FORM_EXPIRED,))
    if holds_session_keys(texts["text"]):
        raise ReportRefused(findings=(ReportFinding.DISCLOSURE_TOO_MUCH,))
    place = place_of(texts["place"])
    found = place or Place(about="")
    mailbox = MailAddress(texts["mailbox"]) if texts["mailbox"] else None
    draft = ReportDraft(
        origin=f"form:{work.nonce}",
        kind=ReportKind.NOTICE,
        way=Way.FORM,
        about=found.about,
        text=MessageText(texts["text"]),
        at=at,
        language=_language(request),
        reporter=ReporterDraft(name=texts["name"], mailbox=mailbox),
        harm=texts["harm"],
        account=found.account,
        channel=found.channel,
        event=found.event,
        good_faith=texts["good_faith"] == "yes",
        network=IpAddress(network_of(address_of(request))),
        slow=not work.done,
        place=texts["place"],
    )
    findings = check_report(draft)
    if place is None and texts["place"]:
        others = (one for one in findings if one is not ReportFinding.PLACE_MISSING)
        findings = (ReportFinding.PLACE_UNREADABLE, *others)
    if findings:
        raise ReportRefused(findings=findings)
    if not work.done:
        count_send(request, form="report-slow", sends_max=SLOW_SENDS_MAX)
    return receive(draft, now=at)


def _complaint(found: Report, key: bytes) -> str:
    """Gives the path by which its maker complains that nothing was done; empty elsewhere."""
    if found.outcome != ReportOutcome.NOT_ACTED or found.case_id is None:
        return ""
    return complaint_path(found.id, found.case_id, key=key)


def _misuses(found: Report, language: Language) -> list[list[str]]:
    """Gives the lines of a warning or a pause, for who cannot be told otherwise."""
    latest = told_latest(bytes(found.reporter.key), now())
    texts = [misuse_text(one, language, public_url=settings.PUBLIC_URL) for one in latest]
    return [[row for row in text.split("\n") if row] for text in texts]


def _texts(sent: QueryDict) -> dict[str, str]:
    clean = {name: line(sent.get(name, "")) for name in FIELDS}
    return {**clean, "text": lines(sent.get("text", ""))}


def _form(
    request: HttpRequest, texts: Mapping[str, str], findings: Sequence[ReportFinding] = ()
) -> HttpResponse:
    key = read_key(settings.KEYS / "token.key")
    faults: dict[str, str] = {}
    for finding in findings:
        name, said = FINDINGS[finding]
        faults.setdefault(name, gettext(said))
    context = {
        "texts": texts,
        "faults": faults,
        "harms": [(code, harm_name(code)) for code in harms()],
        "challenge": challenge_for(bits=settings.REPORT_WORK_BITS, now=now(), key=key),
        "place_max": PLACE_CHARACTERS_MAX,
        "text_max": TEXT_CHARACTERS_MAX,
        "name_max": NAME_CHARACTERS_MAX,
        "mailbox_max": MAILBOX_CHARACTERS_MAX,
    }
    return render(request, "desk/report_form.html", context, status=422 if faults else 200)


def _lines(request: HttpRequest, received: Received) -> list[str]:
    key = read_key(settings.KEYS / "token.key")
    told = told_of(received.report, public_url=settings.PUBLIC_URL, key=key)
    return lines_of(told, _language(request))


def _language(request: HttpRequest) -> Language:
    return Language(getattr(request, "LANGUAGE_CODE", Language.EN.value))
