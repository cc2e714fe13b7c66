"""Links of hits: the report form reads each back as what it is, and none breaks out of its part."""

from dataclasses import replace

import pytest
from tests.search_items_of_tests import ACCOUNT, POST, ROOM

from evenhand.desk.search.links import own_link, web_link
from evenhand.reports.places import place_of
from evenhand.search.items import Item

UNNAMED = replace(ROOM, aliases=())
ODD = replace(ACCOUNT, id="@a/b?c#d e:example.test")


@pytest.mark.parametrize(
    ("item", "web", "own"),
    [
        (ROOM, "#garden:example.test", "matrix:r/garden:example.test"),
        (
            UNNAMED,
            "!garden:example.test?via=example.test",
            "matrix:roomid/garden:example.test?via=example.test",
        ),
        (
            POST,
            "!garden:example.test/$first?via=example.test",
            "matrix:roomid/garden:example.test/e/first?via=example.test",
        ),
        (ACCOUNT, "@gardener:example.test", "matrix:u/gardener:example.test"),
        (ODD, "@a%2Fb%3Fc#d%20e:example.test", "matrix:u/a%2Fb%3Fc%23d%20e:example.test"),
    ],
)
def test_a_link_is_as_matrix_writes_it(item: Item, web: str, own: str) -> None:
    assert web_link(item) == f"https://matrix.to/#/{web}"
    assert own_link(item) == own


@pytest.mark.parametrize(
    ("item", "about"),
    [
        (ROOM, "channel:#garden:example.test"),
        (UNNAMED, "channel:!garden:example.test"),
        (POST, "event:$first"),
        (ACCOUNT, "account:@gardener:example.test"),
    ],
)
def test_a_report_finds_what_a_link_names(item: Item, about: str) -> None:
    for link in (web_link(item), own_link(item)):
        place = place_of(link)
        assert place is not None
        assert place.about == about


def test_a_room_of_the_twelfth_version_has_no_server_in_its_id() -> None:
    room = replace(UNNAMED, id="!hash", room="!hash")

    assert web_link(room) == "https://matrix.to/#/!hash"
