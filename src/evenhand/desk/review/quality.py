"""How people decide: agreement of second looks and of known answers, and known answers made."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.lists import ActionKind
from evenhand.cases import queries
from evenhand.cases.agreement import Agreement
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.quality_steps import make_golden
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.review.rows import refused
from evenhand.people.roles import Role

SPAN_DAYS = 90
"""Days that the figures cover: enough answers for each harm, and still how people decide now."""

QUALITY_ROLES = (Role.SENIOR, Role.POLICY_AUTHOR, Role.AUDITOR)


@require_safe
@staff_only(*QUALITY_ROLES)
def quality(request: HttpRequest) -> HttpResponse:
    """Shows for each harm how far people decide alike; it names nobody."""
    until = now()
    since = until - timedelta(days=SPAN_DAYS)
    context = {
        "days": SPAN_DAYS,
        "second_looks": _rows(since, until, golden=False),
        "known_answers": _rows(since, until, golden=True),
    }
    return render(request, "desk/review/quality.html", context)


@require_POST
@staff_only(Role.SENIOR)
def golden(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Makes a closed case one whose answer is known."""
    queries.case_for(case_id, signed_in(request))
    answer = request.POST.get("kind", "")
    if answer not in list(ActionKind):
        messages.error(request, gettext("Please choose one of the decisions offered."))
        return redirect("staff_case", case_id=case_id)
    try:
        make_golden(
            case_id,
            ActionKind(answer),
            by=signed_in(request),
            reason=request.POST.get("reason", ""),
            now=now(),
        )
    except CaseNotClosed as error:
        return refused(request, case_id, error)
    messages.success(request, gettext("Colleagues will meet this case now and then."))
    return redirect("staff_case", case_id=case_id)


def _rows(since: datetime, until: datetime, *, golden: bool) -> list[dict[str, object]]:
    found = queries.agreement(since, until, golden=golden)
    return [_row(one) for one in sorted(found, key=lambda one: one.share)]


def _row(one: Agreement) -> dict[str, object]:
    return {"harm": words.harm_name(one.harm), "figures": one, "percent": round(100 * one.share)}
