"""What the reviewers' pages say of cases and actions, in words."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.base.lists import TargetKind
from evenhand.cases.checks import CaseNotClosed, Finding
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.desk import words
from evenhand.desk.countries import country
from evenhand.people.roles import Role
from evenhand.transparency.words import language_name

CASE_ROLES = (Role.REVIEWER, Role.SENIOR, Role.CHILD_SAFETY, Role.LEGAL_OFFICER)
"""Who sees cases and actions: they name accounts. The sealed lane is told apart by `case_for`."""

DECIDING_ROLES = (Role.REVIEWER, Role.SENIOR, Role.CHILD_SAFETY)
"""Who works on cases."""

HURRY_SHARE = 0.8
"""Share of the time to look after which a case is shown as pressing."""


def case_row(case: Case, *, now: datetime) -> dict[str, object]:
    """Gives a case as a row or head shows it."""
    return {
        "case": case,
        "kind": gettext(words.CASE_KINDS[CaseKind(case.kind)]),
        "state": gettext(words.CASE_STATES[CaseState(case.state)]),
        "outcome": gettext(words.CASE_OUTCOMES[CaseOutcome(case.outcome)]) if case.outcome else "",
        "harm": words.harm_name(case.harm),
        "queue": words.queue_name(case.queue),
        "country": country(case.market),
        "language": language_name(case.language),
        "rules": [f"{rule[0]} {rule[1]}" for rule in case.rules],
        "hurry": _hurry(case, now=now),
        "held": case.claimed_until is not None and case.claimed_until > now,
    }


def action_row(action: Action) -> dict[str, object]:
    """Gives an action as a row shows it."""
    state = ActionState(action.state)
    return {
        "action": action,
        "name": words.action_name(action.kind),
        "target": gettext(words.TARGET_KINDS[TargetKind(action.target_kind)]),
        "harm": words.harm_name(action.decision.harm),
        "country": country(action.decision.market),
        "reason": words.reason_of(action.decision)[0],
        "state": gettext(words.ACTION_STATES[state]),
        "tone": words.STATE_TONES[state],
    }


def refused(request: HttpRequest, case_id: UUID, error: CaseNotClosed) -> HttpResponse:
    """Says why it was not done, and leads back to the case."""
    say_findings(request, error)
    return redirect("staff_case", case_id=case_id)


def say_findings(request: HttpRequest, error: CaseNotClosed) -> None:
    """Says why something was not done."""
    for finding in str(error.fields["findings"]).split(","):
        messages.error(request, gettext(words.FINDINGS[Finding(finding)]))


def finding_words(findings: str) -> str:
    """Gives findings that were kept, joined by commas, in words."""
    return " ".join(gettext(words.FINDINGS[Finding(one)]) for one in findings.split(","))


def say_names(request: HttpRequest) -> None:
    """Says that a text was not taken since it names somebody."""
    messages.error(
        request,
        gettext("It was not sent: it names an account or a mailbox. Say it without names."),
    )


def listed(value: str, values: Sequence[str]) -> str:
    """Gives a filter's value if it is one that exists, else no filter."""
    return value if value in values else ""


def page_number(request: HttpRequest) -> int:
    """Gives the page that was asked for."""
    value = request.GET.get("page", "1")
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def query_without_page(request: HttpRequest) -> str:
    """Gives the filters of an address, for its next page."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def _hurry(case: Case, *, now: datetime) -> str:
    """Gives how pressing an open case is: `bad` when it is late, `warn` when it soon will be."""
    if case.state != CaseState.OPEN:
        return ""
    if case.serve_by <= now:
        return "bad"
    whole = (case.serve_by - case.opened_at).total_seconds()
    return "warn" if (now - case.opened_at).total_seconds() >= HURRY_SHARE * whole else ""
