"""Pure: may this step be taken in this matter, by this person, now?

Each check takes facts and gives findings; no finding means yes. What the law itself says comes
from `markets.law.refusals` and is a fact here. There is no way round: an emergency has checks of
its own, and they ask for more, not for less.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from evenhand.actions.drafts import Measure
from evenhand.base.errors import NotAllowed
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.legal.drafts import MatterDraft, Plan, SubstanceAnswers
from evenhand.legal.limits import (
    FIELD_CHARACTERS_MAX,
    FIELDS_MAX,
    IDENTIFIERS_MAX,
    REASON_CHARACTERS_MAX,
    REASON_CHARACTERS_MIN,
)
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    DisclosureState,
    EnforcingAnswer,
    Finding,
    IdentifierKind,
    MatterState,
    PlanKind,
    Said,
    Substance,
    Verb,
)
from evenhand.legal.ports import DataClass
from evenhand.markets.entries import RequestKind
from evenhand.markets.law import NARROWABLE
from evenhand.markets.lists import DataCategory, LegalKind, Refusal, Territory
from evenhand.people.roles import Role


class StepRefused(NotAllowed):
    """A step may not be taken in this matter now; `findings` says why."""

    remedy = "See the findings; something is missing, or somebody else has to do it."


ANY_STATE_BEFORE_RELEASE = frozenset(
    {MatterState.RECEIVED, MatterState.ASKED, MatterState.VALIDATED, MatterState.PREPARED}
)

FLOW: Mapping[Verb, frozenset[MatterState]] = {
    Verb.ASK: frozenset({MatterState.RECEIVED, MatterState.VALIDATED}),
    Verb.COMPLETE: frozenset({MatterState.ASKED}),
    Verb.VALIDATE: frozenset({MatterState.RECEIVED}),
    Verb.ASSESS: frozenset({MatterState.RECEIVED, MatterState.VALIDATED}),
    Verb.BOARD: frozenset({MatterState.RECEIVED, MatterState.VALIDATED}),
    Verb.PREPARE: frozenset({MatterState.RECEIVED, MatterState.ASKED, MatterState.VALIDATED}),
    Verb.RETURN: frozenset({MatterState.PREPARED}),
    Verb.RELEASE: frozenset({MatterState.PREPARED}),
    Verb.EXECUTE: frozenset({MatterState.RELEASED}),
    Verb.WITHDRAW: ANY_STATE_BEFORE_RELEASE,
    Verb.CLOSE: frozenset({MatterState.EXECUTED, MatterState.REFUSED, MatterState.WITHDRAWN}),
}
"""From which states each kind of step may be taken."""

ROLES: Mapping[Verb, frozenset[Role]] = {
    Verb.ASK: frozenset({Role.LEGAL_OFFICER}),
    Verb.VALIDATE: frozenset({Role.LEGAL_OFFICER}),
    Verb.ASSESS: frozenset({Role.LEGAL_OFFICER, Role.APPROVER}),
    Verb.BOARD: frozenset({Role.BOARD}),
    Verb.PREPARE: frozenset({Role.LEGAL_OFFICER}),
    Verb.RETURN: frozenset({Role.APPROVER, Role.LEGAL_OFFICER}),
    Verb.RELEASE: frozenset({Role.APPROVER}),
    Verb.EXECUTE: frozenset({Role.LEGAL_OFFICER, Role.APPROVER}),
    Verb.CLOSE: frozenset({Role.LEGAL_OFFICER, Role.APPROVER}),
}
"""Who of the staff may take each kind of step."""

CATEGORY_OF = {
    DataClass.PHONE: frozenset({DataCategory.SUBSCRIBER}),
    DataClass.CONNECTIONS: frozenset({DataCategory.IDENTIFICATION, DataCategory.TRAFFIC}),
}
"""Under which categories each class of data may be given: one of them suffices.

