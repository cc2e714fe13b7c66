"""Pure: may this case be closed like this, by this person?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from evenhand.base.errors import NotAllowed
from evenhand.base.lists import ActionKind
from evenhand.cases.limits import REASON_CHARACTERS_MAX
from evenhand.cases.lists import CaseKind, CaseState
from evenhand.people.roles import Role

CHOICES = (
    ActionKind.NONE,
    ActionKind.WARN,
    ActionKind.REDACT,
    ActionKind.UNLIST,
    ActionKind.SUSPEND,
    ActionKind.BLOCK_CHANNEL,
)
"""What a person may decide on a case, from mild to grave."""

NEEDS_EVENT = frozenset({ActionKind.REDACT})
NEEDS_ACCOUNT = frozenset({ActionKind.WARN, ActionKind.SUSPEND})
NEEDS_CHANNEL = frozenset({ActionKind.UNLIST, ActionKind.BLOCK_CHANNEL})


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


class CaseNotClosed(NotAllowed):
    """A case may not be closed like this."""

    remedy = "See the findings; somebody else may have to decide."


@dataclass(frozen=True, slots=True)
class Judge:
    """Who wants to close a case."""

    staff: UUID
    name: str
    roles: Collection[str]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the checks need to know of a case."""

    kind: CaseKind
    state: CaseState
    barred_staff: UUID | None = None
    barred_names: Sequence[str] = ()
    account: str = ""
    channel: str = ""
    event: str = ""


def check_judge(case: CaseFacts, judge: Judge) -> list[Finding]:
    """Finds why this person may not close this case at all.

    Who decided may not judge the objection, and neither may the rule's author or approver
    (DSA Art. 20(6): decisions on complaints are taken under supervision and not by the same hand).
    """
    found = []
    if case.state is not CaseState.OPEN:
        found.append(Finding.CASE_CLOSED)
    if Role.REVIEWER not in judge.roles:
        found.append(Finding.NOT_A_REVIEWER)
    if case.barred_staff == judge.staff:
        found.append(Finding.DECIDED_BY_THE_SAME_PERSON)
    if judge.name in case.barred_names:
        found.append(Finding.AUTHOR_OF_THE_RULE)
    return found


def check_reason(reason: str) -> list[Finding]:
    """Finds why these reasons are not enough, or too much."""
    if not reason.strip():
        return [Finding.REASON_MISSING]
    return [Finding.REASON_TOO_LONG] if len(reason) > REASON_CHARACTERS_MAX else []


def check_choice(case: CaseFacts, kind: ActionKind) -> list[Finding]:
    """Finds why this may not be decided on this case."""
    found = []
    if case.kind is CaseKind.OBJECTION:
        found.append(Finding.IS_AN_OBJECTION)
    if kind not in CHOICES:
        found.append(Finding.KIND_NOT_OFFERED)
    elif kind is not ActionKind.NONE and kind not in choices(case):
        found.append(Finding.TARGET_UNKNOWN)
    return found


def choices(case: CaseFacts) -> list[ActionKind]:
    """Gives what can be decided on a case, given what is known of it."""
    return [
        kind
        for kind in CHOICES
        if (kind not in NEEDS_EVENT or (case.event and case.channel))
        and (kind not in NEEDS_ACCOUNT or case.account)
        and (kind not in NEEDS_CHANNEL or case.channel)
    ]


def refuse_if(findings: Sequence[Finding]) -> None:
    """Raises `CaseNotClosed` if there is any finding."""
    if findings:
        raise CaseNotClosed(findings=",".join(findings))
