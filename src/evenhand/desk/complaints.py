"""The form by which who reported complains that nothing was done, and where that stands.

It shows nothing of the account that was reported, and nothing of anybody else who reported.
"""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from evenhand.appeals import talk_steps
from evenhand.appeals.checks import NamesSomebody, check_complaint, check_names_nobody
from evenhand.appeals.complaint_steps import case_complained_of, complain
from evenhand.appeals.limits import OBJECTION_CHARACTERS_MAX
from evenhand.appeals.queries import complaint_of
from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError
from evenhand.base.sealing import read_key
from evenhand.cases.lists import CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.desk.limits import count_send
from evenhand.desk.objections import (
    REFUSALS,
    evidence_key,
    origin_of,
    redress_shown,
    refusal_of,
    talk_context,
)
from evenhand.desk.words import harm_name
from evenhand.reports.models import Report


@require_http_methods(["GET", "HEAD", "POST"])
def complaint(request: HttpRequest, report_id: UUID, case_id: UUID, token: str) -> HttpResponse:
    """Shows the form or where the complaint stands; takes a complaint, or an answer about it."""
    token_key = read_key(settings.KEYS / "token.key")
    earlier = case_complained_of(report_id, case_id, token, token_key=token_key)
    if request.method != "POST":
        check_complaint(CaseState(earlier.state), earlier.outcome)
        return _page(request, report_id, earlier)
    count_send(request, form="complaint")
    made = complaint_of(report_id)
    try:
        if made is None:
            complain(
                report_id,
                case_id,
                token,
                request.POST.get("text", ""),
                **_known_of(report_id),
                token_key=token_key,
                evidence_key=evidence_key(),
                now=now(),
            )
        else:
            talk_steps.answer(
                made.case_id,
                request.POST.get("text", ""),
                origin=origin_of(request, made.case),
                report=report_id,
                evidence_key=evidence_key(),
                now=now(),
            )
    except REFUSALS as error:
        return _page(request, report_id, earlier, refused=error)
    return redirect("complaint", report_id=report_id, case_id=case_id, token=token)


class _Known(TypedDict):
    informed_at: datetime | None
    complainant: bytes


def _known_of(report_id: UUID) -> _Known:
    """Gives when who reported was told of the end, and the key by which they are known again."""
    found = Report.objects.select_related("reporter").filter(pk=report_id).first()
    if found is None:
        return {"informed_at": None, "complainant": b""}
    return {"informed_at": found.told_at, "complainant": bytes(found.reporter.key)}


def _page(
    request: HttpRequest, report_id: UUID, earlier: Case, *, refused: EvenhandError | None = None
) -> HttpResponse:
    made = complaint_of(report_id)
    case = made.case if made else None
    context = {
        "case": case,
        "made": made,
        "harm": harm_name(earlier.harm),
        "ended": earlier.closed_at,
        "acted": case is not None and case.outcome == CaseOutcome.ACTED,
        "outcome_reason": _reason_for_reporter(case),
        "characters_max": OBJECTION_CHARACTERS_MAX,
        "refused": refusal_of(refused),
        "text": request.POST.get("text", ""),
        "redress": redress_shown(request, earlier.market),
        **talk_context(case, report=report_id),
    }
    return render(request, "desk/complaint.html", context, status=422 if refused else 200)


def _reason_for_reporter(case: Case | None) -> str:
    """Gives the reasons of an outcome (DSA Art. 20(5)), unless they name somebody."""
    if case is None:
        return ""
    try:
        check_names_nobody(case.reason, own="")
    except NamesSomebody:
        return ""
    return case.reason
