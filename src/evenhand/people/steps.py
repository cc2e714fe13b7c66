"""The only writers: who is let in, enrols a passkey, signs, leaves. Each change leaves a record."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import Language, RecordKind
from evenhand.people import signature
from evenhand.people.checks import (
    Admitter,
    InvitationRefused,
    LinkDead,
    ProposalRefused,
    ReasonMissing,
    SignInRefused,
    check_confirmation,
    check_enrolment,
    check_first,
    check_link,
    check_name,
    check_proposal,
    check_sign_on,
    check_staff,
)
from evenhand.people.limits import INVITATION_HOURS, REASON_CHARACTERS_MAX, SIGNATURE_MINUTES
from evenhand.people.models import Invitation, Person, Proposal, SignatureRequest, fresh_salt
from evenhand.people.roles import STAFF_ROLES, Role
from evenhand.people.sign_on_steps import end_sign_on, expect
from evenhand.people.signature import KeptAssertion, SignatureRefused
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Invited:
    """A person who may now enrol a passkey; the token exists nowhere else."""

    person: UUID
    token: str
    expires_at: datetime
    is_officer: bool = False

    @property
    def path(self) -> str:
        """Gives the path of the link, below the desk's public address."""
        door = "authorities" if self.is_officer else "staff"
        return f"/{door}/enrol/{self.token}/"


