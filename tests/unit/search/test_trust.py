"""What decisions take off the place of a room: the rule that the public page tells."""

from datetime import UTC, datetime

import pytest

from evenhand.search.asking import Ask, Trust
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.sight import Sight
from evenhand.search.trust import factor_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(("decisions", "factor"), [(0, 1.0), (1, 0.7), (2, 0.5), (40, 0.5)])
def test_decisions_lower_a_room_by_half_at_most_and_nothing_raises_it(decisions, factor):
    assert factor_of(decisions) == factor


def test_of_two_rooms_alike_the_one_with_a_decision_stands_lower(tmp_path):
    names = ("!a:a.test", "!b:a.test")
    with Index.open(tmp_path) as index:
        index.put(
            [
                Item(name, ItemKind.ROOM, NOW, title="Chess club of the town", room=name)
                for name in names
            ]
        )
        index.commit()
        finder = Finder(index, bytes(32), lambda: NOW)

        def order(*closed):
            sight = Sight(trust=Trust(dict.fromkeys(closed, factor_of(1))))
            page = finder.find(Ask("chess", "DE"), sight=sight)
            return [hit.item.id for hit in page.hits]

        assert order("!a:a.test") == ["!b:a.test", "!a:a.test"]
        assert order("!b:a.test") == ["!a:a.test", "!b:a.test"]
