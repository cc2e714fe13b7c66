"""Bulk decisions: one raid or one wave, a sample decided one by one before the rest follows."""

import secrets
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.lists import ActionKind
from evenhand.cases import bulk_steps, queries
from evenhand.cases.checks import CHOICES, CaseNotClosed, NamesSomebody
from evenhand.cases.limits import BULK_CASES_MAX
from evenhand.cases.lists import BulkState, CaseState
from evenhand.cases.models import Bulk
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.review.rows import (
    case_row,
    finding_words,
    listed,
    say_findings,
    say_names,
)
from evenhand.people.roles import Role
from evenhand.transparency.words import HARMS

BULKS_SHOWN = 20
FOUND_SHOWN = 20
SEED_BITS = 62
"""Bits of the seed that draws a sample: it fits the column, and nobody guesses it."""


@require_safe
@staff_only(Role.SENIOR)
def bulks(request: HttpRequest) -> HttpResponse:
    """Lists bulk decisions, and finds the cases of a new one."""
    harm = listed(request.GET.get("harm", ""), list(HARMS))
    rule, channel = request.GET.get("rule", "").strip(), request.GET.get("channel", "").strip()
    found = queries.open_alike(harm, rule=rule, channel=channel) if harm else []
    context = {
        "rows": [_bulk_row(bulk) for bulk in queries.latest_bulks(rows_max=BULKS_SHOWN)],
        "harms": [(code, gettext(text)) for code, text in HARMS.items()],
        "harm": harm,
        "rule": rule,
        "channel": channel,
        "looked": bool(harm),
        "found": [
            {**case_row(case, now=now()), "why": words.why_opened(case)}
            for case in found[:FOUND_SHOWN]
        ],
        "found_number": len(found),
        "found_max": BULK_CASES_MAX,
        "kinds": [(kind.value, gettext(words.CHOICES[kind])) for kind in CHOICES],
    }
    return render(request, "desk/review/bulks.html", context)


@require_POST
@staff_only(Role.SENIOR)
def propose(request: HttpRequest) -> HttpResponse:
    """Proposes one decision for all open cases that were found, and draws the sample."""
    kind = request.POST.get("kind", "")
    harm = listed(request.POST.get("harm", ""), list(HARMS))
    if kind not in list(ActionKind) or not harm:
        messages.error(request, gettext("Please choose one of the decisions offered."))
        return redirect("staff_bulks")
    found = queries.open_alike(
        harm,
        rule=request.POST.get("rule", "").strip(),
        channel=request.POST.get("channel", "").strip(),
    )
    try:
        bulk = bulk_steps.propose_bulk(
            [case.id for case in found],
            ActionKind(kind),
            by=signed_in(request),
            reason=request.POST.get("reason", ""),
            seed=secrets.randbits(SEED_BITS),
            now=now(),
        )
    except CaseNotClosed as error:
        say_findings(request, error)
        return redirect("staff_bulks")
    except NamesSomebody:
        say_names(request)
        return redirect("staff_bulks")
    messages.success(request, gettext("The sample is drawn. Decide it one by one."))
    return redirect("staff_bulk", bulk_id=bulk.id)


@require_safe
@staff_only(Role.SENIOR)
def bulk(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Shows one bulk decision: its sample, and what became of the rest."""
    found = queries.bulk_of(bulk_id)
    members = queries.bulk_members(bulk_id)
    sample = [member for member in members if member.sampled]
    rest = [member for member in members if not member.sampled]
    context = {
        **_bulk_row(found),
        "sample": [case_row(member.case, now=now()) for member in sample],
        "sample_open": sum(member.case.state == CaseState.OPEN for member in sample),
        "rest_number": len(rest),
        "rest_done": sum(member.done for member in rest),
        "left_out": [
            (member, finding_words(member.left_out)) for member in rest if member.left_out
        ],
        "can_start": found.state == BulkState.SAMPLING,
        "can_stop": found.ended_at is None,
    }
    return render(request, "desk/review/bulk.html", context)


@require_POST
@staff_only(Role.SENIOR)
def start(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Lets the rest follow, if all of the sample got the same decision."""
    try:
        found = bulk_steps.start_bulk(bulk_id, now=now())
    except CaseNotClosed as error:
        say_findings(request, error)
        return redirect("staff_bulk", bulk_id=bulk_id)
    if found.state == BulkState.RUNNING:
        messages.success(request, gettext("The rest follows now; each can be undone."))
    else:
        messages.error(
            request, gettext("The sample was not decided alike, so the rest does not follow.")
        )
    return redirect("staff_bulk", bulk_id=bulk_id)


@require_POST
@staff_only(Role.SENIOR)
def stop(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Stops a bulk decision; what is decided stays and can be undone one by one."""
    try:
        bulk_steps.stop_bulk(bulk_id, by=signed_in(request), now=now())
    except CaseNotClosed as error:
        say_findings(request, error)
    else:
        messages.success(request, gettext("It is stopped. What is decided stays."))
    return redirect("staff_bulk", bulk_id=bulk_id)


def _bulk_row(found: Bulk) -> dict[str, object]:
    return {
        "bulk": found,
        "name": gettext(words.CHOICES[ActionKind(found.kind)]),
        "harm_name": words.harm_name(found.harm),
        "state": gettext(words.BULK_STATES[BulkState(found.state)]),
    }
