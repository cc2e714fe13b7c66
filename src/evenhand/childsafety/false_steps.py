"""Writes which matches are false: one person says so, a second one lifts them, for a while."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.childsafety.checks import (
    check_false_match,
    check_lifting,
    check_lifting_ends,
    refuse_if,
)
from evenhand.childsafety.feed_steps import roles_of
from evenhand.childsafety.limits import LIFTED
from evenhand.childsafety.lists import FalseMatchState
from evenhand.childsafety.models import FalseMatch, HashMatch
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append


def propose_false_match(match_id: UUID, *, reason: str, by: Person, now: datetime) -> FalseMatch:
    """Says that a file is not what a feed says; it matches until a second person agrees."""
    with transaction.atomic():
        match = HashMatch.objects.select_for_update().filter(pk=match_id).first()
        if match is None:
            raise NotFound(what="match", id=match_id)
        same = FalseMatch.objects.filter(algorithm=match.algorithm, value=match.value)
        known = same.exclude(state=FalseMatchState.WITHDRAWN.value).exists()
        refuse_if(check_false_match(roles=roles_of(by), reason=reason, known=known))
        found = FalseMatch.objects.create(
            id=new_id(now=now),
            match=match,
            algorithm=match.algorithm,
            value=match.value,
            reason=reason.strip(),
            proposed_by=by,
            proposed_at=now,
        )
        _record(found, "false_match_proposed", by=by, now=now)
    return found


def confirm_false_match(found_id: UUID, *, by: Person, now: datetime) -> FalseMatch:
    """Lifts the matches of a file by a second person's word, wherever it is posted again."""
    with transaction.atomic():
        found = _locked(found_id)
        refuse_if(
            check_lifting(
                roles=roles_of(by),
                state=FalseMatchState(found.state),
                proposed_by_self=found.proposed_by_id == by.id,
            )
        )
        found.state = FalseMatchState.IN_FORCE.value
        found.confirmed_by, found.confirmed_at, found.expires_at = by, now, now + LIFTED
        found.save(update_fields=["state", "confirmed_by", "confirmed_at", "expires_at"])
        _record(found, "false_match_confirmed", by=by, now=now)
    return found


def withdraw_false_match(found_id: UUID, *, by: Person, now: datetime) -> FalseMatch:
    """Lets a file match again."""
    with transaction.atomic():
        found = _locked(found_id)
        refuse_if(check_lifting_ends(roles=roles_of(by), state=FalseMatchState(found.state)))
        found.state = FalseMatchState.WITHDRAWN.value
        found.save(update_fields=["state"])
        _record(found, "false_match_withdrawn", by=by, now=now)
    return found


def _locked(found_id: UUID) -> FalseMatch:
    rows = FalseMatch.objects.select_for_update(of=("self",)).select_related("match__feed")
    found = rows.filter(pk=found_id).first()
    if found is None:
        raise NotFound(what="false match", id=found_id)
    return found


def _record(found: FalseMatch, did: str, *, by: Person, now: datetime) -> None:
    feed = found.match.feed
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.HASH_FEED_CHANGED,
            subject=found.id,
            harm=feed.harm,
            body={
                "feed": feed.name,
                "kind": feed.kind,
                "did": did,
                "by": str(by.id),
                "algorithm": found.algorithm,
            },
        )
    )
