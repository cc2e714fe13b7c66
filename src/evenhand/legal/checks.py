"""Pure: may this step be taken in this matter, by this person, now?

Each check takes facts and gives findings; no finding means yes. What the law itself says comes
from `markets.law.refusals` and is a fact here. There is no way round: an emergency has checks of
its own, and they ask for more, not for less.
"""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from evenhand.legal.barriers import (
    check_barriers,
    check_second_look,
    indivisible,
    inside,
    may_volunteer,
    narrow_territory,
    needs_board,
)
from evenhand.legal.drafts import Plan
from evenhand.legal.facts import (
    ANY_STATE_BEFORE_RELEASE,
    CATEGORY_OF,
    DISCLOSING,
    FLOW,
    MARKET_GROUNDS,
    QUESTIONNAIRE,
    REMOVING,
    ROLES,
    WITHHOLDING,
    Actor,
    MatterFacts,
    StepRefused,
)
from evenhand.legal.form_checks import (
    check_fields,
    check_names,
    check_reason,
    check_receipt,
    check_substance,
    check_validation,
    missing_fields,
    questionnaire_complete,
    without_twins,
)
from evenhand.legal.lists import (
    DisclosureState,
    EnforcingAnswer,
    Finding,
    MatterState,
    PlanKind,
    Verb,
)
from evenhand.people.roles import Role

__all__ = [
    "ANY_STATE_BEFORE_RELEASE",
    "CATEGORY_OF",
    "DISCLOSING",
    "FLOW",
    "MARKET_GROUNDS",
    "QUESTIONNAIRE",
    "REMOVING",
    "ROLES",
    "WITHHOLDING",
    "Actor",
    "MatterFacts",
    "StepRefused",
    "check_apart",
    "check_barriers",
    "check_close",
    "check_fields",
    "check_hand_out",
    "check_names",
    "check_prepare",
    "check_reason",
    "check_receipt",
    "check_release",
    "check_review",
    "check_second_look",
    "check_step",
    "check_substance",
    "check_validation",
    "indivisible",
    "inside",
    "may_volunteer",
    "missing_fields",
    "narrow_territory",
    "needs_board",
    "questionnaire_complete",
]
"""The door to all checks of the room, wherever each stands."""


def check_step(
    state: MatterState, verb: Verb, actor: Actor | None = None, *, reason: str | None = None
) -> tuple[Finding, ...]:
    """Gives what stands against a kind of step: the state, the person, a reason that is missing.

    `actor` None is the desk itself, or an officer whose right was checked before.
    """
    found = []
    if state not in FLOW[verb]:
        found.append(Finding.WRONG_STATE)
    if actor is not None:
        if verb in ROLES and not actor.roles & ROLES[verb]:
            found.append(Finding.ROLE_MISSING)
        if verb is not Verb.BOARD and not actor.assigned:
            found.append(Finding.NOT_ASSIGNED)
    if reason is not None:
        found.extend(check_reason(reason))
    return tuple(found)


def check_prepare(facts: MatterFacts, plan: Plan, actor: Actor) -> tuple[Finding, ...]:
    """Gives everything that stands against proposing this answer."""
    found = [*check_step(facts.state, Verb.PREPARE, actor), *check_reason(plan.answer)]
    if plan.kind is PlanKind.REFUSE:
        return without_twins([*found, *_check_refusal(plan)])
    if facts.state is not MatterState.VALIDATED:
        found.append(Finding.NOT_VALIDATED)
    found += check_barriers(facts, plan)
    found += check_apart(facts, prepares=actor.id)
    if facts.kind in DISCLOSING and not facts.key:
        found.append(Finding.KEY_MISSING)
    return without_twins(found)


