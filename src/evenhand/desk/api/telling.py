"""Tells the programs of officers that a request changed: its number and state, nothing else."""

import json
from datetime import datetime

from evenhand.authorities.machines.steps import tell
from evenhand.base.lists import RecordKind
from evenhand.legal.models import Matter
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction

TOLD = {
    RecordKind.LEGAL_RECEIVED: "request.received",
    RecordKind.LEGAL_STEP: "request.changed",
    RecordKind.LEGAL_RELEASED: "request.released",
    RecordKind.LEGAL_REFUSED: "request.refused",
    RecordKind.LEGAL_EXECUTED: "request.executed",
    RecordKind.LEGAL_CLOSED: "request.closed",
    RecordKind.DISCLOSED: "request.fetched",
}


def tell_programs(record: Record, now: datetime) -> None:
    """Puts a message for each webhook of the request's officer, once for each record."""
    matter = Matter.objects.filter(pk=record.subject).first()
    if matter is None or matter.officer_id is None:
        return
    body = json.dumps(
        {
            "type": TOLD[RecordKind(record.kind)],
            "timestamp": record.at.isoformat(),
            "data": {"id": str(matter.id), "number": matter.number, "state": matter.state},
        }
    )
    tell(matter.officer_id, body, about=record.id, now=now)


TELL_PROGRAMS = Reaction(consumer="desk.tell_programs", kinds=frozenset(TOLD), react=tell_programs)
"""For the worker's list of reactions."""