def invite(
    name: str, roles: Collection[Role], *, now: datetime, language: Language = Language.EN
) -> Invited:
    """Gives one of the first two people a one-time link: the machine's command line.

    A known person keeps their roles; who had left and comes back gets the roles named now.
    Everybody else is let in by `propose` and `confirm`.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(name=name).first()
        check_staff(name=name, roles=roles)
        _check_is_staff(person)
        staff = Person.objects.filter(
            is_active=True, suspended_at=None, roles__overlap=_values(STAFF_ROLES)
        )
        check_first(
            others=list(staff.exclude(name=name).values_list("roles", flat=True)),
            roles=person.roles if person is not None and person.is_active else _values(roles),
            keys=0 if person is None else Authenticator.objects.filter(user=person).count(),
        )
        if person is None or not person.is_active:
            person = _admit(person, name, roles, language=language, now=now)
        return _link(person, by=None, now=now)


def propose(
    name: str,
    roles: Collection[Role],
    *,
    by: Person,
    now: datetime,
    language: Language = Language.EN,
    sign_on: str = "",
) -> Proposal:
    """Proposes that somebody works here: new, with other roles, or with a new passkey.

    `sign_on` is the mailbox or subject under which the operator's provider knows them.
    """
    with transaction.atomic():
        person = Person.objects.filter(name=name).first()
        check_staff(name=name, roles=roles)
        check_sign_on(sign_on)
        _check_is_staff(person)
        check_proposal(by=_admitter(by), person=None if person is None else person.id)
        proposal = Proposal.objects.create(
            id=new_id(now=now),
            name=name,
            roles=_values(roles),
            language=language.value,
            sign_on=sign_on,
            proposed_by=by,
            proposed_at=now,
        )
        _record_proposal(proposal, "proposed", by=by, now=now)
    return proposal


def confirm(proposal_id: UUID, *, by: Person, now: datetime, key: bytes | None = None) -> Invited:
    """Lets in who was proposed, as a second person, and gives the one-time link.

    Who works here already has the roles proposed from now on, and open sessions end. `key` hashes
    as whom the provider knows them, where the proposal says so.
    """
    with transaction.atomic():
        proposal = _locked_proposal(proposal_id)
        person = Person.objects.select_for_update().filter(name=proposal.name).first()
        _check_is_staff(person)
        roles = [Role(role) for role in proposal.roles]
        check_staff(name=proposal.name, roles=roles)
        check_confirmation(
            roles=roles,
            person=None if person is None else person.id,
            proposed_by=_admitter(proposal.proposed_by),
            proposed_at=proposal.proposed_at,
            is_open=proposal.settled_at is None,
            by=_admitter(by),
            now=now,
        )
        person = _admit(person, proposal.name, roles, language=Language(proposal.language), now=now)
        if proposal.sign_on:
            if key is None:
                raise ProposalRefused(why="there is no provider to sign on at")
            expect(person, proposal.sign_on, key=key, by=by, now=now)
        proposal.confirmed_by, proposal.settled_at, proposal.person = by, now, person
        proposal.sign_on = ""
        proposal.save(update_fields=["confirmed_by", "settled_at", "person", "sign_on"])
        _record_proposal(proposal, "confirmed", by=by, now=now)
        return _link(person, by=by, now=now)


def withdraw(proposal_id: UUID, *, by: Person, now: datetime) -> None:
    """Ends a proposal without letting anybody in; either of two people can."""
    with transaction.atomic():
        proposal = _locked_proposal(proposal_id)
        check_proposal(by=_admitter(by), person=None)
        if proposal.settled_at is not None:
            raise ProposalRefused(why="settled")
        proposal.settled_at, proposal.sign_on = now, ""
        proposal.save(update_fields=["settled_at", "sign_on"])
        _record_proposal(proposal, "withdrawn", by=by, now=now)


def add_officer(
    name: str, *, by: Person, now: datetime, language: Language = Language.EN
) -> Invited:
    """Gives a one-time link for a new officer; the authorities room knows whose, and calls this.

    A name that is taken is refused: a link for it would open somebody else's account.
    """
    check_name(name)
    with transaction.atomic():
        if Person.objects.filter(name=name).exists():
            raise InvitationRefused(why="this name is taken; add the office to it")
        person = Person.objects.create(
            id=new_id(now=now),
            name=name,
            language=language.value,
            roles=[Role.OFFICER.value],
            created_at=now,
        )
        return _link(person, by=by, now=now)


def renew_officer_link(person_id: UUID, *, by: Person, now: datetime) -> Invited:
    """Gives a known officer a new link; passkeys and sessions of before end."""
    with transaction.atomic():
        person = _locked(person_id)
        if Role.OFFICER.value not in person.roles or not person.may_enter:
            raise InvitationRefused(why="no officer who may enter")
        Authenticator.objects.filter(user=person).delete()
        _end_sessions(person)
        return _link(person, by=by, now=now)


def invited(token: str, *, now: datetime) -> Person:
    """Gives the person for whom a link was made, or refuses a link that is dead."""
    return _living(token, now=now, lock=False).person


def enrol(token: str, credential: Mapping[str, object], *, now: datetime) -> Person:
    """Stores a passkey that the browser proved to hold, and spends the link."""
    with transaction.atomic():
        invitation = _living(token, now=now, lock=True)
        person = Person.objects.select_for_update().get(pk=invitation.person_id)
        keys = Authenticator.objects.filter(user=person).count()
        check_enrolment(keys=keys, is_active=person.may_enter)
        key = WebAuthn.add(person, f"Passkey {keys + 1}", dict(credential))
        invitation.used_at = now
        invitation.save(update_fields=["used_at"])
        _record(person, "key_enrolled", by=person, now=now, key=fingerprint_of(key))
    return person


def sign_in(authenticator: Authenticator, *, now: datetime) -> Person:
    """Gives the person who proved to hold a passkey, unless they no longer work here."""
    with transaction.atomic():
        person = Person.objects.get(pk=authenticator.user_id)
        if not person.may_enter:
            raise SignInRefused(why="suspended" if person.is_active else "left")
        authenticator.last_used_at = now
        authenticator.save(update_fields=["last_used_at"])
    return person


def leave(person_id: UUID, *, by: Person | None, now: datetime) -> None:
    """Lets a person in no longer: open sessions end, keys and links stop working."""
    with transaction.atomic():
        person = _locked(person_id)
        person.is_active = False
        person.save(update_fields=["is_active"])
        _end_sessions(person)
        Invitation.objects.filter(person=person, used_at=None).update(used_at=now)
        Authenticator.objects.filter(user=person).delete()
        end_sign_on(person)
        _record(person, "left", by=by, now=now)


def suspend(person_id: UUID, *, by: Person | None, now: datetime) -> None:
    """Lets a person in no longer for now: open sessions and links end, keys are kept.

    `by` None is a deadline of our own that passed.
    """
    with transaction.atomic():
        person = _locked(person_id)
        if person.suspended_at is None:
            person.suspended_at = now
            person.save(update_fields=["suspended_at"])
            _end_sessions(person)
            Invitation.objects.filter(person=person, used_at=None).update(used_at=now)
            _record(person, "suspended", by=by, now=now)


def restore(person_id: UUID, *, by: Person, now: datetime) -> None:
    """Lets a suspended person in again."""
    with transaction.atomic():
        person = _locked(person_id)
        if person.suspended_at is not None:
            person.suspended_at = None
            person.save(update_fields=["suspended_at"])
            _record(person, "restored", by=by, now=now)


def begin_signature(person: Person, digest: bytes, *, now: datetime) -> dict[str, Any]:
    """Gives the options by which a browser asks for this person's signature under a digest."""
    nonce = secrets.token_bytes(signature.NONCE_BYTES)
    SignatureRequest.objects.create(
        id=new_id(now=now), person=person, digest=digest, nonce=nonce, made_at=now
    )
    return signature.begin(person, digest, nonce=nonce)


