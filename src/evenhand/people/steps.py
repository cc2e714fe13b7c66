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
from evenhand.people.models import Invitation, Person, fresh_salt
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Invited:
    """A person who may now enrol a passkey; the token exists nowhere else."""

    person: UUID
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
    by: Person | None = None,
) -> Invited:
    """Gives a one-time link for a person, new or known; `by` None is the machine's command line.

    A known person keeps their roles and passkeys, and older links of theirs stop working. Who had
    left and comes back gets the roles named now.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(name=name).first()
        check_invitation(
            name=name, roles=roles, by=None if by is None else [Role(role) for role in by.roles]
        )
        if person is None:
            person = Person.objects.create(
                id=new_id(now=now),
                name=name,
                language=language.value,
                roles=sorted(role.value for role in roles),
                created_at=now,
            )
        elif not person.is_active:
            person.is_active = True
            person.roles = sorted(role.value for role in roles)
            person.save(update_fields=["is_active", "roles"])
        Invitation.objects.filter(person=person, used_at=None).update(used_at=now)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires_at = now + timedelta(hours=INVITATION_HOURS)
        Invitation.objects.create(
            id=new_id(now=now),
            person=person,
            token_hash=_hashed(token),
            invited_by=by,
            made_at=now,
            expires_at=expires_at,
        )
        _record(person, "invited", by=by, now=now)
    return Invited(person=person.id, token=token, expires_at=expires_at)


def invited(token: str, *, now: datetime) -> Person:
    """Gives the person for whom a link was made, or refuses a link that is dead."""
    return _living(token, now=now, lock=False).person


def enrol(token: str, credential: Mapping[str, object], *, now: datetime) -> Person:
    """Stores a passkey that the browser proved to hold, and spends the link."""
    with transaction.atomic():
        invitation = _living(token, now=now, lock=True)
        person = Person.objects.select_for_update().get(pk=invitation.person_id)
        keys = Authenticator.objects.filter(user=person).count()
        check_enrolment(keys=keys, is_active=person.is_active)
        WebAuthn.add(person, f"Passkey {keys + 1}", dict(credential))
        invitation.used_at = now
        invitation.save(update_fields=["used_at"])
        _record(person, "key_enrolled", by=person, now=now)
    return person


def sign_in(authenticator: Authenticator, *, now: datetime) -> Person:
    """Gives the person who proved to hold a passkey, unless they no longer work here."""
    with transaction.atomic():
        person = Person.objects.get(pk=authenticator.user_id)
        if not person.is_active:
            raise SignInRefused(why="left")
        authenticator.last_used_at = now
        authenticator.save(update_fields=["last_used_at"])
    return person


def leave(person_id: UUID, *, by: Person | None, now: datetime) -> None:
    """Lets a person in no longer: open sessions end, keys and links stop working."""
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(pk=person_id).first()
        if person is None:
            raise NotFound(what="member of staff", id=person_id)
        person.is_active = False
        person.session_salt = fresh_salt()
        person.save(update_fields=["is_active", "session_salt"])
        Invitation.objects.filter(person=person, used_at=None).update(used_at=now)
        Authenticator.objects.filter(user=person).delete()
        _record(person, "left", by=by, now=now)


def _living(token: str, *, now: datetime, lock: bool) -> Invitation:
    rows = Invitation.objects.filter(token_hash=_hashed(token))
    rows = rows.select_for_update() if lock else rows.select_related("person")
    invitation = rows.first()
    if invitation is None:
        raise LinkDead(why="unknown")
    check_link(expires_at=invitation.expires_at, used_at=invitation.used_at, now=now)
    return invitation


def _hashed(token: str) -> bytes:
    """Gives what is kept of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _record(person: Person, change: str, *, by: Person | None, now: datetime) -> None:
    """Records a change by ids alone: names are personal data."""
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.STAFF_CHANGED,
            subject=person.id,
            body={
                "change": change,
                "roles": list(person.roles),
                "by": "command line" if by is None else str(by.id),
            },
        )
    )
