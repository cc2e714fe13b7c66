"""The staff console: cases, actions, exact reports. It shows and asks; the rooms below decide."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.conf import settings
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
from evenhand.appeals import steps as appeals
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.base.lists import ActionKind, TargetKind, UndoResult
from evenhand.cases import queries as cases_queries
from evenhand.cases import steps as cases_steps
from evenhand.cases.checks import CaseNotClosed, Finding, check_judge, choices
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.cases.queries import CaseFilter, case_of
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.evidence import ShownEvidence, shown
from evenhand.desk.legal.danger import danger_forms
from evenhand.desk.limits import ROWS_PER_PAGE
from evenhand.evidence.opener import Request, ask
from evenhand.people.queries import person_of
from evenhand.people.roles import Role
from evenhand.records import queries as records_queries
from evenhand.transparency.pages import page_context
from evenhand.transparency.publish import exact_report
from evenhand.transparency.words import HARMS, country, language_name

CASE_ROLES = (Role.REVIEWER, Role.LEGAL_OFFICER)
"""Who sees cases and actions: they name accounts."""


@require_safe
@staff_only()
def start(request: HttpRequest) -> HttpResponse:
    """Leads to the work of whoever is signed in."""
    member = signed_in(request)
    if member.has(Role.REVIEWER):
        return redirect("staff_cases")
    if any(member.has(role) for role in (Role.LEGAL_OFFICER, Role.APPROVER, Role.BOARD)):
        return redirect("legal_queue")
    if member.has(Role.REPRESENTATIVE):
        return redirect("legal_paper")
    return redirect("staff_reports")


@require_safe
@staff_only(*CASE_ROLES)
def cases(request: HttpRequest) -> HttpResponse:
    """Lists cases, the gravest first."""
    wanted = CaseFilter(
        state=_listed(request.GET.get("state", CaseState.OPEN.value), list(CaseState)),
        kind=_listed(request.GET.get("kind", ""), list(CaseKind)),
        harm=_listed(request.GET.get("harm", ""), list(HARMS)),
    )
    page = cases_queries.queue(wanted, page=_page_number(request))
    context = {
        "rows": [_case_row(case) for case in page.cases],
        "page": page,
        "wanted": wanted,
        "query": _query_without_page(request),
        "open_counts": [
            (gettext(words.CASE_KINDS[CaseKind(kind)]), quantity)
            for kind, quantity in cases_queries.open_counts().items()
        ],
        "kinds": [(kind.value, gettext(text)) for kind, text in words.CASE_KINDS.items()],
        "states": [(state.value, gettext(text)) for state, text in words.CASE_STATES.items()],
        "harms": [(code, gettext(text)) for code, text in HARMS.items()],
    }
    return render(request, "desk/cases.html", context)


@require_safe
@staff_only(*CASE_ROLES)
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Shows a case; its evidence stays sealed."""
    return _case_page(request, case_of(case_id))


