"""Writes reports to the CyberTipline: one drafts, another confirms, the worker sends, a year holds.

18 U.S.C. § 2258A(a) asks for a report as soon as reasonably possible; (h) for a year's keeping.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from evenhand.actions.queries import evidence_of
from evenhand.base.errors import InputRefused, NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import lock, unlock
from evenhand.cases.lists import CaseLane
from evenhand.cases.models import Case
from evenhand.childsafety.checks import (
    check_confirmation,
    check_draft,
    check_withdrawal,
    refuse_if,
)
from evenhand.childsafety.feed_steps import roles_of
from evenhand.childsafety.limits import ATTEMPTS_MAX, PRESERVED, RETRY_MINUTES
from evenhand.childsafety.lists import IncidentType, TipState
from evenhand.childsafety.models import CyberTip
from evenhand.childsafety.ports import ReportLapsed, TipLine, TipRefused
from evenhand.childsafety.queries import matches_of, over, tip_of, tips_to_send
from evenhand.childsafety.tip import TipFacts, tip_document
from evenhand.evidence.queries import items_about
from evenhand.evidence.steps import hold, release
from evenhand.people.models import Person
from evenhand.people.steps import read_personal
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

OPEN_STATES = (TipState.DRAFT.value, TipState.CONFIRMED.value)


@dataclass(frozen=True, slots=True)
class TipDraft:
    """A report to be; `quoted` is what was written, word by word."""

    incident: IncidentType
    text: str
    quoted: str = ""
    urgent: str = ""


def draft_tip(
    case_id: UUID,
    draft: TipDraft,
    *,
    by: Person,
    messenger: str,
    mail: str,
    key: bytes,
    now: datetime,
) -> CyberTip:
    """Drafts a report on a case of the sealed lane, and keeps its evidence from this moment."""
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=case_id).first()
        if case is None:
            raise NotFound(what="case", id=case_id)
        refuse_if(
            check_draft(
                roles=roles_of(by),
                sealed=case.lane == CaseLane.SEALED,
                account=case.account,
                text=f"{draft.text}{draft.quoted}{draft.urgent}" if draft.text.strip() else "",
                open_tip=CyberTip.objects.filter(case=case, state__in=OPEN_STATES).exists(),
            )
        )
        document = tip_document(_facts(case, draft, messenger=messenger, mail=mail))
        tip = CyberTip.objects.create(
            id=new_id(now=now),
            case=case,
            incident_type=draft.incident.name.lower(),
            document=lock(document, key=key),
            sha256=hashlib.sha256(document).digest(),
            drafted_by=by,
            drafted_at=now,
        )
        _preserve(tip, now=now)
        _record(tip, "drafted", by=by, now=now)
    return tip


def read_tip(tip_id: UUID, *, by: Person, reason: str, key: bytes, now: datetime) -> bytes:
    """Gives a report's XML to somebody of the lane, once the record of that is written."""
    with transaction.atomic():
        tip = tip_of(tip_id)
        refuse_if(
            check_confirmation(roles=roles_of(by), state=TipState.DRAFT, drafted_by_self=False)
        )
        if not tip.document:
            raise NotFound(what="report", id=tip_id, why="its time is over")
        read_personal(tip.case_id, "cyber_tip", by=by, reason=reason, now=now)
        return unlock(bytes(tip.document), key=key)


def confirm_tip(tip_id: UUID, *, by: Person, now: datetime) -> CyberTip:
    """Has a report sent, by a second person's word."""
    with transaction.atomic():
        tip = _locked(tip_id)
        refuse_if(
            check_confirmation(
                roles=roles_of(by),
                state=TipState(tip.state),
                drafted_by_self=tip.drafted_by_id == by.id,
            )
        )
        tip.state, tip.confirmed_by = TipState.CONFIRMED.value, by
        tip.confirmed_at = tip.due_at = now
        tip.save(update_fields=["state", "confirmed_by", "confirmed_at", "due_at"])
        _record(tip, "confirmed", by=by, now=now)
    return tip


def withdraw_tip(tip_id: UUID, *, by: Person, now: datetime) -> CyberTip:
    """Takes back a draft, or a report that was refused; what it kept goes its way."""
    with transaction.atomic():
        tip = _locked(tip_id)
        refuse_if(check_withdrawal(roles=roles_of(by), state=TipState(tip.state)))
        tip.state, tip.document, tip.ended_at = TipState.WITHDRAWN.value, b"", now
        tip.save(update_fields=["state", "document", "ended_at"])
        release(tip.id)
        _record(tip, "withdrawn", by=by, now=now)
    return tip


def send_tips(line: TipLine, *, key: bytes, now: datetime) -> int:
    """Sends confirmed reports that are due; gives how many arrived.

    The number of an opened report is kept before it is finished: a kill in between opens none
    twice. A report that was opened and not finished is deleted by the CyberTipline itself.
    """
    return sum(_send(tip_id, line, key=key, now=now) for tip_id in tips_to_send(now))


