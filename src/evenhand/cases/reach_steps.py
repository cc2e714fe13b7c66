"""The step that keeps how many a case reaches: counted by the worker, shown before a decision."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.lists import RecordKind
from evenhand.cases.filing_steps import locked, set_order
from evenhand.cases.lists import CaseState
from evenhand.cases.models import Case
from evenhand.cases.ports import Crowds
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction


def count_reach(case_id: UUID, crowds: Crowds, *, now: datetime) -> Case | None:
    """Counts who can see what a case is about; a crowd brings the case forward.

    The web holds no token of the messenger, so this is the worker's; asked outside the lock.
    """
    case = Case.objects.filter(pk=case_id, state=CaseState.OPEN.value).first()
    if case is None:
        return None
    members = _counted(crowds.members, case.channel)
    channels = _counted(crowds.channels, case.account)
    with transaction.atomic():
        case = locked(case_id)
        case.reach = max(case.reach, members or 0)
        case.account_channels = channels
        case.reach_counted_at = now
        set_order(case)
        case.save(update_fields=["reach", "account_channels", "reach_counted_at", "serve_by"])
    return case


def reach_counted(crowds: Crowds) -> Reaction:
    """Gives the reaction that counts for each case that was opened; for the worker's list."""

    def count(record: Record, now: datetime) -> None:
        count_reach(record.subject, crowds, now=now)

    return Reaction(
        consumer="cases.reach",
        kinds=frozenset({RecordKind.CASE_OPENED, RecordKind.OBJECTION_RECEIVED}),
        react=count,
    )


def _counted(count: Callable[[str], int], name: str) -> int | None:
    if not name:
        return None
    try:
        return count(name)
    except (NotFound, NotAllowed):
        return None  # gone, or on another server
