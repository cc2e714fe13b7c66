"""The API of the search: what the public page finds, for anybody's program.

Its document stands at `/api/v1/search/openapi.json`. Every error is a problem of RFC 9457.
"""

from collections.abc import Sequence
from typing import Annotated

from django.http import HttpRequest
from ninja import Query

from evenhand.base.errors import InputRefused
from evenhand.desk.api import search_schemas as schemas
from evenhand.desk.api.frame import PROBLEMS, Api, say_errors
from evenhand.desk.engines import searcher
from evenhand.desk.limits import count_send
from evenhand.desk.search.asked import fault_of
from evenhand.desk.search.asker import country_of, reader_of
from evenhand.desk.search.excerpts import Piece, excerpt
from evenhand.desk.search.helping import Help, help_for
from evenhand.desk.search.limits import SEARCHES_MAX, SUGGESTIONS_SHOWN_MAX, SUGGESTS_MAX
from evenhand.desk.search.links import own_link, web_link
from evenhand.desk.texts import line
from evenhand.search.asking import Ask, Filters, Hit

search_api = Api(
    title="Evenhand: API of the search",
    version="1.0.0",
    description=(
        "Public rooms, posts that anybody may read, and who is in such rooms. No token is needed, "
        "and no query is recorded. What is unlawful in a country is not found from its networks; "
        "who cannot be placed is shown nothing that is hidden anywhere."
    ),
    docs_url=None,
    openapi_url="/search/openapi.json",
    urls_namespace="search-1",
)
say_errors(search_api)


@search_api.get("/search", response={200: schemas.SearchOut, **PROBLEMS}, summary="Search")
def search(request: HttpRequest, given: Annotated[schemas.SearchIn, Query()]) -> dict[str, object]:
    """Gives the best hits first, and never one of an earlier page of the same query.

    A query that the query policy names gets no results but `help`.
    """
    count_send(request, form="search", sends_max=SEARCHES_MAX)
    text = line(given.q)
    fault = fault_of(text, len(given.q))
    if fault:
        raise InputRefused(what="query", findings=[f"q: {fault}"])
    country = country_of(request)
    reader = reader_of(request)
    found = searcher().search(_ask(given, text, country=country, reader=reader))
    told = help_for(found.topic, country=country, reader=reader) if found.topic else None
    return {
        "results": [_hit(hit, text) for hit in found.hits],
        "after": found.after,
        "help": _help(told) if told else None,
    }


@search_api.get(
    "/search/suggest",
    response={200: schemas.SuggestOut, **PROBLEMS},
    summary="Queries that begin so",
)
def suggest(
    request: HttpRequest, given: Annotated[schemas.SuggestIn, Query()]
) -> dict[str, Sequence[str]]:
    """Gives what may be meant, while somebody types."""
    count_send(request, form="suggest", sends_max=SUGGESTS_MAX)
    country, reader = country_of(request), reader_of(request)
    prefix = line(given.q)
    found = searcher().suggest(prefix, country=country, language=reader) if prefix else ()
    return {"suggestions": list(found)[:SUGGESTIONS_SHOWN_MAX]}


@search_api.get(
    "/search/trending",
    response={200: schemas.TrendingOut, **PROBLEMS},
    summary="What many look for",
)
def trending(request: HttpRequest) -> dict[str, Sequence[str]]:
    """Gives words that many use these days, after they were looked through."""
    count_send(request, form="suggest", sends_max=SUGGESTS_MAX)
    country, reader = country_of(request), reader_of(request)
    return {"terms": list(searcher().trending(country=country, language=reader))}


def _ask(given: schemas.SearchIn, text: str, *, country: str | None, reader: str) -> Ask:
    return Ask(
        text=text,
        country=country,
        language=reader,
        filters=Filters(
            kinds=frozenset(given.kind),
            language=given.language,
            members_min=given.members_min,
            members_max=given.members_max,
            room=given.room,
        ),
        after=given.after,
        limit=given.limit,
    )


def _help(told: Help) -> dict[str, object]:
    return {
        "topic": told.topic,
        "title": told.title,
        "text": list(told.text),
        "lines": [
            {name: getattr(line, name) for name in schemas.HelpLineOut.model_fields}
            for line in told.lines
        ],
        "emergency": told.emergency,
    }


def _hit(hit: Hit, query: str) -> dict[str, object]:
    item = hit.item
    pieces = excerpt(item.text, query)
    return {
        "id": item.id,
        "kind": item.kind,
        "title": line(item.title),
        "excerpt": "".join(piece.text for piece in pieces),
        "marks": _marks(pieces),
        "room": item.room,
        "room_name": line(hit.room_name),
        "account": item.account,
        "aliases": list(item.aliases),
        "avatar": item.avatar,
        "language": item.language,
        "members": item.members,
        "at": item.at,
        "world_readable": item.facts.world_readable,
        "join_rule": item.facts.join_rule,
        "link": web_link(item),
        "uri": own_link(item),
    }


def _marks(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    marks, at = [], 0
    for piece in pieces:
        if piece.marked:
            marks.append((at, at + len(piece.text)))
        at += len(piece.text)
    return marks
