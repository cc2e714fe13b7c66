"""Keeps the list of trusted flaggers: one person enters, another confirms, tokens, the end."""

from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from django.db import transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.reports.checks import (
    FlaggerFacts,
    FlaggerFinding,
    FlaggerRefused,
    check_confirmer,
    check_entry,
    check_keeper,
)
from evenhand.reports.drafts import FlaggerDraft
from evenhand.reports.keys import Keys, installed
from evenhand.reports.models import TrustedFlagger

TOKEN_PREFIX = "evf_"  # noqa: S105  by this a leaked token is recognised


def enter(draft: FlaggerDraft, *, by: Person, now: datetime) -> TrustedFlagger:
    """Enters a trusted flagger; it counts once somebody else has confirmed it."""
    found = check_entry(draft, by.roles, today=now.date())
    with transaction.atomic():
        if TrustedFlagger.objects.filter(name=draft.name.strip()).exists():
            found.append(FlaggerFinding.EXISTS)
        if found:
            raise FlaggerRefused(findings=tuple(found))
        flagger = TrustedFlagger.objects.create(
            id=new_id(now=now),
            name=draft.name.strip(),
            areas=sorted(draft.areas),
            awarded_by=draft.awarded_by,
            source=draft.source,
            valid_until=draft.valid_until,
            entered_at=now,
            entered_by=by,
        )
        _changed(flagger, "entered", by=by, now=now)
    return flagger


def confirm(flagger_id: UUID, *, by: Person, now: datetime) -> TrustedFlagger:
    """Confirms an entry as a second person who looked at its source."""
    with transaction.atomic():
        flagger = _locked(flagger_id)
        facts = FlaggerFacts(flagger.entered_by_id, ended=flagger.ended_at is not None)
        found = check_confirmer(facts, by.id, by.roles)
        if found:
            raise FlaggerRefused(findings=tuple(found))
        if flagger.confirmed_by_id is None:
            flagger.confirmed_at, flagger.confirmed_by = now, by
            flagger.save(update_fields=["confirmed_at", "confirmed_by"])
            _changed(flagger, "confirmed", by=by, now=now)
    return flagger


def give_token(flagger_id: UUID, *, by: Person, now: datetime, keys: Keys | None = None) -> str:
    """Gives a new token, shown once; the one before it ends at once."""
    used = keys or installed()
    with transaction.atomic():
        flagger = _locked(flagger_id)
        found = check_keeper(by.roles)
        if flagger.confirmed_by_id is None:
            found.append(FlaggerFinding.NOT_CONFIRMED)
        if flagger.ended_at is not None:
            found.append(FlaggerFinding.ENDED)
        if found:
            raise FlaggerRefused(findings=tuple(found))
        token = TOKEN_PREFIX + token_urlsafe(32)
        flagger.token_hash = token_hash(token, used)
        flagger.save(update_fields=["token_hash"])
        _changed(flagger, "token_given", by=by, now=now)
    return token


def end(flagger_id: UUID, *, by: Person, why: str, now: datetime) -> TrustedFlagger:
    """Ends an entry, for instance when its status was taken away (DSA Art. 22(6), (7))."""
    with transaction.atomic():
        flagger = _locked(flagger_id)
        found = check_keeper(by.roles)
        if not why.strip():
            found.append(FlaggerFinding.REASON_MISSING)
        if found:
            raise FlaggerRefused(findings=tuple(found))
        if flagger.ended_at is None:
            flagger.ended_at, flagger.ended_why, flagger.token_hash = now, why.strip(), None
            flagger.save(update_fields=["ended_at", "ended_why", "token_hash"])
            _changed(flagger, "ended", by=by, now=now)
    return flagger


def token_hash(token: str, keys: Keys) -> bytes:
    """Gives what is stored of a token."""
    return keys.hashed("flagger-token", token)


def _locked(flagger_id: UUID) -> TrustedFlagger:
    flagger = TrustedFlagger.objects.select_for_update().filter(pk=flagger_id).first()
    if flagger is None:
        raise NotFound(what="trusted flagger", id=flagger_id)
    return flagger


def _changed(flagger: TrustedFlagger, change: str, *, by: Person, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.FLAGGER_CHANGED,
            subject=flagger.id,
            body={"change": change, "name": flagger.name, "by": str(by.id)},
        )
    )