Regulation (EU) 2023/1543 Art. 3(9) to (11): a phone number is subscriber data; an address with its
time is identification data where it is only to identify, else traffic data.
"""

REMOVING = frozenset(
    {
        ActionKind.REDACT,
        ActionKind.GEO_WITHHOLD,
        ActionKind.BLOCK_CHANNEL,
        ActionKind.QUARANTINE,
        ActionKind.RESTRICT,
        ActionKind.UNLIST,
        ActionKind.DEINDEX,
    }
)
"""What an order about content may bring about; accounts are not punished by an order."""

QUESTIONNAIRE = ("who_is_in_danger", "what_danger", "when", "how_this_helps")
"""What an emergency has to say: each is read by two people."""

MARKET_GROUNDS = frozenset(
    {
        Refusal.MARKET_NOT_OPEN,
        Refusal.MARKET_CONTESTED,
        Refusal.MARKET_SUSPENDED,
        Refusal.MARKET_EXITED,
    }
)
"""What the state of a market has against a demand."""

DISCLOSING = frozenset({LegalKind.DISCLOSURE, LegalKind.INFORMATION})
WITHHOLDING = frozenset({LegalKind.REMOVAL, LegalKind.GEO_RESTRICTION})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who wants to take a step."""

    id: UUID
    roles: frozenset[Role]
    assigned: bool


@dataclass(frozen=True, slots=True)
class MatterFacts:
    """What the checks know of a matter at one moment.

    law        what the law itself has against it, now
    violation  a person's decision against every account concerned stands and is not appealed
    window     how the enforcing authority's window ended; None where there is none
    package    state of the package that is to be released; None where there is none
    doubted    what was found of the request asks for a call-back, whatever else proves its sender
    second_look  it also asks that who answers the questions of substance is not who validated it
    signed_off_by  whose word it is that an unverified entry holds
    window_by    who noted how the enforcing authority's window ended
    preserved    accounts whose data the plan's preservation holds; None where it gives none
    informed_before  the authority made itself known in time, where the law wants that
    rank_suffices    who signed has the rank that the law asks for
    without_effect   a scrutiny found that the order infringes the law
    suspended    the officer who filed it is shut out: nobody knows whose order it is
    sent_to_board  the board has to decide, whatever the answers say now: one of them was a doubt
    """

    state: MatterState
    kind: LegalKind
    country: str
    union: frozenset[str]
    territory: Territory
    emergency: bool
    voluntary: bool
    entry_verified: bool
    signed_off: bool
    categories: frozenset[DataCategory]
    entry_categories: frozenset[DataCategory]
    law: tuple[Refusal, ...]
    validated: bool
    authenticity: Authenticity
    called_back: bool
    suspect: bool
    violation: bool
    open_questions: int
    answers: Mapping[Substance, Said]
    board: BoardDecision | None
    fields: Mapping[str, str]
    identifiers: frozenset[tuple[IdentifierKind, str]]
    prepared_by: UUID | None = None
    released_by: UUID | None = None
    plan_kind: PlanKind | None = None
    window: EnforcingAnswer | None = None
    package: DisclosureState | None = None
    key: bool = False
    notice_decided: bool = False
    reviewed: bool = False
    doubted: bool = False
    second_look: bool = False
    validated_by: UUID | None = None
    assessed_by: UUID | None = None
    sent_to_board: bool = False
    suspended: bool = False
    signed_off_by: UUID | None = None
    window_by: UUID | None = None
    preserved: frozenset[str] | None = None
    informed_before: bool = True
    rank_suffices: bool = True
    without_effect: bool = False


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


def check_reason(reason: str) -> list[Finding]:
    """Gives what is wrong with a reason."""
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        return [Finding.REASON_MISSING]
    return [Finding.TOO_LONG] if len(reason) > REASON_CHARACTERS_MAX else []


