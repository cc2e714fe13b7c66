"""Writes what guards against misuse from inside, and what the desk owes by itself.

Who looks at what a request names says why, and leaves a record. A monthly sample is drawn by a
seed that nobody chose. A danger to life is told to an authority, with its receipt.
"""

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.authorities.queries import authority_of
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind, Source
from evenhand.base.personal import Hidden, IpAddress, PhoneNumber
from evenhand.evidence.steps import hold
from evenhand.legal.checks import DISCLOSING, StepRefused, check_reason
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.limits import (
    QUESTION_CHARACTERS_MAX,
    SAMPLE_MIN,
    SAMPLE_SHARE,
    SWEEP_ROWS_MAX,
)
from evenhand.legal.lists import DangerLaw, Finding, IdentifierKind
from evenhand.legal.models import (
    DangerReport,
    Disclosure,
    Identifier,
    Matter,
    SampledReview,
)
from evenhand.legal.protection_steps import sweep_protected
from evenhand.legal.queries import actor_of, matters_in_month
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.people.steps import read_personal
from evenhand.records.entries import NewRecord
from evenhand.records.queries import last_record_before
from evenhand.records.steps import append

REPORTING = frozenset(
    {Role.LEGAL_OFFICER, Role.APPROVER, Role.REVIEWER, Role.SENIOR, Role.CHILD_SAFETY}
)
"""Who tells an authority of a danger: whoever may meet one, and nobody sees the sealed lane but its
own people."""


class Named(Hidden):
    """Something that a request names: an account, a link, a channel."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """One thing that a request names, still behind its type: `base.personal.reveal` opens it."""

    kind: IdentifierKind
    value: Hidden
    since: datetime | None
    until: datetime | None


def reveal_identifiers(
    matter_id: UUID, *, by: Person, reason: str, now: datetime
) -> list[Revealed]:
    """Gives what a request names to somebody who works on it, against a recorded reason."""
    with transaction.atomic():
        matter = locked(matter_id)
        found = check_reason(reason)
        if not actor_of(matter_id, by).assigned:
            found.append(Finding.NOT_ASSIGNED)
        if found:
            raise StepRefused(matter=matter_id, findings=tuple(found))
        read_personal(matter.id, "identifiers", by=by, reason=reason, now=now)
        write_step(matter, "identifiers_revealed", by=by.id, now=now)
        rows = list(Identifier.objects.filter(matter=matter, expired_at=None).order_by("id"))
    return [
        Revealed(IdentifierKind(row.kind), _typed(row), since=row.since, until=row.until)
        for row in rows
    ]


def forget_identifiers(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Empties what was named when its time is over: by closed matters, on the protected list."""
    with transaction.atomic():
        due = list(
            Matter.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(identifiers_expire_at__lte=now)
            .order_by("identifiers_expire_at")[:rows_max]
        )
        for matter in due:
            matter.identifiers.update(value="", expired_at=now)
            Disclosure.objects.filter(matter=matter).update(accounts=[])
            matter.identifiers_expire_at = None
            write_step(matter, "identifiers_forgotten", by=None, now=now)
    return len(due) + sweep_protected(now=now)


def draw_sample(month: str, *, now: datetime) -> list[SampledReview]:
    """Draws a finished month's disclosures for review, once; the lot comes from the records.

    The seed is the last record before the month ended and the month's name: whoever has the log
    can draw again, and who worked on a matter could not know whether it would be drawn.
    """
    with transaction.atomic():
        drawn = list(SampledReview.objects.filter(month=month).order_by("matter_id"))
        end = _end_of(month, now=now)
        if drawn or now < end:
            return drawn
        last = last_record_before(end)
        seed = hashlib.sha256(f"{month}:{last}".encode()).digest()
        ids = matters_in_month(month, sorted(kind.value for kind in DISCLOSING))
        if not ids:
            return []
        most = min(len(ids), max(SAMPLE_MIN, round(len(ids) * SAMPLE_SHARE)))
        chosen = sorted(random.Random(seed).sample(ids, most))  # noqa: S311  a lot that anybody can draw again
        rows = [
            SampledReview.objects.create(month=month, matter_id=one, drawn_at=now, seed=seed)
            for one in chosen
        ]
        append(
            NewRecord(
                id=new_id(now=now),
                at=now,
                kind=RecordKind.SAMPLE_DRAWN,
                subject=new_id(now=now),
                quantity=len(rows),
                body={"month": month, "seed": seed.hex(), "of": len(ids)},
            )
        )
    return rows


