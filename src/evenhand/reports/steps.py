"""The only writers: a report is received, its case opened or joined, answered, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import urandom
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, Language, RecordKind, Source
from evenhand.base.personal import reveal
from evenhand.cases import queries as cases
from evenhand.cases import steps as case_steps
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind
from evenhand.cases.models import Case
from evenhand.cases.queues import is_sealed
from evenhand.evidence.models import SealedItem
from evenhand.evidence.steps import hold, keep
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.reports.brigading import SeenReport, likeness_of, masses
from evenhand.reports.checks import ReporterSuspended, ReportRefused, check_report, in_area
from evenhand.reports.drafts import ReportDraft
from evenhand.reports.keys import HASH_BYTES, Keys, installed
from evenhand.reports.limits import (
    CASE_SEVERITY_UNSAID,
    COMPARED_MAX,
    COMPARED_WITHIN,
    CONTACT_DAYS,
    DUE_GRAVE,
    DUE_NOTICE,
    DUE_REFERRAL,
    DUE_TRUSTED,
    DUE_USER,
    NETWORK_DAYS,
    REPORTER_DAYS,
    SLOW_QUEUE_MAX,
    SWEEP_ROWS_MAX,
)
from evenhand.reports.lists import (
    Mass,
    ReporterKind,
    ReportFinding,
    ReportKind,
    ReportOutcome,
    ReportState,
    Way,
)
from evenhand.reports.models import Report, Reporter
from evenhand.reports.queries import record_for_masses
from evenhand.reports.receipts import code_of, hash_of
from evenhand.standing.queries import may_report
from evenhand.standing.subjects import account_subject

GRAVE = 4
"""Severity from which life or safety may be at stake (`base/harms.csv`)."""

_SOURCES = {
    ReportKind.USER_REPORT: Source.USER,
    ReportKind.NOTICE: Source.USER,
    ReportKind.TRUSTED_FLAGGER_NOTICE: Source.TRUSTED_FLAGGER,
    ReportKind.REFERRAL: Source.AUTHORITY,
}
_DUE = {
    ReportKind.USER_REPORT: DUE_USER,
    ReportKind.NOTICE: DUE_NOTICE,
    ReportKind.TRUSTED_FLAGGER_NOTICE: DUE_TRUSTED,
    ReportKind.REFERRAL: DUE_REFERRAL,
}
_NEVER_A_MASS = frozenset({ReportKind.TRUSTED_FLAGGER_NOTICE, ReportKind.REFERRAL})


@dataclass(frozen=True, slots=True)
class Received:
    """A report as it was taken; the same origin again gives the same code."""

    report: Report
    receipt_code: str


def receive(draft: ReportDraft, *, now: datetime, keys: Keys | None = None) -> Received:
    """Takes a report: the same origin again gives the report that exists.

    What was written and by whom is sealed at once; the case is opened or joined in the same
    transaction, unless the report waits in the slow queue.
    """
    used = keys or installed()
    known = Report.objects.filter(origin=draft.origin).first()
    if known is not None:
        return _again(known, draft, used)
    found = check_report(draft)
    if found:
        raise ReportRefused(findings=found)
    try:
        with transaction.atomic():
            report = _kept(draft, used, now=now)
            if not draft.slow:
                _bring_before_a_person(report, now=now)
    except IntegrityError:
        known = Report.objects.filter(origin=draft.origin).first()
        if known is None:
            raise
        return _again(known, draft, used)
    return Received(report, code_of(report.id, key=used.token))


def admit_waiting(*, now: datetime, rows_max: int) -> int:
    """Takes reports out of the slow queue, the oldest first, and gives how many.

    Each way in has a pace of its own: a flood of mail holds up nobody at the form.
    """
    return sum(_admit(way, now=now, rows_max=rows_max) for way in Way)


def _admit(way: Way, *, now: datetime, rows_max: int) -> int:
    with transaction.atomic():
        rows = list(
            Report.objects.select_for_update(skip_locked=True)
            .filter(state=ReportState.WAITING.value, way=way.value)
            .order_by("at")[:rows_max]
        )
        for report in rows:
            _bring_before_a_person(report, now=now)
    return len(rows)


def answer_case(case_id: UUID, outcome: ReportOutcome, *, now: datetime) -> int:
    """Notes what came of the reports that a case unites, and that it is to be told."""
    rows = Report.objects.select_for_update().filter(case_id=case_id).order_by("id")
    with transaction.atomic():
        changed = [report for report in rows if report.outcome != outcome.value]
        for report in changed:
            _answer(report, outcome, now=now)
    return len(changed)


def answer_complaints(reports: Sequence[UUID], outcome: ReportOutcome, *, now: datetime) -> int:
    """Notes how a complaint about each of these reports ended, and that it is to be told."""
    with transaction.atomic():
        rows = list(Report.objects.select_for_update().filter(id__in=reports).order_by("id"))
        for report in rows:
            _answer(report, outcome, now=now)
    return len(rows)


def forget(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Forgets what is over: ways to reporters, networks, and reporters not seen for long."""
    contacts = Report.objects.filter(contact_until__lte=now)[:rows_max].values("pk")
    done = Report.objects.filter(pk__in=contacts).update(contact=b"", contact_until=None)
    old = Report.objects.filter(at__lte=now - NETWORK_DAYS).exclude(network=b"")
    done += Report.objects.filter(pk__in=old[:rows_max].values("pk")).update(
        network=b"", likeness=None
    )
    for reporter in Reporter.objects.filter(
        last_at__lte=now - REPORTER_DAYS, forgotten_at=None, flagger=None
    )[:rows_max]:
        reporter.key, reporter.forgotten_at = urandom(HASH_BYTES), now
        reporter.save(update_fields=["key", "forgotten_at"])
        done += 1
    return done


