"""Writes feeds: two people connect one, a sweep reads it, what it holds moves with its cursor."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from evenhand.base.errors import EvenhandError, InputRefused, NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.childsafety.checks import (
    FeedDraft,
    check_activation,
    check_feed,
    check_renewal,
    check_stop,
    entry_holds,
    hash_holds,
    refuse_if,
)
from evenhand.childsafety.limits import PAGES_MAX, PLACE_CHARACTERS_MAX
from evenhand.childsafety.lists import FeedKind, FeedState
from evenhand.childsafety.models import FeedHash, HashFeed
from evenhand.childsafety.ports import FeedPage, FeedSources
from evenhand.childsafety.queries import due_feeds
from evenhand.people.models import Person
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append


def propose_feed(draft: FeedDraft, *, by: Person, now: datetime) -> HashFeed:
    """Proposes a feed; nothing is read until somebody else activates it."""
    with transaction.atomic():
        taken = HashFeed.objects.filter(name=draft.name).exists()
        refuse_if(check_feed(draft, roles=roles_of(by), taken=taken))
        feed = HashFeed.objects.create(
            id=new_id(now=now),
            name=draft.name,
            kind=draft.kind.value,
            harm=draft.harm,
            place=draft.place,
            owner=draft.owner.strip(),
            expires_at=now + timedelta(days=draft.lasts_days),
            proposed_by=by,
            proposed_at=now,
        )
        _record(feed, "proposed", by=by, now=now)
    return feed


def activate_feed(feed_id: UUID, *, by: Person, now: datetime) -> HashFeed:
    """Activates a feed by a second person's word."""
    with transaction.atomic():
        feed = _locked(feed_id)
        refuse_if(
            check_activation(
                roles=roles_of(by),
                state=FeedState(feed.state),
                proposed_by_self=feed.proposed_by_id == by.id,
            )
        )
        feed.state, feed.activated_by, feed.activated_at = FeedState.ACTIVE.value, by, now
        feed.save(update_fields=["state", "activated_by", "activated_at"])
        _record(feed, "activated", by=by, now=now)
    return feed


def renew_feed(feed_id: UUID, *, lasts_days: int, by: Person, now: datetime) -> HashFeed:
    """Lets a feed last so many days from now."""
    with transaction.atomic():
        feed = _locked(feed_id)
        refuse_if(
            check_renewal(roles=roles_of(by), state=FeedState(feed.state), lasts_days=lasts_days)
        )
        feed.expires_at = now + timedelta(days=lasts_days)
        feed.save(update_fields=["expires_at"])
        _record(feed, "renewed", by=by, now=now)
    return feed


def stop_feed(feed_id: UUID, *, by: Person, now: datetime) -> HashFeed:
    """Stops a feed for good: its hashes are deleted and match nothing any more."""
    with transaction.atomic():
        feed = _locked(feed_id)
        refuse_if(check_stop(roles=roles_of(by), state=FeedState(feed.state)))
        FeedHash.objects.filter(feed=feed).delete()
        feed.state, feed.stopped_at = FeedState.STOPPED.value, now
        feed.save(update_fields=["state", "stopped_at"])
        _record(feed, "stopped", by=by, now=now)
    return feed


def read_feeds(sources: FeedSources, *, now: datetime) -> int:
    """Reads what changed in feeds that are due; gives how many pages were kept.

    A feed that cannot be read says so on its page, keeps what it brought, and is asked again.
    """
    kept = 0
    for feed in due_feeds(now):
        try:
            source = sources(FeedKind(feed.kind), feed.name, feed.place)
            for number, page in enumerate(source.pages(feed.cursor), 1):
                keep_page(feed.id, page, now=now)
                kept += 1
                if number >= PAGES_MAX:
                    break
            error = ""
        except EvenhandError as fault:
            why = fault.fields.get("why", "")
            error = f"{type(fault).__name__}: {why}"[:200] if why else type(fault).__name__
        HashFeed.objects.filter(pk=feed.id).update(last_read_at=now, error=error)
    return kept


def keep_page(feed_id: UUID, page: FeedPage, *, now: datetime) -> tuple[int, int]:
    """Keeps a page with its cursor, in one transaction; gives hashes added and taken out.

    An entry whose number cannot be kept is passed over: it holds up no other.
    """
    if len(page.cursor) > PLACE_CHARACTERS_MAX or not page.cursor.isprintable():
        raise InputRefused(what="feed", why="its place to go on from cannot be kept")
    entries = [entry for entry in page.entries if entry_holds(entry.entry)]
    with transaction.atomic():
        feed = _locked(feed_id)
        if feed.state != FeedState.ACTIVE:
            return 0, 0
        named = [entry.entry for entry in entries]
        before = FeedHash.objects.filter(feed=feed)
        if not page.whole:
            before = before.filter(entry__in=named)
        had = {(row.algorithm, bytes(row.value), row.entry): row.pk for row in before}
        rows = {
            (one.algorithm.value, one.value, entry.entry)
            for entry in entries
            for one in entry.hashes
            if hash_holds(one.algorithm, one.value)
        }
        gone = [key for value, key in had.items() if value not in rows]
        FeedHash.objects.filter(pk__in=gone).delete()
        new = [
            FeedHash(feed=feed, algorithm=algorithm, value=value, entry=entry)
            for algorithm, value, entry in sorted(rows - set(had))
        ]
        FeedHash.objects.bulk_create(new, ignore_conflicts=True, batch_size=5_000)
        feed.cursor = page.cursor
        feed.changes += bool(new or gone)
        feed.save(update_fields=["cursor", "changes"])
        if new or gone:
            _record(feed, "read", now=now, added=len(new), removed=len(gone))
    return len(new), len(gone)


def roles_of(person: Person) -> Sequence[str]:
    """Gives the roles that somebody holds now."""
    return tuple(person.roles) if person.may_enter else ()


def _locked(feed_id: UUID) -> HashFeed:
    feed = HashFeed.objects.select_for_update().filter(pk=feed_id).first()
    if feed is None:
        raise NotFound(what="feed", id=feed_id)
    return feed


def _record(
    feed: HashFeed,
    did: str,
    *,
    now: datetime,
    by: Person | None = None,
    added: int = 0,
    removed: int = 0,
) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.HASH_FEED_CHANGED,
            subject=feed.id,
            harm=feed.harm,
            body={
                "feed": feed.name,
                "kind": feed.kind,
                "did": did,
                "by": str(by.id) if by else "",
                "added": added,
                "removed": removed,
            },
        )
    )
