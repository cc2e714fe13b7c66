"""The only writers of the talk about an appeal: the desk asks, the person answers."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from nacl.public import PublicKey

from evenhand.appeals.checks import NotOpen, check_message, check_names_nobody
from evenhand.appeals.limits import ANSWER_TIME
from evenhand.appeals.lists import AppealNoticeKind, Side
from evenhand.appeals.models import AppealMessage
from evenhand.appeals.notice_steps import owe
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, RecordKind, Source
from evenhand.cases import steps as cases
from evenhand.cases.checks import check_judge, refuse_if
from evenhand.cases.lists import CaseKind, CaseState
from evenhand.cases.models import Case
from evenhand.evidence.steps import hold, keep
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

TALKED_ABOUT = frozenset({CaseKind.OBJECTION, CaseKind.COMPLAINT})
"""Cases of which somebody outside awaits a decision."""


def ask(
    case_id: UUID, text: str, *, by: Person, now: datetime, report: UUID | None = None
) -> AppealMessage:
    """Asks the person who appealed; only who may decide may ask.

    report  whom to ask where several complained
    """
    with transaction.atomic():
        case = _locked(case_id)
        refuse_if(check_judge(cases.facts_of(case), cases.judge_of(by)))
        kept = check_message(text, state=CaseState(case.state), said=_said(case, Side.DESK, report))
        check_names_nobody(kept, own=case.account)
        message_id = new_id(now=now)
        message = AppealMessage.objects.create(
            id=message_id,
            case=case,
            at=now,
            side=Side.DESK.value,
            origin=f"desk:{message_id}",
            report=report,
            staff=by,
            text=kept,
            answer_by=now + ANSWER_TIME,
        )
        if case.kind == CaseKind.OBJECTION:
            owe(case, AppealNoticeKind.QUESTION, message=message, now=now)
        _record(message, case, now=now)
    return message


def answer(
    case_id: UUID,
    text: str,
    *,
    origin: str,
    evidence_key: PublicKey,
    now: datetime,
    report: UUID | None = None,
) -> AppealMessage:
    """Takes what the person says, asked or not; sealed at once, and once per origin.

    The caller has proved who speaks: by the link, by the receipt, by the account.
    """
    with transaction.atomic():
        case = _locked(case_id)
        before = AppealMessage.objects.filter(origin=origin).first()
        if before is not None:
            return before
        kept = check_message(
            text, state=CaseState(case.state), said=_said(case, Side.PERSON, report)
        )
        message_id = new_id(now=now)
        item = keep(
            kept.encode(), media_type="text/plain", subject=case.id, to=evidence_key, now=now
        )
        hold(item.id, holder=case.id, now=now)
        message = AppealMessage.objects.create(
            id=message_id,
            case=case,
            at=now,
            side=Side.PERSON.value,
            origin=origin,
            report=report,
            item=item,
        )
        AppealMessage.objects.filter(
            case=case, report=report, side=Side.DESK.value, answered_at=None
        ).update(answered_at=now)
        _record(message, case, now=now)
    return message


def note_asked(message_id: UUID, *, now: datetime) -> None:
    """Notes that who complained was told of a question, or cannot be reached."""
    AppealMessage.objects.filter(pk=message_id, told_at=None).update(told_at=now)


def _locked(case_id: UUID) -> Case:
    case = cases.locked(case_id)
    if case.kind not in TALKED_ABOUT:
        raise NotOpen(why="no appeal")
    return case


def _said(case: Case, side: Side, report: UUID | None) -> int:
    """Counts one talk: of several who complained, none uses up what the others may say."""
    return AppealMessage.objects.filter(case=case, side=side.value, report=report).count()


def _record(message: AppealMessage, case: Case, *, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.APPEAL_MESSAGE,
            subject=case.id,
            harm=case.harm,
            market=case.market,
            source=Source(case.source),
            language=case.language,
            channel_kind=ChannelKind(case.channel_kind),
            body={
                "message": str(message.id),
                "side": message.side,
                "by": str(message.staff_id or ""),
            },
        )
    )
