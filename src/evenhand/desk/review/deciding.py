"""Deciding a case: policy, action, territory, duration; and judging an objection."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from evenhand.appeals import steps as appeals
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused
from evenhand.base.lists import ActionKind
from evenhand.base.sealing import read_key
from evenhand.cases import queries, steps
from evenhand.cases.checks import CaseNotClosed, Finding, NamesSomebody, refuse_if
from evenhand.cases.lists import CaseOutcome
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.review.page import DURATIONS
from evenhand.desk.review.rows import DECIDING_ROLES, refused, say_names


@require_POST
@staff_only(*DECIDING_ROLES)
def decide(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Closes a case with an action or with none."""
    member, moment = signed_in(request), now()
    queries.case_for(case_id, member)
    kind = request.POST.get("kind", "")
    days = request.POST.get("days", "")
    if kind not in list(ActionKind) or (days and days not in map(str, DURATIONS)):
        messages.error(request, gettext("Please choose one of the decisions offered."))
        return redirect("staff_case", case_id=case_id)
    try:
        steps.decide_case(
            case_id,
            ActionKind(kind),
            by=member,
            reason=request.POST.get("reason", ""),
            now=moment,
            harm=request.POST.get("harm") or None,
            territory=territory_of(request.POST.get("territory", "")),
            ends_at=ends_at(days, now=moment),
            unfounded=request.POST.get("unfounded") == "yes",
        )
    except CaseNotClosed as error:
        return refused(request, case_id, error)
    except NamesSomebody:
        say_names(request)
        return redirect("staff_case", case_id=case_id)
    if queries.case_of(case_id).outcome == CaseOutcome.COMPARED:
        said = gettext(
            "Nothing is done: this case compares how people decide. Your answer is kept."
        )
    else:
        said = gettext("The case is closed.")
    messages.success(request, said)
    if request.POST.get("then") == "queue":
        return redirect("staff_cases")
    return redirect("staff_case", case_id=case_id)


@require_POST
@staff_only(*DECIDING_ROLES)
def judge(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Upholds or refuses an objection."""
    member, reason = signed_in(request), request.POST.get("reason", "")
    queries.case_for(case_id, member)
    verdict = request.POST.get("verdict", "")
    unfounded = request.POST.get("unfounded") == "yes"
    try:
        if verdict == "uphold":
            refuse_if([Finding.UNFOUNDED_AND_ACTED] if unfounded else [])
            appeals.uphold(case_id, by=member, reason=reason, now=now())
            said = gettext("The objection is upheld. What was done is being undone.")
        elif verdict == "refuse":
            appeals.refuse(
                case_id,
                by=member,
                reason=reason,
                now=now(),
                unfounded=unfounded,
                token_key=read_key(settings.KEYS / "token.key"),
            )
            said = gettext("The objection is refused. The author is told your reasons.")
        else:
            raise InputRefused(what="verdict", why="neither upheld nor refused")
    except CaseNotClosed as error:
        return refused(request, case_id, error)
    except NamesSomebody:
        say_names(request)
        return redirect("staff_case", case_id=case_id)
    messages.success(request, said)
    return redirect("staff_case", case_id=case_id)


def territory_of(text: str) -> tuple[str, ...]:
    """Gives the countries that somebody typed: two letters each, however they are parted."""
    words = text.replace(",", " ").replace(";", " ").upper().split()
    return tuple(dict.fromkeys(words))


def ends_at(days: str, *, now: datetime) -> datetime | None:
    """Gives when a measure ends; None lasts until it is lifted. Only what is offered counts."""
    known = {str(number): number for number in DURATIONS}
    return now + timedelta(days=known[days]) if days in known else None
