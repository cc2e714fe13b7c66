"""The only writers: take an objection, uphold or refuse it."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from nacl.public import PublicKey

from evenhand.actions import steps as actions
from evenhand.actions.checks import UNDO, UNDOABLE_STATES
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision
from evenhand.actions.queries import evidence_of
from evenhand.actions.statements import OBJECTION
from evenhand.appeals.checks import (
    AppealsPaused,
    ObjectionExists,
    TokenWrong,
    check_names_nobody,
    check_objection_case,
    check_objection_text,
    check_window,
)
from evenhand.appeals.lists import AppealNoticeKind
from evenhand.appeals.notice_steps import further_of, owe
from evenhand.appeals.queries import informed_at, judged_objections
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Ground, Language, UndoResult
from evenhand.base.sealing import token_holds
from evenhand.cases import steps as cases
from evenhand.cases.again import about_decision
from evenhand.cases.checks import check_judge, check_reason, refuse_if
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind, CaseOutcome
from evenhand.cases.models import Case
from evenhand.evidence.steps import keep
from evenhand.people.models import Person
from evenhand.standing.lists import MisuseKind
from evenhand.standing.misuse_steps import days_counted, note_unfounded
from evenhand.standing.queries import may_appeal
from evenhand.standing.subjects import account_subject


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
    _check_may_appeal(decision, token_key=token_key, now=now)
    kept = check_objection_text(text)
    case_id = new_id(now=now)
    with transaction.atomic():
        item = keep(
            kept.encode(), media_type="text/plain", subject=case_id, to=evidence_key, now=now
        )
        case = cases.open_case(_draft(decision, case_id, objection=item.id, now=now), now=now)
        if case.id != case_id:
            raise ObjectionExists(decision=decision.id)
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
        case = cases.locked(case_id)
        _check(case, by=by, reason=reason)
        assert case.decision_id is not None, "an objection is to a decision"
        undone = [
            actions.undo(action.id, by=by.id, reason=reason, now=now)
            for action in Action.objects.filter(decision_id=case.decision_id).order_by("id")
            if ActionState(action.state) in UNDOABLE_STATES
            and UNDO[ActionKind(action.kind)] is not UndoResult.NOT_POSSIBLE
        ]
        cases.close(case, CaseOutcome.UPHELD, by=by, reason=reason, now=now)
        # Undoing tells the account by itself; where there is nothing to undo, nobody would.
        _answer(case, upheld=True, told=bool(undone), now=now)
    return undone


def refuse(
    case_id: UUID,
    *,
    by: Person,
    reason: str,
    now: datetime,
    unfounded: bool = False,
    token_key: bytes = b"",
) -> Case:
    """Refuses an objection with reasons, which the author is told.

    unfounded  whether it is manifestly unfounded: it counts as misuse then (DSA Art. 23(2)), of
               the account as `token_key` makes it known again
    """
    with transaction.atomic():
        case = cases.locked(case_id)
        _check(case, by=by, reason=reason)
        assert case.decision_id is not None, "an objection is to a decision"
        case.manifestly_unfounded = unfounded
        cases.close(case, CaseOutcome.REFUSED, by=by, reason=reason, now=now)
        _answer(case, upheld=False, told=False, now=now)
        if unfounded:
            _note_unfounded(case, token_key=token_key, now=now)
    return case


def _check_may_appeal(decision: Decision, *, token_key: bytes, now: datetime) -> None:
    """Refuses what comes too late, or from an account whose appeals are suspended."""
    check_window(informed_at(decision), now=now)
    if not may_appeal(account_subject(decision.account, token_key=token_key), now):
        raise AppealsPaused(decision=decision.id)


def _answer(case: Case, *, upheld: bool, told: bool, now: datetime) -> None:
    """Has the person told how it ended.

    Of an order there is no statement (DSA Art. 17(5)), so the answer goes to those whom the
    legal desk told of it; `told` says that undoing tells the account anyhow.
    """
    assert case.decision is not None, "an objection is to a decision"
    if case.decision.ground == Ground.ORDER:
        owe(case, AppealNoticeKind.ANSWER, now=now)
    elif not told:
        further = "" if upheld else further_of(case, Language(case.language))
        actions.answer(
            case.decision.id, upheld=upheld, reason=case.reason, further=further, now=now
        )


def _note_unfounded(case: Case, *, token_key: bytes, now: datetime) -> None:
    assert token_key, "misuse is counted under a key"
    decision = case.decision
    assert decision is not None, "an objection is to a decision"
    if not decision.account:
        return
    since = now - timedelta(days=days_counted(MisuseKind.APPEAL))
    note_unfounded(
        account_subject(decision.account, token_key=token_key),
        MisuseKind.APPEAL,
        case.id,
        now,
        filed_at=case.opened_at,
        judged=judged_objections(decision.account, since=since),
        account=decision.account,
        language=Language(decision.language),
    )


def _check(case: Case, *, by: Person, reason: str) -> None:
    facts = cases.facts_of(case)
    refuse_if(
        [
            *check_objection_case(facts),
            *check_judge(facts, cases.judge_of(by)),
            *check_reason(reason),
        ]
    )
    check_names_nobody(reason, own=case.account)


def _draft(decision: Decision, case_id: UUID, *, objection: UUID, now: datetime) -> CaseDraft:
    origin = f"objection:{decision.id}"
    return replace(
        about_decision(decision, kind=CaseKind.OBJECTION, origin=origin, now=now),
        id=case_id,
        evidence=_evidence_shown(decision),
        objection=objection,
        barred_staff=decision.staff,
        barred_names=_barred_names(decision),
    )


def _evidence_shown(decision: Decision) -> UUID | None:
    """Gives what a judge sees first: what the decision was made on, else what was sealed for it.

    A person's decision may rest on what they saw in the messenger; it is sealed when it is
    carried out.
    """
    if decision.evidence_id is not None:
        return decision.evidence_id
    sealed = evidence_of(decision)
    return sealed[0].id if sealed else None


def _barred_names(decision: Decision) -> tuple[str, ...]:
    return tuple(sorted({name for name in (decision.rule_author, decision.rule_approver) if name}))
