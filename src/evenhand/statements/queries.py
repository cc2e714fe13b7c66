"""The only readers of submissions, and of what an entry is made of."""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import Count

from evenhand.actions.models import Action, Decision
from evenhand.actions.policies import PolicyGround, policy_of
from evenhand.actions.queries import decision_of, evidence_of
from evenhand.base.errors import NotFound
from evenhand.base.lists import (
    ActionKind,
    Automation,
    ChannelKind,
    Ground,
    Language,
    Source,
    TargetKind,
)
from evenhand.evidence.models import SealedItem
from evenhand.statements.checks import exemption_of
from evenhand.statements.entry import Basis, EntryFacts, Restriction, restricts
from evenhand.statements.limits import ROWS_PER_PAGE
from evenhand.statements.lists import Exemption, Reversal, SubmissionState
from evenhand.statements.models import Submission


@dataclass(frozen=True, slots=True)
class Page:
    """One page of submissions, the latest first."""

    rows: Sequence[Submission]
    number: int
    more: bool


def puid_of(decision_id: UUID, *, key: bytes) -> str:
    """Gives the number of a decision's entry: always the same, and nobody can go back from it.

    The number of the decision itself is on the statement that its author may show around.
    """
    digest = hmac.new(key, b"dsa-transparency-database:" + decision_id.bytes, sha256).hexdigest()
    return f"eh-{digest[:40]}"


def exemption(decision: Decision, *, small_enterprise: bool) -> Exemption | None:
    """Gives why a decision stays out of the database; None: it belongs there."""
    return exemption_of(
        small_enterprise=small_enterprise,
        ground=Ground(decision.ground),
        harm=decision.harm,
        channel_kind=ChannelKind(decision.channel_kind),
        in_channel=bool(decision.channel),
        restrictions=restrictions_of(decision.actions.all()),
    )


def facts_of(
    decision: Decision,
    *,
    puid: str,
    actions: Iterable[Action],
    evidence: Sequence[SealedItem],
    formal_notice: bool,
) -> EntryFacts:
    """Gives what an entry tells; whom it concerns and what was written stay behind."""
    policy = policy_of(decision.harm)
    return EntryFacts(
        puid=puid,
        at=decision.at,
        harm=decision.harm,
        source=Source(decision.source),
        formal_notice=formal_notice,
        automation=Automation(decision.automation),
        detection_automated=decision.detection_automated,
        restrictions=tuple(one for one in restrictions_of(actions) if restricts(one)),
        media=tuple(sorted({item.media_type.partition("/")[0] for item in evidence})),
        seen_on=min([item.at for item in evidence] + [decision.at]).date(),
        basis=Basis(
            illegal=policy.ground is PolicyGround.ILLEGAL,
            reference=policy.law_or_clause,
            explanation=policy.explanation[Language.EN],
        ),
    )


def restrictions_of(actions: Iterable[Action]) -> tuple[Restriction, ...]:
    """Gives what was done, without whom it was done to."""
    return tuple(
        Restriction(
            kind=ActionKind(action.kind),
            target=TargetKind(action.target_kind),
            territory=tuple(action.territory),
            ends_on=action.ends_at.date() if action.ends_at else None,
        )
        for action in sorted(actions, key=lambda action: action.id)
    )


def decided(decision_id: UUID) -> Decision:
    """Gives a decision with its actions at hand."""
    decision = decision_of(decision_id)
    if decision is None:
        raise NotFound(what="decision", id=decision_id)
    return decision


def seen_of(decision: Decision) -> list[SealedItem]:
    """Gives what was put under seal for a decision: when it was seen, and what kind it is."""
    return evidence_of(decision)


def names_of(decision: Decision) -> frozenset[str]:
    """Gives the messenger's ids in a decision: of these nothing may be in its entry."""
    named = {decision.account, decision.channel, decision.event}
    for action in decision.actions.all():
        named |= {action.account, action.channel, action.event, action.media}
    return frozenset(named - {""})


def submission_of(submission_id: UUID) -> Submission:
    """Gives one submission with its decision."""
    found = Submission.objects.select_related("decision").filter(pk=submission_id).first()
    if found is None:
        raise NotFound(what="submission", id=submission_id)
    return found


def submissions(
    *, state: SubmissionState | None = None, reversed_only: bool = False, number: int = 1
) -> Page:
    """Gives one page of submissions."""
    rows = Submission.objects.select_related("decision").order_by("-id")
    if state is not None:
        rows = rows.filter(state=state.value)
    if reversed_only:
        rows = rows.filter(reversed_at__isnull=False)
    begin = (number - 1) * ROWS_PER_PAGE
    found = list(rows[begin : begin + ROWS_PER_PAGE + 1])
    return Page(found[:ROWS_PER_PAGE], number, more=len(found) > ROWS_PER_PAGE)


def entries_between(first: date, last: date) -> Iterator[Submission]:
    """Gives the entries of decisions from one UTC day to another, one after another."""
    begin = datetime.combine(first, time.min, UTC)
    end = datetime.combine(last + timedelta(days=1), time.min, UTC)
    rows = Submission.objects.select_related("decision").order_by("decision__at", "id")
    yield from rows.filter(decision__at__gte=begin, decision__at__lt=end).iterator(chunk_size=1_000)


def counts() -> Mapping[SubmissionState, int]:
    """Gives how many submissions stand where."""
    rows = dict(Submission.objects.values_list("state").annotate(rows=Count("id")).order_by())
    return {state: rows.get(state.value, 0) for state in SubmissionState}


def corrections() -> Mapping[Reversal, int]:
    """Gives how many accepted entries are about decisions that fell afterwards.

    The database knows no change and no deletion; whoever reports on it takes these off.
    """
    rows = dict(
        Submission.objects.filter(state=SubmissionState.ACCEPTED.value)
        .exclude(reversal="")
        .values_list("reversal")
        .annotate(rows=Count("id"))
        .order_by()
    )
    return {how: rows.get(how.value, 0) for how in Reversal}
