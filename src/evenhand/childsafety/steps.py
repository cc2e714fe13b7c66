"""The only writers: feeds, matches, reports to the CyberTipline and what they preserve."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import UNKNOWN_MARKET, ChannelKind, Language, RecordKind, Source
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind
from evenhand.cases.models import Case
from evenhand.cases.steps import open_case
from evenhand.childsafety.checks import FileHash
from evenhand.childsafety.false_steps import (
    confirm_false_match,
    propose_false_match,
    withdraw_false_match,
)
from evenhand.childsafety.feed_steps import (
    activate_feed,
    keep_page,
    propose_feed,
    read_feeds,
    renew_feed,
    stop_feed,
)
from evenhand.childsafety.lists import Algorithm
from evenhand.childsafety.models import HashMatch
from evenhand.childsafety.queries import KnownHash, known, lifted, listed_pictures
from evenhand.childsafety.tip_steps import (
    TipDraft,
    confirm_tip,
    draft_tip,
    end_preservations,
    read_tip,
    send_tips,
    withdraw_tip,
)
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append

__all__ = [
    "SeenFiles",
    "TipDraft",
    "activate_feed",
    "confirm_false_match",
    "confirm_tip",
    "draft_tip",
    "end_preservations",
    "keep_page",
    "look_up",
    "propose_false_match",
    "propose_feed",
    "read_feeds",
    "read_tip",
    "renew_feed",
    "send_tips",
    "stop_feed",
    "withdraw_false_match",
    "withdraw_tip",
]


@dataclass(frozen=True, slots=True)
class SeenFiles:
    """The files that somebody posted with one event, by their hashes alone."""

    event: str
    account: str
    channel: str
    channel_kind: ChannelKind
    hashes: tuple[FileHash, ...]
    language: Language = Language.EN
    market: str = UNKNOWN_MARKET
    evidence: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    known: KnownHash
    seen: FileHash
    distance: int


def look_up(seen: Sequence[SeenFiles], *, now: datetime) -> list[HashMatch]:
    """Looks files up in the active feeds; each match opens a case or joins the one there is.

    Equal by SHA-256, SHA-1 or MD5, or alike by PDQ within its makers' distance; nothing else
    matches. A harm to children lies in the sealed lane from the beginning.
    """
    matches = []
    for one in seen:
        found = [*_equal(one, now=now), *_alike(one, now=now)]
        matches += _kept(one, found, now=now) if found else []
    return matches


def _equal(seen: SeenFiles, *, now: datetime) -> list[_Found]:
    return [
        _Found(one, asked, 0)
        for asked in seen.hashes
        if asked.algorithm is not Algorithm.PDQ
        for one in known(asked.algorithm, [asked.value], now)
        if asked.value not in lifted(asked.algorithm, now)
    ]


def _alike(seen: SeenFiles, *, now: datetime) -> Iterator[_Found]:
    for asked in seen.hashes:
        if asked.algorithm is Algorithm.PDQ:
            for picture, distance in listed_pictures(now).near(asked.value, now):
                yield _Found(picture, asked, distance)


def _kept(seen: SeenFiles, found: Sequence[_Found], *, now: datetime) -> list[HashMatch]:
    with transaction.atomic():
        # What concerns children comes first: it seals the case.
        worst = min(found, key=lambda one: (-harms()[one.known.harm].severity, one.known.harm))
        case = open_case(_draft(seen, worst, now=now), now=now)
        return [match for one in found if (match := _match(case, one, now=now))]


def _match(case: Case, found: _Found, *, now: datetime) -> HashMatch | None:
    match, new = HashMatch.objects.get_or_create(
        case=case,
        feed_id=found.known.feed,
        entry=found.known.entry,
        algorithm=found.seen.algorithm.value,
        value=found.seen.value,
        defaults={"id": new_id(now=now), "at": now, "distance": found.distance},
    )
    if not new:
        return None
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.CHILD_SAFETY_MATCHED,
            subject=case.id,
            harm=found.known.harm,
            market=case.market,
            body={
                "feed": str(found.known.feed),
                "algorithm": found.seen.algorithm.value,
                "distance": found.distance,
            },
        )
    )
    return match


def _draft(seen: SeenFiles, found: _Found, *, now: datetime) -> CaseDraft:
    harm = found.known.harm
    return CaseDraft(
        id=new_id(now=now),
        at=now,
        kind=CaseKind.REVIEW,
        origin=f"hash:{seen.event}",
        harm=harm,
        severity=harms()[harm].severity,
        score=1.0 if found.distance == 0 else 0.9,
        reason="The hash of a file in it stands in a feed that the operator connected.",
        channel_kind=seen.channel_kind,
        language=seen.language,
        source=Source.OWN,
        market=seen.market,
        account=seen.account,
        channel=seen.channel,
        event=seen.event,
        evidence=seen.evidence,
    )
