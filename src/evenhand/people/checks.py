"""Pure: may this person be proposed, invited, enrol a key, sign in, pass a grave door?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from evenhand.base.errors import NotAllowed
from evenhand.people.limits import (
    FIRST_STAFF,
    IDLE_MINUTES,
    KEYS_PER_STAFF_MAX,
    PROPOSAL_DAYS,
    SENSITIVE_IDLE_MINUTES,
    SENSITIVE_SESSION_HOURS,
    SESSION_HOURS,
    SIGN_ON_CHARACTERS_MAX,
    STAFF_NAME_CHARACTERS_MAX,
    STEP_UP_MINUTES,
)
from evenhand.people.roles import (
    ADMITTING_ROLES,
    RELEASE_ROLES,
    SENSITIVE_ROLES,
    STAFF_ROLES,
    Role,
)


class InvitationRefused(NotAllowed):
    """Nobody can be invited like this."""

    remedy = "See `why`; choose another name or other roles."


class LinkDead(NotAllowed):
    """An enrolment link is unknown, used or expired."""

    remedy = "Ask an operator for a new link."


class KeyRefused(NotAllowed):
    """A passkey can not be enrolled."""

    remedy = "Try again with another device, or remove a key first."


class SignInRefused(NotAllowed):
    """A passkey does not open this desk."""

    remedy = "Use the passkey that was enrolled here, or ask an operator for a new link."


class SignOnRefused(NotAllowed):
    """The operator's provider vouches for nobody who may come in here."""

    remedy = "Sign in there as the person whom two colleagues named, or ask an operator."


class ProposalRefused(NotAllowed):
    """A person cannot be proposed, or a proposal not confirmed, like this."""

    remedy = "See `why`; two people who may admit others are needed, for a third one."


class ReasonMissing(NotAllowed):
    """Personal data are read for a reason, and none was given."""

    remedy = "Say in a sentence why you need to read this."


class StepUpNeeded(NotAllowed):
    """This door wants a step-up: a passkey that was shown just now."""

    remedy = "Show your passkey again."


@dataclass(frozen=True, slots=True)
class Admitter:
    """Who proposes or confirms."""

    person: UUID
    roles: Collection[str]


def check_name(name: str) -> None:
    """Refuses a name that cannot be shown."""
    if not name.strip() or len(name) > STAFF_NAME_CHARACTERS_MAX or not name.isprintable():
        raise InvitationRefused(why="name", characters_max=STAFF_NAME_CHARACTERS_MAX)


def check_staff(*, name: str, roles: Collection[Role]) -> None:
    """Refuses a name or roles that nobody who works here may have.

    Whoever runs the machines does not hand out data (DESIGN decision 16), and whoever looks at
    what others did does nothing that would have to be looked at.
    """
    check_name(name)
    if not roles:
        raise InvitationRefused(why="no role")
    if Role.OPERATOR in roles and RELEASE_ROLES & set(roles):
        raise InvitationRefused(why="an operator holds no role that releases data")
    if Role.AUDITOR in roles and len(set(roles)) > 1:
        raise InvitationRefused(why="an auditor holds no other role")
    if not set(roles) <= STAFF_ROLES:
        raise InvitationRefused(why="an officer of an authority is invited for an authority")


def check_sign_on(named: str) -> None:
    """Refuses a mailbox or subject that no provider could say of somebody."""
    if len(named) > SIGN_ON_CHARACTERS_MAX or not named.isprintable() or " " in named:
        raise InvitationRefused(why="sign-on", characters_max=SIGN_ON_CHARACTERS_MAX)


def check_first(*, others: Collection[Collection[str]], roles: Collection[str], keys: int) -> None:
    """Refuses the command line once two people can admit others, and for who holds a passkey.

    Else whoever runs the machine could enrol a passkey of their own in a colleague's name. Once
    two people work here it lets in only the role that is missing. `others` are the roles of each
    person who works here.
    """
    if len(others) >= FIRST_STAFF and not admitters_missing(others) & set(roles):
        raise InvitationRefused(why="two people who work here propose and confirm others")
    if keys:
        raise InvitationRefused(why="this person holds a passkey; let them leave first")


