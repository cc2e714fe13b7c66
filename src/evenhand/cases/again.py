"""Cases to be about what was decided before: the same thing, and the same facts, under a new id."""

from datetime import datetime

from evenhand.actions.models import Decision
from evenhand.base.ids import new_id
from evenhand.base.lists import ChannelKind, Language, Source
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind
from evenhand.cases.models import Case
from evenhand.verdicts.schema import RuleHit


def about_decision(decision: Decision, *, kind: CaseKind, origin: str, now: datetime) -> CaseDraft:
    """Gives a case to be about a decision; what the caller knows besides, it replaces."""
    return CaseDraft(
        id=new_id(now=now),
        at=now,
        kind=kind,
        origin=origin,
        harm=decision.harm,
        severity=decision.severity,
        score=decision.score,
        reason=decision.reason,
        channel_kind=ChannelKind(decision.channel_kind),
        language=Language(decision.language),
        rules=(RuleHit(decision.rule_id, decision.rule_version),) if decision.rule_id else (),
        source=Source(decision.source),
        market=decision.market,
        account=decision.account,
        channel=decision.channel,
        event=decision.event,
        decision=decision.id,
        evidence=decision.evidence_id,
    )


def about_case(case: Case, *, kind: CaseKind, origin: str, now: datetime) -> CaseDraft:
    """Gives a case to be about how another one was closed; whoever closed that is barred."""
    return CaseDraft(
        id=new_id(now=now),
        at=now,
        kind=kind,
        origin=origin,
        harm=case.harm,
        severity=case.severity,
        score=case.score,
        reason=case.reason_opened,
        channel_kind=ChannelKind(case.channel_kind),
        language=Language(case.language),
        rules=tuple(RuleHit(rule, version) for rule, version in case.rules),
        source=Source(case.source),
        market=case.market,
        account=case.account,
        channel=case.channel,
        event=case.event,
        decision=case.decision_id,
        evidence=case.evidence_id,
        barred_staff=case.closed_by_id,
        barred_names=tuple(case.barred_names),
        noticed=tuple(case.noticed.items()),
    )
