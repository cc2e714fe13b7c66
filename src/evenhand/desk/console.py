"""The staff console: cases, actions, exact reports. It shows and asks; the rooms below decide."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.actions import queries as actions_queries
from evenhand.actions import steps as actions_steps
from evenhand.actions.checks import UNDO, UNDOABLE_STATES
from evenhand.actions.lists import ActionState, DeliveryState, Verb
from evenhand.actions.models import Action
from evenhand.actions.policies import CHILD_SAFETY
from evenhand.base.clock import now
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.lists import ActionKind, UndoResult
from evenhand.cases import queries as cases_queries
from evenhand.cases.queues import is_sealed
from evenhand.desk import words
from evenhand.desk.countries import country
from evenhand.desk.doors import signed_in, staff_only, staff_who
from evenhand.desk.limits import ROWS_PER_PAGE
from evenhand.desk.review.rows import (
    CASE_ROLES,
    DECIDING_ROLES,
    action_row,
    case_row,
    listed,
    page_number,
    query_without_page,
)
from evenhand.people.models import Person
from evenhand.people.powers import Power
from evenhand.people.queries import person_of
from evenhand.people.roles import Role
from evenhand.records import queries as records_queries
from evenhand.transparency.pages import page_context
from evenhand.transparency.publish import exact_report


@require_safe
@staff_only()
def start(request: HttpRequest) -> HttpResponse:
    """Leads to the work of whoever is signed in."""
    member = signed_in(request)
    if any(member.has(role) for role in DECIDING_ROLES):
        return redirect("staff_cases")
    if any(member.has(role) for role in (Role.LEGAL_OFFICER, Role.APPROVER, Role.BOARD)):
        return redirect("legal_queue")
    if member.has(Role.REPRESENTATIVE):
        return redirect("legal_paper")
    if member.has(Role.POLICY_AUTHOR):
        return redirect("staff_rules")
    if member.has(Role.AUDITOR):
        return redirect("staff_audit")
    return redirect("staff_reports")


@require_safe
@staff_only(*CASE_ROLES)
def actions(request: HttpRequest) -> HttpResponse:
    """Lists what was done, the latest first."""
    kind = listed(request.GET.get("kind", ""), list(ActionKind))
    state = listed(request.GET.get("state", ""), list(ActionState))
    number = page_number(request)
    found = actions_queries.latest_actions(
        kind=kind,
        state=state,
        without_harm="" if signed_in(request).has(Role.CHILD_SAFETY) else CHILD_SAFETY,
        rows_max=ROWS_PER_PAGE,
        skip=(number - 1) * ROWS_PER_PAGE,
    )
    context = {
        "rows": [action_row(action) for action in found],
        "number": number,
        "more": len(found) == ROWS_PER_PAGE,
        "query": query_without_page(request),
        "kind": kind,
        "state": state,
        "kinds": [(kind.value, words.action_name(kind)) for kind in ActionKind],
        "states": [(state.value, gettext(text)) for state, text in words.ACTION_STATES.items()],
    }
    return render(request, "desk/actions.html", context)


@require_safe
@staff_only(*CASE_ROLES)
def action(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Shows one action: its decision, what became of it, and how to undo it."""
    found = _action(action_id, signed_in(request))
    decision = found.decision
    undo_result = UNDO[ActionKind(found.kind)]
    can_undo = (
        ActionState(found.state) in UNDOABLE_STATES and undo_result is not UndoResult.NOT_POSSIBLE
    )
    context = {
        **action_row(found),
        "decision": decision,
        "source": words.source_name(decision.source),
        "automation": words.automation_name(decision.automation),
        "channel_kind": words.channel_kind_name(decision.channel_kind),
        "decided_by": person_of(decision.staff) if decision.staff else None,
        "undo_reason": words.own_words(found.undo_reason),
        "territory": [country(code) for code in found.territory],
        "undone_by": person_of(found.undo_by) if found.undo_by else None,
        "deliveries": [
            {
                "verb": gettext(words.VERBS[Verb(delivery.verb)]),
                "state": gettext(words.DELIVERY_STATES[DeliveryState(delivery.state)]),
                "delivery": delivery,
                "outcomes": list(delivery.outcomes.all()),
            }
            for delivery in actions_queries.deliveries_about(found)
        ],
        "cases": [case_row(case, now=now()) for case in cases_queries.cases_about(decision.id)],
        "compensated": undo_result is UndoResult.COMPENSATED,
        "can_undo": can_undo and _may_undo(found, signed_in(request)),
    }
    return render(request, "desk/action.html", context)


@require_POST
@staff_who(Power.UNDO_ACTIONS)
def undo(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Has an action undone."""
    if not _may_undo(_action(action_id, signed_in(request)), signed_in(request)):
        raise NotAllowed(what="action", why="another lane's")
    try:
        actions_steps.undo(
            action_id,
            by=signed_in(request).id,
            reason=request.POST.get("reason", "").strip(),
            now=now(),
        )
    except NotAllowed:
        messages.error(request, gettext("It was not undone. Please give your reasons."))
    else:
        messages.success(request, gettext("It is being undone."))
    return redirect("staff_action", action_id=action_id)


@require_safe
@staff_only()
def reports(request: HttpRequest) -> HttpResponse:
    """Lists every day of which there are records."""
    return render(request, "desk/staff_reports.html", {"days": records_queries.days()})


@require_safe
@staff_only()
def report(request: HttpRequest, day: date) -> HttpResponse:
    """Shows a day's exact numbers as they stand now."""
    context = page_context(exact_report(day, now=now()))
    return render(request, "desk/staff_report.html", context)


def _action(action_id: UUID, member: Person) -> Action:
    """Gives an action; what was done in the sealed lane exists for its people alone."""
    found = actions_queries.action_of(action_id)
    hidden = found is None or (is_sealed(found.decision.harm) and not member.has(Role.CHILD_SAFETY))
    if found is None or hidden:
        raise NotFound(what="action", id=action_id)
    return found


def _may_undo(found: Action, member: Person) -> bool:
    """Tells whether somebody may undo an action: the people of its lane."""
    if is_sealed(found.decision.harm):
        return member.has(Role.CHILD_SAFETY)
    return member.has(Role.REVIEWER) or member.has(Role.SENIOR)