def review_sample(
    month: str,
    matter_id: UUID,
    *,
    by: Person,
    right: bool,
    note: str,
    now: datetime,
) -> SampledReview:
    """Keeps what somebody without a part in it found of a drawn disclosure."""
    with transaction.atomic():
        matter = locked(matter_id)
        one = (
            SampledReview.objects.select_for_update(of=("self",))
            .filter(month=month, matter=matter)
            .first()
        )
        if one is None:
            raise NotFound(what="sample", month=month, matter=matter_id)
        found = check_reason(note)
        if one.reviewed_by_id is not None:
            found.append(Finding.WRONG_STATE)
        if not (by.has(Role.BOARD) or by.has(Role.APPROVER)):
            found.append(Finding.ROLE_MISSING)
        if by.id in {matter.prepared_by_id, matter.released_by_id, matter.validated_by_id}:
            found.append(Finding.SAME_PERSON)
        if found:
            raise StepRefused(matter=matter_id, findings=tuple(found))
        one.reviewed_by, one.reviewed_at, one.right, one.note = by, now, right, note
        one.save()
        write_step(
            matter,
            "sample_reviewed",
            by=by.id,
            now=now,
            kind=RecordKind.LEGAL_REVIEWED,
            facts={"month": month, "right": right},
        )
    return one


def report_danger(
    case_id: UUID,
    *,
    law: DangerLaw,
    authority: UUID,
    text: str,
    evidence: UUID | None,
    by: Person,
    now: datetime,
) -> DangerReport:
    """Reports a threat to life from a case to the competent authority; what backs it is held.

    Regulation (EU) 2022/2065 Art. 18: promptly, with all relevant information available.
    Regulation (EU) 2021/784 Art. 14(5): terrorist content with an imminent threat to life.
    """
    with transaction.atomic():
        found = check_reason(text[:QUESTION_CHARACTERS_MAX])
        if not any(by.has(role) for role in REPORTING):
            found.append(Finding.ROLE_MISSING)
        if len(text) > QUESTION_CHARACTERS_MAX:
            found.append(Finding.TOO_LONG)
        if found:
            raise StepRefused(case=case_id, findings=tuple(found))
        told = authority_of(authority)
        report = DangerReport.objects.create(
            id=new_id(now=now),
            case=case_id,
            law=law.value,
            authority=told,
            text=text,
            evidence_id=evidence,
            reported_by=by,
            reported_at=now,
        )
        if evidence is not None:
            hold(evidence, holder=report.id, now=now)
        _record_danger(report, "reported", by=by, now=now)
    return report


def acknowledge_danger(report_id: UUID, *, receipt: str, by: Person, now: datetime) -> DangerReport:
    """Keeps the receipt that the authority gave for a report."""
    with transaction.atomic():
        report = (
            DangerReport.objects.select_for_update(of=("self",))
            .select_related("authority")
            .filter(pk=report_id)
            .first()
        )
        if report is None:
            raise NotFound(what="danger report", id=report_id)
        found = check_reason(receipt)
        if report.received_at is not None:
            found.append(Finding.WRONG_STATE)
        if not any(by.has(role) for role in REPORTING):
            found.append(Finding.ROLE_MISSING)
        if found:
            raise StepRefused(report=report_id, findings=tuple(found))
        report.receipt, report.received_at = receipt[:400], now
        report.save()
        _record_danger(report, "acknowledged", by=by, now=now)
    return report


def _record_danger(report: DangerReport, what: str, *, by: Person, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.DANGER_REPORTED,
            subject=report.id,
            market=report.authority.country,
            source=Source.OWN,
            body={
                "what": what,
                "law": report.law,
                "case": str(report.case),
                "authority": str(report.authority_id),
                "by": str(by.id),
            },
        )
    )


def _typed(row: Identifier) -> Hidden:
    match IdentifierKind(row.kind):
        case IdentifierKind.PHONE:
            return PhoneNumber(row.value)
        case IdentifierKind.IP:
            return IpAddress(row.value)
        case _:
            return Named(row.value)


def _end_of(month: str, *, now: datetime) -> datetime:
    year, number = (int(part) for part in month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=now.tzinfo)
