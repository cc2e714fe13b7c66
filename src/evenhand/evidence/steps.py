"""The only writers of evidence: sealed before it is removed, kept for its time, then emptied."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from nacl.public import PrivateKey, PublicKey

from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.ids import new_id
from evenhand.base.limits import EVIDENCE_DAYS
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import seal, unseal
from evenhand.evidence.limits import (
    REASON_CHARACTERS_MAX,
    REASON_CHARACTERS_MIN,
    SEAL_BYTES,
    SWEEP_ROWS_MAX,
)
from evenhand.evidence.models import Hold, SealedItem
from evenhand.evidence.vault import MEDIA_TYPE, Holders
from evenhand.people.powers import Power, roles_with
from evenhand.people.queries import person_of
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append, append_many

OPENING_ROLES = frozenset(roles_with(Power.OPEN_EVIDENCE))
"""Who may see what is under seal: the people who decide about it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Content already sealed to the evidence key, as the door's journal carries it."""

    id: UUID
    subject: UUID
    media_type: str
    content: bytes


def keep(
    content: bytes, *, media_type: str, subject: UUID, to: PublicKey, now: datetime
) -> SealedItem:
    """Seals content for a decision or case, and keeps it for its time."""
    item = Sealed(
        id=new_id(now=now), subject=subject, media_type=media_type, content=seal(content, to=to)
    )
    return keep_sealed([item], now=now)[0]


def keep_sealed(items: Sequence[Sealed], *, now: datetime) -> list[SealedItem]:
    """Keeps what the door sealed; an item that is kept already stays as it is."""
    rows = [
        SealedItem(
            id=item.id,
            at=now,
            subject=item.subject,
            media_type=item.media_type,
            sealed=item.content,
            sha256=hashlib.sha256(item.content).digest(),
            size_bytes=len(item.content) - SEAL_BYTES,
            expires_at=now + timedelta(days=EVIDENCE_DAYS),
        )
        for item in items
    ]
    return SealedItem.objects.bulk_create(rows, ignore_conflicts=True)


def hold(item_id: UUID, *, holder: UUID, now: datetime) -> None:
    """Keeps an item beyond its day for as long as the holder (an open case) needs it."""
    Hold.objects.get_or_create(item_id=item_id, holder=holder, defaults={"at": now})


def reserve_held(holder: UUID, *, role: Role) -> None:
    """Lets one role alone open what a holder needs; nothing opens it to others again."""
    SealedItem.objects.filter(holds__holder=holder).update(reserved_for=role.value)


def release(holder: UUID) -> None:
    """Ends every hold of one holder; expiry then takes its course."""
    Hold.objects.filter(holder=holder).delete()


def keep_vaulted(items: Sequence[Sealed], *, expires_at: datetime, now: datetime) -> list[UUID]:
    """Keeps what was sealed for two key holders; an item that is kept already stays as it is.

    A preservation then holds it by its own name, so that `expire` waits for the preservation.
    """
    rows = [
        SealedItem(
            id=item.id,
            at=now,
            subject=item.subject,
            media_type=MEDIA_TYPE,
            sealed=item.content,
            sha256=hashlib.sha256(item.content).digest(),
            size_bytes=len(item.content),
            expires_at=expires_at,
        )
        for item in items
    ]
    SealedItem.objects.bulk_create(rows, ignore_conflicts=True)
    return [item.id for item in items]


def record_holders(named: Holders, *, now: datetime) -> None:
    """Writes the record that the vault's holders were named anew, with their public keys."""
    id = new_id(now=now)  # noqa: A001  the record is its own subject
    body = {
        "vault_first": list(named.first),
        "vault_second": list(named.second),
        "vault_signs": list(named.signs),
    }
    with transaction.atomic():
        append(
            NewRecord(id=id, at=now, kind=RecordKind.PRESERVATION_CHANGED, subject=id, body=body)
        )


