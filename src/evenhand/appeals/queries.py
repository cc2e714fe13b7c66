"""The only readers of appeals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision, Statement
from evenhand.appeals.lists import Side
from evenhand.appeals.models import AccountCursor, AppealMessage, Complaint
from evenhand.base.lists import ActionKind, Ground
from evenhand.cases.lists import CaseKind, CaseOutcome
from evenhand.cases.models import Case
from evenhand.evidence.models import SealedItem
from evenhand.legal.lists import NoticeState as LegalNotice
from evenhand.legal.models import UserNotice


@dataclass(frozen=True, slots=True)
class ToldComplaint:
    """What became of one complaint: for who tells the reporter.

    outcome  None while it is open
    reason   what the person who looked again wrote
    """

    report: UUID
    case: UUID
    outcome: CaseOutcome | None
    reason: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of one thing that was done, after an objection to it was upheld."""

    kind: ActionKind
    state: ActionState


def informed_at(decision: Decision) -> datetime | None:
    """Gives when the person was told of a decision; None if that did not arrive yet.

    Of an order the legal desk tells; who was told last has the full time too.
    """
    if decision.ground == Ground.ORDER:
        rows = UserNotice.objects.filter(matter=decision.case, state=LegalNotice.SENT.value)
        return rows.order_by("-sent_at").values_list("sent_at", flat=True).first()
    told = Statement.objects.filter(decision=decision).values_list("delivered_at", flat=True)
    return told.first()


def judged_objections(account: str, *, since: datetime) -> int:
    """Gives how many objections of an account were decided since."""
    rows = Case.objects.filter(kind=CaseKind.OBJECTION.value, decision__account=account)
    return rows.filter(closed_at__gt=since).count()


def followed(decision_id: UUID) -> list[Followed]:
    """Gives what became of everything that was done for a decision."""
    rows = Action.objects.filter(decision_id=decision_id).order_by("id")
    return [Followed(ActionKind(row.kind), ActionState(row.state)) for row in rows]


def told_decision(decision_id: UUID, account: str) -> Decision | None:
    """Gives a decision that this account was told of; any other looks like none at all."""
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None or not account:
        return None
    if decision.ground == Ground.ORDER:
        rows = UserNotice.objects.filter(matter=decision.case, state=LegalNotice.SENT.value)
        return decision if rows.filter(account=account).exists() else None
    told = Statement.objects.filter(decision=decision, account=account).exists()
    return decision if told else None


def decisions_told(account: str, *, rows_max: int) -> list[Decision]:
    """Gives the latest decisions that an account has a statement of."""
    rows = Decision.objects.filter(statement__account=account).order_by("-at")
    return list(rows[:rows_max]) if account else []


def cursor_of(account: str) -> str:
    """Gives the place up to which the desk's account has read; empty before the first time."""
    row = AccountCursor.objects.filter(account=account).first()
    return row.since if row else ""


def complaint_of(report: UUID) -> Complaint | None:
    """Gives the complaint about the end of a report."""
    rows = Complaint.objects.select_related("case", "earlier")
    return rows.filter(report=report).first()


def complaints_of(case_id: UUID) -> list[ToldComplaint]:
    """Gives the complaints that one case answers, the oldest first."""
    rows = Complaint.objects.select_related("case").filter(case_id=case_id).order_by("at")
    return [
        ToldComplaint(
            report=row.report,
            case=row.case_id,
            outcome=CaseOutcome(row.case.outcome) if row.case.outcome else None,
            reason=row.case.reason,
        )
        for row in rows
    ]


def talk_about(case_id: UUID, *, report: UUID | None = None) -> list[AppealMessage]:
    """Gives what was said about an appeal to one person and by them, the oldest first."""
    rows = AppealMessage.objects.select_related("staff", "item")
    return list(rows.filter(case_id=case_id, report=report).order_by("at", "id"))


def questions_to_tell(*, rows_max: int) -> list[AppealMessage]:
    """Gives questions to people who complained, of which the reports room told nobody yet."""
    rows = AppealMessage.objects.select_related("case").filter(
        side=Side.DESK.value, report__isnull=False, told_at=None
    )
    return list(rows.order_by("at")[:rows_max])


def complained_about(case_id: UUID, report: UUID) -> UUID | None:
    """Gives the case whose end somebody complained about, by the case that looks again."""
    rows = Complaint.objects.filter(case_id=case_id, report=report)
    return rows.values_list("earlier_id", flat=True).first()


def all_talk(case_id: UUID) -> list[AppealMessage]:
    """Gives everything said about an appeal, for who decides about it."""
    rows = AppealMessage.objects.select_related("staff", "item")
    return list(rows.filter(case_id=case_id).order_by("at", "id"))


def sealed_of(case_id: UUID) -> dict[UUID, SealedItem]:
    """Gives what people wrote about an appeal, under seal, by the message or complaint."""
    said: Sequence[AppealMessage | Complaint] = [
        *AppealMessage.objects.select_related("item").filter(case_id=case_id, item__isnull=False),
        *Complaint.objects.select_related("item").filter(case_id=case_id),
    ]
    return {one.id: one.item for one in said if one.item is not None}
