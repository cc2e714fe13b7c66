"""Writes what who objected is told: owed in the step that gives rise to it, sent by a sweep.

A notice is sent by its own id, so that a kill in between sends it no second time.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from evenhand.actions.models import Decision
from evenhand.actions.ports import Messenger, Notice
from evenhand.actions.statements import answer_text, objection_url
from evenhand.appeals.bodies import redress_in
from evenhand.appeals.limits import (
    NOTICE_ATTEMPTS_MAX,
    NOTICE_PAUSE,
    REMINDER_AFTER,
    SWEEP_ROWS_MAX,
)
from evenhand.appeals.lists import AppealNoticeKind, NoticeState, Side
from evenhand.appeals.models import AppealMessage, AppealNotice
from evenhand.appeals.phrases import question_text, redress_lines
from evenhand.base.errors import EvenhandError, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, Ground, Language, RecordKind, Source
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.legal.lists import NoticeState as LegalNotice
from evenhand.legal.models import UserNotice
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append


def owe(
    case: Case, kind: AppealNoticeKind, *, now: datetime, message: AppealMessage | None = None
) -> int:
    """Notes in the running transaction whom to tell something about an appeal; gives how many."""
    assert case.decision is not None, "an objection is to a decision"
    told = accounts_told(case.decision)
    for account, language in told:
        AppealNotice.objects.create(
            id=new_id(now=now),
            case=case,
            message=message,
            kind=kind.value,
            account=account,
            language=language,
            due_at=now,
        )
    return len(told)


def accounts_told(decision: Decision) -> Sequence[tuple[str, str]]:
    """Gives who knows of a decision, with the language in which each was told.

    Of an order only those whose notice was sent: nobody learns of an order by the answer to
    somebody else's objection.
    """
    if decision.ground == Ground.ORDER:
        rows = UserNotice.objects.filter(matter=decision.case, state=LegalNotice.SENT.value)
        return list(rows.order_by("account").values_list("account", "language"))
    return [(decision.account, decision.language)] if decision.account else []


def sweep_appeals(
    messenger: Messenger,
    *,
    public_url: str,
    key: bytes,
    now: datetime,
    rows_max: int = SWEEP_ROWS_MAX,
) -> int:
    """Reminds of questions that nobody answered, and sends what is due; gives how much was sent."""
    _remind(now=now, rows_max=rows_max)
    due = (
        AppealNotice.objects.select_related("case__decision", "message")
        .filter(state=NoticeState.WAITING.value, due_at__lte=now)
        .order_by("due_at", "id")[:rows_max]
    )
    return sum(_send(one, messenger, public_url=public_url, key=key, now=now) for one in due)


def text_of(notice: AppealNotice, *, public_url: str, key: bytes) -> str:
    """Gives the text of a notice, its subject in the first line."""
    case, language = notice.case, Language(notice.language)
    assert case.decision_id is not None
    if notice.kind == AppealNoticeKind.ANSWER:
        upheld = case.outcome == CaseOutcome.UPHELD
        return answer_text(
            case.decision_id,
            language,
            upheld=upheld,
            reason=case.reason,
            further="" if upheld else further_of(case, language),
        )
    message = notice.message
    assert message is not None
    assert message.answer_by is not None
    return question_text(
        case.decision_id,
        language,
        question=message.text,
        answer_by=message.answer_by,
        url=objection_url(case.decision_id, public_url=public_url, key=key),
        again=notice.kind == AppealNoticeKind.REMINDER,
    )


def further_of(case: Case, language: Language) -> str:
    """Gives to whom the person can turn after a refusal; empty where no law names anybody."""
    return "\n".join(redress_lines(redress_in(case.market), language))


def _remind(*, now: datetime, rows_max: int) -> None:
    with transaction.atomic():
        asked_since = AppealMessage.objects.filter(
            case=OuterRef("case"), side=Side.DESK.value, at__gt=OuterRef("at")
        )
        forgotten = (
            AppealMessage.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("case__decision")
            .filter(
                side=Side.DESK.value,
                answered_at=None,
                reminded_at=None,
                at__lte=now - REMINDER_AFTER,
                case__state=CaseState.OPEN.value,
                case__kind=CaseKind.OBJECTION.value,
            )
            .exclude(Exists(asked_since))
            .order_by("at")[:rows_max]
        )
        for message in forgotten:
            owe(message.case, AppealNoticeKind.REMINDER, message=message, now=now)
            message.reminded_at = now
            message.save(update_fields=["reminded_at"])


def _send(
    notice: AppealNotice, messenger: Messenger, *, public_url: str, key: bytes, now: datetime
) -> int:
    """Sends one notice by its key, then writes that; gives how many were sent."""
    text = text_of(notice, public_url=public_url, key=key)
    assert notice.case.decision_id is not None
    try:
        messenger.send_notice(
            Notice(
                key=notice.id, account=notice.account, text=text, decision=notice.case.decision_id
            )
        )
    except Unavailable:
        if notice.attempts + 1 >= NOTICE_ATTEMPTS_MAX:
            return _finish(notice, NoticeState.UNDELIVERABLE, now=now)
        AppealNotice.objects.filter(pk=notice.pk).update(
            attempts=notice.attempts + 1, due_at=now + NOTICE_PAUSE
        )
        return 0
    except EvenhandError:
        return _finish(notice, NoticeState.UNDELIVERABLE, now=now)
    return _finish(notice, NoticeState.SENT, now=now)


def _finish(notice: AppealNotice, state: NoticeState, *, now: datetime) -> int:
    sent = state is NoticeState.SENT
    with transaction.atomic():
        changed = AppealNotice.objects.filter(pk=notice.pk, state=NoticeState.WAITING.value).update(
            state=state.value, sent_at=now if sent else None
        )
        if changed and (notice.kind == AppealNoticeKind.ANSWER or not sent):
            _record(notice, sent=sent, now=now)
    return changed


def _record(notice: AppealNotice, *, sent: bool, now: datetime) -> None:
    case = notice.case
    kind = RecordKind.APPEAL_MESSAGE
    if notice.kind == AppealNoticeKind.ANSWER:
        kind = RecordKind.OBJECTION_ANSWERED if sent else RecordKind.STATEMENT_UNDELIVERABLE
    subject: UUID | None = case.decision_id
    assert subject is not None
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=subject,
            harm=case.harm,
            market=case.market,
            source=Source(case.source),
            language=notice.language,
            channel_kind=ChannelKind(case.channel_kind),
            body={"notice": str(notice.id), "told": notice.kind, "sent": sent},
        )
    )
