"""Pure: may this case be closed like this, by this person?"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote
from uuid import UUID

from evenhand.actions.checks import LASTING, SCOPED, is_country
from evenhand.actions.policies import policy_of
from evenhand.base.errors import InputRefused, NotAllowed
from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind
from evenhand.cases.limits import BULK_CASES_MAX, COUNTRIES_MAX, REASON_CHARACTERS_MAX
from evenhand.cases.lists import CaseKind, CaseState
from evenhand.cases.queues import is_sealed
from evenhand.people.roles import Role

CHOICES = (
    ActionKind.NONE,
    ActionKind.WARN,
    ActionKind.REDACT,
    ActionKind.UNLIST,
    ActionKind.DEINDEX,
    ActionKind.GEO_WITHHOLD,
    ActionKind.SUSPEND,
    ActionKind.LOCK,
    ActionKind.BLOCK_CHANNEL,
)
"""What a person may decide on a case, from mild to grave."""

NEEDS_EVENT = frozenset({ActionKind.REDACT})
NEEDS_ACCOUNT = frozenset({ActionKind.WARN, ActionKind.SUSPEND, ActionKind.LOCK})
NEEDS_CHANNEL = frozenset(
    {ActionKind.UNLIST, ActionKind.DEINDEX, ActionKind.GEO_WITHHOLD, ActionKind.BLOCK_CHANNEL}
)
NEEDS_SEARCH = frozenset({ActionKind.DEINDEX})

WAITS_FOR_OPINION = frozenset({ActionKind.LOCK, ActionKind.BLOCK_CHANNEL})
"""What waits for a second opinion where the policy asks for one; what protects does not wait."""

ENDING = LASTING - {ActionKind.REDACT, ActionKind.BLOCK_CHANNEL}
"""What a person may give an end: what can be lifted without loss."""


ACCOUNT = re.compile(r"@[\w.=/+-]+:[\w.:\[\]-]*\w")
MAILBOX = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")


class Finding(StrEnum):
    """Why a case may not be closed like this."""

    CASE_CLOSED = "case_closed"
    NOT_A_REVIEWER = "not_a_reviewer"
    DECIDED_BY_THE_SAME_PERSON = "decided_by_the_same_person"
    AUTHOR_OF_THE_RULE = "author_of_the_rule"
    NOT_AN_OBJECTION = "not_an_objection"
    IS_AN_OBJECTION = "is_an_objection"
    REASON_MISSING = "reason_missing"
    REASON_TOO_LONG = "reason_too_long"
    KIND_NOT_OFFERED = "kind_not_offered"
    TARGET_UNKNOWN = "target_unknown"
    CLAIMED_BY_ANOTHER = "claimed_by_another"
    NOT_CLAIMED = "not_claimed"
    TOO_MANY_CLAIMED = "too_many_claimed"
    SEALED_LANE = "sealed_lane"
    NEEDS_A_SENIOR = "needs_a_senior"
    GAVE_AN_OPINION = "gave_an_opinion"
    OPINION_MISSING = "opinion_missing"
    OPINION_AGAINST = "opinion_against"
    OPINION_NOT_ASKED = "opinion_not_asked"
    OPINION_ASKED_BY_THE_SAME = "opinion_asked_by_the_same"
    POLICY_OFFERS_NOT = "policy_offers_not"
    HARM_UNKNOWN = "harm_unknown"
    TERRITORY_MISSING = "territory_missing"
    TERRITORY_INVALID = "territory_invalid"
    TERRITORY_TOO_LONG = "territory_too_long"
    TERRITORY_NOT_POSSIBLE = "territory_not_possible"
    END_IN_THE_PAST = "end_in_the_past"
    END_NOT_POSSIBLE = "end_not_possible"
    ESCALATED_ALREADY = "escalated_already"
    CANNOT_TAKE_IT = "cannot_take_it"
    BULK_NOT_ALIKE = "bulk_not_alike"
    BULK_SIZE = "bulk_size"
    BULK_TAKEN = "bulk_taken"
    BULK_SAMPLE_OPEN = "bulk_sample_open"
    BULK_ENDED = "bulk_ended"
    GOLDEN_UNFIT = "golden_unfit"
    UNFOUNDED_AND_ACTED = "unfounded_and_acted"


class CaseNotClosed(NotAllowed):
    """A case may not be closed like this."""

    remedy = "See the findings; somebody else may have to decide."


class NamesSomebody(InputRefused):
    """A text for the person concerned names an account or a mailbox that is not theirs."""

    remedy = "Say it without naming anybody."


class CaseNoteRefused(InputRefused):
    """A note cannot be taken as it is."""

    remedy = "Write something, in at most the number of characters given."


@dataclass(frozen=True, slots=True)
class Judge:
    """Who wants to close a case."""

    staff: UUID
    name: str
    roles: Collection[str]


@dataclass(frozen=True, slots=True)
class Opined:
    """What a second person would decide, and who had asked."""

    kind: ActionKind
    asked_by: UUID


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the checks need to know of a case.

    searched  whether there is a search that something can be taken out of
    """

    kind: CaseKind
    state: CaseState
    barred_staff: UUID | None = None
    barred_names: Sequence[str] = ()
    account: str = ""
    channel: str = ""
    event: str = ""
    sealed: bool = False
    needs_role: Role = Role.REVIEWER
    opinion_by: Collection[UUID] = ()
    opinions: Collection[Opined] = ()
    measuring: bool = False
    searched: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody wants to decide: under which policy, what, where and until when.

    unfounded  whether the reports or complaints are manifestly unfounded (DSA Art. 23(2))
    """

    harm: str
    kind: ActionKind
    territory: tuple[str, ...] = ()
    ends_at: datetime | None = None
    unfounded: bool = False


def check_judge(case: CaseFacts, judge: Judge) -> list[Finding]:
    """Finds why this person may not close this case at all.

    Who decided may not judge the objection, and neither may the rule's author or approver
    (DSA Art. 20(6): decisions on complaints are taken under supervision and not by the same hand).
    """
    found = []
    if case.state is not CaseState.OPEN:
        found.append(Finding.CASE_CLOSED)
    found += check_role(case, judge.roles)
    if case.barred_staff == judge.staff:
        found.append(Finding.DECIDED_BY_THE_SAME_PERSON)
    if judge.name in case.barred_names:
        found.append(Finding.AUTHOR_OF_THE_RULE)
    if judge.staff in case.opinion_by:
        found.append(Finding.GAVE_AN_OPINION)
    return found


def check_role(case: CaseFacts, roles: Collection[str]) -> list[Finding]:
    """Finds why these roles may not work on this case: lane, queue and escalation decide."""
    if case.needs_role.value in works_for(roles):
        return []
    if case.sealed:
        return [Finding.SEALED_LANE]
    if case.needs_role is Role.SENIOR and Role.REVIEWER in roles:
        return [Finding.NEEDS_A_SENIOR]
    return [Finding.NOT_A_REVIEWER]


def works_for(roles: Collection[str]) -> frozenset[str]:
    """Gives the needs that these roles meet: a senior reviewer also reviews."""
    met = {role for role in (Role.REVIEWER, Role.SENIOR, Role.CHILD_SAFETY) if role in roles}
    if Role.SENIOR in met:
        met.add(Role.REVIEWER)
    return frozenset(role.value for role in met)


def check_reason(reason: str) -> list[Finding]:
    """Finds why these reasons are not enough, or too much."""
    if not reason.strip():
        return [Finding.REASON_MISSING]
    return [Finding.REASON_TOO_LONG] if len(reason) > REASON_CHARACTERS_MAX else []


def check_names_nobody(text: str, *, own: str) -> None:
    """Refuses a text for a person that names anybody's account or mailbox but their own.

    Who reported must never reach the person concerned, and a reviewer writes in a hurry.
    """
    plain = unquote(text)  # a link hides a name as %40name
    named = {*ACCOUNT.findall(plain), *MAILBOX.findall(ACCOUNT.sub(" ", plain))}
    if named - {own}:
        raise NamesSomebody(quantity=len(named - {own}))


def check_choice(case: CaseFacts, chosen: Chosen, *, by: Judge, now: datetime) -> list[Finding]:
    """Finds why this may not be decided on this case."""
    found = []
    if case.kind is CaseKind.OBJECTION:
        found.append(Finding.IS_AN_OBJECTION)
    if chosen.kind not in CHOICES:
        return [*found, Finding.KIND_NOT_OFFERED]
    if chosen.harm not in harms():
        return [*found, Finding.HARM_UNKNOWN]
    if chosen.kind is not ActionKind.NONE and chosen.kind not in choices(case):
        found.append(Finding.TARGET_UNKNOWN)
    if is_sealed(chosen.harm) and not case.sealed:
        found.append(Finding.SEALED_LANE)
    if chosen.unfounded and chosen.kind is not ActionKind.NONE:
        found.append(Finding.UNFOUNDED_AND_ACTED)
    return [*found, *_check_policy(case, chosen, by), *_check_scope(chosen, now=now)]


def _check_policy(case: CaseFacts, chosen: Chosen, by: Judge) -> list[Finding]:
    policy = policy_of(chosen.harm)
    if chosen.kind not in policy.offers:
        return [Finding.POLICY_OFFERS_NOT]
    waits = policy.second_opinion and chosen.kind in WAITS_FOR_OPINION
    if waits and not case.measuring:
        return _check_opinions(case.opinions, chosen.kind, by)
    return []


def _check_opinions(opinions: Collection[Opined], kind: ActionKind, by: Judge) -> list[Finding]:
    """Finds why the opinions given do not carry what waits for one.

    More must agree than not; else a senior decides, and none who had asked for one.
    """
    if not opinions:
        return [Finding.OPINION_MISSING]
    agree = sum(one.kind is kind for one in opinions)
    asked = any(one.asked_by == by.staff for one in opinions)
    if agree > len(opinions) - agree or (Role.SENIOR in by.roles and not asked):
        return []
    return [Finding.OPINION_AGAINST]


def _check_scope(chosen: Chosen, *, now: datetime) -> list[Finding]:
    found = []
    if chosen.territory and chosen.kind not in SCOPED:
        found.append(Finding.TERRITORY_NOT_POSSIBLE)
    elif chosen.kind is ActionKind.GEO_WITHHOLD and not chosen.territory:
        found.append(Finding.TERRITORY_MISSING)
    elif len(set(chosen.territory)) != len(chosen.territory) or not all(
        is_country(code) for code in chosen.territory
    ):
        found.append(Finding.TERRITORY_INVALID)
    if len(chosen.territory) > COUNTRIES_MAX:
        found.append(Finding.TERRITORY_TOO_LONG)
    if chosen.ends_at is not None:
        if chosen.kind not in ENDING:
            found.append(Finding.END_NOT_POSSIBLE)
        elif chosen.ends_at <= now:
            found.append(Finding.END_IN_THE_PAST)
    return found


def check_bulk(
    cases: Sequence[CaseFacts], harms_of: Collection[str], kind: ActionKind, judge: Judge
) -> list[Finding]:
    """Finds why these cases may not be decided alike; a senior reviewer proposes that.

    What waits for a second opinion is decided one by one, and so is what was escalated.
    """
    found = []
    if Role.SENIOR not in judge.roles:
        found.append(Finding.NEEDS_A_SENIOR)
    if not cases:
        return found
    if not 1 < len(cases) <= BULK_CASES_MAX:
        found.append(Finding.BULK_SIZE)
    if len(harms_of) != 1 or not all(_usual(case) and kind in choices(case) for case in cases):
        return [*found, Finding.BULK_NOT_ALIKE]
    if not all(kind in policy_of(harm).offers for harm in harms_of):
        found.append(Finding.POLICY_OFFERS_NOT)
    if kind is ActionKind.GEO_WITHHOLD:
        found.append(Finding.TERRITORY_MISSING)
    if kind in WAITS_FOR_OPINION and any(policy_of(harm).second_opinion for harm in harms_of):
        found.append(Finding.OPINION_MISSING)
    return found


def _usual(case: CaseFacts) -> bool:
    return (
        case.kind is CaseKind.REVIEW
        and case.state is CaseState.OPEN
        and case.needs_role is Role.REVIEWER
        and not case.measuring
    )


def choices(case: CaseFacts, harm: str = "") -> list[ActionKind]:
    """Gives what can be decided on a case, given what is known of it and, if named, the policy."""
    offered = policy_of(harm).offers if harm else CHOICES
    return [
        kind
        for kind in CHOICES
        if kind in offered
        and (kind not in NEEDS_EVENT or (case.event and case.channel))
        and (kind not in NEEDS_ACCOUNT or case.account)
        and (kind not in NEEDS_CHANNEL or case.channel)
        and (kind not in NEEDS_SEARCH or case.searched)
    ]


def refuse_if(findings: Sequence[Finding]) -> None:
    """Raises `CaseNotClosed` if there is any finding."""
    if findings:
        raise CaseNotClosed(findings=",".join(findings))
