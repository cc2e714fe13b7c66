"""One matter, whole, for those who work on it: what was asked, what was found, what comes next."""

import json
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from evenhand.authorities import queries as authorities
from evenhand.authorities.lists import CallBackSaid
from evenhand.base.clock import now
from evenhand.base.lists import ActionKind
from evenhand.base.personal import reveal
from evenhand.desk import law_words as words
from evenhand.desk import papers
from evenhand.desk.countries import country
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.engines import violations
from evenhand.desk.legal.after_rows import after_rows
from evenhand.desk.legal.queue import LEGAL_ROLES
from evenhand.desk.matter_rows import (
    clock_rows,
    document_rows,
    entry_of,
    fraud_row,
    history_rows,
    identifier_rows,
    matter_row,
)
from evenhand.desk.words import action_name
from evenhand.legal import queries, steps
from evenhand.legal.answers.facts import FurtherGround
from evenhand.legal.canonical import canonical, digest_of
from evenhand.legal.checks import DISCLOSING, FLOW, QUESTIONNAIRE, ROLES, check_release
from evenhand.legal.drafts import Plan
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    ClockName,
    DisclosureState,
    EnforcingAnswer,
    MatterState,
    NoticeState,
    PlanKind,
    Said,
    Substance,
    Verb,
)
from evenhand.legal.models import Assessment, Disclosure, Matter, Question, UserNotice
from evenhand.legal.notices import allowed
from evenhand.legal.oversight_steps import Revealed
from evenhand.legal.ports import DataClass
from evenhand.legal.release_steps import text_of
from evenhand.markets.lists import AuthorityKind, LegalKind, Purpose, Refusal
from evenhand.people.models import Person
from evenhand.people.queries import person_of
from evenhand.people.steps import read_personal
from evenhand.transparency.words import HARMS

CALL_ANSWERS = {
    CallBackSaid.CONFIRMED: gettext_noop("Yes, this request is theirs"),
    CallBackSaid.DENIED: gettext_noop("No, they know nothing of it"),
    CallBackSaid.NO_ANSWER: gettext_noop("Nobody answered"),
}
CALL_TONES = {
    CallBackSaid.CONFIRMED: "good",
    CallBackSaid.DENIED: "bad",
    CallBackSaid.NO_ANSWER: "warn",
}
PLANS = {
    PlanKind.ACCEPT: (
        gettext_noop("Accept"),
        gettext_noop("Exactly what is asked, as far as the law goes."),
    ),
    PlanKind.NARROW: (
        gettext_noop("Accept in part"),
        gettext_noop("Less than is asked: fewer data, or that country alone."),
    ),
    PlanKind.REFUSE: (
        gettext_noop("Refuse"),
        gettext_noop("With its ground; nothing is given and nothing is done."),
    ),
}
WANTS = {
    DataClass.CONNECTIONS: gettext_noop("IP addresses with port and time"),
    DataClass.PHONE: gettext_noop("The phone number"),
}
MEASURES = (
    ActionKind.GEO_WITHHOLD,
    ActionKind.REDACT,
    ActionKind.BLOCK_CHANNEL,
    ActionKind.UNLIST,
)
WINDOW_ANSWERS = {
    EnforcingAnswer.NO_GROUND: gettext_noop("It raises no ground"),
    EnforcingAnswer.LAPSED: gettext_noop("The time is over without a word"),
    EnforcingAnswer.REFUSES: gettext_noop("It refuses"),
}
BOARD = {
    BoardDecision.GO_ON: gettext_noop("Go on"),
    BoardDecision.REFUSE: gettext_noop("Refuse"),
}
COUNTED = {
    "accounts": gettext_noop("Accounts"),
    "connections": gettext_noop("Connections"),
    "phones": gettext_noop("Phone numbers"),
    "ports": gettext_noop("With port"),
    "unknown": gettext_noop("Not known here"),
}
"""What a package's list counts, in words."""
SAID_TONES = {Said.NO: "good", Said.YES: "bad", Said.UNSURE: "warn"}


