"""The only writers of evidence: sealed before it is removed, kept for its time, then emptied."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from nacl.public import PublicKey

from evenhand.base.ids import new_id
from evenhand.base.limits import EVIDENCE_DAYS
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import seal
from evenhand.evidence.limits import SEAL_BYTES, SWEEP_ROWS_MAX
from evenhand.evidence.models import Hold, SealedItem
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append_many


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


def release(holder: UUID) -> None:
    """Ends every hold of one holder; expiry then takes its course."""
    Hold.objects.filter(holder=holder).delete()


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
