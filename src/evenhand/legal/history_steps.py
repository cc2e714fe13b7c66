"""Writes a matter's history: each step leaves a line here and a record, in one transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, LegalLane, RecordKind, Source
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
    outcome: str = "",
    quantity: int = 1,
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
    write_record(
        matter,
        what,
        by=by,
        now=now,
        kind=kind,
        facts=facts,
        harm=harm,
        action=action,
        took=took,
        outcome=outcome,
        quantity=quantity,
    )


def write_record(
    matter: Matter,
    what: str,
    *,
    by: UUID | None,
    now: datetime,
    kind: RecordKind,
    facts: Mapping[str, object] = NOTHING,
    harm: str = "",
    action: ActionKind | None = None,
    took: timedelta | None = None,
    outcome: str = "",
    quantity: int = 1,
) -> None:
    """Records what happened to a matter, in the columns by which it will be counted."""
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
            regime=matter.regime,
            request=matter.kind,
            outcome=outcome,
            lane=lane_of(matter),
            gagged=is_gagged(matter, now=now),
            milliseconds=None if took is None else round(took / timedelta(milliseconds=1)),
            quantity=quantity,
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


def lane_of(matter: Matter) -> LegalLane:
    """Gives how a matter is counted; what an authority for drills files is not."""
    if matter.authority.for_drills:
        return LegalLane.DRILL
    return LegalLane.EMERGENCY if matter.emergency else LegalLane.ORDINARY


def is_gagged(matter: Matter, *, now: datetime) -> bool:
    """Tells whether somebody who must not know of a matter could read it from a count today."""
    return matter.gag_forever or (matter.gagged_until is not None and matter.gagged_until > now)
