"""The page of one case: what is known, what is sealed, what can be decided."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.actions.policies import policies
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.base.lists import ActionKind, ChannelKind, Language
from evenhand.cases import queries
from evenhand.cases.checks import CHOICES, CaseNotClosed, Finding, check_judge, choices
from evenhand.cases.context import CONTEXT_TYPE, from_bytes
from evenhand.cases.context_steps import NoContext, ask_context
from evenhand.cases.exposure_steps import EnoughForToday, count_opening
from evenhand.cases.lists import CaseKind, CaseLane, CaseState, StepKind
from evenhand.cases.models import Case
from evenhand.connectors.translation import engine_of
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.evidence import ShownEvidence, shown
from evenhand.desk.legal.danger import danger_forms
from evenhand.desk.review.known import Known, known_of, moved_by, reports_seen
from evenhand.desk.review.noticed import noticed_rows
from evenhand.desk.review.outlook import follows_words
from evenhand.desk.review.queue import exposure_words
from evenhand.desk.review.reported import channel_kind_of, report_items, report_rows
from evenhand.desk.review.rows import (
    CASE_ROLES,
    DECIDING_ROLES,
    action_row,
    case_row,
    refused,
)
from evenhand.evidence.models import SealedItem
from evenhand.evidence.opener import Request, ask
from evenhand.evidence.queries import items_about
from evenhand.people.models import Person
from evenhand.people.queries import staff_with
from evenhand.people.roles import Role
from evenhand.reports.models import Report

DURATIONS = (1, 7, 30, 90)
"""Days that a measure can be given; without one it lasts until somebody lifts it."""


@require_safe
@staff_only(*CASE_ROLES)
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Shows a case; its evidence stays sealed."""
    return _page(request, queries.case_for(case_id, signed_in(request)))