def _again(known: Report, draft: ReportDraft, keys: Keys) -> Received:
    if bytes(known.content_hash) != _content_hash(draft, keys):
        raise ReportRefused(findings=(ReportFinding.FORM_USED,))
    return Received(known, code_of(known.id, key=keys.token))


def _kept(draft: ReportDraft, keys: Keys, *, now: datetime) -> Report:
    report_id = new_id(now=now)
    if draft.slow and _waiting(draft.way) >= SLOW_QUEUE_MAX:
        raise ReportRefused(findings=(ReportFinding.QUEUE_FULL,))
    reporter = _reporter(draft, keys, now=now)
    if not may_report(bytes(reporter.key), now):
        raise ReporterSuspended(reporter=reporter.id)
    kind = _kind(draft, reporter)
    contact = _contact(draft)
    return Report.objects.create(
        id=report_id,
        at=draft.at,
        origin=draft.origin,
        kind=kind.value,
        way=draft.way.value,
        state=ReportState.WAITING.value,
        reporter=reporter,
        source=_SOURCES[kind].value,
        language=draft.language.value,
        market=draft.market,
        about=draft.about,
        harm=draft.harm,
        account=draft.account,
        channel=draft.channel,
        channel_kind=draft.channel_kind.value,
        event=draft.event,
        good_faith=draft.good_faith,
        text=_sealed(_words(draft), report_id, keys, now=now),
        identity=_sealed(_identity(draft), report_id, keys, now=now),
        content=_sealed(draft.content, report_id, keys, now=now, media_type="application/json"),
        contact=keys.locked(contact) if contact else b"",
        contact_until=now + 2 * CONTACT_DAYS if contact else None,
        receipt_hash=hash_of(code_of(report_id, key=keys.token), key=keys.token),
        network=_network(draft, keys),
        likeness=likeness_of(reveal(draft.text), key=keys.token),
        content_hash=_content_hash(draft, keys),
        disclosure=_disclosure(draft, keys),
        tell_due=now if contact.get("way") == Way.MAIL else None,
    )


