"""The only readers of feeds, matches and reports to the CyberTipline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from evenhand.base.errors import NotFound
from evenhand.cases.lists import CaseLane, CaseState
from evenhand.cases.models import Case
from evenhand.childsafety.limits import READ_EVERY, ROWS_SHOWN_MAX, SWEEP_ROWS_MAX
from evenhand.childsafety.lists import Algorithm, FeedState, TipState
from evenhand.childsafety.models import CyberTip, FeedHash, HashFeed, HashMatch


@dataclass(frozen=True, slots=True)
class KnownHash:
    """A hash of an active feed: whose, under which number, standing for which harm."""

    feed: UUID
    entry: str
    harm: str
    value: bytes


def feeds() -> list[tuple[HashFeed, int]]:
    """Gives every feed with the number of its hashes."""
    rows = HashFeed.objects.select_related("proposed_by", "activated_by").annotate(
        quantity=Count("hashes")
    )
    return [(feed, feed.quantity) for feed in rows.order_by("name")]


def due_feeds(now: datetime) -> list[HashFeed]:
    """Gives active feeds that were not asked within the last while."""
    long_ago = Q(last_read_at=None) | Q(last_read_at__lte=now - READ_EVERY)
    return list(HashFeed.objects.filter(long_ago, state=FeedState.ACTIVE.value).order_by("name"))


def known(algorithm: Algorithm, values: Sequence[bytes]) -> list[KnownHash]:
    """Gives the hashes of active feeds that equal one of these."""
    rows = FeedHash.objects.filter(
        algorithm=algorithm.value, value__in=list(values), feed__state=FeedState.ACTIVE.value
    )
    return _known(rows.values_list("feed_id", "entry", "feed__harm", "value"))


def alike(algorithm: Algorithm) -> list[KnownHash]:
    """Gives every hash of active feeds made by one algorithm, to be compared."""
    rows = FeedHash.objects.filter(algorithm=algorithm.value, feed__state=FeedState.ACTIVE.value)
    return _known(rows.order_by("id").values_list("feed_id", "entry", "feed__harm", "value"))


def listed(harm: str, algorithm: Algorithm = Algorithm.SHA256) -> list[bytes]:
    """Gives the hashes of active feeds that stand for a harm, in order, each once."""
    rows = FeedHash.objects.filter(
        algorithm=algorithm.value, feed__state=FeedState.ACTIVE.value, feed__harm=harm
    )
    return sorted({bytes(value) for value in rows.values_list("value", flat=True)})


def sealed_cases() -> list[Case]:
    """Gives the open cases of the sealed lane, the most pressing first."""
    rows = Case.objects.filter(lane=CaseLane.SEALED.value, state=CaseState.OPEN.value)
    return list(rows.order_by("serve_by", "id")[:ROWS_SHOWN_MAX])


def tips() -> list[CyberTip]:
    """Gives reports to the CyberTipline, the latest first."""
    rows = CyberTip.objects.select_related("drafted_by", "confirmed_by", "case")
    return list(rows.order_by("-drafted_at")[:ROWS_SHOWN_MAX])


def tip_of(tip_id: UUID) -> CyberTip:
    """Gives one report."""
    tip = CyberTip.objects.select_related("case").filter(pk=tip_id).first()
    if tip is None:
        raise NotFound(what="report", id=tip_id)
    return tip


def tips_to_send(now: datetime) -> list[UUID]:
    """Gives confirmed reports that are due."""
    rows = CyberTip.objects.filter(state=TipState.CONFIRMED.value, due_at__lte=now)
    return list(rows.order_by("due_at").values_list("id", flat=True)[:SWEEP_ROWS_MAX])


def over(now: datetime) -> list[UUID]:
    """Gives reports whose preservation is over and that were not ended yet."""
    rows = CyberTip.objects.filter(preserve_until__lte=now, ended_at=None)
    return list(rows.order_by("preserve_until").values_list("id", flat=True)[:SWEEP_ROWS_MAX])


def matches_of(case_id: UUID) -> list[HashMatch]:
    """Gives what matched in a case."""
    return list(HashMatch.objects.filter(case_id=case_id).select_related("feed").order_by("at"))


def _known(rows: object) -> list[KnownHash]:
    return [
        KnownHash(feed, entry, harm, bytes(value))
        for feed, entry, harm, value in rows  # type: ignore[attr-defined]
    ]
