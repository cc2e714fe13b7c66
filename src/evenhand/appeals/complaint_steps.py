"""The only writer of complaints: somebody who reported disagrees that nothing was done."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from nacl.public import PublicKey

from evenhand.appeals.checks import (
    AppealsPaused,
    ObjectionExists,
    TokenWrong,
    check_complaint,
    check_objection_text,
    check_window,
)
from evenhand.appeals.models import Complaint
from evenhand.appeals.queries import complaint_of
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, RecordKind, Source
from evenhand.base.sealing import token_for, token_holds
from evenhand.cases import steps as cases
from evenhand.cases.again import about_case
from evenhand.cases.lists import CaseKind, CaseState
from evenhand.cases.models import Case
from evenhand.evidence.steps import hold, keep
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.standing.queries import may_appeal

COMPLAINT = "complaint"
"""The purpose of the token in the link by which somebody who reported complains."""


def complaint_path(report: UUID, case_id: UUID, *, key: bytes) -> str:
    """Gives the path by which who made a report, and nobody else, complains about its end."""
    token = token_for(COMPLAINT, report.bytes + case_id.bytes, key=key)
    return f"/complaint/{report}/{case_id}/{token}/"


def case_complained_of(report: UUID, case_id: UUID, token: str, *, token_key: bytes) -> Case:
    """Gives the case that a link was made for; the token is compared in constant time."""
    if not token_holds(token, COMPLAINT, report.bytes + case_id.bytes, key=token_key):
        raise TokenWrong(report=report)
    return Case.objects.get(pk=case_id)


def complain(
    report: UUID,
    case_id: UUID,
    token: str,
    text: str,
    *,
    informed_at: datetime | None,
    complainant: bytes,
    token_key: bytes,
    evidence_key: PublicKey,
    now: datetime,
) -> Complaint:
    """Takes a complaint about a report that ended without an action; sealed at once.

    Complaints about one end are looked at together, by somebody who did not decide first.

    complainant  the key by which who reported is known again
    """
    case_complained_of(report, case_id, token, token_key=token_key)
    with transaction.atomic():
        earlier = cases.locked(case_id)
        check_complaint(CaseState(earlier.state), earlier.outcome)
        check_window(informed_at, now=now)
        if not may_appeal(complainant, now):
            raise AppealsPaused(report=report)
        kept = check_objection_text(text)
        if complaint_of(report) is not None:
            raise ObjectionExists(report=report)
        case = _case_about(earlier, now=now)
        item = keep(
            kept.encode(), media_type="text/plain", subject=case.id, to=evidence_key, now=now
        )
        hold(item.id, holder=case.id, now=now)
        complaint = Complaint.objects.create(
            id=new_id(now=now), at=now, report=report, earlier=earlier, case=case, item=item
        )
        _record(complaint, now=now)
    return complaint


def _case_about(earlier: Case, *, now: datetime) -> Case:
    """Gives the case that looks again at how another ended; the open one, or a new one."""
    mine = Case.objects.filter(complaints__earlier=earlier).distinct()
    case = mine.filter(state=CaseState.OPEN.value).first()
    if case is not None:
        return case
    origin = f"complaint:{earlier.id}:{mine.count() + 1}"
    return cases.open_case(
        about_case(earlier, kind=CaseKind.COMPLAINT, origin=origin, now=now), now=now
    )


def _record(complaint: Complaint, *, now: datetime) -> None:
    case = complaint.case
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.COMPLAINT_RECEIVED,
            subject=case.id,
            harm=case.harm,
            market=case.market,
            source=Source(case.source),
            language=case.language,
            channel_kind=ChannelKind(case.channel_kind),
            body={"complaint": str(complaint.id), "earlier": str(complaint.earlier_id)},
        )
    )