def take_sealed(item_id: UUID, *, staff: UUID, reason: str, now: datetime) -> bytes:
    """Gives a vault item as it is, still sealed, once the record that it was taken is written."""
    if not REASON_CHARACTERS_MIN <= len(reason.strip()) <= REASON_CHARACTERS_MAX:
        raise NotAllowed(what="evidence", why="the reason is too short or too long")
    with transaction.atomic():
        found = SealedItem.objects.filter(id=item_id, media_type=MEDIA_TYPE, expired_at=None)
        item = found.first()
        if item is None:
            raise NotFound(what="vault item", item=item_id)
        person = person_of(staff)
        if person is None or not person.has(Role.LEGAL_OFFICER):
            raise NotAllowed(what="evidence", why="nobody who may take preserved items")
        body = {"item": str(item_id), "by": str(staff), "reason": reason.strip(), "sealed": True}
        append(
            NewRecord(
                id=new_id(now=now),
                at=now,
                kind=RecordKind.EVIDENCE_OPENED,
                subject=item.subject,
                body=body,
            )
        )
        return bytes(item.sealed)


def expire(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Empties items whose day has come and that nobody holds; each leaves a record."""
    with transaction.atomic():
        items = list(
            SealedItem.objects.select_for_update(skip_locked=True)
            .filter(expires_at__lte=now, expired_at=None)
            .exclude(Exists(Hold.objects.filter(item=OuterRef("pk"))))
            .order_by("expires_at")
            .only("id", "subject")[:rows_max]
        )
        SealedItem.objects.filter(id__in=[item.id for item in items]).update(
            sealed=b"", expired_at=now
        )
        append_many(
            [
                NewRecord(
                    id=new_id(now=now),
                    at=now,
                    kind=RecordKind.EVIDENCE_EXPIRED,
                    subject=item.subject,
                    body={"item": str(item.id)},
                )
                for item in items
            ]
        )
    return len(items)


def destroy(items: Sequence[UUID], *, holder: UUID, now: datetime) -> list[UUID]:
    """Empties what one holder kept, before its day, and gives what was emptied.

    What somebody else still holds stays; it goes when that hold ends.
    """
    with transaction.atomic():
        Hold.objects.filter(holder=holder, item_id__in=list(items)).delete()
        free = list(
            SealedItem.objects.select_for_update()
            .filter(id__in=list(items), expired_at=None)
            .exclude(Exists(Hold.objects.filter(item=OuterRef("pk"))))
            .only("id", "subject")
        )
        SealedItem.objects.filter(id__in=[item.id for item in free]).update(
            sealed=b"", expired_at=now
        )
        append_many(
            [
                NewRecord(
                    id=new_id(now=now),
                    at=now,
                    kind=RecordKind.EVIDENCE_EXPIRED,
                    subject=item.subject,
                    body={"item": str(item.id), "holder": str(holder)},
                )
                for item in free
            ]
        )
    return [item.id for item in free]


def open_sealed(
    item_id: UUID, *, staff: UUID, reason: str, key: PrivateKey, now: datetime
) -> tuple[SealedItem, bytes]:
    """Gives an item with its content, once the record that it was opened is written."""
    with transaction.atomic():
        item = SealedItem.objects.filter(id=item_id, expired_at=None).first()
        if item is None:
            raise NotFound(what="evidence", item=item_id)
        person = person_of(staff)
        roles = {Role(item.reserved_for)} if item.reserved_for else OPENING_ROLES
        if person is None or not any(person.has(role) for role in roles):
            raise NotAllowed(what="evidence", why="nobody who may open evidence")
        sealed = bytes(item.sealed)
        if hashlib.sha256(sealed).digest() != bytes(item.sha256):
            raise NotAllowed(what="evidence", why="altered since it was kept")
        content = unseal(sealed, key=key)
        append(
            NewRecord(
                id=new_id(now=now),
                at=now,
                kind=RecordKind.EVIDENCE_OPENED,
                subject=item.subject,
                body={"item": str(item_id), "by": str(staff), "reason": reason},
            )
        )
    return item, content