def _kind(draft: ReportDraft, reporter: Reporter) -> ReportKind:
    """Gives the kind; outside its areas a trusted flagger's notice is an ordinary one."""
    trusted = reporter.flagger
    if draft.kind is not ReportKind.TRUSTED_FLAGGER_NOTICE:
        return draft.kind
    assert trusted is not None, "only a trusted flagger's door makes such a notice"
    return draft.kind if in_area(trusted.areas, draft.harm) else ReportKind.NOTICE


def _reporter(draft: ReportDraft, keys: Keys, *, now: datetime) -> Reporter:
    """Gives who reports, known again by account, mailbox or token; others are new each time."""
    given = draft.reporter
    if given.flagger is not None:
        kind, key = ReporterKind.TRUSTED_FLAGGER, keys.hashed("flagger", str(given.flagger))
    elif given.kind is ReporterKind.AUTHORITY:
        kind, key = given.kind, keys.hashed("authority", given.account or given.name)
    elif given.account:
        kind, key = ReporterKind.USER, account_subject(given.account, token_key=keys.token)
    elif given.mailbox is not None:
        mailbox = reveal(given.mailbox).strip().casefold()
        kind, key = ReporterKind.USER, keys.hashed("mailbox", mailbox)
    else:
        kind, key = ReporterKind.ANONYMOUS, urandom(HASH_BYTES)
    reporter, known = Reporter.objects.get_or_create(
        key=key,
        defaults={
            "id": new_id(now=now),
            "kind": kind.value,
            "flagger_id": given.flagger,
            "first_at": now,
            "last_at": now,
        },
    )
    if not known:
        reporter.last_at = now
        reporter.save(update_fields=["last_at"])
    return reporter


def _bring_before_a_person(report: Report, *, now: datetime) -> None:
    """Opens a case for a report, or joins the open one about the same thing."""
    _one_at_a_time(report.about)
    report.masses = [mass.value for mass in _masses(report)]
    case = _case(report, now=now)
    report.case, report.state = case, ReportState.OPEN.value
    report.save(update_fields=["masses", "case", "state"])
    # What was disclosed may have been read while the report waited.
    for item in (report.text_id, report.identity_id, report.content_id, report.proof_text_id):
        if item is not None:
            hold(item, holder=case.id, now=now)
    _record(report, RecordKind.REPORT_RECEIVED, now=now)


def _case(report: Report, *, now: datetime) -> Case:
    """Gives the case that a report opens or joins; one of a mass brings no case forward."""
    draft = _case_draft(report, now=now)
    if not report.masses:
        return case_steps.open_case(replace(draft, reports=1), now=now)
    known = cases.open_case_about(report.about)
    if known is None or is_sealed(draft.harm):
        # What may be abuse of a child goes to its lane, however many say so.
        known = case_steps.open_case(replace(draft, due_at=None), now=now)
    return case_steps.add_report(
        known.id, source=draft.source, due_at=draft.due_at, raises_priority=False, now=now
    )


def _case_draft(report: Report, *, now: datetime) -> CaseDraft:
    harm = harms().get(report.harm)
    return CaseDraft(
        id=new_id(now=now),
        at=now,
        kind=CaseKind.REVIEW,
        origin=f"report:{report.id}",
        harm=report.harm,
        severity=harm.severity if harm else CASE_SEVERITY_UNSAID,
        score=0.0,
        reason="",
        channel_kind=ChannelKind(report.channel_kind),
        language=Language(report.language),
        source=Source(report.source),
        market=report.market,
        account=report.account,
        channel=report.channel,
        event=report.event,
        evidence=report.content_id,
        about=report.about,
        due_at=report.at + _due(report),
    )


def _due(report: Report) -> timedelta:
    """Gives how soon a report wants a decision."""
    harm = harms().get(report.harm)
    due = _DUE[ReportKind(report.kind)]
    return min(due, DUE_GRAVE) if harm is not None and harm.severity >= GRAVE else due


