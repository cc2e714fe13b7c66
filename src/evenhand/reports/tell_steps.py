"""Tells reporters that a report came in and what came of it, by the way on which they can be met.

In the messenger by a notice, by mail, and in any case on the page that the receipt code opens; a
program asks the API. What is sent is sent under a key made from report and outcome, so that a kill
in between sends nothing twice.
"""

from datetime import datetime
from uuid import UUID, uuid5

import structlog
from django.db import transaction

from evenhand.actions.ports import Messenger, Notice
from evenhand.appeals.complaint_steps import complaint_path
from evenhand.appeals.phrases import complaint_question_text
from evenhand.appeals.queries import complained_about, questions_to_tell
from evenhand.appeals.talk_steps import note_asked
from evenhand.base.errors import EvenhandError, InputRefused, Unavailable
from evenhand.base.lists import Language
from evenhand.reports.keys import Keys, installed
from evenhand.reports.limits import SWEEP_ROWS_MAX, TELL_ATTEMPTS_MAX, TELL_PAUSE
from evenhand.reports.lists import ReportOutcome, ReportState, Way
from evenhand.reports.models import Report
from evenhand.reports.phrases import ToldReport, subject_of, text_of
from evenhand.reports.ports import Mails
from evenhand.reports.receipts import code_of
from evenhand.standing.misuse_steps import note_told
from evenhand.standing.notices import misuse_text
from evenhand.standing.queries import to_tell_reporters

log = structlog.get_logger()

FOLLOW_PATH = "/report/follow/"


def tell_due(
    messenger: Messenger,
    mails: Mails,
    *,
    public_url: str,
    now: datetime,
    keys: Keys | None = None,
    rows_max: int = SWEEP_ROWS_MAX,
) -> int:
    """Tells what is due, and gives how many were told; what fails is tried again later."""
    used = keys or installed()
    due = Report.objects.filter(tell_due__lte=now).order_by("tell_due").values_list("pk", flat=True)
    told = sum(
        _tell(report, messenger, mails, keys=used, public_url=public_url, now=now)
        for report in list(due[:rows_max])
    )
    told += _ask(messenger, mails, used, public_url=public_url, now=now)
    return told + _tell_misuse(messenger, mails, used, public_url=public_url, now=now)


def told_of(report: Report, *, public_url: str, key: bytes) -> ToldReport:
    """Gives what a reporter may know of a report."""
    return ToldReport(
        at=report.at,
        state=ReportState(report.state),
        outcome=ReportOutcome(report.outcome) if report.outcome else None,
        code=code_of(report.id, key=key),
        url=f"{public_url}{FOLLOW_PATH}",
    )


def _tell(
    report_id: UUID,
    messenger: Messenger,
    mails: Mails,
    *,
    keys: Keys,
    public_url: str,
    now: datetime,
) -> bool:
    with transaction.atomic():
        rows = Report.objects.select_for_update(skip_locked=True)
        report = rows.filter(pk=report_id, tell_due__lte=now).first()
        if report is None:
            return False
        told = told_of(report, public_url=public_url, key=keys.token)
        try:
            _send(report, told, messenger, mails, keys)
        except EvenhandError as error:
            log.info("report_not_told", report=str(report.id), why=type(error).__name__)
            _try_later(report, now=now)
            return False
        _told(report, now=now)
    return True


def _send(report: Report, told: ToldReport, messenger: Messenger, mails: Mails, keys: Keys) -> None:
    if not bytes(report.contact):
        return
    language = Language(report.language)
    # The same end twice, after a complaint, is told twice; one answer tried again, once.
    moment = report.answered_at.isoformat() if report.answered_at else ""
    key = uuid5(report.id, f"{report.outcome}{moment}" if report.outcome else "receipt")
    text = f"{subject_of(told, language)}\n\n{text_of(told, language)}"
    _send_text(report, text, key, language, messenger, mails, keys)


def _send_text(
    report: Report,
    text: str,
    key: UUID,
    language: Language,
    messenger: Messenger,
    mails: Mails,
    keys: Keys,
) -> None:
    """Sends a text, its subject in the first line, to who made a report."""
    contact = keys.unlocked(bytes(report.contact))
    match Way(contact["way"]):
        case Way.MATRIX:
            messenger.send_notice(Notice(key, contact["to"], text, decision=report.id))
        case Way.MAIL:
            subject, _, rest = text.partition("\n\n")
            mails.mail(contact["to"], subject, rest, language=language, key=str(key))
        case other:
            raise InputRefused(what="contact", why="no way to be told by", way=other.value)


def _ask(messenger: Messenger, mails: Mails, keys: Keys, *, public_url: str, now: datetime) -> int:
    """Tells people who complained of a question about it; gives how many were told.

    Whoever left no way to be told finds it on the page of the complaint.
    """
    told = 0
    for message in questions_to_tell(rows_max=SWEEP_ROWS_MAX):
        assert message.report is not None
        assert message.answer_by is not None
        report = Report.objects.filter(pk=message.report).exclude(contact=b"").first()
        earlier = complained_about(message.case_id, message.report)
        if report is not None and earlier is not None:
            language = Language(report.language)
            text = complaint_question_text(
                language,
                question=message.text,
                answer_by=message.answer_by,
                url=public_url + complaint_path(report.id, earlier, key=keys.token),
            )
            try:
                _send_text(report, text, message.id, language, messenger, mails, keys)
            except Unavailable:
                continue
            except EvenhandError as error:
                log.info("question_not_told", message=str(message.id), why=type(error).__name__)
        note_asked(message.id, now=now)
        told += 1
    return told


def _tell_misuse(
    messenger: Messenger, mails: Mails, keys: Keys, *, public_url: str, now: datetime
) -> int:
    """Tells reporters of a warning or a suspension (DSA Art. 23(2)); gives how many were told.

    Whoever left no way to be told reads it on the page that a receipt code opens.
    """
    told = 0
    for misuse in to_tell_reporters(rows_max=SWEEP_ROWS_MAX):
        text = misuse_text(misuse, Language(misuse.language), public_url=public_url)
        reached = Report.objects.filter(reporter__key=bytes(misuse.key)).exclude(contact=b"")
        report = reached.order_by("-at").first()
        if report is not None:
            try:
                _send_text(
                    report, text, misuse.id, Language(misuse.language), messenger, mails, keys
                )
            except Unavailable:
                continue
            except EvenhandError as error:
                log.info("misuse_not_told", misuse=str(misuse.id), why=type(error).__name__)
        note_told(misuse.id, now=now)
        told += 1
    return told


def _told(report: Report, *, now: datetime) -> None:
    report.tell_due, report.tell_attempts = None, 0
    if report.outcome:
        report.told_at = now
    else:
        report.confirmed_at = now
    report.save(update_fields=["tell_due", "tell_attempts", "told_at", "confirmed_at"])


def _try_later(report: Report, *, now: datetime) -> None:
    report.tell_attempts += 1
    over = report.tell_attempts >= TELL_ATTEMPTS_MAX
    report.tell_due = None if over else now + TELL_PAUSE * 2 ** (report.tell_attempts - 1)
    report.save(update_fields=["tell_attempts", "tell_due"])
