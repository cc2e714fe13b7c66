"""Writers of sweeps: a live rule asked about history that is kept."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.actions.rule_steps import rule_subject
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.rulebook.checks import check_author, check_sweep
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RetroSweep
from evenhand.rulebook.steps import locked, roles_of

STOPPED_CHARACTERS_MAX = 200


def ask_sweep(
    version_id: UUID, file: str, *, kept: Collection[str], by: Person, now: datetime
) -> RetroSweep:
    """Has a live version asked about a file of history; what it finds becomes cases."""
    check_author(roles_of(by))
    with transaction.atomic():
        row = locked(version_id)
        check_sweep(RuleState(row.state), file, kept)
        waiting = row.sweeps.filter(ended_at=None, file=file).first()
        if waiting is not None:
            return waiting
        return RetroSweep.objects.create(id=new_id(now=now), version=row, by=by, at=now, file=file)


def note_swept(sweep_id: UUID, *, rows: int, hits: int) -> None:
    """Notes how far a sweep is, in the transaction that keeps what it found."""
    RetroSweep.objects.filter(pk=sweep_id, ended_at=None).update(rows=rows, hits=hits)


def end_sweep(sweep_id: UUID, *, now: datetime, why: str = "") -> None:
    """Ends a sweep: the file is read, or could not be."""
    with transaction.atomic():
        sweep = RetroSweep.objects.select_for_update(of=("self",)).get(pk=sweep_id)
        if sweep.ended_at is not None:
            return
        sweep.ended_at, sweep.stopped = now, why[:STOPPED_CHARACTERS_MAX]
        sweep.save(update_fields=["ended_at", "stopped"])
        append(
            NewRecord(
                id=new_id(now=now),
                at=now,
                kind=RecordKind.RULE_SWEPT,
                subject=rule_subject(sweep.version.rule),
                harm=sweep.version.harm,
                outcome="stopped" if why else "ended",
                quantity=max(sweep.hits, 1),
                body={
                    "rule": sweep.version.rule,
                    "version": sweep.version.version,
                    "by": str(sweep.by_id),
                    "events": sweep.rows,
                    "hits": sweep.hits,
                },
            )
        )
