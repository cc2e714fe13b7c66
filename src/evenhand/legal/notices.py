"""Pure: may, must or may not the person concerned be told, by the rule of the law?

The person concerned is told, unless the law or an order says otherwise; nothing is kept from
anybody without a day on which that is looked at again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from evenhand.legal.drafts import NoticeDecision
from evenhand.legal.limits import DELAY_WITHOUT_RULE_MAX, NOTICE_REVIEW
from evenhand.legal.lists import Finding, NoticeState, Outcome
from evenhand.markets.lists import NotifyRule


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What the rule needs to know.

    concerned     accounts that somebody has to be told of; empty if the matter touches none
    gagged_until  until when an order forbids telling; `gag_forever` without an end
    """

    rule: NotifyRule
    delay_max: timedelta | None
    outcome: Outcome
    concerned: frozenset[str]
    gagged_until: datetime | None
    gag_forever: bool
    received_at: datetime


def state_of(decision: NoticeDecision) -> NoticeState:
    """Gives the state that a decision leads to."""
    if decision.authority_tells:
        return NoticeState.AUTHORITY_NOTIFIES
    if not decision.tell:
        return NoticeState.NOT_REQUIRED
    if decision.until is not None:
        return NoticeState.DELAYED_UNTIL
    return NoticeState.FORBIDDEN_UNTIL_LIFTED if decision.forbidden else NoticeState.DUE_NOW


def allowed(facts: NoticeFacts, account: str) -> frozenset[NoticeState]:
    """Gives the states that may be decided for an account."""
    if facts.outcome in {Outcome.REFUSED, Outcome.WITHDRAWN}:
        return frozenset({NoticeState.NOT_REQUIRED, NoticeState.AUTHORITY_NOTIFIES})
    if account not in facts.concerned:
        return frozenset({NoticeState.NOT_REQUIRED})
    return _by_rule(facts)


def check_notice(
    facts: NoticeFacts, decision: NoticeDecision, *, now: datetime
) -> tuple[Finding, ...]:
    """Gives why a notice may not be decided so."""
    found = []
    state = state_of(decision)
    if not decision.basis.strip():
        found.append(Finding.REASON_MISSING)
    if state not in allowed(facts, decision.account):
        found.append(Finding.NOTICE_RULE)
    until = decision.until
    if until is not None and not now < until <= latest(facts, now=now):
        found.append(Finding.NOTICE_RULE)
    return tuple(dict.fromkeys(found))


def latest(facts: NoticeFacts, *, now: datetime) -> datetime:
    """Gives the last moment to which a notice may be delayed by one decision."""
    by_law = (
        facts.received_at + facts.delay_max if facts.delay_max else now + DELAY_WITHOUT_RULE_MAX
    )
    if facts.gagged_until is None:
        return by_law
    # An order that names a day binds, but no further than its law lets it.
    return min(facts.gagged_until, by_law) if facts.delay_max else facts.gagged_until


def review_at(state: NoticeState, *, due_at: datetime | None, now: datetime) -> datetime | None:
    """Gives when a notice that is held back is looked at again."""
    match state:
        case NoticeState.DELAYED_UNTIL:
            review = now + NOTICE_REVIEW
            return review if due_at is None else min(review, due_at)
        case NoticeState.FORBIDDEN_UNTIL_LIFTED:
            return now + NOTICE_REVIEW
        case _:
            return None


def _by_rule(facts: NoticeFacts) -> frozenset[NoticeState]:
    held = frozenset({NoticeState.DELAYED_UNTIL, NoticeState.FORBIDDEN_UNTIL_LIFTED})
    gagged = facts.gagged_until is not None or facts.gag_forever
    gag = _gag(facts) if gagged else frozenset()
    match facts.rule:
        case NotifyRule.REQUIRED_AT_EFFECT:
            return gag or frozenset({NoticeState.DUE_NOW})
        case NotifyRule.REQUIRED_UNLESS_DELAYED:
            return gag or frozenset({NoticeState.DUE_NOW})
        case NotifyRule.PROHIBITED_IF_ORDERED:
            return gag or frozenset({NoticeState.DUE_NOW})
        case NotifyRule.PROVIDER_POLICY:
            return gag or frozenset({NoticeState.DUE_NOW, NoticeState.DELAYED_UNTIL})
        case NotifyRule.PROHIBITED_AUTHORITY_NOTIFIES:
            return frozenset({NoticeState.AUTHORITY_NOTIFIES}) | (held if gagged else frozenset())
        case NotifyRule.NOT_APPLICABLE:
            return frozenset({NoticeState.NOT_REQUIRED, NoticeState.DUE_NOW})
        case _:
            assert_never(facts.rule)


def _gag(facts: NoticeFacts) -> frozenset[NoticeState]:
    return frozenset(
        {NoticeState.FORBIDDEN_UNTIL_LIFTED if facts.gag_forever else NoticeState.DELAYED_UNTIL}
    )