@require_POST
@staff_only(*CASE_ROLES)
def open_evidence(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Opens one sealed item of a case for a reason, which is recorded, and shows it once."""
    opened_case = case_of(case_id)
    items = {"evidence": opened_case.evidence, "objection": opened_case.objection}
    which = request.POST.get("item", "")
    item = items.get(which)
    if item is None:
        raise NotFound(what="evidence", item=which)
    reason = request.POST.get("reason", "").strip()
    try:
        opened = ask(
            settings.EVENHAND_HOME,
            Request(item=item.id, staff=signed_in(request).id, reason=reason),
        )
    except (NotAllowed, InputRefused):
        messages.error(
            request, gettext("It was not opened. Give a reason in a few words; it is recorded.")
        )
        return redirect("staff_case", case_id=case_id)
    content = shown(opened.media_type, opened.content)
    return _case_page(request, opened_case, opened={which: content})


@require_POST
@staff_only(Role.REVIEWER)
def decide(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Closes a case with an action or with none."""
    kind = request.POST.get("kind", "")
    if kind not in list(ActionKind):
        messages.error(request, gettext("Please choose one of the decisions offered."))
        return redirect("staff_case", case_id=case_id)
    try:
        cases_steps.decide_case(
            case_id,
            ActionKind(kind),
            by=signed_in(request),
            reason=request.POST.get("reason", ""),
            now=now(),
        )
    except CaseNotClosed as error:
        return _refused(request, case_id, error)
    messages.success(request, gettext("The case is closed."))
    return redirect("staff_case", case_id=case_id)


@require_POST
@staff_only(Role.REVIEWER)
def judge(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Upholds or refuses an objection."""
    member, reason = signed_in(request), request.POST.get("reason", "")
    verdict = request.POST.get("verdict", "")
    try:
        if verdict == "uphold":
            appeals.uphold(case_id, by=member, reason=reason, now=now())
            said = gettext("The objection is upheld. What was done is being undone.")
        elif verdict == "refuse":
            appeals.refuse(case_id, by=member, reason=reason, now=now())
            said = gettext("The objection is refused. The author is told your reasons.")
        else:
            raise InputRefused(what="verdict", why="neither upheld nor refused")
    except CaseNotClosed as error:
        return _refused(request, case_id, error)
    messages.success(request, said)
    return redirect("staff_case", case_id=case_id)


@require_safe
@staff_only(*CASE_ROLES)
def actions(request: HttpRequest) -> HttpResponse:
    """Lists what was done, the latest first."""
    kind = _listed(request.GET.get("kind", ""), list(ActionKind))
    state = _listed(request.GET.get("state", ""), list(ActionState))
    number = _page_number(request)
    found = actions_queries.latest_actions(
        kind=kind, state=state, rows_max=ROWS_PER_PAGE, skip=(number - 1) * ROWS_PER_PAGE
    )
    context = {
        "rows": [_action_row(action) for action in found],
        "number": number,
        "more": len(found) == ROWS_PER_PAGE,
        "query": _query_without_page(request),
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
    found = _action(action_id)
    decision = found.decision
    undo_result = UNDO[ActionKind(found.kind)]
    can_undo = (
        ActionState(found.state) in UNDOABLE_STATES and undo_result is not UndoResult.NOT_POSSIBLE
    )
    context = {
        **_action_row(found),
        "decision": decision,
        "source": words.source_name(decision.source),
        "automation": words.automation_name(decision.automation),
        "channel_kind": words.channel_kind_name(decision.channel_kind),
        "decided_by": person_of(decision.staff) if decision.staff else None,
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
        "cases": [_case_row(case) for case in cases_queries.cases_about(decision.id)],
        "compensated": undo_result is UndoResult.COMPENSATED,
        "can_undo": can_undo and signed_in(request).has(Role.REVIEWER),
    }
    return render(request, "desk/action.html", context)


@require_POST
@staff_only(Role.REVIEWER)
def undo(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Has an action undone."""
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


def _case_page(
    request: HttpRequest, found: Case, *, opened: dict[str, ShownEvidence] | None = None
) -> HttpResponse:
    facts = cases_steps.facts_of(found)
    findings = check_judge(facts, cases_steps.judge_of(signed_in(request)))
    decision = found.decision
    context = {
        **_case_row(found),
        "why_opened": words.why_opened(found),
        "is_objection": found.kind == CaseKind.OBJECTION,
        "decision": decision,
        "done": [_action_row(action) for action in actions_queries.actions_of(decision.id)]
        if decision
        else [],
        "automation": words.automation_name(decision.automation) if decision else "",
        "decision_reason": words.reason_of(decision)[0] if decision else "",
        "source": words.source_name(found.source),
        "channel_kind": words.channel_kind_name(found.channel_kind),
        "opened": opened or {},
        "barred": [gettext(words.FINDINGS[Finding(finding)]) for finding in findings],
        "choices": [
            (kind.value, gettext(words.CHOICES[kind]), gettext(words.CHOICE_HINTS[kind]))
            for kind in choices(facts, found.harm)
        ],
        **danger_forms(found, signed_in(request)),
    }
    return render(request, "desk/case.html", context)


def _case_row(case: Case) -> dict[str, object]:
    return {
        "case": case,
        "kind": gettext(words.CASE_KINDS[CaseKind(case.kind)]),
        "state": gettext(words.CASE_STATES[CaseState(case.state)]),
        "outcome": gettext(words.CASE_OUTCOMES[CaseOutcome(case.outcome)]) if case.outcome else "",
        "harm": words.harm_name(case.harm),
        "country": country(case.market),
        "language": language_name(case.language),
        "rules": [f"{rule[0]} {rule[1]}" for rule in case.rules],
    }


def _action_row(action: Action) -> dict[str, object]:
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


def _action(action_id: UUID) -> Action:
    found = actions_queries.action_of(action_id)
    if found is None:
        raise NotFound(what="action", id=action_id)
    return found


def _refused(request: HttpRequest, case_id: UUID, error: CaseNotClosed) -> HttpResponse:
    for finding in str(error.fields["findings"]).split(","):
        messages.error(request, gettext(words.FINDINGS[Finding(finding)]))
    return redirect("staff_case", case_id=case_id)


def _listed(value: str, values: Sequence[str]) -> str:
    """Gives a filter's value if it is one that exists, else no filter."""
    return value if value in values else ""


def _page_number(request: HttpRequest) -> int:
    value = request.GET.get("page", "1")
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _query_without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