def check_receipt(draft: MatterDraft, kind: RequestKind) -> tuple[Finding, ...]:
    """Gives what keeps a request from being received; what is only missing is asked for later."""
    found = []
    if draft.officer is None and draft.entered_by is None:
        found.append(Finding.OFFICER_MAY_NOT_FILE)
    if not draft.identifiers:
        found.append(Finding.IDENTIFIER_MISSING)
    if kind.kind in DISCLOSING and not draft.categories:
        found.append(Finding.CATEGORY_MISSING)
    if draft.emergency and not questionnaire_complete(draft.fields):
        found.append(Finding.QUESTIONNAIRE_INCOMPLETE)
    if len(draft.identifiers) > IDENTIFIERS_MAX:
        found.append(Finding.TOO_LONG)
    return _without_twins([*found, *check_fields(draft.fields, kind)])


def check_fields(fields: Mapping[str, str], kind: RequestKind) -> tuple[Finding, ...]:
    """Gives what is wrong with the fields of a request, or of an answer about it."""
    found = list(check_names(fields, kind))
    if any(len(value) > FIELD_CHARACTERS_MAX for value in fields.values()):
        found.append(Finding.TOO_LONG)
    return _without_twins(found)


def check_names(names: Collection[str], kind: RequestKind) -> tuple[Finding, ...]:
    """Gives what is wrong with names of fields: they go into the log, so that the law names them.

    Any other name is somebody's own text, and could hold anything.
    """
    known = {*kind.mandatory_fields, *kind.conditional_fields, *QUESTIONNAIRE}
    found = [Finding.FIELD_UNKNOWN] if set(names) - known else []
    return (*found, *([Finding.TOO_LONG] if len(names) > FIELDS_MAX else []))


def questionnaire_complete(fields: Mapping[str, str]) -> bool:
    """Tells whether an emergency says who, what danger, when, and how this helps."""
    return all(len(fields.get(name, "").strip()) >= REASON_CHARACTERS_MIN for name in QUESTIONNAIRE)


