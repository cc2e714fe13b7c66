"""What goes between the searcher and its clients comes out as it went in."""

from datetime import UTC, datetime

import httpx
import pytest

from evenhand.base.errors import InputRefused
from evenhand.connectors.searcher import SearcherAway, SearcherClient
from evenhand.connectors.searcher_wire import ask_json, ask_of, page_json, page_of
from evenhand.search.asking import Ask, Filters, Hit, Page
from evenhand.search.items import Item, RoomFacts
from evenhand.search.lists import ItemKind

ASK = Ask(
    "tea", country=None, filters=Filters(frozenset({ItemKind.ROOM}), "de", 1, 9, "!r"), after="t"
)
ROOM = Item(
    id="!r",
    kind=ItemKind.ROOM,
    at=datetime(2026, 11, 23, tzinfo=UTC),
    title="Tea",
    room="!r",
    aliases=("#tea:a.test",),
    members=3,
    facts=RoomFacts(alias="#tea:a.test", join_rule="public"),
)


def client(answer):
    return SearcherClient(
        "http://searcher", "t", transport=httpx.MockTransport(lambda _request: answer)
    )


def test_a_query_and_an_answer_come_out_as_they_went_in():
    page = Page((Hit(ROOM, 1.5, "Tea room"),), "after", "")

    assert ask_of(ask_json(ASK)) == ASK
    assert page_of(page_json(page)) == page
    assert client(httpx.Response(200, json=page_json(page))).search(ASK) == page


@pytest.mark.parametrize(
    "value", [{}, {"text": 5, "country": None}, {"text": "a", "country": None, "limit": 0},
              {"text": "a", "country": None, "filters": {"kinds": ["secret"]}}, {"account": "@a"}]
)  # fmt: skip
def test_what_is_no_query_is_refused(value):
    with pytest.raises(InputRefused):
        ask_of(value)


def test_a_refusal_reaches_who_asked():
    with pytest.raises(InputRefused) as refused:
        client(httpx.Response(400, json={"field": "text", "why": "too long"})).search(ASK)

    assert refused.value.fields == {"field": "text", "why": "too long"}


@pytest.mark.parametrize("status", [401, 500, 503])
def test_a_searcher_that_cannot_answer_is_away(status):
    with pytest.raises(SearcherAway):
        client(httpx.Response(status)).search(ASK)
