"""The directory search of clients, answered by the searcher in the shape of the protocol."""

import asyncio
import json
from datetime import UTC, datetime

import httpx
import pytest

from evenhand.base.errors import InputRefused, Unavailable
from evenhand.connectors.matrix.seeking import BEGIN, HELP, Seeker, words_sought
from evenhand.connectors.matrix.snapshot import snapshot_of
from evenhand.connectors.searcher_wire import page_json
from evenhand.search.asking import Hit, Page
from evenhand.search.items import Item, RoomFacts
from evenhand.search.lists import ItemKind

ROOM = Item(
    id="!r:a.test",
    kind=ItemKind.ROOM,
    at=datetime(2026, 11, 23, tzinfo=UTC),
    title="Tea room",
    room="!r:a.test",
    members=3,
    facts=RoomFacts(alias="#tea:a.test", join_rule="public", world_readable=True),
)


def asked(answer, body=None, country="DE"):
    seen = []

    def serve(request):
        seen.append(json.loads(request.content))
        return answer

    async def ask():
        transport = httpx.MockTransport(serve)
        async with httpx.AsyncClient(transport=transport, base_url="http://searcher") as http:
            seeker = Seeker(http, "t", "https://desk.test")
            return await seeker.answer(body or {}, "tea", country=country)

    return asyncio.run(ask()), seen[0]


def test_rooms_come_in_the_shape_of_the_directory():
    page = Page((Hit(ROOM, 1.0),), "more")

    found, sought = asked(
        httpx.Response(200, json=page_json(page)), {"limit": 5, "since": "find.x"}
    )

    assert found == {
        "chunk": [
            {
                "room_id": "!r:a.test",
                "num_joined_members": 3,
                "world_readable": True,
                "guest_can_join": False,
                "name": "Tea room",
                "canonical_alias": "#tea:a.test",
                "join_rule": "public",
            }
        ],
        "next_batch": f"{BEGIN}more",
    }
    assert (sought["after"], sought["limit"], sought["country"]) == ("x", 5, "DE")
    assert sought["filters"]["kinds"] == ["room"]


def test_what_the_policy_names_is_answered_with_help():
    found, _ = asked(httpx.Response(200, json=page_json(Page(topic="drugs"))), country=None)

    assert found["chunk"] == []
    assert found[HELP] == {"topic": "drugs", "url": "https://desk.test/search/?q=tea"}


def test_a_searcher_that_is_away_is_not_replaced_by_anything():
    with pytest.raises(Unavailable):
        asked(httpx.Response(503))


def test_what_cannot_be_sought_is_refused():
    with pytest.raises(InputRefused):
        asked(httpx.Response(400, json={"field": "text", "why": "too long"}))


@pytest.mark.parametrize(
    ("body", "words"),
    [({}, ""), ({"filter": {"generic_search_term": " tea "}}, "tea"), ({"filter": 5}, "")],
)
def test_only_a_term_makes_a_search(body, words):
    assert words_sought(body) == words


def test_a_channel_taken_out_is_not_in_the_directory_of_these_countries():
    known = snapshot_of({"deindexed": {"!a": [], "!b": ["KZ"]}})

    shown = {
        (room, country): not known.deindexes(room, country=country)
        for room in ("!a", "!b", "!c")
        for country in ("KZ", "DE", None)
    }

    assert [key for key, visible in shown.items() if visible] == [
        ("!b", "DE"), ("!c", "KZ"), ("!c", "DE"), ("!c", None),
    ]  # fmt: skip
    assert not known.hides_nothing
