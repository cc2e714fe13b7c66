"""Writes a matter's history: each step leaves a line here and a record, in one transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind, Source
from evenhand.legal.lists import MatterState
from evenhand.legal.models import Matter, Step
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

NOTHING: Mapping[str, object] = {}


def locked(matter_id: UUID) -> Matter:
    """Gives a matter locked until the transaction ends, or raises `NotFound`."""
    matter = Matter.objects.select_for_update(of=("self",)).filter(pk=matter_id).first()
    if matter is None:
        raise NotFound(what="matter", id=matter_id)
    return matter


def write_step(
    matter: Matter,
    what: str,
    *,
    by: UUID | None,
    now: datetime,
    to: MatterState | None = None,
    kind: RecordKind = RecordKind.LEGAL_STEP,
    facts: Mapping[str, object] = NOTHING,
    harm: str = "",
    action: ActionKind | None = None,
    took: timedelta | None = None,
) -> None:
    """Moves a matter if `to` says so, saves it, and writes line and record.

    `facts` must hold no personal data: they go into the log for good.
    """
    before = matter.state
    matter.state = (to or MatterState(matter.state)).value
    matter.save()
    Step.objects.create(
        matter=matter,
        at=now,
        by=by,
        from_state=before,
        to_state=matter.state,
        what=what,
        facts=dict(facts),
    )
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=matter.id,
            harm=harm,
            action=action,
            market=matter.country,
            source=Source.AUTHORITY,
            language=matter.language,
            milliseconds=None if took is None else round(took / timedelta(milliseconds=1)),
            body={
                "what": what,
                "number": matter.number,
                "entry": matter.entry,
                "regime_version": matter.regime_version,
                "kind": matter.kind,
                "form": matter.form,
                "emergency": matter.emergency,
                "state": matter.state,
                "outcome": matter.outcome,
                "by": str(by) if by else "",
                **facts,
            },
        )
    )
