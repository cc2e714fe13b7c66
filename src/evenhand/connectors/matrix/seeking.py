"""The directory search of Matrix clients, answered by the searcher: pure but for one call.

Client-server API, `POST /publicRooms` with `filter.generic_search_term`: the answer has the shape
of PublicRoomsResponse. Whoever seeks what the query policy names is given no rooms, and beside them
where help is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from evenhand.base.errors import InputRefused, Unavailable
from evenhand.connectors.matrix.intake import mapping_at, text_at
from evenhand.connectors.searcher_wire import ask_json, page_of
from evenhand.search.asking import Ask, Filters, Page
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind

Json = Mapping[str, object]

HELP = "eu.evenhand.help"
"""Where a client finds that a search was answered with help."""

BEGIN = "find."
"""With what the tokens of these pages begin: those of the whole directory are others."""

ROOMS_MAX = 50
"""Rooms of one page."""


@dataclass(frozen=True, slots=True)
class Seeker:
    """Where directory searches are answered; without one they go to Synapse."""

    http: httpx.AsyncClient
    token: str
    public_url: str

    async def answer(self, body: Json, words: str, *, country: str | None) -> Json:
        """Gives the rooms that a client seeks; raises `Unavailable` where nobody can tell."""
        ask = Ask(
            text=words,
            country=country,
            filters=Filters(kinds=frozenset({ItemKind.ROOM})),
            typing=True,
            after=text_at(body, "since").removeprefix(BEGIN),
            limit=_limit(body),
        )
        page = await self._asked(ask)
        found: dict[str, object] = {"chunk": [_chunk(hit.item) for hit in page.hits]}
        if page.after:
            found["next_batch"] = f"{BEGIN}{page.after}"
        if page.topic:
            query = urlencode({"q": words})
            found[HELP] = {"topic": page.topic, "url": f"{self.public_url}/search/?{query}"}
        return found

    async def _asked(self, ask: Ask) -> Page:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = await self.http.post("/search", json=ask_json(ask), headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(process="searcher", why=type(error).__name__) from error
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise InputRefused(**answer.json())
        if not answer.is_success:
            raise Unavailable(process="searcher", status=answer.status_code)
        return page_of(answer.json())


def words_sought(body: Json) -> str:
    """Gives what a client seeks in the directory; empty where it asks for all of it."""
    return text_at(mapping_at(body, "filter"), "generic_search_term").strip()


def _limit(body: Json) -> int:
    wanted = body.get("limit")
    return min(wanted, ROOMS_MAX) if isinstance(wanted, int) and wanted > 0 else ROOMS_MAX


def _chunk(item: Item) -> Json:
    """Gives a room as the directory shows it (PublicRoomsChunk); what is not known is left out."""
    named = {
        "name": item.title,
        "topic": item.text,
        "avatar_url": item.avatar,
        "canonical_alias": item.facts.alias,
        "join_rule": item.facts.join_rule,
        "room_type": item.facts.room_type,
    }
    return {
        "room_id": item.id,
        "num_joined_members": item.members,
        "world_readable": item.facts.world_readable,
        "guest_can_join": item.facts.guest_can_join,
        **{name: value for name, value in named.items() if value},
    }
