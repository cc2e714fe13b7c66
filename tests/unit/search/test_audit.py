"""The audit finds what can be found and should not be; a search that forgets to ask is caught."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evenhand.base.lists import EventKind
from evenhand.search.asking import Ask, Page
from evenhand.search.audit import SOUGHT_MAX, Sought, audit
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.sight import Sight
from evenhand.search.spellings import DISGUISES, spellings

AT = datetime(2026, 11, 23, tzinfo=UTC)
EVERYWHERE: frozenset[str] = frozenset()


class Rules:
    """Screening that knows one word; it notes what it was shown."""

    def __init__(self) -> None:
        self.kinds: list[EventKind] = []

    def flagged(self, texts: Sequence[str], kinds: Sequence[EventKind]) -> Sequence[str]:
        self.kinds += kinds
        return ["m.tos.prohibited.drugs" if "snowflour" in text else "" for text in texts]


def room(id: str, title: str) -> Item:  # noqa: A002
    return Item(id=id, kind=ItemKind.ROOM, at=AT, title=title, room=id)


def post(id: str, text: str, *, room: str = "!lawful:town") -> Item:  # noqa: A002
    return Item(id=id, kind=ItemKind.POST, at=AT, text=text, room=room, account="@w:town")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index.open(tmp_path)
    made.put(
        [
            room("!lawful:town", "Harbour Lantern"),
            room("!closed:town", "Snow Kitchen"),
            room("!german:town", "Quetzal Polvo"),
            post("$closed", "write to me for a parcel", room="!closed:town"),
            post("$lawful", "bread every morning"),
            post("$flagged", "pure snowflour every morning"),
            Item(id="@w:town", kind=ItemKind.ACCOUNT, at=AT, title="Writer", account="@w:town"),
        ]
    )
    made.commit()
    yield made
    made.close()


MASKS = Masks(rooms={"!closed:town": EVERYWHERE, "!german:town": frozenset({"DE"})})


def seeking(index: Index, sight: Sight):
    finder = Finder(index, bytes(32), lambda: AT)
    return lambda ask: finder.find(ask, sight=sight)


def test_a_clean_index_has_no_leaks_and_its_flagged_share(index: Index) -> None:
    sight, rules = Sight(masks=MASKS), Rules()

    found = audit(index, rules, sight, seek=seeking(index, sight))

    assert (found.items, found.decided, found.undecided) == (7, 3, 4)
    assert found.flagged == {"m.tos.prohibited.drugs": 1}
    assert found.flagged_share == 0.25
    assert found.leaks == ()
    assert found.sought == 3
    assert found.queries > 3 * len(DISGUISES) / 2
    assert set(rules.kinds) == {EventKind.ROOM_PUBLICATION, EventKind.MESSAGE, EventKind.PROFILE}


def test_a_search_that_asks_no_decision_is_caught(index: Index) -> None:
    open_to_all = Sight()

    found = audit(index, Rules(), Sight(masks=MASKS), seek=seeking(index, open_to_all))

    assert found.leaked == {"!closed:town", "$closed", "!german:town"}


def test_a_search_that_leaks_to_whom_nobody_can_place_is_caught(index: Index) -> None:
    sight = Sight(masks=MASKS)
    placed = seeking(index, sight)

    found = audit(
        index, Rules(), sight, seek=lambda ask: placed(replace(ask, country=ask.country or ""))
    )

    assert found.leaked == {"!german:town"}
    assert {leak.country for leak in found.leaks} == {None}


def test_a_search_that_leaks_under_one_spelling_alone_is_caught(index: Index) -> None:
    sight = Sight(masks=MASKS)
    guarded, bare = seeking(index, sight), seeking(index, Sight())

    def seek(ask: Ask) -> Page:
        return (bare if "\u200b" in ask.text else guarded)(ask)

    found = audit(index, Rules(), sight, seek=seek)

    assert found.leaked
    assert {leak.how for leak in found.leaks} == {"zero_width"}


def test_what_is_seeded_is_sought_beside_what_is_decided(index: Index) -> None:
    sight = Sight(masks=MASKS)
    seeded = Sought("$flagged", ItemKind.POST, ("pure snowflour",), (None,))

    found = audit(index, Rules(), sight, seek=seeking(index, sight), seeded=[seeded])

    assert found.leaked == {"$flagged"}


def test_progress_adds_up(index: Index) -> None:
    sight = Sight(masks=MASKS)
    walked: list[int] = []
    tried: list[int] = []

    found = audit(
        index,
        Rules(),
        sight,
        seek=seeking(index, sight),
        walked=walked.append,
        tried=tried.append,
    )

    assert sum(walked) == found.items
    assert sum(tried) == found.queries


def test_an_empty_index_is_clean(tmp_path: Path) -> None:
    empty = Index.open(tmp_path)

    found = audit(empty, Rules(), Sight(), seek=lambda _ask: Page())

    assert (found.items, found.flagged_share, found.queries) == (0, 0.0, 0)
    assert SOUGHT_MAX > 0
    empty.close()


@pytest.mark.parametrize("name", ["Snow Kitchen", "Зелёный Магазин", "极品货仓", "Łódź Ærø", "a"])
def test_every_spelling_differs_and_is_a_query(name: str) -> None:
    made = list(spellings(name))

    assert made[0].text == name
    assert len({one.text for one in made if not one.typing}) == sum(not one.typing for one in made)
    assert all(one.text.strip() for one in made)


def test_a_latin_name_is_spelt_in_most_ways() -> None:
    how = {one.how for one in spellings("Snow Kitchen")}

    assert len(how) >= 35
    assert {"leet", "zero_width", "spaced", "transliterated_back", "prefix"} <= how
