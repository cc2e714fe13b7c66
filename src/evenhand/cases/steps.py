"""The only writers: open a case, decide it, close it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.actions import steps as actions
from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.models import Decision
from evenhand.actions.ports import Target
from evenhand.actions.queries import evidence_of
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import (
    ActionKind,
    ChannelKind,
    Ground,
    Language,
    RecordKind,
    Source,
    TargetKind,
)
from evenhand.cases.checks import (
    CaseFacts,
    Judge,
    check_choice,
    check_judge,
    check_reason,
    refuse_if,
)
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.evidence.steps import hold, release
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

TARGET_OF_KIND = {
    ActionKind.WARN: TargetKind.ACCOUNT,
    ActionKind.REDACT: TargetKind.EVENT,
    ActionKind.UNLIST: TargetKind.CHANNEL,
    ActionKind.SUSPEND: TargetKind.ACCOUNT,
    ActionKind.BLOCK_CHANNEL: TargetKind.CHANNEL,
}
"""What each decision on a case is done to."""

OPENING = {CaseKind.OBJECTION: RecordKind.OBJECTION_RECEIVED}
"""What is recorded of a case that comes from outside; all others are opened."""


def open_case(draft: CaseDraft, *, now: datetime) -> Case:
    """Opens a case once per origin: the same origin again gives the case that exists."""
    with transaction.atomic():
        case, opened = Case.objects.get_or_create(
            origin=draft.origin,
            defaults={
                "id": draft.id,
                "opened_at": draft.at,
                "kind": draft.kind.value,
                "decision_id": draft.decision,
                "harm": draft.harm,
                "severity": draft.severity,
                "score": draft.score,
                "rules": [[hit.id, hit.version] for hit in draft.rules],
                "reason_opened": draft.reason,
                "source": draft.source.value,
                "market": draft.market,
                "language": draft.language.value,
                "account": draft.account,
                "channel": draft.channel,
                "channel_kind": draft.channel_kind.value,
                "event": draft.event,
                "evidence_id": draft.evidence,
                "objection_id": draft.objection,
                "barred_staff": draft.barred_staff,
                "barred_names": list(draft.barred_names),
            },
        )
        if opened:
            _hold_evidence(case, now=now)
            _record(case, OPENING.get(draft.kind, RecordKind.CASE_OPENED), now=now)
    return case


def decide_case(
    case_id: UUID, kind: ActionKind, *, by: Person, reason: str, now: datetime
) -> Decision | None:
    """Closes a case with an action, or with none; gives the decision if one was made."""
    with transaction.atomic():
        case = locked(case_id)
        facts = facts_of(case)
        refuse_if(
            [
                *check_judge(facts, judge_of(by)),
                *check_reason(reason),
                *check_choice(facts, kind),
            ]
        )
        decision = None
        if kind is not ActionKind.NONE:
            draft = _draft(case, kind, by=by, reason=reason, now=now)
            decision = actions.decide(draft, now=now)
        outcome = CaseOutcome.NO_ACTION if decision is None else CaseOutcome.ACTED
        close(case, outcome, by=by, reason=reason, now=now)
    return decision


def close(case: Case, outcome: CaseOutcome, *, by: Person, reason: str, now: datetime) -> None:
    """Closes a locked case that its caller has checked, lets its evidence go, and records it."""
    case.state = CaseState.CLOSED.value
    case.outcome = outcome.value
    case.reason = reason.strip()
    case.closed_at = now
    case.closed_by = by
    case.closed_by_name = by.name
    case.save(
        update_fields=["state", "outcome", "reason", "closed_at", "closed_by", "closed_by_name"]
    )
    release(case.id)
    kind = {
        CaseOutcome.UPHELD: RecordKind.OBJECTION_UPHELD,
        CaseOutcome.REFUSED: RecordKind.OBJECTION_REFUSED,
    }.get(outcome, RecordKind.CASE_CLOSED)
    _record(case, kind, now=now, milliseconds=_milliseconds_since(case.opened_at, now))


def locked(case_id: UUID) -> Case:
    """Gives a case under a row lock; the caller has a transaction open."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotFound(what="case", id=case_id)
    return case


def facts_of(case: Case) -> CaseFacts:
    """Gives what the checks need to know of a case."""
    return CaseFacts(
        kind=CaseKind(case.kind),
        state=CaseState(case.state),
        barred_staff=case.barred_staff,
        barred_names=tuple(case.barred_names),
        account=case.account,
        channel=case.channel,
        event=case.event,
    )


def judge_of(staff: Person) -> Judge:
    """Gives a member of staff as the checks see them."""
    return Judge(
        staff=staff.id, name=staff.name, roles=tuple(staff.roles) if staff.is_active else ()
    )


def _draft(
    case: Case, kind: ActionKind, *, by: Person, reason: str, now: datetime
) -> DecisionDraft:
    rule = case.rules[0] if case.rules else None
    return DecisionDraft(
        id=new_id(now=now),
        at=now,
        origin=f"case:{case.id}",
        ground=Ground.CASE,
        harm=case.harm,
        severity=case.severity,
        score=case.score,
        reason=reason.strip(),
        source=Source(case.source),
        market=case.market,
        language=Language(case.language),
        channel_kind=ChannelKind(case.channel_kind),
        measures=(
            Measure(
                kind=kind,
                target=Target(
                    kind=TARGET_OF_KIND[kind],
                    account=case.account,
                    channel=case.channel,
                    event=case.event,
                ),
            ),
        ),
        rule=RuleFacts(id=rule[0], version=rule[1], author="", approver="") if rule else None,
        case=case.id,
        staff=by.id,
        account=case.account,
        channel=case.channel,
        event=case.event,
        evidence=case.evidence_id,
        milliseconds=_milliseconds_since(case.opened_at, now),
    )


def _hold_evidence(case: Case, *, now: datetime) -> None:
    """Keeps what the case needs until it is closed: its own items and all of its decision."""
    needed = {case.evidence_id, case.objection_id}
    if case.decision is not None:
        needed |= {item.id for item in evidence_of(case.decision)}
    for item_id in needed:
        if item_id is not None:
            hold(item_id, holder=case.id, now=now)


def _milliseconds_since(begun: datetime, now: datetime) -> int:
    return max(0, round((now - begun).total_seconds() * 1000))


def _record(
    case: Case, kind: RecordKind, *, now: datetime, milliseconds: int | None = None
) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=case.id,
            harm=case.harm,
            market=case.market,
            source=Source(case.source),
            language=case.language,
            channel_kind=ChannelKind(case.channel_kind),
            milliseconds=milliseconds,
            body={
                "kind": case.kind,
                "decision": str(case.decision_id or ""),
                "outcome": case.outcome,
                "by": str(case.closed_by_id or ""),
            },
        )
    )
