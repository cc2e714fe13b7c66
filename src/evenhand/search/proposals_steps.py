"""The only writers of proposals, and of sweeps of the index."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import structlog
from django.db import transaction

from evenhand.actions.checks import check_decision
from evenhand.actions.models import Action
from evenhand.actions.ports import Rulebook
from evenhand.actions.steps import decide, undo
from evenhand.base.errors import NotFound
from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import UNKNOWN_MARKET
from evenhand.markets.queries import country_of
from evenhand.search.lists import ItemKind, ProposalKind, ProposalState
from evenhand.search.models import ItemSweep, Proposal
from evenhand.search.ports import Openers
from evenhand.search.proposals_queries import (
    followers_of_undone,
    settled_topics,
    standing_by_policy,
    waiting,
)
from evenhand.search.proposing import Proposed, draft_of
from evenhand.search.queries import closes

log = structlog.get_logger()

DECIDED_AT_ONCE_MAX = 100
"""Proposals of one look: each may ask the messenger who opened a room."""

FOLLOWED = "what this followed from is undone"
"""Why what was done against a re-creation is undone, where the closed room is open again."""


UNNAMED = "the search's policy no longer names this"
"""Why what was done for words is undone, where the policy has changed."""


def propose(found: Iterable[Proposed], *, now: datetime) -> int:
    """Keeps what should leave the search, and gives how much of it is new.

    A topic names an item once, whatever the policy's version: while a decision on it stands, and
    for good once an appeal gave the item back.
    """
    first = {one.origin: one for one in found}
    with transaction.atomic():
        known = set(
            Proposal.objects.filter(origin__in=list(first)).values_list("origin", flat=True)
        )
        settled = settled_topics({one.item for one in first.values() if one.topic})
        new = [
            one
            for origin, one in first.items()
            if origin not in known and (one.item, one.topic) not in settled
        ]
        Proposal.objects.bulk_create([_row(one, now) for one in new], ignore_conflicts=True)
    return len(new)


def decide_waiting(
    openers: Openers, rulebook: Rulebook, *, now: datetime, rows_max: int = DECIDED_AT_ONCE_MAX
) -> int:
    """Makes decisions of proposals, and gives how many were seen to.

    Raises `Unavailable` where the messenger cannot say who opened a room; the rest waits.
    """
    rows = waiting(rows_max=rows_max)
    for row in rows:
        account, is_there = _account(row, openers)
        with transaction.atomic():
            _see_to(row, account, rulebook, is_there=is_there, now=now)
    return len(rows)


def undo_followers(*, now: datetime, rows_max: int = DECIDED_AT_ONCE_MAX) -> int:
    """Undoes what was done against re-creations of rooms that are open again."""
    actions: Sequence[Action] = followers_of_undone(rows_max=rows_max)
    for action in actions:
        undo(action.id, by=None, reason=FOLLOWED, now=now)
    return len(actions)


def undo_unnamed(topics: Mapping[str, str], *, now: datetime) -> int:
    """Undoes what was decided for a topic that no longer names an item; gives the number.

    topics  by item, the topic that names it now, or nothing

    What waits to be decided for such a topic is dropped. Dropped first: what somebody decides
    meanwhile is then found among what was decided.
    """
    waits = Proposal.objects.filter(
        kind=ProposalKind.POLICY.value, state=ProposalState.WAITING.value, item__in=list(topics)
    )
    rows = waits.values_list("pk", "item", "topic")
    unnamed = [row for row, item, topic in rows if topics[item] != topic]
    waits.filter(pk__in=unnamed).update(state=ProposalState.DROPPED.value)
    actions = [
        action for action, item, topic in standing_by_policy(topics) if topics[item] != topic
    ]
    for action in actions:
        undo(action, by=None, reason=UNNAMED, now=now)
    return len(actions)


def note_sweep(version: str, *, place: str, items: int, found: int, now: datetime) -> None:
    """Keeps how far a version of the query policy was applied to the index."""
    ItemSweep.objects.update_or_create(
        version=version,
        defaults={"place": place, "items": items, "found": found},
        create_defaults={"begun_at": now, "place": place, "items": items, "found": found},
    )


def end_sweep(version: str, *, now: datetime) -> None:
    """Keeps that a version was applied to the whole index."""
    ItemSweep.objects.filter(version=version).update(ended_at=now)


def _see_to(
    row: Proposal, account: str, rulebook: Rulebook, *, is_there: bool, now: datetime
) -> None:
    locked = Proposal.objects.select_for_update().get(pk=row.pk)
    if locked.state != ProposalState.WAITING:
        return
    proposed = proposed_of(locked)
    if not is_there or (proposed.closing is not None and not closes(proposed.closing)):
        _settle(locked, ProposalState.DROPPED)
        return
    market = (country_of(account) if account else None) or UNKNOWN_MARKET
    draft = draft_of(
        proposed,
        id=new_id(now=now),
        account=account,
        market=market,
        authors=rulebook.authors(proposed.rule, proposed.version),
        now=now,
    )
    findings = check_decision(draft, harms())
    if findings:
        log.warning("proposal_dropped", proposal=str(row.id), findings=[*findings])
        _settle(locked, ProposalState.DROPPED)
        return
    locked.decision = decide(draft, now=now).id
    _settle(locked, ProposalState.DECIDED)


def _settle(row: Proposal, state: ProposalState) -> None:
    row.state = state.value
    row.save(update_fields=["state", "decision"])


def _account(row: Proposal, openers: Openers) -> tuple[str, bool]:
    """Gives whom a decision concerns, and whether the messenger still has the item's room."""
    if row.item_kind != ItemKind.ROOM:
        return row.account, True
    try:
        return openers.opened_by(row.room) or row.account, True
    except NotFound:
        return "", False


def proposed_of(row: Proposal) -> Proposed:
    """Gives a proposal as it was made."""
    return Proposed(
        kind=ProposalKind(row.kind),
        item=row.item,
        item_kind=ItemKind(row.item_kind),
        room=row.room,
        account=row.account,
        language=row.language,
        harm=row.harm,
        version=row.version,
        score=row.score,
        closed=row.closed,
        closing=row.closing,
        topic=row.topic,
        territory=tuple(row.territory),
    )


def _row(one: Proposed, now: datetime) -> Proposal:
    return Proposal(
        id=new_id(now=now),
        at=now,
        origin=one.origin,
        kind=one.kind.value,
        item=one.item,
        item_kind=one.item_kind.value,
        room=one.room,
        account=one.account,
        language=one.language,
        harm=one.harm,
        version=one.version,
        score=one.score,
        closed=one.closed,
        closing=one.closing,
        topic=one.topic,
        territory=list(one.territory),
    )