def sign(
    person: Person, digest: bytes, credential: Mapping[str, Any], *, now: datetime
) -> KeptAssertion:
    """Gives the signature to keep, once: what was asked for, by whom, and not too long ago.

    Call it in the transaction of the step that it signs: if that fails, nothing was signed.
    """
    with transaction.atomic():
        if not _locked(person.id).may_enter:
            raise SignatureRefused(why="this person may not enter", person=person.id)
        answered = signature.challenge_of(credential)
        since = now - timedelta(minutes=SIGNATURE_MINUTES)
        asked = SignatureRequest.objects.select_for_update().filter(
            person=person, digest=digest, used_at=None, made_at__gt=since, made_at__lte=now
        )
        for request in asked:
            nonce = bytes(request.nonce)
            if signature.challenge(digest, nonce, person.id) == answered:
                kept = signature.verify(person, digest, nonce=nonce, credential=credential)
                request.used_at = now
                request.save(update_fields=["used_at"])
                return kept
    raise SignatureRefused(why="not asked for, used, or too old", person=person.id)


def read_personal(subject: UUID, what: str, *, by: Person, reason: str, now: datetime) -> None:
    """Records that a member of staff read personal data of a subject, and why.

    `what` is the kind of data as a constant word; call it in the step that gives them.
    """
    kept = reason.strip()
    if not kept or len(kept) > REASON_CHARACTERS_MAX:
        raise ReasonMissing(characters_max=REASON_CHARACTERS_MAX)
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.PERSONAL_DATA_READ,
            subject=subject,
            body={"what": what, "by": str(by.id), "reason": kept},
        )
    )


def fingerprint_of(key: WebAuthn) -> str:
    """Gives the hash by which a kept signature is matched with the enrolment of its key."""
    public_key = key.authenticator_data.credential_data.public_key
    return signature.key_fingerprint(signature.as_bytes(public_key))


def _admit(
    person: Person | None,
    name: str,
    roles: Collection[Role],
    *,
    language: Language,
    now: datetime,
) -> Person:
    """Gives the person with these roles, new or known, who may enter from now on."""
    if person is None:
        return Person.objects.create(
            id=new_id(now=now),
            name=name,
            language=language.value,
            roles=_values(roles),
            created_at=now,
        )
    person.is_active = True
    person.roles = _values(roles)
    person.save(update_fields=["is_active", "roles"])
    _end_sessions(person)
    return person


def _link(person: Person, *, by: Person | None, now: datetime) -> Invited:
    """Gives a one-time link; older ones of the same person end."""
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
    return Invited(
        person=person.id,
        token=token,
        expires_at=expires_at,
        is_officer=Role.OFFICER.value in person.roles,
    )


def _locked(person_id: UUID) -> Person:
    person = Person.objects.select_for_update().filter(pk=person_id).first()
    if person is None:
        raise NotFound(what="person", id=person_id)
    return person


def _locked_proposal(proposal_id: UUID) -> Proposal:
    rows = Proposal.objects.select_for_update(of=("self",)).select_related("proposed_by")
    proposal = rows.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound(what="proposal", id=proposal_id)
    return proposal


def _check_is_staff(person: Person | None) -> None:
    if person is None:
        return
    if Role.OFFICER.value in person.roles:
        raise InvitationRefused(why="an officer of an authority has this name")
    if person.suspended_at is not None:
        raise InvitationRefused(why="suspended")


def _admitter(person: Person) -> Admitter:
    return Admitter(person.id, [role for role in person.roles if person.may_enter])


def _end_sessions(person: Person) -> None:
    person.session_salt = fresh_salt()
    person.save(update_fields=["session_salt"])


def _values(roles: Collection[Role]) -> list[str]:
    return sorted(role.value for role in roles)


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


def _record(
    person: Person, change: str, *, by: Person | None, now: datetime, key: str = ""
) -> None:
    """Records a change by ids alone: names are personal data."""
    body: dict[str, object] = {
        "change": change,
        "roles": list(person.roles),
        "by": "command line" if by is None else str(by.id),
    }
    if key:
        body["key"] = key
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.STAFF_CHANGED,
            subject=person.id,
            body=body,
        )
    )


def _record_proposal(proposal: Proposal, change: str, *, by: Person, now: datetime) -> None:
    """Records what became of a proposal, without the name."""
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.STAFF_CHANGED,
            subject=proposal.id,
            body={"change": change, "roles": list(proposal.roles), "by": str(by.id)},
        )
    )
