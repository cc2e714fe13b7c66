"""Writes who is protected: proposed by one of the staff, confirmed by another, ended by two."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import read_key
from evenhand.legal.checks import StepRefused
from evenhand.legal.limits import PROTECTED_DAYS_MAX, SWEEP_ROWS_MAX
from evenhand.legal.lists import Finding, IdentifierKind, ProtectedGround
from evenhand.legal.models import ProtectedTarget
from evenhand.legal.protection import tag_of
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

PROTECTING = frozenset({Role.LEGAL_OFFICER, Role.APPROVER, Role.BOARD})
"""Who keeps the list."""


def protect(
    kind: IdentifierKind,
    value: str,
    ground: ProtectedGround,
    *,
    days: int,
    by: Person,
    now: datetime,
) -> ProtectedTarget:
    """Proposes to protect somebody; what names them is hashed here and kept nowhere."""
    tag = tag_of(kind, value, key=read_key(settings.KEYS / "token.key"))
    found = [] if _may(by) else [Finding.ROLE_MISSING]
    if not 1 <= days <= PROTECTED_DAYS_MAX:
        found.append(Finding.EXPIRED)
    if found:
        raise StepRefused(findings=tuple(found))
    with transaction.atomic():
        one = ProtectedTarget.objects.create(
            id=new_id(now=now),
            tag=tag,
            ground=ground.value,
            proposed_by=by,
            proposed_at=now,
            expires_at=now + timedelta(days=days),
        )
        _record(one, "protected_proposed", by=by.id, now=now)
    return one


def confirm_protection(protected_id: UUID, *, by: Person, now: datetime) -> ProtectedTarget:
    """Confirms an entry, which counts from here on; somebody else than who proposed it."""
    with transaction.atomic():
        one = _locked(protected_id, by=by, not_by=lambda row: row.proposed_by_id)
        if one.confirmed_at is not None or now >= one.expires_at:
            raise StepRefused(protected=protected_id, findings=(Finding.WRONG_STATE,))
        one.confirmed_by, one.confirmed_at = by, now
        one.save()
        _record(one, "protected_confirmed", by=by.id, now=now)
    return one


def end_protection(protected_id: UUID, *, by: Person, now: datetime) -> ProtectedTarget:
    """Ends an entry when a second person wants it too; one that nobody confirmed ends at once."""
    with transaction.atomic():
        one = _locked(protected_id, by=by)
        if one.confirmed_at is not None and one.end_wanted_by_id in {None, by.id}:
            one.end_wanted_by = by
            one.save()
            _record(one, "protected_end_wanted", by=by.id, now=now)
            return one
        if one.end_wanted_by_id is not None:
            one.ended_by = by
        one.tag, one.ended_at = b"", now
        one.save()
        _record(one, "protected_ended", by=by.id, now=now)
    return one


def sweep_protected(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Forgets entries whose day has come."""
    with transaction.atomic():
        due = list(
            ProtectedTarget.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(ended_at=None, expires_at__lte=now)
            .order_by("expires_at")[:rows_max]
        )
        for one in due:
            one.tag, one.ended_at = b"", now
            one.save()
            _record(one, "protected_expired", by=None, now=now)
    return len(due)


def _locked(
    protected_id: UUID, *, by: Person, not_by: Callable[[ProtectedTarget], UUID] | None = None
) -> ProtectedTarget:
    rows = ProtectedTarget.objects.select_for_update(of=("self",))
    one = rows.filter(pk=protected_id, ended_at=None).first()
    if one is None:
        raise NotFound(what="protected target", id=protected_id)
    found = [] if _may(by) else [Finding.ROLE_MISSING]
    if not_by is not None and not_by(one) == by.id:
        found.append(Finding.SAME_PERSON)
    if found:
        raise StepRefused(protected=protected_id, findings=tuple(found))
    return one


def _may(by: Person) -> bool:
    return any(by.has(role) for role in PROTECTING)


def _record(one: ProtectedTarget, what: str, *, by: UUID | None, now: datetime) -> None:
    body = {"what": what, "ground": one.ground, "by": str(by) if by else ""}
    body["until"] = one.expires_at.isoformat()
    append(
        NewRecord(
            id=new_id(now=now), at=now, kind=RecordKind.LEGAL_STEP, subject=one.id, body=dict(body)
        )
    )