def missing_fields(kind: RequestKind, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Gives the mandatory fields that a request leaves empty: reason to ask, not to refuse."""
    return tuple(name for name in kind.mandatory_fields if not fields.get(name, "").strip())


def check_validation(
    authenticity: Authenticity, *, document_trusted: bool, called_back: bool, on_paper: bool
) -> tuple[Finding, ...]:
    """Gives why a sender is not proved; a mailbox proves nobody."""
    match authenticity:
        case Authenticity.NONE:
            return (Finding.NOT_AUTHENTIC,)
        case Authenticity.SIGNATURE:
            return () if document_trusted else (Finding.NOT_AUTHENTIC,)
        case Authenticity.CALL_BACK:
            return () if called_back else (Finding.CALL_BACK_MISSING,)
        case Authenticity.SERVED:
            return () if on_paper else (Finding.NOT_AUTHENTIC,)
        case _:
            assert_never(authenticity)


def check_substance(answers: SubstanceAnswers) -> tuple[Finding, ...]:
    """Gives what is missing of the answers to the questions of substance."""
    found = check_reason(answers.reason)
    if set(answers.answers) != set(Substance):
        found.append(Finding.SUBSTANCE_UNANSWERED)
    return tuple(found)


def check_second_look(
    *, doubted: bool, validated_by: UUID | None, by: UUID | None
) -> tuple[Finding, ...]:
    """Gives whether the second pair of eyes is missing: one who was deceived is deceived twice."""
    same = by is not None and by == validated_by
    return (Finding.SECOND_LOOK_MISSING,) if doubted and same else ()


def needs_board(answers: Mapping[Substance, Said]) -> bool:
    """Tells whether the policy board has to decide: one yes or one doubt is enough."""
    return any(said is not Said.NO for said in answers.values())


def check_prepare(facts: MatterFacts, plan: Plan, actor: Actor) -> tuple[Finding, ...]:
    """Gives everything that stands against proposing this answer."""
    found = [*check_step(facts.state, Verb.PREPARE, actor), *check_reason(plan.answer)]
    if plan.kind is PlanKind.REFUSE:
        return _without_twins([*found, *_check_refusal(plan)])
    if facts.state is not MatterState.VALIDATED:
        found.append(Finding.NOT_VALIDATED)
    found += check_barriers(facts, plan)
    found += check_apart(facts, prepares=actor.id)
    if facts.kind in DISCLOSING and not facts.key:
        found.append(Finding.KEY_MISSING)
    return _without_twins(found)


def check_release(facts: MatterFacts, plan: Plan, actor: Actor) -> tuple[Finding, ...]:
    """Gives everything that stands against doing what was prepared; asked again at the moment."""
    found = list(check_step(facts.state, Verb.RELEASE, actor))
    if facts.prepared_by is None or facts.prepared_by == actor.id:
        found.append(Finding.SAME_PERSON)
    if plan.kind is PlanKind.REFUSE:
        return _without_twins([*found, *_check_refusal(plan)])
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
    return _without_twins(found)


def check_apart(facts: MatterFacts, *, prepares: UUID | None) -> list[Finding]:
    """Gives whether who prepares also said what lets it go: that the law holds, the window's end.

    Each of the two is one person's word, and an answer may not stand on one person's words alone.
    """
    words = {facts.window_by, None if facts.entry_verified else facts.signed_off_by}
    return [Finding.SAME_PERSON] if prepares is not None and prepares in words else []


def check_barriers(facts: MatterFacts, plan: Plan) -> list[Finding]:
    """Gives every barrier of DESIGN decisions 13 to 17 that this plan does not pass."""
    found = [*_check_law(facts, plan), *_check_sender(facts), *_check_substance(facts)]
    found += check_second_look(
        doubted=facts.second_look, validated_by=facts.validated_by, by=facts.assessed_by
    )
    if facts.open_questions:
        found.append(Finding.QUESTIONS_OPEN)
    if facts.kind in DISCLOSING:
        found += _check_disclosure(facts, plan)
    elif facts.kind in WITHHOLDING:
        found += _check_measures(facts, plan)
    return found


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


def narrow_territory(facts: MatterFacts) -> tuple[str, ...] | None:
    """Gives the countries in which an order may have effect; None = no bound but the order's.

    Regulation (EU) 2021/784 Art. 3(3): a removal order has effect in all Member States.
    Regulation (EU) 2022/2065 Art. 9(2)(b): no further than strictly necessary.
    """
    if Refusal.GEO_RESTRICTION_ONLY in facts.law or facts.kind is LegalKind.GEO_RESTRICTION:
        return (facts.country,)
    match facts.territory:
        case Territory.COUNTRY:
            return (facts.country,)
        case Territory.UNION:
            return tuple(sorted(facts.union))
        case Territory.ORDER:
            return None
        case _:
            assert_never(facts.territory)


def _check_law(facts: MatterFacts, plan: Plan) -> list[Finding]:
    found = []
    against = set(facts.law)
    if plan.kind is PlanKind.NARROW:
        against -= NARROWABLE
    if against & MARKET_GROUNDS:
        found.append(Finding.MARKET_NOT_OPEN)
    if Refusal.UNVERIFIED_ENTRY in against:
        found.append(Finding.UNVERIFIED_ENTRY)
    if against:
        found.append(Finding.LAW_REFUSES)
    return found


def _check_sender(facts: MatterFacts) -> list[Finding]:
    found = []
    if not facts.validated:
        found.append(Finding.NOT_VALIDATED)
    if facts.authenticity is Authenticity.NONE:
        found.append(Finding.NOT_AUTHENTIC)
    # Faster, never weaker: the call to the registry's number comes before the release.
    if (facts.emergency or facts.doubted) and not facts.called_back:
        found.append(Finding.CALL_BACK_MISSING)
    if facts.emergency and not questionnaire_complete(facts.fields):
        found.append(Finding.QUESTIONNAIRE_INCOMPLETE)
    if facts.suspended:
        found.append(Finding.OFFICER_MAY_NOT_FILE)
    if not facts.informed_before:
        found.append(Finding.NOT_INFORMED_BEFORE)
    if not facts.rank_suffices:
        found.append(Finding.RANK_TOO_LOW)
    if facts.without_effect:
        found.append(Finding.WITHOUT_EFFECT)
    return found


def _check_substance(facts: MatterFacts) -> list[Finding]:
    if set(facts.answers) != set(Substance):
        return [Finding.SUBSTANCE_UNANSWERED]
    if not facts.sent_to_board and not needs_board(facts.answers):
        return []
    match facts.board:
        case None:
            return [Finding.BOARD_PENDING]
        case BoardDecision.REFUSE:
            return [Finding.BOARD_REFUSES]
        case BoardDecision.GO_ON:
            return []
        case _:
            assert_never(facts.board)


def _check_disclosure(facts: MatterFacts, plan: Plan) -> list[Finding]:
    found = []
    if not facts.entry_verified and not facts.signed_off:
        found.append(Finding.UNVERIFIED_ENTRY)
    if DataCategory.CONTENT in facts.categories:
        found.append(Finding.CONTENT_OUTSIDE_DESK)
    if not facts.categories or not facts.categories <= facts.entry_categories:
        found.append(Finding.OUTSIDE_CATEGORY)
    if not plan.want or not plan.accounts:
        found.append(Finding.MEASURE_MISSING)
    if any(not CATEGORY_OF[one] & facts.categories for one in plan.want):
        found.append(Finding.OUTSIDE_CATEGORY)
    if plan.measures:
        found.append(Finding.MEASURE_NOT_ALLOWED)
    if plan.preservation and not set(plan.accounts) <= (facts.preserved or frozenset()):
        found.append(Finding.NOT_PRESERVED)
    if not _named(facts, plan.accounts):
        found.append(Finding.IDENTIFIER_MISSING)
    if facts.voluntary and not may_volunteer(facts):
        found.append(Finding.NO_VIOLATION)
    return found


def may_volunteer(facts: MatterFacts) -> bool:
    """Tells whether data may be given that no law demands (DESIGN decision 15, section 9).

    An account that broke the rules, a court that names its holder a suspect, or a stated danger
    to life with a call-back: the person in danger may have broken no rule.
    """
    return facts.violation or facts.suspect or (facts.emergency and facts.called_back)


def _named(facts: MatterFacts, accounts: Collection[str]) -> bool:
    """Tells whether a request leads to these accounts: it names them, or a phone that is theirs."""
    return set(accounts) <= {
        value for kind, value in facts.identifiers if kind is IdentifierKind.ACCOUNT
    }


def _check_measures(facts: MatterFacts, plan: Plan) -> list[Finding]:
    found = []
    if not plan.measures:
        found.append(Finding.MEASURE_MISSING)
    if plan.want or plan.accounts or plan.preservation:
        found.append(Finding.MEASURE_NOT_ALLOWED)
    bound = narrow_territory(facts)
    everywhere_in_union = facts.territory is Territory.UNION and bound != (facts.country,)
    for measure in plan.measures:
        if measure.kind not in REMOVING or measure.answered:
            found.append(Finding.MEASURE_NOT_ALLOWED)
        if not inside(measure, bound) and not (everywhere_in_union and indivisible(measure)):
            found.append(Finding.TERRITORY_TOO_WIDE)
    return found


def inside(measure: Measure, bound: Collection[str] | None) -> bool:
    """Tells whether a measure reaches no further than it may; no territory is the whole world."""
    if bound is None:
        return True
    return bool(measure.territory) and set(measure.territory) <= set(bound)


def indivisible(measure: Measure) -> bool:
    """Tells whether a thing can only be gone everywhere or nowhere: one message, one file.

    An order that binds in the whole Union cannot be obeyed otherwise; the answer says so.
    """
    return measure.target.kind in {TargetKind.EVENT, TargetKind.MEDIA} and not measure.territory


def _check_refusal(plan: Plan) -> list[Finding]:
    found = []
    if plan.ground is None:
        found.append(Finding.GROUND_MISSING)
    if plan.measures or plan.want or plan.accounts:
        found.append(Finding.MEASURE_NOT_ALLOWED)
    return found


def _without_twins(found: list[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(found))
