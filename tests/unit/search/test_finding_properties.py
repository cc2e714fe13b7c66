"""Whatever is asked: pages lose and repeat nothing, what is hidden never shows, nothing breaks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from evenhand.base.errors import InputRefused
from evenhand.search.asking import Ask
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.sight import Sight

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WORDS = ("whale", "garden", "наука", "قهوة", "音楽会", "ตลาด", "मेला", "kettle")
ROOMS, AUTHORS, POSTS = 6, 5, 90

EVERYWHERE: frozenset[str] = frozenset()
PLACES = some.sampled_from([EVERYWHERE, frozenset({"KZ"}), frozenset({"DE", "FR"})])
SHARED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def items() -> list[Item]:
    rooms = [
        Item(id=f"!{n}", kind=ItemKind.ROOM, at=NOW, title=f"{WORDS[n]} room", room=f"!{n}")
        for n in range(ROOMS)
    ]
    posts = [
        Item(
            id=f"${n}",
            kind=ItemKind.POST,
            at=NOW,
            text=f"{WORDS[n % 8]} {WORDS[n % 3]} number{n}",
            room=f"!{n % ROOMS}",
            account=f"@{n % AUTHORS}",
        )
        for n in range(POSTS)
    ]
    return [*rooms, *posts]


@pytest.fixture(scope="module")
def seeker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    folder: Path = tmp_path_factory.mktemp("index")
    with Index.open(folder) as index:
        index.put(items())
        index.commit()
        yield Finder(index, bytes(32), lambda: NOW)


@SHARED
@given(
    words=some.lists(some.sampled_from(WORDS), min_size=1, max_size=4, unique=True),
    limit=some.integers(1, 40),
)
def test_pages_together_are_what_one_long_page_holds(
    seeker: Finder, words: list[str], limit: int
) -> None:
    ask = Ask(" ".join(words), "DE", limit=100)
    whole = {hit.item.id for hit in seeker.find(ask, sight=Sight()).hits}

    seen: list[str] = []
    after = ""
    for _ in range(POSTS + ROOMS):
        page = seeker.find(Ask(ask.text, "DE", limit=limit, after=after), sight=Sight())
        seen += [hit.item.id for hit in page.hits]
        if not (after := page.after):
            break

    assert len(seen) == len(set(seen))
    assert set(seen) == whole


@SHARED
@given(
    query=some.lists(some.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    rooms=some.dictionaries(some.sampled_from([f"!{n}" for n in range(ROOMS)]), PLACES),
    posts=some.dictionaries(some.sampled_from([f"${n}" for n in range(POSTS)]), PLACES),
    authors=some.dictionaries(some.sampled_from([f"@{n}" for n in range(AUTHORS)]), PLACES),
    closed=some.frozensets(some.sampled_from([f"!{n}" for n in range(ROOMS)])),
    held=some.frozensets(some.sampled_from([f"!{n}" for n in range(ROOMS)])),
    country=some.sampled_from(["DE", "KZ", "US", None]),
    limit=some.integers(1, 100),
)
def test_what_is_hidden_never_shows_and_what_is_not_is_found(
    seeker: Finder,
    query: str,
    rooms: dict[str, frozenset[str]],
    posts: dict[str, frozenset[str]],
    authors: dict[str, frozenset[str]],
    closed: frozenset[str],
    held: frozenset[str],
    country: str | None,
    limit: int,
) -> None:
    masks = Masks(rooms, posts, {}, authors)
    sight = Sight(masks=masks, is_open=lambda room: room not in closed, held=held)

    open_sight = {
        hit.item.id for hit in seeker.find(Ask(query, country, limit=100), sight=Sight()).hits
    }
    found = seeker.find(Ask(query, country, limit=limit), sight=sight)

    allowed = {
        one.id
        for one in items()
        if one.room not in closed | held and not masks.hide(one, country=country)
    }
    shown = [hit.item.id for hit in found.hits]
    assert set(shown) <= allowed
    assert len(shown) == min(limit, len(open_sight & allowed))


@SHARED
@given(
    query=some.one_of(
        some.text(max_size=600),
        some.text(alphabet='"\\*?()[]{}|^$.+-~:/\x00\x1b\u202e\ud800\u0300', max_size=600),
        some.text(alphabet=WORDS[0] + '"*(', max_size=80).map(lambda text: f"({text}+)+$"),
    ),
    typing=some.booleans(),
)
def test_whatever_is_typed_is_answered_or_refused(seeker: Finder, query: str, typing: bool) -> None:
    refused = None
    try:
        page = seeker.find(Ask(query, "DE", limit=10, typing=typing), sight=Sight())
    except InputRefused as error:
        refused = error

    assert refused.fields["field"] == "text" if refused else len(page.hits) <= 10
