"""The only writers: open a case, decide it, take an objection, uphold or refuse it."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from nacl.public import PublicKey

from evenhand.actions import steps as actions
from evenhand.actions.checks import UNDO, UNDOABLE_STATES
from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision
from evenhand.actions.ports import Target
from evenhand.actions.queries import evidence_of
from evenhand.actions.statements import OBJECTION
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
    UndoResult,
)
from evenhand.base.sealing import token_holds
from evenhand.cases.checks import (
    CaseFacts,
    Judge,
    ObjectionExists,
    TokenWrong,
    check_choice,
    check_judge,
    check_objection_case,
    check_objection_text,
    check_reason,
    refuse_if,
)
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind, CaseOutcome, CaseState
from evenhand.cases.models import Case
from evenhand.evidence.steps import hold, keep, release
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
            },
        )
        if opened:
            _hold_evidence(case, now=now)
            _record(case, RecordKind.CASE_OPENED, now=now)
    return case


def decide_case(
    case_id: UUID, kind: ActionKind, *, by: Person, reason: str, now: datetime
) -> Decision | None:
    """Closes a case with an action, or with none; gives the decision if one was made."""
    with transaction.atomic():
        case = _locked(case_id)
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
        _close(case, outcome, by=by, reason=reason, now=now)
    return decision


def object_to(
    decision_id: UUID,
    token: str,
    text: str,
    *,
    token_key: bytes,
    evidence_key: PublicKey,
    now: datetime,
) -> Case:
    """Opens a case for an objection that came by the link in the statement of reasons.

    The text is sealed at once; nobody reads it without a reason that is recorded.
    """
    decision = decision_objected_to(decision_id, token, token_key=token_key)
    kept = check_objection_text(text)
    case_id = new_id(now=now)
    try:
        with transaction.atomic():
            item = keep(
                kept.encode(), media_type="text/plain", subject=case_id, to=evidence_key, now=now
            )
            case = Case.objects.create(
                id=case_id,
                opened_at=now,
                kind=CaseKind.OBJECTION.value,
                origin=f"objection:{decision.id}",
                decision=decision,
                harm=decision.harm,
                severity=decision.severity,
                score=decision.score,
                rules=[[decision.rule_id, decision.rule_version]] if decision.rule_id else [],
                reason_opened=decision.reason,
                source=decision.source,
                market=decision.market,
                language=decision.language,
                account=decision.account,
                channel=decision.channel,
                channel_kind=decision.channel_kind,
                event=decision.event,
                evidence_id=_evidence_shown(decision),
                objection=item,
                barred_staff=decision.staff,
                barred_names=_barred_names(decision),
            )
            _hold_evidence(case, now=now)
            _record(case, RecordKind.OBJECTION_RECEIVED, now=now)
    except IntegrityError as error:
        if Case.objects.filter(origin=f"objection:{decision.id}").exists():
            raise ObjectionExists(decision=decision.id) from error
        raise
    return case


def decision_objected_to(decision_id: UUID, token: str, *, token_key: bytes) -> Decision:
    """Gives the decision that a link was made for; the token is compared in constant time."""
    if not token_holds(token, OBJECTION, decision_id.bytes, key=token_key):
        raise TokenWrong(decision=decision_id)
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise NotFound(what="decision", id=decision_id)
    return decision


def uphold(case_id: UUID, *, by: Person, reason: str, now: datetime) -> list[Action]:
    """Upholds an objection: everything done for the decision is undone, as far as it can be."""
    with transaction.atomic():
        case = _locked(case_id)
        _check_objection(case, by=by, reason=reason)
        assert case.decision_id is not None, "an objection is to a decision"
        undone = [
            actions.undo(action.id, by=by.id, reason=reason, now=now)
            for action in Action.objects.filter(decision_id=case.decision_id).order_by("id")
            if ActionState(action.state) in UNDOABLE_STATES
            and UNDO[ActionKind(action.kind)] is not UndoResult.NOT_POSSIBLE
        ]
        _close(case, CaseOutcome.UPHELD, by=by, reason=reason, now=now)
        if not undone:
            # Undoing tells the account by itself; where there is nothing to undo, nobody would.
            actions.answer(case.decision_id, upheld=True, reason=case.reason, now=now)
    return undone


def refuse(case_id: UUID, *, by: Person, reason: str, now: datetime) -> Case:
    """Refuses an objection with reasons, which the author is told."""
    with transaction.atomic():
        case = _locked(case_id)
        _check_objection(case, by=by, reason=reason)
        assert case.decision_id is not None, "an objection is to a decision"
        _close(case, CaseOutcome.REFUSED, by=by, reason=reason, now=now)
        actions.answer(case.decision_id, upheld=False, reason=case.reason, now=now)
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


def _locked(case_id: UUID) -> Case:
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotFound(what="case", id=case_id)
    return case


def _check_objection(case: Case, *, by: Person, reason: str) -> None:
    facts = facts_of(case)
    refuse_if(
        [
            *check_objection_case(facts),
            *check_judge(facts, judge_of(by)),
            *check_reason(reason),
        ]
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


def _close(case: Case, outcome: CaseOutcome, *, by: Person, reason: str, now: datetime) -> None:
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


def _hold_evidence(case: Case, *, now: datetime) -> None:
    """Keeps what the case needs until it is closed: its own items and all of its decision."""
    needed = {case.evidence_id, case.objection_id}
    if case.decision is not None:
        needed |= {item.id for item in evidence_of(case.decision)}
    for item_id in needed:
        if item_id is not None:
            hold(item_id, holder=case.id, now=now)


def _evidence_shown(decision: Decision) -> UUID | None:
    """Gives what a judge sees first: what the decision was made on, else what was sealed for it.

    A person's decision may rest on what they saw in the messenger; it is sealed when it is
    carried out.
    """
    if decision.evidence_id is not None:
        return decision.evidence_id
    sealed = evidence_of(decision)
    return sealed[0].id if sealed else None


def _barred_names(decision: Decision) -> list[str]:
    return sorted({name for name in (decision.rule_author, decision.rule_approver) if name})


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