@require_safe
@staff_only(*LEGAL_ROLES)
def matter(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Shows a matter to somebody who works on it; what it names stays hidden."""
    return matter_page(request, queries.matter_for(matter_id, signed_in(request)))


def matter_page(
    request: HttpRequest, found: Matter, *, revealed: list[Revealed] | None = None
) -> HttpResponse:
    """Gives the page of a matter, with what it names if that was just revealed."""
    at, person = now(), signed_in(request)
    purpose, validator = Purpose(found.purpose), found.validator
    context = matter_row(found) | {
        "entry": entry_of(found),
        "clocks": clock_rows(found.id, now=at),
        "purpose": gettext(words.PURPOSES[purpose]),
        "validator": gettext(words.AUTHORITY_KINDS[AuthorityKind(validator)]) if validator else "",
        "identifiers": identifier_rows(found.id),
        "revealed": [
            {"name": gettext(words.IDENTIFIER_KINDS[one.kind]), "value": reveal(one.value)}
            for one in revealed or []
        ],
        "documents": document_rows(found),
        "fraud": fraud_row(found),
        "fields": field_rows(found),
        "history": _history(found.id),
        "answers": papers.rows_of(found, route="legal_paper_out"),
        **_work(found, person, at=at, revealed=revealed is not None),
        **after_rows(found, person, at=at),
    }
    return render(request, "desk/legal/matter.html", context)


def field_rows(found: Matter) -> list[dict[str, object]]:
    """Gives what they wrote, with what the law requires and is missing."""
    kind, _ = queries.law_of(found)
    danger = QUESTIONNAIRE if found.emergency else ()
    names = dict.fromkeys([*danger, *kind.mandatory_fields, *found.fields])
    return [
        {"name": name, "label": words.field_name(name), "value": found.fields.get(name, "")}
        for name in names
    ]


def _history(matter_id: UUID) -> list[dict[str, object]]:
    rows = history_rows(matter_id, for_officer=False)
    for row in rows:
        by = getattr(row["step"], "by", None)
        person = person_of(by) if by else None
        row["by"] = person.name if person else ""
    return rows


def _work(found: Matter, person: Person, *, at: datetime, revealed: bool) -> dict[str, object]:
    """Gives the forms of the steps that this person may take now."""
    state, kind = MatterState(found.state), LegalKind(found.kind)
    may = {verb: state in FLOW[verb] and _has_role(person, verb) for verb in Verb}
    facts = queries.facts_of(found, None, violations=None, now=at)
    assessment = Assessment.objects.filter(matter=found).first()
    in_window = any(
        clock.name == ClockName.WINDOW.value and clock.stopped_at is None
        for clock in queries.clocks(found.id)
    )
    is_third = found.released_by_id is not None and person.id not in {
        found.prepared_by_id,
        found.released_by_id,
    }
    before_release = found.released_by_id is None and state in FLOW[Verb.WITHDRAW]
    return {
        "can": {
            "ask": may[Verb.ASK],
            "validate": may[Verb.VALIDATE],
            "assess": may[Verb.ASSESS] and not (assessment and assessment.board),
            "vote": may[Verb.BOARD] and bool(assessment and _board_open(assessment)),
            "prepare": may[Verb.PREPARE],
            "return": may[Verb.RETURN],
            "close": may[Verb.CLOSE],
            "call_back": before_release and _has_role(person, Verb.RETURN),
            "window": in_window and before_release,
            "review": found.emergency and is_third and found.reviewed_by_id is None,
        },
        "questions": [_question(one) for one in found.questions.order_by("asked_at")],
        "missing": [row for row in field_rows(found) if not row["value"]],
        "call_backs": [
            {
                "at": call.at,
                "said": gettext(CALL_ANSWERS[CallBackSaid(call.said)]),
                "tone": CALL_TONES[CallBackSaid(call.said)],
                "note": call.note,
            }
            for call in authorities.call_backs(matter=found.id)
        ],
        "call_answers": [(one.value, gettext(text)) for one, text in CALL_ANSWERS.items()],
        "asks_prior": not queries.informed_before(found, queries.law_of(found)[0]),
        "authenticities": _authenticities(found, called_back=facts.called_back),
        "names_protected": queries.names_protected(found, now=at),
        "assessment": _assessment(assessment),
        "substance": [(one.value, gettext(text)) for one, text in words.SUBSTANCE.items()],
        "saids": [(one.value, gettext(text)) for one, text in words.SAID.items()],
        "law_against": [words.refusal_name(one) for one in facts.law],
        "plan_kinds": [
            (one.value, gettext(name), gettext(hint)) for one, (name, hint) in PLANS.items()
        ],
        "gives_data": kind in DISCLOSING or kind is LegalKind.PRESERVATION,
        "preserved": _preserved(found) if kind in DISCLOSING and may[Verb.PREPARE] else [],
        "wants": [(one.value, gettext(text)) for one, text in WANTS.items()],
        "measures": [(one.value, action_name(one)) for one in MEASURES],
        "territory": found.country,
        "harms": [(code, gettext(text)) for code, text in HARMS.items()],
        "grounds": [(one.value, words.refusal_name(one)) for one in (*Refusal, *FurtherGround)],
        "release": _release(found, person, at=at, revealed=revealed)
        if state is MatterState.PREPARED
        else None,
        "window_answers": [(one.value, gettext(text)) for one, text in WINDOW_ANSWERS.items()],
        "packages": [_package(one) for one in queries.disclosures(found.id)],
        "notices": [_notice(one) for one in queries.notices(found.id)],
        "notice_accounts": _notice_accounts(found),
    }


def _question(one: Question) -> dict[str, object]:
    """Gives a question with its answer, and what stood in the fields that the answer changed."""
    return {
        "question": one,
        "replaced": [
            {"label": words.field_name(name), "value": value}
            for name, value in sorted(one.replaced.items())
        ],
    }


def _has_role(person: Person, verb: Verb) -> bool:
    return verb in ROLES and any(person.has(role) for role in ROLES[verb])


def _board_open(assessment: Assessment) -> bool:
    return assessment.needs_board and not assessment.board


def _authenticities(found: Matter, *, called_back: bool) -> list[tuple[str, str, bool]]:
    possible = {
        Authenticity.SIGNATURE: found.documents.filter(trusted=True).exists(),
        Authenticity.CALL_BACK: called_back,
        Authenticity.SERVED: found.entered_by_id is not None,
    }
    return [(one.value, gettext(words.AUTHENTICITIES[one]), can) for one, can in possible.items()]


def _assessment(assessment: Assessment | None) -> dict[str, object] | None:
    if assessment is None:
        return None
    return {
        "rows": [
            {
                "question": gettext(words.SUBSTANCE[Substance(name)]),
                "said": gettext(words.SAID[Said(said)]),
                "tone": SAID_TONES[Said(said)],
            }
            for name, said in assessment.answers.items()
        ],
        "reason": assessment.reason,
        "voided_at": assessment.voided_at,
        "needs_board": assessment.needs_board,
        "board": gettext(BOARD[BoardDecision(assessment.board)]) if assessment.board else "",
    }


def _release(found: Matter, person: Person, *, at: datetime, revealed: bool) -> dict[str, object]:
    """Gives exactly what is signed, and the passkey's question if this person may sign it.

    Whoever may sign has to read it, and that is recorded; anybody else sees whom it names only
    after a reveal.
    """
    plan = queries.plan_kept(found)
    assert plan is not None, "what is prepared has a plan"
    with transaction.atomic():
        text = text_of(found)
    facts = queries.facts_of(found, plan, violations=violations(), now=at)
    actor = queries.actor_of(found.id, person)
    barred = [words.finding_name(one) for one in check_release(facts, plan, actor)]
    options = "" if barred else json.dumps(steps.begin_release(found.id, by=person, now=at))
    if not barred:
        with transaction.atomic():
            read_personal(found.id, "plan", by=person, reason="release", now=at)
    shown = revealed or not barred
    return {
        "prepared_by": found.prepared_by.name if found.prepared_by else "",
        "facts": _plan_facts(plan, shown=shown),
        "digest": digest_of(text).hex(),
        "text": canonical(text).decode() if shown else "",
        "barred": barred,
        "options": options,
    }


def _plan_facts(plan: Plan, *, shown: bool) -> list[tuple[str, str]]:
    """Gives a plan in words; whom it names only where that may be shown, else how many."""
    found = [
        (gettext("Proposed"), gettext(PLANS[plan.kind][0])),
        (gettext("What the authority is told"), plan.answer),
    ]
    if plan.ground:
        found.append((gettext("Ground"), words.refusal_name(plan.ground)))
    if plan.preservation:
        found.append((gettext("Taken from"), gettext("what was preserved, by two key holders")))
    if plan.want:
        named = ", ".join(gettext(WANTS[one]) for one in sorted(plan.want))
        found.append((gettext("Data"), named))
        accounts = "\n".join(plan.accounts) if shown else str(len(plan.accounts))
        found.append((gettext("Accounts"), accounts))
    for measure in plan.measures:
        target = measure.target
        where = ", ".join(country(code) for code in measure.territory) or gettext("everywhere")
        named = " ".join(part for part in (target.channel, target.event, target.account) if part)
        found.append((action_name(measure.kind), f"{named if shown else '…'} ({where})"))
    return found


def _package(one: Disclosure) -> dict[str, object]:
    manifest = one.manifest or {}
    return {
        "id": one.id,
        "state": gettext(words.DISCLOSURE_STATES[DisclosureState(one.state)]),
        "counts": ", ".join(
            f"{gettext(text)}: {manifest[name]}"
            for name, text in COUNTED.items()
            if name in manifest
        ),
        "sha256": bytes(one.sha256).hex() if one.sha256 else "",
        "waits_for_vault": one.preservation_id is not None
        and one.state == DisclosureState.PLANNED.value,
        "can_confirm": one.state == DisclosureState.HANDED_OUT.value,
    }


def _preserved(found: Matter) -> list[tuple[str, str]]:
    """Gives what was put away of the accounts named, as a source to answer from."""
    return [
        (str(one.id), f"{one.matter.number}, {date_format(one.began_at, 'DATE_FORMAT')}")
        for one in queries.preservations_for(found)
    ]


def _notice(one: UserNotice) -> dict[str, object]:
    return {
        "state": gettext(words.NOTICE_STATES[NoticeState(one.state)]),
        "due_at": one.due_at,
        "basis": one.basis,
    }


def _notice_accounts(found: Matter) -> list[dict[str, object]]:
    """Gives who is still to be decided about, by number: a page does not name them unasked."""
    if found.released_by_id is None and found.state != MatterState.WITHDRAWN.value:
        return []
    decided = {one.account for one in queries.notices(found.id)}
    facts = queries.notice_facts(found)
    accounts = queries.concerned_accounts(found) or ("",)
    return [
        {
            "index": index,
            "choices": [
                (one.value, gettext(words.NOTICE_STATES[one]))
                for one in sorted(allowed(facts, account))
            ],
        }
        for index, account in enumerate(accounts)
        if account not in decided
    ]
