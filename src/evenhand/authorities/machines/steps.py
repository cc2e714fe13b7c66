"""The only writers of tokens and webhooks; each change of who has access leaves a record."""

import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q

from evenhand.authorities.lists import OfficerChanged
from evenhand.authorities.machine_limits import (
    ATTEMPTS_MAX,
    PAUSE_FIRST,
    SWEEP_ROWS_MAX,
    TOKEN_LIFE,
    USED_EVERY,
)
from evenhand.authorities.machine_models import ApiToken, FilingKey, Webhook, WebhookMessage
from evenhand.authorities.machines.checks import (
    check_token,
    check_webhook,
    secret_of,
    signed_headers,
)
from evenhand.authorities.models import Officer, OfficerChange
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

PREFIX = "evh_"
TOKEN_BYTES = 32

Post = Callable[[str, str, dict[str, str]], bool]
"""Sends a body with headers to an address, and tells whether it was taken."""


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token; its text exists nowhere else."""

    id: UUID
    text: str
    expires_at: datetime


def make_token(officer: Officer, name: str, *, by: Person, now: datetime) -> MadeToken:
    """Gives an officer a token for a program; only its hash is kept."""
    with transaction.atomic():
        Officer.objects.select_for_update().get(pk=officer.pk)
        living = ApiToken.objects.filter(officer=officer, ended_at=None, expires_at__gt=now)
        kept = check_token(name, living=living.count())
        text = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        made = ApiToken.objects.create(
            id=new_id(now=now),
            officer=officer,
            name=kept,
            token_hash=hash_of(text),
            made_at=now,
            expires_at=now + TOKEN_LIFE,
        )
        _happened(officer, OfficerChanged.PROGRAM_ADMITTED, by=by, now=now)
    return MadeToken(made.id, text, made.expires_at)


def end_token(officer: Officer, token_id: UUID, *, by: Person, now: datetime) -> None:
    """Ends a token of an officer at once."""
    with transaction.atomic():
        changed = ApiToken.objects.filter(pk=token_id, officer=officer, ended_at=None).update(
            ended_at=now
        )
        if not changed:
            raise NotFound(what="token", id=token_id)
        _happened(officer, OfficerChanged.PROGRAM_ENDED, by=by, now=now)


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Notes that a token was used, to the next few minutes."""
    ApiToken.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY), pk=token.pk
    ).update(last_used_at=now)


def claim_key(officer: Officer, key: str, body_hash: bytes, *, now: datetime) -> bool:
    """Tells whether a key may stand for a body: it is new, or stood for the same one before.

    Called in the transaction that files the request: what is refused claims nothing.
    """
    kept, _ = FilingKey.objects.get_or_create(
        officer=officer,
        key=key,
        defaults={"id": new_id(now=now), "body_hash": body_hash, "made_at": now},
    )
    return bytes(kept.body_hash) == body_hash


def register_webhook(officer: Officer, url: str, *, now: datetime) -> Webhook:
    """Keeps an address that is told of changes; the same address again is the same webhook."""
    with transaction.atomic():
        Officer.objects.select_for_update().get(pk=officer.pk)
        known = Webhook.objects.filter(officer=officer, url=url, ended_at=None).first()
        if known is not None:
            return known
        living = Webhook.objects.filter(officer=officer, ended_at=None).count()
        return Webhook.objects.create(
            id=new_id(now=now),
            officer=officer,
            url=check_webhook(url, living=living),
            made_at=now,
        )


def end_webhook(officer: Officer, webhook_id: UUID, *, now: datetime) -> None:
    """Ends a webhook; what was not sent yet is given up."""
    with transaction.atomic():
        changed = Webhook.objects.filter(pk=webhook_id, officer=officer, ended_at=None).update(
            ended_at=now
        )
        if not changed:
            raise NotFound(what="webhook", id=webhook_id)
        WebhookMessage.objects.filter(
            webhook_id=webhook_id, taken_at=None, given_up_at=None
        ).update(given_up_at=now)


def tell(officer: UUID, body: str, *, about: UUID, now: datetime) -> int:
    """Puts a message for each webhook of an officer, once for the same thing; gives how many.

    An officer who is suspended is told nothing, neither now nor later of what happens meanwhile.
    """
    hooks = Webhook.objects.filter(_may_be_told("officer__"), officer_id=officer, ended_at=None)
    rows = [
        WebhookMessage(
            id=uuid5(hook.id, str(about)), webhook=hook, body=body, made_at=now, due_at=now
        )
        for hook in hooks
    ]
    return len(WebhookMessage.objects.bulk_create(rows, ignore_conflicts=True))


def sweep_messages(post: Post, *, key: bytes, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Sends what is due, signed, and gives how many were taken.

    A message is put off before it is sent: a kill in between sends it again later, with the same
    id, and never in a tight loop. Each address gets one at a time, all of them at once: a slow one
    delays nobody.
    """

    def sent(message: WebhookMessage) -> bool:
        headers = signed_headers(
            message.id,
            message.body,
            secret=secret_of(message.webhook_id, key=key),
            at=now,
        )
        return post(message.webhook.url, message.body, headers)

    messages = _put_off(now, rows_max)
    if not messages:
        return 0
    taken = 0
    with ThreadPoolExecutor(max_workers=len(messages)) as pool:
        answers = list(pool.map(sent, messages))
    for message, was_taken in zip(messages, answers, strict=True):
        if was_taken:
            taken += WebhookMessage.objects.filter(pk=message.pk).update(taken_at=now)
        elif message.attempts >= ATTEMPTS_MAX:
            WebhookMessage.objects.filter(pk=message.pk).update(given_up_at=now)
    return taken


def hash_of(text: str) -> bytes:
    """Gives what is kept of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).digest()


def _may_be_told(officer: str) -> Q:
    """Gives what holds of an officer who may act, as at the door of the API."""
    return Q(
        **{
            f"{officer}suspended_at": None,
            f"{officer}person__suspended_at": None,
            f"{officer}person__is_active": True,
        }
    )


def _put_off(now: datetime, rows_max: int) -> list[WebhookMessage]:
    """Gives the message of each address that is due the longest, each put off.

    What waits for an officer who was suspended meanwhile is not sent.
    """
    due = WebhookMessage.objects.filter(
        _may_be_told("webhook__officer__"), due_at__lte=now, taken_at=None, given_up_at=None
    )
    first = due.order_by("webhook_id", "due_at", "id").distinct("webhook_id").values("id")
    with transaction.atomic():
        rows = list(
            WebhookMessage.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("webhook")
            .filter(id__in=first, due_at__lte=now)
            .order_by("due_at")[:rows_max]
        )
        for row in rows:
            row.due_at = now + PAUSE_FIRST * 2**row.attempts
            row.attempts += 1
            row.save(update_fields=["due_at", "attempts"])
    return rows


def _happened(officer: Officer, change: OfficerChanged, *, by: Person, now: datetime) -> None:
    OfficerChange.objects.create(
        id=new_id(now=now), at=now, officer=officer, by=by, change=change.value
    )
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.OFFICER_CHANGED,
            subject=officer.id,
            market=officer.authority.country,
            body={
                "change": change.value,
                "authority": str(officer.authority_id),
                "by": str(by.id),
            },
        )
    )