@require_POST
@staff_only(*CASE_ROLES)
def open_evidence(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Opens one sealed item of a case for a reason, which is recorded, and shows it once."""
    member = signed_in(request)
    found = queries.case_for(case_id, member)
    which = request.POST.get("item", "")
    original = queries.original_of(found)
    reports = reports_seen(found, original, now=now())
    item = _items(found, reports).get(which)
    if item is None:
        raise NotFound(what="evidence", item=which)
    reason = request.POST.get("reason", "").strip()
    try:
        count_opening(case_id, by=member, now=now())
        opened = ask(settings.EVENHAND_HOME, Request(item=item.id, staff=member.id, reason=reason))
    except EnoughForToday:
        messages.error(
            request, gettext("That is enough of this for today. A colleague can take the case.")
        )
        return redirect("staff_case", case_id=case_id)
    except (NotAllowed, InputRefused):
        messages.error(
            request, gettext("It was not opened. Give a reason in a few words; it is recorded.")
        )
        return redirect("staff_case", case_id=case_id)
    if which == "context":
        return _page(request, found, nearby=from_bytes(opened.content))
    later = moved_by(found, original)
    content = shown(opened.media_type, opened.content, later=later, now=now())
    if request.POST.get("translate"):
        content = replace(content, translation=_translated(content) or "")
    return _page(request, found, opened={which: content})


@require_POST
@staff_only(*DECIDING_ROLES)
def surroundings(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Asks for what stands around the message; the worker reads it within seconds."""
    member = signed_in(request)
    queries.case_for(case_id, member)
    try:
        ask_context(case_id, by=member, reason=request.POST.get("reason", ""), now=now())
    except CaseNotClosed as error:
        return refused(request, case_id, error)
    except NoContext:
        messages.error(request, gettext("Nothing around this message is read: it is not public."))
    else:
        messages.success(request, gettext("It is being read. Load the page again in a moment."))
    return redirect("staff_case", case_id=case_id)


def _items(found: Case, reports: Sequence[Report]) -> dict[str, SealedItem | None]:
    """Gives what is sealed for a case, by the name that the page uses."""
    items = {"evidence": found.evidence, "objection": found.objection}
    for item in items_about(found.id):
        if item.media_type == CONTEXT_TYPE:
            items["context"] = item
        elif item.id not in (found.evidence_id, found.objection_id):
            items[str(item.id)] = item
    return {**items, **report_items(reports)}


def _page(
    request: HttpRequest,
    found: Case,
    *,
    opened: dict[str, ShownEvidence] | None = None,
    nearby: object = None,
) -> HttpResponse:
    member, moment = signed_in(request), now()
    facts = queries.facts_of(found)
    findings = check_judge(facts, queries.judge_of(member))
    known, row = (
        known_of(found, sees_sealed=member.has(Role.CHILD_SAFETY), now=moment),
        case_row(found, now=moment),
    )
    items = _items(found, known.reports)
    held_by_me = found.claimed_by_id == member.id and row["held"]
    works = any(member.has(role) for role in DECIDING_ROLES)
    context = {
        **row,
        **_decision_of(known),
        **_work_on(found, known),
        **exposure_words(member),
        "why_opened": words.why_opened(found),
        "is_objection": found.kind == CaseKind.OBJECTION,
        "sealed": found.lane == CaseLane.SEALED,
        "source": words.source_name(found.source),
        "channel_kind": channel_kind_of(found, known.reports),
        "noticed": noticed_rows(found.noticed),
        "items": items,
        "opened": opened or {},
        "translates": bool(settings.TRANSLATION_URL),
        "nearby": nearby,
        "context_item": items.get("context"),
        "context_possible": found.channel_kind == ChannelKind.PUBLIC and bool(found.event),
        "held_by_me": held_by_me,
        "held_by_other": row["held"] and not held_by_me,
        "works": works,
        "barred": [gettext(words.FINDINGS[Finding(finding)]) for finding in findings],
        "colleagues": _colleagues(found, member) if works else [],
        "wants_my_opinion": found.opinion_wanted_by_id not in (None, member.id)
        and member.id not in found.opinion_by,
        "standing": known.outlook,
        "follows": follows_words(known.outlook) if works else "",
        "similar": [case_row(one, now=moment) for one in known.similar],
        "reports": report_rows(known.reports, opened or {}, before=known.before),
        "reports_number": len(known.reports),
        "can_be_golden": found.state == CaseState.CLOSED and member.has(Role.SENIOR),
        **_choosing(found),
        **danger_forms(found, member),
    }
    return render(request, "desk/case.html", context)


def _colleagues(found: Case, member: Person) -> list[Person]:
    if found.state != CaseState.OPEN:
        return []
    return [one for one in staff_with(*DECIDING_ROLES) if one.id != member.id]


def _decision_of(known: Known) -> dict[str, object]:
    decision = known.decision
    if decision is None:
        return {"decision": None}
    return {
        "decision": decision,
        "done": [action_row(action) for action in known.done],
        "automation": words.automation_name(decision.automation),
        "decision_reason": words.reason_of(decision)[0],
    }


def _work_on(found: Case, known: Known) -> dict[str, object]:
    return {
        "notes": queries.notes_on(found.id),
        "opinions": [
            (opinion, gettext(words.CHOICES[ActionKind(opinion.kind)]))
            for opinion in (queries.opinions_on(found.id) if found.opinion_by else [])
        ],
        "history": [
            (step, gettext(words.CASE_STEPS[StepKind(step.kind)])) for step in known.history
        ],
        "earlier": [action_row(one) for one in known.against],
        "in_channel": [action_row(one) for one in known.in_channel],
    }


def _choosing(found: Case) -> dict[str, object]:
    """Gives what the form to decide offers: policies, kinds with their reach, ends."""
    if found.state != CaseState.OPEN:
        return {"kinds": [(kind.value, gettext(words.CHOICES[kind])) for kind in CHOICES]}
    facts = queries.facts_of(found)
    possible = choices(facts)
    language = Language(get_language() or "en") if get_language() in set(Language) else Language.EN
    offered = [
        policy
        for harm, policy in policies().items()
        if found.lane == CaseLane.SEALED or not harm.startswith("m.child_safety")
    ]
    # Who reports in a client names no harm: then the reviewer chooses the policy.
    policy = policies().get(found.harm)
    return {
        "policy": policy,
        "policy_said": policy.explanation[language] if policy else "",
        "policies": [(policy.harm, words.harm_name(policy.harm)) for policy in offered],
        "choices": [
            (
                kind.value,
                gettext(words.CHOICES[kind]),
                gettext(words.CHOICE_HINTS[kind]),
                words.reach_of(found, kind),
                policy is None or kind in policy.offers,
            )
            for kind in CHOICES
            if kind in possible
        ],
        "durations": [(days, timedelta(days=days)) for days in DURATIONS],
    }


def _translated(content: ShownEvidence) -> str | None:
    """Gives what was written, in the reader's language; None where no engine answered."""
    engine = engine_of(settings.TRANSLATION_URL, settings.TRANSLATION_KEY_FILE)
    reader = get_language() or "en"
    if engine is None or not content.fields or reader not in set(Language):
        return None
    return engine.translated(content.fields[0][1], to=Language(reader))