def _masses(report: Report) -> tuple[Mass, ...]:
    if ReportKind(report.kind) in _NEVER_A_MASS:
        return ()
    others = (
        Report.objects.filter(about=report.about, at__gte=report.at - COMPARED_WITHIN)
        .exclude(id=report.id)
        .order_by("-at")[:COMPARED_MAX]
    )
    record = record_for_masses(report.reporter)
    return masses(_seen(report), [_seen(other) for other in others], record)


def _seen(report: Report) -> SeenReport:
    return SeenReport(
        reporter=str(report.reporter_id),
        at=report.at,
        network=bytes(report.network),
        likeness=report.likeness,
    )


def _answer(report: Report, outcome: ReportOutcome, *, now: datetime) -> None:
    report.state, report.outcome = ReportState.ANSWERED.value, outcome.value
    report.answered_at, report.told_at, report.tell_attempts = now, None, 0
    if bytes(report.contact):
        report.tell_due, report.contact_until = now, now + CONTACT_DAYS
    report.save(
        update_fields=[
            "state",
            "outcome",
            "answered_at",
            "told_at",
            "tell_attempts",
            "tell_due",
            "contact_until",
        ]
    )
    milliseconds = max(0, round((now - report.at).total_seconds() * 1000))
    _record(report, RecordKind.REPORT_ANSWERED, now=now, milliseconds=milliseconds)


def _one_at_a_time(about: str) -> None:
    """Holds the other reports of the same thing until this one has its case."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [about])


def _waiting(way: Way) -> int:
    return Report.objects.filter(state=ReportState.WAITING.value, way=way.value).count()


def _words(draft: ReportDraft) -> bytes:
    lines = [draft.place, "", reveal(draft.text)] if draft.place else [reveal(draft.text)]
    return "\n".join(lines).encode(errors="replace")


def _identity(draft: ReportDraft) -> bytes:
    given = draft.reporter
    mailbox = reveal(given.mailbox) if given.mailbox else ""
    lines = [one for one in (given.name, mailbox, given.account) if one]
    return "\n".join(lines).encode(errors="replace")


def _contact(draft: ReportDraft) -> dict[str, str]:
    given = draft.reporter
    if given.account and given.kind is not ReporterKind.AUTHORITY:
        return {"way": Way.MATRIX.value, "to": given.account}
    if given.mailbox is not None and given.flagger is None:
        return {"way": Way.MAIL.value, "to": reveal(given.mailbox)}
    return {}


def _network(draft: ReportDraft, keys: Keys) -> bytes:
    if draft.network is None:
        return b""
    return keys.hashed("network", reveal(draft.network), size_bytes=16)


def _content_hash(draft: ReportDraft, keys: Keys) -> bytes:
    parts = (draft.about, draft.harm, draft.place, reveal(draft.text))
    return keys.hashed("content", "\0".join(parts), size_bytes=16)


def _disclosure(draft: ReportDraft, keys: Keys) -> bytes:
    given = draft.disclosure
    if given is None:
        return b""
    return keys.locked({"room": given.room_id, "event": given.event_id, "prk": given.prk.hex()})


def _sealed(
    content: bytes, subject: UUID, keys: Keys, *, now: datetime, media_type: str = "text/plain"
) -> SealedItem | None:
    if not content:
        return None
    return keep(content, media_type=media_type, subject=subject, to=keys.evidence, now=now)


def _record(
    report: Report, kind: RecordKind, *, now: datetime, milliseconds: int | None = None
) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=report.id,
            harm=report.harm,
            market=report.market,
            source=Source(report.source),
            language=report.language,
            channel_kind=ChannelKind(report.channel_kind),
            milliseconds=milliseconds,
            body={
                "kind": report.kind,
                "way": report.way,
                "case": str(report.case_id or ""),
                "outcome": report.outcome,
            },
        )
    )
