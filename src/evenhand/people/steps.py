"""The only writers: invite, enrol a passkey, sign in, leave. Each leaves a record."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import Language, RecordKind
from evenhand.people.checks import (
    LinkDead,
    SignInRefused,
    check_enrolment,
    check_invitation,
    check_link,
)
from evenhand.people.limits import INVITATION_HOURS
from evenhand.people.models import Invitation, Staff, fresh_salt
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Invited:
    """A person who may now enrol a passkey; the token exists nowhere else."""

    staff: UUID
    token: str
    expires_at: datetime

    @property
    def path(self) -> str:
        """Gives the path of the link, below the desk's public address."""
        return f"/staff/enrol/{self.token}/"


def invite(
    name: str,
    roles: Collection[Role],
    *,
    now: datetime,
    language: Language = Language.EN,
    by: Staff | None = None,
) -> Invited:
    """Gives a one-time link for a person, new or known; `by` None is the machine's command line.

    A known person keeps their roles and passkeys, and older links of theirs stop working. Who had
    left and comes back gets the roles named now.
    """
    with transaction.atomic():
        staff = Staff.objects.select_for_update().filter(name=name).first()
        check_invitation(
            name=name, roles=roles, by=None if by is None else [Role(role) for role in by.roles]
        )
        if staff is None:
            staff = Staff.objects.create(
                id=new_id(now=now),
                name=name,
                language=language.value,
                roles=sorted(role.value for role in roles),
                created_at=now,
            )
        elif not staff.is_active:
            staff.is_active = True
            staff.roles = sorted(role.value for role in roles)
            staff.save(update_fields=["is_active", "roles"])
        Invitation.objects.filter(staff=staff, used_at=None).update(used_at=now)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires_at = now + timedelta(hours=INVITATION_HOURS)
        Invitation.objects.create(
            id=new_id(now=now),
            staff=staff,
            token_hash=_hashed(token),
            invited_by=by,
            made_at=now,
            expires_at=expires_at,
        )
        _record(staff, "invited", by=by, now=now)
    return Invited(staff=staff.id, token=token, expires_at=expires_at)


def invited(token: str, *, now: datetime) -> Staff:
    """Gives the person for whom a link was made, or refuses a link that is dead."""
    return _living(token, now=now, lock=False).staff


def enrol(token: str, credential: Mapping[str, object], *, now: datetime) -> Staff:
    """Stores a passkey that the browser proved to hold, and spends the link."""
    with transaction.atomic():
        invitation = _living(token, now=now, lock=True)
        staff = Staff.objects.select_for_update().get(pk=invitation.staff_id)
        keys = Authenticator.objects.filter(user=staff).count()
        check_enrolment(keys=keys, is_active=staff.is_active)
        WebAuthn.add(staff, f"Passkey {keys + 1}", dict(credential))
        invitation.used_at = now
        invitation.save(update_fields=["used_at"])
        _record(staff, "key_enrolled", by=staff, now=now)
    return staff


def sign_in(authenticator: Authenticator, *, now: datetime) -> Staff:
    """Gives the person who proved to hold a passkey, unless they no longer work here."""
    with transaction.atomic():
        staff = Staff.objects.get(pk=authenticator.user_id)
        if not staff.is_active:
            raise SignInRefused(why="left")
        authenticator.last_used_at = now
        authenticator.save(update_fields=["last_used_at"])
    return staff


def leave(staff_id: UUID, *, by: Staff | None, now: datetime) -> None:
    """Lets a person in no longer: open sessions end, keys and links stop working."""
    with transaction.atomic():
        staff = Staff.objects.select_for_update().filter(pk=staff_id).first()
        if staff is None:
            raise NotFound(what="member of staff", id=staff_id)
        staff.is_active = False
        staff.session_salt = fresh_salt()
        staff.save(update_fields=["is_active", "session_salt"])
        Invitation.objects.filter(staff=staff, used_at=None).update(used_at=now)
        Authenticator.objects.filter(user=staff).delete()
        _record(staff, "left", by=by, now=now)


def _living(token: str, *, now: datetime, lock: bool) -> Invitation:
    rows = Invitation.objects.filter(token_hash=_hashed(token))
    rows = rows.select_for_update() if lock else rows.select_related("staff")
    invitation = rows.first()
    if invitation is None:
        raise LinkDead(why="unknown")
    check_link(expires_at=invitation.expires_at, used_at=invitation.used_at, now=now)
    return invitation


def _hashed(token: str) -> bytes:
    """Gives what is kept of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _record(staff: Staff, change: str, *, by: Staff | None, now: datetime) -> None:
    """Records a change by ids alone: names are personal data."""
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.STAFF_CHANGED,
            subject=staff.id,
            body={
                "change": change,
                "roles": list(staff.roles),
                "by": "command line" if by is None else str(by.id),
            },
        )
    )