def admitters_missing(staff: Collection[Collection[str]]) -> frozenset[Role]:
    """Gives the roles of which one more is needed for anybody at all to be let in.

    Two people propose and confirm; without an approver nobody gets a role that releases data.
    """
    admitting = [roles for roles in staff if ADMITTING_ROLES & set(roles)]
    approvers = [roles for roles in admitting if Role.APPROVER in roles]
    if not approvers and admitting:
        return frozenset({Role.APPROVER})
    return ADMITTING_ROLES if len(admitting) < FIRST_STAFF else frozenset()


def check_proposal(*, by: Admitter, person: UUID | None) -> None:
    """Refuses a proposal by somebody without the role, or for themselves."""
    if not ADMITTING_ROLES & set(by.roles):
        raise ProposalRefused(why="role")
    if by.person == person:
        raise ProposalRefused(why="nobody admits themselves")


def check_confirmation(
    *,
    roles: Collection[Role],
    person: UUID | None,
    proposed_by: Admitter,
    proposed_at: datetime,
    is_open: bool,
    by: Admitter,
    now: datetime,
) -> None:
    """Refuses a proposal that is settled or stale, or a second person who is the first.

    A role that releases data wants an approver among the two: operators alone cannot make one.
    """
    if not is_open:
        raise ProposalRefused(why="settled")
    if now >= proposed_at + timedelta(days=PROPOSAL_DAYS):
        raise ProposalRefused(why="too old")
    check_proposal(by=by, person=person)
    if by.person == proposed_by.person:
        raise ProposalRefused(why="two people are needed")
    if not ADMITTING_ROLES & set(proposed_by.roles):
        raise ProposalRefused(why="who proposed may no longer")
    if RELEASE_ROLES & set(roles) and Role.APPROVER not in {*by.roles, *proposed_by.roles}:
        raise ProposalRefused(why="a role that releases data wants an approver among the two")


def check_fresh(*, proved_at: datetime | None, now: datetime) -> None:
    """Refuses who showed their passkey too long ago, or at no time that can be."""
    if proved_at is None or not proved_at <= now < proved_at + timedelta(minutes=STEP_UP_MINUTES):
        raise StepUpNeeded(minutes_max=STEP_UP_MINUTES)


def session_limits(roles: Collection[str]) -> tuple[timedelta, timedelta]:
    """Gives how long a session of these roles may rest, and how long it lasts altogether."""
    if SENSITIVE_ROLES & set(roles):
        return timedelta(minutes=SENSITIVE_IDLE_MINUTES), timedelta(hours=SENSITIVE_SESSION_HOURS)
    return timedelta(minutes=IDLE_MINUTES), timedelta(hours=SESSION_HOURS)


def session_holds(
    roles: Collection[str], *, began_at: datetime, seen_at: datetime, now: datetime
) -> bool:
    """Tells whether a session still stands; one that says it began later than now does not."""
    idle, altogether = session_limits(roles)
    return began_at <= seen_at <= now < min(seen_at + idle, began_at + altogether)


def check_link(*, expires_at: datetime, used_at: datetime | None, now: datetime) -> None:
    """Refuses a link that was used or is too old."""
    if used_at is not None:
        raise LinkDead(why="used")
    if now >= expires_at:
        raise LinkDead(why="expired")


def check_enrolment(*, keys: int, is_active: bool) -> None:
    """Refuses a key for somebody who left, or one key too many."""
    if not is_active:
        raise KeyRefused(why="this person no longer works here")
    if keys >= KEYS_PER_STAFF_MAX:
        raise KeyRefused(why="too many keys", keys_max=KEYS_PER_STAFF_MAX)
