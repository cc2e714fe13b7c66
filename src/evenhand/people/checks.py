"""Pure: may this person be invited, enrol a key, sign in?"""

from collections.abc import Collection
from datetime import datetime

from evenhand.base.errors import NotAllowed
from evenhand.people.limits import KEYS_PER_STAFF_MAX, STAFF_NAME_CHARACTERS_MAX
from evenhand.people.roles import RELEASE_ROLES, Role


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


def check_invitation(*, name: str, roles: Collection[Role], by: Collection[Role] | None) -> None:
    """Refuses a name or roles that nobody may have; `by` None is the machine's own command line.

    Whoever runs the machines does not hand out data (DESIGN decision 16).
    """
    if not name.strip() or len(name) > STAFF_NAME_CHARACTERS_MAX or not name.isprintable():
        raise InvitationRefused(why="name", characters_max=STAFF_NAME_CHARACTERS_MAX)
    if not roles:
        raise InvitationRefused(why="no role")
    if Role.OPERATOR in roles and RELEASE_ROLES & set(roles):
        raise InvitationRefused(why="an operator holds no role that releases data")
    if Role.OFFICER in roles and set(roles) != {Role.OFFICER}:
        raise InvitationRefused(why="an officer of an authority holds no other role")
    if by is not None and Role.OPERATOR not in by:
        raise InvitationRefused(why="only an operator invites")


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