def end_preservations(*, now: datetime) -> int:
    """Ends what was preserved for its year: the holds, and the report's own text."""
    ended = over(now)
    for tip_id in ended:
        with transaction.atomic():
            tip = _locked(tip_id)
            tip.document, tip.ended_at = b"", now
            tip.save(update_fields=["document", "ended_at"])
            release(tip.id)
            _record(tip, "preservation_over", now=now)
    return len(ended)


def _send(tip_id: UUID, line: TipLine, *, key: bytes, now: datetime) -> bool:
    tip = tip_of(tip_id)
    document = _confirmed_document(tip, key=key)
    if document is None:
        _refused(tip_id, "not the text that was confirmed", now=now)
        return False
    try:
        if not tip.report_id:
            number = line.open_report(document)
            CyberTip.objects.filter(pk=tip_id).update(report_id=number, sandbox=line.sandbox)
        else:
            number = tip.report_id
        line.finish(number)
    except Unavailable:
        _again(tip_id, "no answer", now=now)
        return False
    except ReportLapsed:
        CyberTip.objects.filter(pk=tip_id).update(report_id="")
        _again(tip_id, "lapsed", now=now)
        return False
    except TipRefused as refused:
        _refused(tip_id, str(refused.fields.get("why", "refused")), now=now)
        return False
    with transaction.atomic():
        tip = _locked(tip_id)
        tip.state, tip.sent_at, tip.error = TipState.SENT.value, now, ""
        tip.preserve_until = now + PRESERVED
        tip.save(update_fields=["state", "sent_at", "error", "preserve_until"])
        _preserve(tip, now=now)
        _record(tip, "sent", now=now)
    return True


def _confirmed_document(tip: CyberTip, *, key: bytes) -> bytes | None:
    """Gives the XML as a second person confirmed it; None if its bytes are no longer the same."""
    try:
        document = unlock(bytes(tip.document), key=key)
    except InputRefused:
        return None
    return document if hashlib.sha256(document).digest() == bytes(tip.sha256) else None


def _again(tip_id: UUID, error: str, *, now: datetime) -> None:
    with transaction.atomic():
        tip = _locked(tip_id)
        tip.attempts += 1
        minutes = RETRY_MINUTES[min(tip.attempts, len(RETRY_MINUTES)) - 1]
        tip.due_at, tip.error = now + timedelta(minutes=minutes), error
        tip.save(update_fields=["attempts", "due_at", "error"])
    if tip.attempts >= ATTEMPTS_MAX:
        _refused(tip_id, error, now=now)


def _refused(tip_id: UUID, error: str, *, now: datetime) -> None:
    with transaction.atomic():
        tip = _locked(tip_id)
        tip.state, tip.error = TipState.REFUSED.value, error[:200]
        tip.save(update_fields=["state", "error"])
        _record(tip, "refused", now=now)


def _preserve(tip: CyberTip, *, now: datetime) -> None:
    """Holds everything under seal that the case rests on, by the report's own name."""
    case = tip.case
    items = {case.evidence_id, case.objection_id, *(item.id for item in items_about(case.id))}
    if case.decision is not None:
        items |= {item.id for item in evidence_of(case.decision)}
    for item_id in items:
        if item_id is not None:
            hold(item_id, holder=tip.id, now=now)


def _facts(case: Case, draft: TipDraft, *, messenger: str, mail: str) -> TipFacts:
    lines = [
        f"{match.feed.name} {match.entry}: {match.algorithm} {bytes(match.value).hex()} "
        f"({f'{match.distance} bits apart' if match.distance else 'equal'})"
        for match in matches_of(case.id)
    ]
    return TipFacts(
        incident=draft.incident,
        at=case.opened_at,
        account=case.account,
        channel=case.channel,
        messenger=messenger,
        text=draft.text.strip(),
        mail=mail,
        quoted=draft.quoted.strip(),
        urgent=draft.urgent.strip(),
        matched="\n".join(["Hash lists:", *lines]) if lines else "",
    )


def _locked(tip_id: UUID) -> CyberTip:
    tip = CyberTip.objects.select_for_update(of=("self",)).filter(pk=tip_id).first()
    if tip is None:
        raise NotFound(what="report", id=tip_id)
    return tip


def _record(tip: CyberTip, did: str, *, now: datetime, by: Person | None = None) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.CHILD_SAFETY_REPORTED,
            subject=tip.case_id,
            harm=tip.case.harm,
            market=tip.case.market,
            body={
                "tip": str(tip.id),
                "did": did,
                "by": str(by.id) if by else "",
                "sandbox": bool(tip.sandbox),
                "sha256": bytes(tip.sha256).hex(),
            },
        )
    )
