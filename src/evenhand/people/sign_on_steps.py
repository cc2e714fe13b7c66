"""The only writers of how the operator's own provider signs staff in: expected, bound, ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import keyed_hash
from evenhand.people.checks import InvitationRefused, SignOnRefused
from evenhand.people.limits import PROPOSAL_DAYS, SIGN_ON_DAYS
from evenhand.people.models import Person, Proposal, SignOn
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of whoever signed in there, after its signature was checked."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False


def expect(person: Person, named: str, *, key: bytes, by: Person, now: datetime) -> None:
    """Lets the provider sign somebody in under what two people named; a binding of before ends.

    Runs in the transaction that lets the person in.
    """
    expected = _expected(named, key=key)
    if SignOn.objects.filter(expected=expected).exclude(person=person).exists():
        raise InvitationRefused(why="somebody else is expected under this sign-on")
    SignOn.objects.update_or_create(
        person=person,
        defaults={
            "expected": expected,
            "expires_at": now + timedelta(days=SIGN_ON_DAYS),
            "bound": None,
            "bound_at": None,
        },
    )
    _record(person, "sign_on_expected", by=str(by.id), now=now)


def sign_in_by_provider(claims: Claims, *, key: bytes, now: datetime) -> Person:
    """Gives the member of staff whom the provider vouches for, or refuses.

    The first time binds the provider's subject: from then on its mailbox means nothing, since
    mailboxes are given to somebody else when people leave (OpenID Connect Core section 5.7).
    """
    bound = _bound(claims, key=key)
    with transaction.atomic():
        row = SignOn.objects.select_for_update().filter(bound=bound).first()
        if row is None:
            row = _expected_row(claims, key=key, now=now)
        person = Person.objects.select_for_update().get(pk=row.person_id)
        if not person.may_enter or Role.OFFICER.value in person.roles:
            raise SignOnRefused(why="suspended" if person.is_active else "left")
        if row.bound is None:
            row.expected = row.expires_at = None
            row.bound, row.bound_at = bound, now
            row.save(update_fields=["expected", "expires_at", "bound", "bound_at"])
            _record(person, "sign_on_bound", by=str(person.id), now=now)
    return person


def end_sign_on(person: Person) -> None:
    """Lets the provider sign somebody in no longer; part of the step by which they leave."""
    SignOn.objects.filter(person=person).delete()


def forget_stale(*, now: datetime) -> int:
    """Empties what was named for somebody who never came, and gives how much that was."""
    since = now - timedelta(days=PROPOSAL_DAYS)
    emptied = (
        Proposal.objects.filter(Q(settled_at__isnull=False) | Q(proposed_at__lte=since))
        .exclude(sign_on="")
        .update(sign_on="")
    )
    deleted, _ = SignOn.objects.filter(expires_at__lte=now).delete()
    return emptied + deleted


def _expected_row(claims: Claims, *, key: bytes, now: datetime) -> SignOn:
    """Gives who waits under the subject or under the mailbox that the provider verified.

    A subject that reads as a mailbox proves none: at some providers people choose their subject.
    """
    names = [] if "@" in claims.subject else [_expected(claims.subject, key=key)]
    if claims.email and claims.email_verified:
        names.append(_expected(claims.email, key=key))
    rows = list(
        SignOn.objects.select_for_update().filter(expected__in=names, expires_at__gt=now)[:2]
    )
    if len(rows) != 1:
        raise SignOnRefused(why="nobody was let in under this sign-on")
    return rows[0]


def _expected(named: str, *, key: bytes) -> bytes:
    """Gives the hash of what was named: a mailbox in any case of letters, or a subject as it is."""
    kept = named.strip()
    kept = kept.casefold() if "@" in kept else kept
    return keyed_hash(b"sign-on expected\0" + kept.encode(), key=key, size_bytes=HASH_BYTES)


def _bound(claims: Claims, *, key: bytes) -> bytes:
    said = f"{claims.issuer}\0{claims.subject}"
    return keyed_hash(b"sign-on bound\0" + said.encode(), key=key, size_bytes=HASH_BYTES)


def _record(person: Person, change: str, *, by: str, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.STAFF_CHANGED,
            subject=person.id,
            body={"change": change, "roles": list(person.roles), "by": by},
        )
    )
