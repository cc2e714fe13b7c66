"""How decisions stand at the DSA Transparency Database: what waits, what was refused and why."""

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.errors import InputRefused
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_only, staff_who
from evenhand.people.powers import Power
from evenhand.people.roles import Role
from evenhand.statements import queries, steps
from evenhand.statements.lists import Fault, Leak, Reversal, SubmissionState
from evenhand.statements.models import Submission

MAY_CHANGE = (Role.LEGAL_OFFICER, Role.SENIOR)
"""Who decides what becomes of a refused entry: it is a duty in law that is left or kept."""

STATES = {
    SubmissionState.WAITING: gettext_noop("Waits to be sent"),
    SubmissionState.SENT: gettext_noop("Sent, no answer yet"),
    SubmissionState.ACCEPTED: gettext_noop("Accepted by the database"),
    SubmissionState.REFUSED: gettext_noop("Held back or refused"),
    SubmissionState.GONE: gettext_noop("Left out by a person"),
}
TONES = {
    SubmissionState.WAITING: "warn",
    SubmissionState.SENT: "warn",
    SubmissionState.ACCEPTED: "good",
    SubmissionState.REFUSED: "bad",
    SubmissionState.GONE: "",
}
FAULTS = {
    Fault.MISSING: gettext_noop("It is missing."),
    Fault.TOO_LONG: gettext_noop("It is longer than the database takes."),
    Fault.NOT_LISTED: gettext_noop("It is not on the database's list, or does not belong there."),
    Fault.WRONG_FORM: gettext_noop("It does not have the form that the database wants."),
    Fault.OUT_OF_RANGE: gettext_noop("The day is outside what the database takes."),
    Fault.NO_DECISION: gettext_noop("It does not say what was decided."),
    Fault.NOT_OURS: gettext_noop("It is not one of the fixed texts, so it stays in the house."),
    Fault.PERSONAL_DATA: gettext_noop("It may point to somebody, so it stays in the house."),
    Fault.BY_DATABASE: gettext_noop("The database does not take it."),
    Fault.DIFFERS: gettext_noop("The database holds something else under the same number."),
}
LEAKS = {
    Leak.MESSENGER_ID: gettext_noop("the name of an account, channel or message"),
    Leak.MAIL: gettext_noop("a mail address"),
    Leak.PHONE: gettext_noop("a phone number"),
    Leak.IP: gettext_noop("an IP address"),
    Leak.LINK: gettext_noop("a link"),
    Leak.NUMBER: gettext_noop("a long number"),
    Leak.KEY: gettext_noop("a long key"),
    Leak.KNOWN: gettext_noop("a name that belongs to this decision"),
}
REVERSALS = {
    Reversal.UNDONE: gettext_noop("Undone later"),
    Reversal.COMPENSATED: gettext_noop("Made good later"),
    Reversal.OBJECTION_UPHELD: gettext_noop("Objection upheld"),
}


@require_safe
@staff_who(Power.SEE_SUBMISSIONS)
def submissions(request: HttpRequest) -> HttpResponse:
    """Lists entries, the latest first; none of them names anybody."""
    asked = request.GET.get("state", "")
    state = SubmissionState(asked) if asked in list(SubmissionState) else None
    fallen = request.GET.get("reversed") == "1"
    page = queries.submissions(state=state, reversed_only=fallen, number=_number(request))
    counts = queries.counts()
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "rows": [_row(row) for row in page.rows],
        "page": page,
        "query": kept.urlencode(),
        "state": asked,
        "fallen": fallen,
        "states": [(one.value, gettext(text)) for one, text in STATES.items()],
        "counts": [
            {"state": one.value, "name": gettext(STATES[one]), "rows": rows, "tone": TONES[one]}
            for one, rows in counts.items()
        ],
        "corrections": [
            (gettext(REVERSALS[how]), rows) for how, rows in queries.corrections().items() if rows
        ],
        "sending": settings.DSA_URL not in {"", "off"},
        "off": settings.DSA_URL == "off",
    }
    return render(request, "desk/submissions.html", context)


@require_safe
@staff_who(Power.SEE_SUBMISSIONS)
def submission(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Shows one entry whole, as it was or would be sent, and what is wrong with it."""
    row = queries.submission_of(submission_id)
    member = signed_in(request)
    context = {
        **_row(row),
        "entry": [(name, _shown(value)) for name, value in row.entry.items()],
        "faults": [_fault(one) for one in row.faults],
        "may_change": row.state == SubmissionState.REFUSED
        and any(member.has(role) for role in MAY_CHANGE),
    }
    return render(request, "desk/submission.html", context)


@require_POST
@staff_only(*MAY_CHANGE)
def again(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Has a refused entry made anew from its decision, and sent."""
    try:
        terms: steps.Terms = import_string(settings.STATEMENT_TERMS)()
        steps.try_again(submission_id, terms, now=now())
    except steps.NotRefused:
        messages.error(request, gettext("This entry is not refused, or no longer."))
    else:
        messages.success(request, gettext("The entry is made anew and sent."))
    return redirect("staff_statement", submission_id=submission_id)


@require_POST
@staff_only(*MAY_CHANGE)
def leave_out(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Leaves a refused entry out for good."""
    reason = request.POST.get("reason", "")
    try:
        steps.leave_out(submission_id, by=signed_in(request).id, reason=reason, now=now())
    except steps.NotRefused:
        messages.error(request, gettext("This entry is not refused, or no longer."))
    except InputRefused:
        messages.error(
            request, gettext("It was not left out. Give your reasons, in at most 1000 characters.")
        )
    else:
        messages.success(request, gettext("The entry is left out. Your name and reasons are kept."))
    return redirect("staff_statement", submission_id=submission_id)


def _row(row: Submission) -> dict[str, object]:
    state = SubmissionState(row.state)
    return {
        "submission": row,
        "state_name": gettext(STATES[state]),
        "tone": TONES[state],
        "harm": words.harm_name(row.decision.harm),
        "reversal": gettext(REVERSALS[Reversal(row.reversal)]) if row.reversal else "",
    }


def _fault(told: Mapping[str, str]) -> dict[str, str]:
    """Gives a fault in words: what the database itself said stays as it said it."""
    fault, why = Fault(told["fault"]), told["why"]
    more = ""
    if fault is Fault.PERSONAL_DATA and why in list(Leak):
        more = gettext(LEAKS[Leak(why)])
    elif fault is Fault.BY_DATABASE:
        more = why
    return {"field": told["field"], "what": gettext(FAULTS[fault]), "more": more}


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _number(request: HttpRequest) -> int:
    value = request.GET.get("page", "1")
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) < 6 else 1
