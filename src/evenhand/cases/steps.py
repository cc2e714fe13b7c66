"""The only writers: decide a case; with the parts that the doors use at hand.

Opening and closing stand in `filing_steps`, claims in `claim_steps`, second opinions in
`opinion_steps`, golden cases and second looks in `quality_steps`.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.actions import steps as actions
from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.models import Decision
from evenhand.actions.ports import Target
from evenhand.actions.statements import account_language
from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, Ground, Language, Source, TargetKind
from evenhand.cases.checks import (
    Chosen,
    check_choice,
    check_judge,
    check_names_nobody,
    check_reason,
    refuse_if,
)
from evenhand.cases.claim_steps import (
    claim,
    claim_next,
    escalate,
    hand_over,
    let_go,
    move_to_sealed_lane,
    note,
)
from evenhand.cases.filing_steps import (
    add_report,
    close,
    locked,
    milliseconds_since,
    open_case,
)
from evenhand.cases.lists import CaseOutcome
from evenhand.cases.models import Case
from evenhand.cases.opinion_steps import ask_opinion, give_opinion
from evenhand.cases.quality_steps import compare
from evenhand.cases.queries import facts_of, judge_of
from evenhand.people.models import Person

__all__ = [
    "add_report",
    "ask_opinion",
    "claim",
    "claim_next",
    "close",
    "decide_case",
    "decision_draft",
    "escalate",
    "facts_of",
    "give_opinion",
    "hand_over",
    "judge_of",
    "let_go",
    "locked",
    "move_to_sealed_lane",
    "note",
    "open_case",
]

TARGET_OF_KIND = {
    ActionKind.WARN: TargetKind.ACCOUNT,
    ActionKind.REDACT: TargetKind.EVENT,
    ActionKind.UNLIST: TargetKind.CHANNEL,
    ActionKind.DEINDEX: TargetKind.CHANNEL,
    ActionKind.GEO_WITHHOLD: TargetKind.CHANNEL,
    ActionKind.SUSPEND: TargetKind.ACCOUNT,
    ActionKind.LOCK: TargetKind.ACCOUNT,
    ActionKind.BLOCK_CHANNEL: TargetKind.CHANNEL,
}
"""What each decision on a case is done to."""


def decide_case(
    case_id: UUID,
    kind: ActionKind,
    *,
    by: Person,
    reason: str,
    now: datetime,
    harm: str | None = None,
    territory: tuple[str, ...] = (),
    ends_at: datetime | None = None,
    unfounded: bool = False,
) -> Decision | None:
    """Closes a case with an action, or with none; gives the decision if one was made.

    harm is the policy under which it is decided; left out, it is the case's own. Where the case
    only measures (golden, second look), the answer is compared and nothing is done. unfounded says
    that the reports it unites, or the complaints it answers, are manifestly unfounded.
    """
    with transaction.atomic():
        case = locked(case_id)
        facts, judge = facts_of(case), judge_of(by)
        chosen = Chosen(harm or case.harm, kind, territory, ends_at, unfounded)
        refuse_if(
            [
                *check_judge(facts, judge),
                *check_reason(reason),
                *check_choice(facts, chosen, by=judge, now=now),
            ]
        )
        check_names_nobody(reason, own=case.account)
        if facts.measuring:
            compare(case, kind, by=by, reason=reason, now=now)
            return None
        decision = None
        case.harm, case.severity = chosen.harm, harms()[chosen.harm].severity
        if kind is not ActionKind.NONE:
            draft = decision_draft(case, chosen, by=by, reason=reason, now=now)
            decision = actions.decide(draft, now=now)
        case.manifestly_unfounded = unfounded
        outcome = CaseOutcome.NO_ACTION if decision is None else CaseOutcome.ACTED
        close(case, outcome, by=by, reason=reason, now=now)
    return decision


def _language_of_account(case: Case) -> Language:
    """Gives the language in which the account concerned is told.

    A case that a report opened is in the language of who reported: that says something of them,
    and need not be understood by the person concerned.
    """
    if case.source == Source.OWN or not case.account:
        return Language(case.language)
    earlier = Decision.objects.filter(account=case.account, source=Source.OWN.value)
    known = earlier.order_by("-at").values_list("language", flat=True).first()
    return account_language(own=known, detected=None, market=case.market)


def decision_draft(
    case: Case, chosen: Chosen, *, by: Person, reason: str, now: datetime
) -> DecisionDraft:
    """Gives the decision that a person makes on a case."""
    rule = case.rules[0] if case.rules else None
    return DecisionDraft(
        id=new_id(now=now),
        at=now,
        origin=f"case:{case.id}",
        ground=Ground.CASE,
        harm=chosen.harm,
        severity=harms()[chosen.harm].severity,
        score=case.score,
        reason=reason.strip(),
        source=Source(case.source),
        market=case.market,
        language=_language_of_account(case),
        channel_kind=ChannelKind(case.channel_kind),
        measures=(
            Measure(
                kind=chosen.kind,
                target=Target(
                    kind=TARGET_OF_KIND[chosen.kind],
                    account=case.account,
                    channel=case.channel,
                    event=case.event,
                ),
                territory=chosen.territory,
                ends_at=chosen.ends_at,
            ),
        ),
        rule=RuleFacts(id=rule[0], version=rule[1], author="", approver="") if rule else None,
        case=case.id,
        staff=by.id,
        account=case.account,
        channel=case.channel,
        event=case.event,
        evidence=case.evidence_id,
        milliseconds=milliseconds_since(case.opened_at, now),
    )
