"""The only readers of feeds, matches and reports to the CyberTipline."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import numpy as np
from django.db.models import Count, Q, QuerySet
from numpy.typing import NDArray

from evenhand.actions.policies import CHILD_SAFETY
from evenhand.base.errors import NotFound
from evenhand.cases.lists import CaseLane, CaseState
from evenhand.cases.models import Case
from evenhand.childsafety.checks import HASH_BYTES
from evenhand.childsafety.limits import DOUBTED, READ_EVERY, ROWS_SHOWN_MAX, SWEEP_ROWS_MAX
from evenhand.childsafety.lists import Algorithm, FalseMatchState, FeedState, TipState
from evenhand.childsafety.models import CyberTip, FalseMatch, FeedHash, HashFeed, HashMatch
from evenhand.signals.image_hash import PdqIndex


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


def feeds_in_force(now: datetime) -> QuerySet[HashFeed]:
    """Gives the active feeds whose time is not over.

    One about children goes on beyond its end: a forgotten date must open nobody's way. Its page
    says that it has to be renewed.
    """
    lasting = Q(expires_at=None) | Q(expires_at__gt=now) | Q(harm__startswith=CHILD_SAFETY)
    return HashFeed.objects.filter(lasting, state=FeedState.ACTIVE.value)


def due_feeds(now: datetime) -> list[HashFeed]:
    """Gives feeds in force that were not asked within the last while."""
    long_ago = Q(last_read_at=None) | Q(last_read_at__lte=now - READ_EVERY)
    return list(feeds_in_force(now).filter(long_ago).order_by("name"))


def known(algorithm: Algorithm, values: Sequence[bytes], now: datetime) -> list[KnownHash]:
    """Gives the hashes of feeds in force that equal one of these."""
    rows = FeedHash.objects.filter(
        algorithm=algorithm.value, value__in=list(values), feed__in=feeds_in_force(now)
    )
    return _known(rows.values_list("feed_id", "entry", "feed__harm", "value"))


@dataclass(frozen=True, slots=True)
class ListedPictures:
    """The PDQ hashes of active feeds, for the search of those alike.

    keys  of each hash of the index; none of those before them, which two people lifted
    """

    _index: PdqIndex
    _lifted: int
    _keys: NDArray[np.int64]

    def near(self, value: bytes, now: datetime) -> list[tuple[KnownHash, int]]:
        """Gives the entries of the listed hash that differs least, and in how many bits.

        None where a lifted one is as near.
        """
        found = self._index.nearest(np.frombuffer(value, np.uint8).reshape(1, -1))
        place, distance = int(found.places[0]) - self._lifted, int(found.distances[0])
        if place < 0:
            return []
        nearest = FeedHash.objects.filter(pk=int(self._keys[place])).first()
        values = [bytes(nearest.value)] if nearest else []
        return [(one, distance) for one in known(Algorithm.PDQ, values, now)]


def listed_pictures(now: datetime) -> ListedPictures:
    """Gives the PDQ hashes of active feeds, read anew if a feed has changed."""
    return _pictures_of(held(now), tuple(lifted(Algorithm.PDQ, now)))


def held(now: datetime) -> tuple[tuple[UUID, int], ...]:
    """Gives feeds in force and how often each changed: other when a hash came or went."""
    return tuple(feeds_in_force(now).order_by("id").values_list("id", "changes"))


@lru_cache(maxsize=1)
def _pictures_of(feeds: tuple[tuple[UUID, int], ...], freed: tuple[bytes, ...]) -> ListedPictures:
    """Reads those of the feeds as they stand after so many changes of each."""
    rows = FeedHash.objects.filter(
        algorithm=Algorithm.PDQ.value, feed__in=[feed for feed, _ in feeds]
    )
    keys, values = array("q"), bytearray(b"".join(freed))
    for key, value in rows.order_by("pk").values_list("pk", "value").iterator(chunk_size=10_000):
        keys.append(key)
        values += value
    hashes = np.frombuffer(bytes(values), np.uint8).reshape(-1, HASH_BYTES[Algorithm.PDQ])
    places = np.frombuffer(keys, np.int64)
    return ListedPictures(PdqIndex.of(hashes), len(freed), places)


def lifted(algorithm: Algorithm, now: datetime) -> list[bytes]:
    """Gives the hashes of files whose matches two people found false, in order."""
    rows = FalseMatch.objects.filter(
        algorithm=algorithm.value, state=FalseMatchState.IN_FORCE.value, expires_at__gt=now
    )
    return sorted(bytes(value) for value in rows.values_list("value", flat=True))


def doubted(algorithm: Algorithm, now: datetime) -> list[bytes]:
    """Gives the hashes of files whose match one person lately called false, in order.

    Those of the sealed lane are left out: there, nothing follows from one person's word.
    """
    rows = FalseMatch.objects.filter(
        algorithm=algorithm.value,
        state=FalseMatchState.PROPOSED.value,
        proposed_at__gt=now - DOUBTED,
    ).exclude(match__feed__harm__startswith=CHILD_SAFETY)
    return sorted(bytes(value) for value in rows.values_list("value", flat=True))


def false_matches() -> list[FalseMatch]:
    """Gives what was called a false match, the latest first."""
    rows = FalseMatch.objects.select_related("match__feed", "proposed_by", "confirmed_by")
    return list(rows.order_by("-proposed_at")[:ROWS_SHOWN_MAX])


def latest_matches() -> list[HashMatch]:
    """Gives the latest matches that nobody called false."""
    rows = HashMatch.objects.exclude(
        found_false__state__in=[FalseMatchState.PROPOSED.value, FalseMatchState.IN_FORCE.value]
    )
    return list(rows.select_related("feed").order_by("-at")[:ROWS_SHOWN_MAX])


def listed(harm: str, algorithm: Algorithm = Algorithm.SHA256, *, now: datetime) -> list[bytes]:
    """Gives the hashes of feeds in force that stand for a harm, in order, each once."""
    rows = FeedHash.objects.filter(
        algorithm=algorithm.value, feed__in=feeds_in_force(now).filter(harm=harm)
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