def check_release(facts: MatterFacts, plan: Plan, actor: Actor) -> tuple[Finding, ...]:
    """Gives everything that stands against doing what was prepared; asked again at the moment."""
    found = list(check_step(facts.state, Verb.RELEASE, actor))
    if facts.prepared_by is None or facts.prepared_by == actor.id:
        found.append(Finding.SAME_PERSON)
    if plan.kind is PlanKind.REFUSE:
        return without_twins([*found, *_check_refusal(plan)])
    found += check_barriers(facts, plan)
    found += check_apart(facts, prepares=facts.prepared_by)
    if facts.kind in DISCLOSING:
        if facts.package is not DisclosureState.COLLECTED:
            found.append(Finding.NOT_COLLECTED)
        match facts.window:
            case EnforcingAnswer.NONE:
                found.append(Finding.WINDOW_OPEN)
            case EnforcingAnswer.REFUSES:
                found.append(Finding.ENFORCING_AUTHORITY_REFUSES)
            case EnforcingAnswer.NO_GROUND | EnforcingAnswer.LAPSED | None:
                pass
            case _:
                assert_never(facts.window)
    return without_twins(found)


def check_apart(facts: MatterFacts, *, prepares: UUID | None) -> list[Finding]:
    """Gives whether who prepares also said what lets it go: that the law holds, the window's end.

    Each of the two is one person's word, and an answer may not stand on one person's words alone.
    """
    words = {facts.window_by, None if facts.entry_verified else facts.signed_off_by}
    return [Finding.SAME_PERSON] if prepares is not None and prepares in words else []


def check_close(facts: MatterFacts, actor: Actor) -> tuple[Finding, ...]:
    """Gives why a matter may not be closed: nobody decided what its user is told."""
    found = list(check_step(facts.state, Verb.CLOSE, actor))
    if not facts.notice_decided:
        found.append(Finding.NOTICE_UNDECIDED)
    if facts.emergency and facts.state is MatterState.EXECUTED and not facts.reviewed:
        found.append(Finding.REVIEW_MISSING)
    return tuple(found)


def check_review(
    actor: Actor, *, prepared_by: UUID | None, released_by: UUID | None, note: str
) -> tuple[Finding, ...]:
    """Gives why this person may not look at an emergency afterwards: it takes a third one."""
    found = check_reason(note)
    if not actor.roles & {Role.LEGAL_OFFICER, Role.APPROVER, Role.BOARD}:
        found.append(Finding.ROLE_MISSING)
    if released_by is None:
        found.append(Finding.WRONG_STATE)
    if actor.id in {prepared_by, released_by}:
        found.append(Finding.SAME_PERSON)
    return tuple(found)


def check_hand_out(
    state: DisclosureState,
    *,
    matter: MatterState,
    right_officer: bool,
    may_receive: bool,
    market_open: bool,
    expires_at: datetime | None,
    now: datetime,
) -> tuple[Finding, ...]:
    """Gives why a package may not be handed out: it is handed out once, to its officer."""
    found = []
    if not right_officer or not may_receive:
        found.append(Finding.NOT_RECIPIENT)
    if not market_open:
        # A market can be closed between the release and the day on which somebody comes for it.
        found.append(Finding.MARKET_NOT_OPEN)
    match state:
        case DisclosureState.RELEASED:
            pass
        case DisclosureState.HANDED_OUT | DisclosureState.CONFIRMED:
            found.append(Finding.ALREADY_HANDED_OUT)
        case DisclosureState.EXPIRED | DisclosureState.DESTROYED:
            found.append(Finding.EXPIRED)
        case DisclosureState.PLANNED | DisclosureState.COLLECTED:
            found.append(Finding.WRONG_STATE)
        case _:
            assert_never(state)
    if state is DisclosureState.RELEASED:
        if matter not in {MatterState.RELEASED, MatterState.EXECUTED}:
            found.append(Finding.WRONG_STATE)
        if expires_at is None or now >= expires_at:
            found.append(Finding.EXPIRED)
    return tuple(found)


def _check_refusal(plan: Plan) -> list[Finding]:
    found = []
    if plan.ground is None:
        found.append(Finding.GROUND_MISSING)
    if plan.measures or plan.want or plan.accounts:
        found.append(Finding.MEASURE_NOT_ALLOWED)
    return found
