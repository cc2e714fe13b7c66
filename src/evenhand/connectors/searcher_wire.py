"""What is asked of the searcher and answered, as JSON: one place for both ends."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from evenhand.base.errors import InputRefused
from evenhand.search.asking import Ask, Filters, Hit, Page
from evenhand.search.items import Item, RoomFacts
from evenhand.search.lists import ItemKind

Json = Mapping[str, Any]


def ask_json(ask: Ask) -> Json:
    """Gives a query as JSON."""
    value = asdict(ask)
    value["filters"]["kinds"] = sorted(ask.filters.kinds)
    return value


def ask_of(value: Json) -> Ask:
    """Gives the query that JSON describes, or refuses it."""
    try:
        filters = dict(value.get("filters") or {})
        filters["kinds"] = frozenset(ItemKind(kind) for kind in filters.get("kinds", ()))
        ask = Ask(**{**value, "filters": Filters(**filters)})
    except (TypeError, ValueError) as error:
        raise InputRefused(what="query", why=type(error).__name__) from error
    text, limit = value.get("text"), value.get("limit", 1)
    if not isinstance(ask.network, str):
        raise InputRefused(what="query", why="no network")
    if not isinstance(text, str) or not isinstance(limit, int) or limit < 1:
        raise InputRefused(what="query", why="no text, or no number of hits")
    return ask


def page_json(page: Page) -> Json:
    """Gives an answer as JSON."""
    return {
        "hits": [
            {"score": hit.score, "room_name": hit.room_name, "item": item_json(hit.item)}
            for hit in page.hits
        ],
        "after": page.after,
        "topic": page.topic,
    }


def page_of(value: Json) -> Page:
    """Gives the answer that JSON describes."""
    hits = tuple(
        Hit(item_of(one["item"]), float(one["score"]), str(one["room_name"]))
        for one in value["hits"]
    )
    return Page(hits, str(value["after"]), str(value["topic"]))


def item_json(item: Item) -> Json:
    """Gives an item as JSON; its time in seconds since 1970."""
    return {**asdict(item), "at": item.at.timestamp()}


def item_of(value: Json) -> Item:
    """Gives the item that JSON describes."""
    return Item(
        **{
            **value,
            "kind": ItemKind(value["kind"]),
            "at": datetime.fromtimestamp(float(value["at"]), tz=UTC),
            "aliases": tuple(value["aliases"]),
            "facts": RoomFacts(**value["facts"]),
        }
    )
