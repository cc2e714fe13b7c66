"""A feed that sends nonsense brings nothing of it in, and keeps no other from being read."""

import os
from datetime import timedelta
from types import SimpleNamespace

import pytest
from tests.integration.cases_of_tests import NOW, reviewer

from evenhand.childsafety.checks import FeedDraft, FileHash
from evenhand.childsafety.lists import Algorithm, FeedKind
from evenhand.childsafety.models import HashFeed
from evenhand.childsafety.ports import FeedEntry, FeedPage
from evenhand.childsafety.queries import listed
from evenhand.childsafety.steps import activate_feed, keep_page, propose_feed, read_feeds
from evenhand.connectors.feeds import TerrorismFeed
from evenhand.people.roles import Role

pytestmark = pytest.mark.django_db
MATERIAL = "m.child_safety.csam"


@pytest.fixture
def feed() -> HashFeed:
    draft = FeedDraft("own", FeedKind.FILE, MATERIAL, "feeds/own.csv", owner="Safety office")
    proposed = propose_feed(draft, by=reviewer("Ann", Role.CHILD_SAFETY), now=NOW)
    return activate_feed(proposed.id, by=reviewer("Bob", Role.CHILD_SAFETY), now=NOW)


def entry(name: str, value: bytes) -> FeedEntry:
    return FeedEntry(name, (FileHash(Algorithm.SHA256, value),))


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 129, ""])
def test_an_entry_that_cannot_be_kept_holds_up_no_other(feed: HashFeed, name: str) -> None:
    value = os.urandom(32)
    page = FeedPage((entry(name, os.urandom(32)), entry("1", value)), cursor="c")

    assert keep_page(feed.id, page, now=NOW) == (1, 0)
    assert listed(MATERIAL, now=NOW) == [value]


def test_a_feed_of_nonsense_ends_no_sweep(feed: HashFeed) -> None:
    nonsense = [("sha256", None), (None, "11" * 32), (3, 4)]
    results = [
        SimpleNamespace(id=number, deleted=False, algorithm=algorithm, hash_digest=digest)
        for number, (algorithm, digest) in enumerate(nonsense)
    ]
    answer = SimpleNamespace(results=results, checkpoint="c\0", next=None)
    client = SimpleNamespace(fetch_hashes=lambda after: answer)

    assert read_feeds(lambda *_: TerrorismFeed(client), now=NOW) == 0  # type: ignore[arg-type]
    assert "cannot be kept" in HashFeed.objects.get(pk=feed.pk).error
    answer.checkpoint = "c"
    later = NOW + timedelta(days=1)
    assert read_feeds(lambda *_: TerrorismFeed(client), now=later) == 1  # type: ignore[arg-type]
