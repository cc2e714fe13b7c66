"""Posts name their rooms, and never one that may not be seen."""

from datetime import UTC, datetime

from evenhand.search.asking import Hit, Page
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.search.naming import with_room_names
from evenhand.search.sight import Sight

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROOM = Item("!a", ItemKind.ROOM, NOW, title="Tea\nhouse", room="!a")
POST = Item("$1", ItemKind.POST, NOW, text="tea", room="!a", account="@ann")
ELSEWHERE = Item("$2", ItemKind.POST, NOW, text="tea", room="!gone", account="@ann")


def test_a_post_is_given_the_name_of_its_room_for_who_may_see_it(tmp_path):
    page = Page((Hit(POST, 2.0), Hit(ROOM, 1.0), Hit(ELSEWHERE, 0.5)), "after")
    sight = Sight(masks=Masks(rooms={"!a": frozenset({"KZ"})}))
    with Index.open(tmp_path) as index:
        index.put([ROOM, POST])
        index.commit()

        names = {
            country: [
                hit.room_name for hit in with_room_names(page, index.reader(), sight, country).hits
            ]
            for country in ("DE", "KZ")
        }

    assert names == {"DE": ["Tea house", "", ""], "KZ": ["", "", ""]}
