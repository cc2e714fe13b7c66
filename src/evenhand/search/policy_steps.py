"""The only writers of the query policy: its versions and their states. Each leaves a record."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Max

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.search.lists import PolicyState
from evenhand.search.models import PolicyVersion
from evenhand.search.policy import load_policy
from evenhand.search.policy_checks import (
    PolicyFacts,
    check_author,
    check_live,
    check_next,
    check_note,
    check_reason,
)

SUBJECT = uuid5(NAMESPACE_URL, "urn:evenhand:search_policy")
"""The id under which the records of the query policy are found."""


def write_version(text: str, *, by: Person, now: datetime, note: str = "") -> PolicyVersion:
    """Keeps a text as a draft; `PolicyRefused` if it is no policy. The same draft is kept once."""
    check_author(_roles_of(by))
    check_note(note)
    load_policy(text)
    with transaction.atomic():
        _one_at_a_time()
        drafts = PolicyVersion.objects.filter(state=PolicyState.DRAFT.value, author=by)
        known = next((row for row in drafts if row.text == text), None)
        if known is not None:
            return known
        latest = PolicyVersion.objects.aggregate(number=Max("number"))["number"] or 0
        row = PolicyVersion.objects.create(
            id=new_id(now=now),
            number=latest + 1,
            text=text,
            author=by,
            note=note.strip(),
            written_at=now,
            state_at=now,
        )
        _record(row, by=by, now=now)
    return row


def go_live(version_id: UUID, *, by: Person, now: datetime) -> PolicyVersion:
    """Lets a version be asked of every query; the one that was is retired with it."""
    check_author(_roles_of(by))
    with transaction.atomic():
        _one_at_a_time()
        row = _locked(version_id)
        holds = not load_policy(row.text).faults()
        check_live(PolicyFacts(PolicyState(row.state), row.author_id, holds), by=by.id)
        for former in PolicyVersion.objects.filter(state=PolicyState.LIVE.value):
            _move(former, PolicyState.RETIRED, by=by, now=now, why=f"version {row.number} is live")
        row.approver = by
        _move(row, PolicyState.LIVE, by=by, now=now)
    return row


def retire(version_id: UUID, *, by: Person, now: datetime, reason: str) -> PolicyVersion:
    """Takes a version out of force, or drops a draft; without a live one the shipped one counts."""
    check_author(_roles_of(by))
    check_reason(reason)
    with transaction.atomic():
        _one_at_a_time()
        row = _locked(version_id)
        check_next(PolicyState(row.state), PolicyState.RETIRED)
        _move(row, PolicyState.RETIRED, by=by, now=now, why=reason.strip())
    return row


def _move(
    row: PolicyVersion, state: PolicyState, *, by: Person, now: datetime, why: str = ""
) -> None:
    row.state, row.state_at = state.value, now
    row.save()
    _record(row, by=by, now=now, why=why)


def _record(row: PolicyVersion, *, by: Person, now: datetime, why: str = "") -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.SEARCH_POLICY_CHANGED,
            subject=SUBJECT,
            outcome=row.state,
            body={
                "version": str(row.number),
                "by": str(by.id),
                **({"why": why} if why else {}),
            },
        )
    )


def _one_at_a_time() -> None:
    """Lets whoever else changes the policy wait until the transaction ends."""
    list(PolicyVersion.objects.select_for_update().order_by("number").values_list("pk")[:1])


def _locked(version_id: UUID) -> PolicyVersion:
    row = PolicyVersion.objects.select_for_update().filter(pk=version_id).first()
    if row is None:
        raise NotFound(what="version of the query policy", id=str(version_id))
    return row


def _roles_of(person: Person) -> frozenset[Role]:
    return frozenset(Role(role) for role in person.roles) if person.is_active else frozenset()
