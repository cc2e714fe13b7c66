"""From the door's journal to decisions: idempotent, so that a kill between two steps costs nothing.

The entries of one reading are stored in one transaction, and only then is the journal's place
moved on. What was stored before is recognised by its origin or id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import assert_never
from uuid import uuid5

import structlog
from django.db import transaction

from evenhand.actions.checks import ANSWERS, check_decision
from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.journal import (
    Answered,
    CountedEntry,
    Counter,
    Entry,
    EventFacts,
    FlaggedEntry,
    JournalReader,
    ShadowEntry,
)
from evenhand.actions.ports import ReviewReason, ReviewRequest, Reviews, Rulebook, Target
from evenhand.actions.rule_steps import rule_subject
from evenhand.actions.statements import account_language
from evenhand.actions.steps import decide_many
from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, EventKind, Ground, RecordKind, Source, TargetKind
from evenhand.evidence.steps import Sealed, keep_sealed
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append_missing

log = structlog.get_logger()

MEDIA_TYPE = "application/json"
"""What the door seals: the event as JSON."""

CHANNEL_KINDS = frozenset(
    {
        ActionKind.UNLIST,
        ActionKind.DEINDEX,
        ActionKind.GEO_WITHHOLD,
        ActionKind.BLOCK_CHANNEL,
    }
)
ACCOUNT_KINDS = frozenset(
    {
        ActionKind.LABEL,
        ActionKind.WARN,
        ActionKind.SUSPEND,
        ActionKind.LOCK,
        ActionKind.DEACTIVATE,
    }
)


@dataclass(frozen=True, slots=True)
class Handling:
    """What becomes of one flagged entry: a decision, a case, or both."""

    draft: DecisionDraft | None
    review: ReviewRequest | None


def drain(reader: JournalReader, *, rulebook: Rulebook, reviews: Reviews, now: datetime) -> int:
    """Stores what the journal holds next, and gives the number of entries; call until 0."""
    drained = reader.read()
    if drained.skipped_bytes:
        log.warning("journal_damaged", skipped_bytes=drained.skipped_bytes)
    if drained.entries:
        store(drained.entries, rulebook=rulebook, reviews=reviews, now=now)
    reader.commit(drained)
    return len(drained.entries)


def store(entries: Sequence[Entry], *, rulebook: Rulebook, reviews: Reviews, now: datetime) -> None:
    """Stores entries in one transaction: evidence, decisions, cases, counts."""
    flagged = [entry for entry in entries if isinstance(entry, FlaggedEntry)]
    counted = [entry for entry in entries if isinstance(entry, CountedEntry)]
    handled = [handling(entry, rulebook) for entry in flagged]
    with transaction.atomic():
        keep_sealed([_sealed(entry) for entry in flagged], now=now)
        decide_many([one.draft for one in handled if one.draft is not None], now=now)
        reviews.open_reviews([one.review for one in handled if one.review is not None], now=now)
        append_missing([_count(entry) for entry in counted])
        append_missing([_shadow(entry) for entry in entries if isinstance(entry, ShadowEntry)])
        append_missing(over_budget(flagged))


def handling(entry: FlaggedEntry, rulebook: Rulebook) -> Handling:
    """Gives what becomes of a flagged entry; what no rule may do alone goes to a person.

    What the door refused is decided in any case: its sender was shown the decision's id.
    """
    proposed = entry.verdict.action
    if entry.answered is Answered.PASSED and proposed is ActionKind.NONE:
        held_back = entry.verdict.over_budget
        why = ReviewReason.OVER_BUDGET if held_back else ReviewReason.PROPOSED
        return Handling(None, _review(entry, why))
    measures = measures_of(entry)
    if not measures:
        return Handling(None, _review(entry, ReviewReason.TOO_LATE))
    for allowed in (measures, measures[:1] if entry.answered is Answered.REFUSED else ()):
        draft = _draft(entry, allowed, rulebook)
        findings = check_decision(draft, harms())
        if allowed and not findings:
            return Handling(draft, _review_beside(entry, all_decided=allowed == measures))
        log.warning("rule_needs_person", rule=_rule_id(entry), findings=[*findings])
    return Handling(None, _review(entry, ReviewReason.NOT_ALLOWED))


def _review_beside(entry: FlaggedEntry, *, all_decided: bool) -> ReviewRequest | None:
    """Gives what a person must see to beside the decision: what is held, or was not decided."""
    if not all_decided:
        return _review(entry, ReviewReason.NOT_ALLOWED, decided=True)
    refused = entry.answered is Answered.REFUSED
    if refused and entry.verdict.action in (ActionKind.HOLD, ActionKind.NONE):
        return _review(entry, ReviewReason.HELD, decided=True)
    return None


def measures_of(entry: FlaggedEntry) -> tuple[Measure, ...]:
    """Gives what follows from a verdict and from what the messenger was told; none: a person."""
    proposed = entry.verdict.action
    match entry.answered:
        case Answered.REFUSED:
            said = proposed if proposed in ANSWERS else ActionKind.REFUSE
            answer = Measure(said, answered_target(entry.event), answered=True)
            return (answer, *_further(proposed, entry.event))
        case Answered.PASSED if proposed in ANSWERS:
            return _after_the_fact(entry)
        case Answered.PASSED:
            return _further(proposed, entry.event)
        case _:
            assert_never(entry.answered)


def _after_the_fact(entry: FlaggedEntry) -> tuple[Measure, ...]:
    """Gives what a rule may still do about what it would have refused.

    A registration that is held is an account that begins suspended. A message may be removed only
    on an exact match (DESIGN decision 5); else a person looks.
    """
    event = entry.event
    if event.kind is EventKind.REGISTRATION:
        return (Measure(ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, account=event.account)),)
    if entry.verdict.exact and event.kind in (EventKind.MESSAGE, EventKind.EDIT, EventKind.MEDIA):
        return (Measure(ActionKind.REDACT, _event_target(event)),)
    return ()


def _further(proposed: ActionKind, event: EventFacts) -> tuple[Measure, ...]:
    """Gives what a verdict asks for beyond the answer at the door."""
    if proposed is ActionKind.NONE or proposed in ANSWERS:
        return ()
    if proposed in CHANNEL_KINDS:
        return (Measure(proposed, Target(TargetKind.CHANNEL, event.account, event.channel)),)
    if proposed in ACCOUNT_KINDS:
        return (Measure(proposed, Target(TargetKind.ACCOUNT, account=event.account)),)
    if proposed is ActionKind.RESTRICT:
        target = Target(TargetKind.ACCOUNT, event.account, event.channel)
        return (Measure(proposed, target),)
    if proposed is ActionKind.QUARANTINE:
        return tuple(
            Measure(proposed, Target(TargetKind.MEDIA, event.account, event.channel, media=media))
            for media in event.media
        )
    assert proposed is ActionKind.REDACT
    return (Measure(proposed, _event_target(event)),)


def answered_target(event: EventFacts) -> Target:
    """Gives what was refused, as reading back looks for it."""
    match event.kind:
        case EventKind.REGISTRATION:
            return Target(TargetKind.REGISTRATION, account=event.account)
        case EventKind.ROOM_PUBLICATION:
            return Target(TargetKind.CHANNEL, event.account, event.channel, event.event_id)
        case _:
            return _event_target(event)


def _event_target(event: EventFacts) -> Target:
    return Target(TargetKind.EVENT, event.account, event.channel, event.event_id)


def _draft(entry: FlaggedEntry, measures: tuple[Measure, ...], rulebook: Rulebook) -> DecisionDraft:
    event, verdict = entry.event, entry.verdict
    rule = _rule_facts(entry, rulebook)
    return DecisionDraft(
        id=entry.id,
        at=entry.at,
        origin=f"rule:{event.event_id}",
        ground=Ground.RULE,
        harm=verdict.harm,
        severity=verdict.severity,
        score=verdict.score,
        reason=verdict.reason,
        source=Source.OWN,
        market=entry.market,
        language=account_language(
            own=None, detected=event.language or verdict.language, market=entry.market
        ),
        channel_kind=event.channel_kind,
        measures=measures,
        exact=verdict.exact,
        rule=rule,
        account=event.account,
        channel=event.channel,
        event=event.event_id,
        evidence=entry.id,
        milliseconds=entry.milliseconds,
        not_before=_not_before(entry, rulebook.delay_minutes(rule.id, rule.version) if rule else 0),
    )


def _not_before(entry: FlaggedEntry, minutes: int) -> datetime | None:
    """Gives a moment that nobody can foresee; the same for an entry that is read again.

    The entry's id was drawn at the door, and its sender is not shown it before.
    """
    if not minutes:
        return None
    drawn = int.from_bytes(blake2b(entry.id.bytes, digest_size=4).digest(), "big") / 2**32
    return entry.at + timedelta(minutes=minutes * drawn)


def over_budget(entries: Sequence[FlaggedEntry]) -> list[NewRecord]:
    """Gives the records of what rules would have done beyond their budgets, counted by hour."""
    groups: dict[tuple[str, str, str, datetime], list[FlaggedEntry]] = {}
    for entry in entries:
        if entry.verdict.over_budget and entry.verdict.rules:
            hit, hour = entry.verdict.rules[0], entry.at.replace(minute=0, second=0, microsecond=0)
            groups.setdefault((hit.id, hit.version, entry.market, hour), []).append(entry)
    return [
        NewRecord(
            id=uuid5(group[0].id, "over_budget"),
            at=group[0].at,
            kind=RecordKind.RULE_OVER_BUDGET,
            subject=rule_subject(rule),
            harm=group[0].verdict.harm,
            market=market,
            quantity=len(group),
            body={"rule": rule, "version": version, "hour": hour.isoformat()},
        )
        for (rule, version, market, hour), group in groups.items()
    ]


def _shadow(entry: ShadowEntry) -> NewRecord:
    return NewRecord(
        id=entry.id,
        at=entry.hour,
        kind=RecordKind.RULE_SHADOWED,
        subject=rule_subject(entry.rule),
        market=entry.market,
        channel_kind=entry.channel_kind,
        quantity=entry.quantity,
        body={"rule": entry.rule, "version": entry.version},
    )


def _rule_facts(entry: FlaggedEntry, rulebook: Rulebook) -> RuleFacts | None:
    if not entry.verdict.rules:
        return None
    hit = entry.verdict.rules[0]
    people = rulebook.authors(hit.id, hit.version)
    return RuleFacts(hit.id, hit.version, people.author, people.approver)


def _rule_id(entry: FlaggedEntry) -> str:
    return entry.verdict.rules[0].id if entry.verdict.rules else ""


def _review(entry: FlaggedEntry, why: ReviewReason, *, decided: bool = False) -> ReviewRequest:
    event, verdict = entry.event, entry.verdict
    language = account_language(
        own=None, detected=event.language or verdict.language, market=entry.market
    )
    return ReviewRequest(
        origin=f"rule:{event.event_id}",
        at=entry.at,
        why=why,
        harm=verdict.harm,
        severity=verdict.severity,
        score=verdict.score,
        rules=tuple((hit.id, hit.version) for hit in verdict.rules),
        proposes=verdict.action,
        reason=verdict.reason,
        account=event.account,
        channel=event.channel,
        channel_kind=event.channel_kind,
        event=event.event_id,
        media=event.media,
        language=language.value,
        market=entry.market,
        evidence=entry.id,
        decision=entry.id if decided else None,
        hashes=event.hashes,
        noticed=verdict.noticed,
    )


def _sealed(entry: FlaggedEntry) -> Sealed:
    """Gives the evidence of an entry, under the entry's own id, so that it is kept once."""
    return Sealed(id=entry.id, subject=entry.id, media_type=MEDIA_TYPE, content=entry.content)


def _count(entry: CountedEntry) -> NewRecord:
    match entry.counter:
        case Counter.SCREENED:
            kind = RecordKind.SCREENED
        case Counter.UNSCREENED:
            kind = RecordKind.UNSCREENED
        case _:
            assert_never(entry.counter)
    return NewRecord(
        id=entry.id,
        at=entry.hour,
        kind=kind,
        subject=entry.id,
        channel_kind=entry.channel_kind,
        outcome=entry.reason,
        quantity=entry.quantity,
        body={"reason": entry.reason},
    )
