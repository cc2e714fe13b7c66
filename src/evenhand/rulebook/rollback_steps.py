"""Writers of rollbacks: a version of a rule goes out of force, and all that it did is undone.

What was under way at the door when it began is decided afterwards; so a rollback looks again until
nothing more can come, and what it undid stays undone whenever the worker is killed.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from evenhand.actions.rule_steps import rule_subject
from evenhand.actions.steps import undo
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.rulebook.checks import (
    RuleStepRefused,
    check_author,
    check_reason,
    check_roll_back,
)
from evenhand.rulebook.limits import ROLLBACK_ACTIONS_PER_TRANSACTION, ROLLBACK_MINUTES
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import Rollback, RuleVersion
from evenhand.rulebook.queries import actions_to_undo, standing_actions
from evenhand.rulebook.steps import locked, move, roles_of


def roll_back(version_id: UUID, *, by: Person, reason: str, now: datetime) -> Rollback:
    """Takes a version out of force, has the one before it live again, and begins to undo.

    One person suffices: it gives back, and stops what may be doing harm. What comes back was let
    go live by two people before.
    """
    check_author(roles_of(by))
    check_reason(reason)
    with transaction.atomic():
        row = locked(version_id)
        check_roll_back(RuleState(row.state))
        if row.rollbacks.filter(ended_at=None).exists():
            raise RuleStepRefused(rule=row.rule, why="it is being rolled back already")
        was_live = row.state == RuleState.LIVE
        if row.state != RuleState.RETIRED:
            move(row, RuleState.RETIRED, by=by, now=now, why="rolled back")
        restored = _restored(row, now=now) if was_live else None
        if restored is not None:
            move(restored, RuleState.LIVE, by=by, now=now, why=f"{row.version} was rolled back")
        begun = Rollback.objects.create(
            id=new_id(now=now), version=row, by=by, reason=reason.strip(), at=now, restored=restored
        )
        _record(begun, "begun", now=now)
    return begun


def run_rollbacks(*, now: datetime) -> int:
    """Goes on with every rollback, one portion each; gives how many actions are being undone."""
    ids = Rollback.objects.filter(ended_at=None).order_by("at").values_list("id", flat=True)
    return sum(run_rollback(rollback_id, now=now) for rollback_id in list(ids))


def run_rollback(rollback_id: UUID, *, now: datetime) -> int:
    """Begins to undo the next portion; ends the rollback once nothing more can come."""
    with transaction.atomic():
        row = Rollback.objects.select_for_update(of=("self",)).get(pk=rollback_id)
        if row.ended_at is not None:
            return 0
        waiting = actions_to_undo(row.version).order_by("id").values_list("id", flat=True)
        portion = list(waiting[:ROLLBACK_ACTIONS_PER_TRANSACTION])
        for action_id in portion:
            undo(action_id, by=row.by_id, reason=row.reason, now=now)
        row.undone += len(portion)
        if not portion and now >= row.at + timedelta(minutes=ROLLBACK_MINUTES):
            row.left = standing_actions(row.version).count()
            row.ended_at = now
            _record(row, "ended", now=now)
        row.save(update_fields=["undone", "left", "ended_at"])
    return len(portion)


def _restored(row: RuleVersion, *, now: datetime) -> RuleVersion | None:
    """Gives the version that was live before, if it still may be."""
    former = row.former_id and locked(row.former_id)
    if not former or former.state != RuleState.RETIRED:
        return None
    return None if former.expires_at is not None and former.expires_at <= now else former


def _record(row: Rollback, outcome: str, *, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.RULE_ROLLED_BACK,
            subject=rule_subject(row.version.rule),
            harm=row.version.harm,
            outcome=outcome,
            quantity=max(row.undone, 1),
            body={
                "rule": row.version.rule,
                "version": row.version.version,
                "rollback": str(row.id),
                "by": str(row.by_id),
                "undone": row.undone,
                "left": row.left,
            },
        )
    )
