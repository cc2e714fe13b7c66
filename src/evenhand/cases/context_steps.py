"""The steps around a message's surroundings: asked for by a person, read by the worker, forgotten.

The web holds no token of the messenger. What bystanders wrote is sealed, opened like evidence, and
emptied when the case is closed.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from nacl.public import PublicKey

from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, RecordKind
from evenhand.cases.checks import check_judge, refuse_if
from evenhand.cases.context import CONTEXT_TYPE, EACH_SIDE, Surroundings, as_bytes
from evenhand.cases.models import Case
from evenhand.cases.steps import facts_of, judge_of
from evenhand.evidence.models import SealedItem
from evenhand.evidence.steps import destroy, hold, keep
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction
from evenhand.records.queries import body_of
from evenhand.records.steps import append

ASKED = "surroundings"
"""What the record of the reading names as read."""

CLOSING = frozenset(
    {RecordKind.CASE_CLOSED, RecordKind.OBJECTION_UPHELD, RecordKind.OBJECTION_REFUSED}
)


class NoContext(NotAllowed):
    """The surroundings of this case are not read."""

    remedy = "Decide on what was reported; nothing else of a private channel is read."


def ask_context(case_id: UUID, *, by: Person, reason: str, now: datetime) -> None:
    """Asks for what stands around a case's message; the worker reads it.

    Only what anybody can read: of a private channel nothing but what a member reported is seen.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=case_id).first()
        if case is None:
            raise NotFound(what="case", id=case_id)
        refuse_if(check_judge(facts_of(case), judge_of(by)))
        if case.channel_kind != ChannelKind.PUBLIC or not case.event or not case.channel:
            raise NoContext(case=case_id, why="not a message in a public channel")
        append(
            NewRecord(
                id=new_id(now=now),
                at=now,
                kind=RecordKind.PERSONAL_DATA_READ,
                subject=case.id,
                body={"what": ASKED, "by": str(by.id), "reason": reason.strip()},
            )
        )


def context_asked(surroundings: Surroundings, evidence_key: PublicKey) -> Reaction:
    """Gives the reaction that reads what was asked for; for the worker's list."""

    def read(record: Record, now: datetime) -> None:
        if body_of(record.id).get("what") != ASKED:
            return
        case = Case.objects.filter(pk=record.subject, closed_at=None).first()
        if case is None:
            return
        try:
            found = surroundings.around(case.channel, case.event, each_side=EACH_SIDE)
        except NotFound:
            found = ()
        item = keep(
            as_bytes(found),
            media_type=CONTEXT_TYPE,
            subject=case.id,
            to=evidence_key,
            now=now,
        )
        hold(item.id, holder=case.id, now=now)

    return Reaction(
        consumer="cases.surroundings",
        kinds=frozenset({RecordKind.PERSONAL_DATA_READ}),
        react=read,
    )


def forget_context(record: Record, now: datetime) -> None:
    """Empties the surroundings of a case that is closed."""
    items = SealedItem.objects.filter(subject=record.subject, media_type=CONTEXT_TYPE)
    destroy(
        list(items.filter(expired_at=None).values_list("id", flat=True)),
        holder=record.subject,
        now=now,
    )


CONTEXT_OF_CLOSED = Reaction(consumer="cases.closed_context", kinds=CLOSING, react=forget_context)
"""For the worker's list of reactions."""
