"""What the API of the search takes and gives, as it stands in its OpenAPI document."""

from datetime import datetime
from typing import Annotated

from ninja import Field
from pydantic import StringConstraints

from evenhand.desk.api.schemas import Strict
from evenhand.desk.search.limits import (
    API_HITS_MAX,
    HITS_PER_PAGE,
    MEMBERS_MAX,
    PREFIX_CHARACTERS_MAX,
    ROOM_ID_CHARACTERS_MAX,
)
from evenhand.search.limits import QUERY_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX
from evenhand.search.lists import ItemKind

LanguageCode = Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")]


class SearchIn(Strict):
    """One query; the country is that of the caller's network and cannot be chosen."""

    q: str = Field(
        min_length=1,
        max_length=QUERY_CHARACTERS_MAX,
        description="words in any language; there is no syntax",
    )
    kind: list[ItemKind] = Field(
        default=[], max_length=len(ItemKind), description="any of these; none named: all"
    )
    language: LanguageCode = Field(default="", description="ISO 639-1")
    members_min: int = Field(default=0, ge=0, le=MEMBERS_MAX)
    members_max: int | None = Field(default=None, ge=0, le=MEMBERS_MAX)
    room: str = Field(
        default="", max_length=ROOM_ID_CHARACTERS_MAX, description="id of the room to look in"
    )
    limit: int = Field(default=HITS_PER_PAGE, ge=1, le=API_HITS_MAX)
    after: str = Field(
        default="",
        max_length=TOKEN_CHARACTERS_MAX,
        description="`after` of the page before, of the same query",
    )


class SuggestIn(Strict):
    """The beginning of a query."""

    q: str = Field(min_length=1, max_length=PREFIX_CHARACTERS_MAX)


class HitOut(Strict):
    """One thing that was found."""

    id: str = Field(description="of the room, the event or the account")
    kind: ItemKind
    title: str = Field(description="name of a room or an account; empty for a post")
    excerpt: str = Field(description="of a room's topic or a post, around the first word found")
    marks: list[tuple[int, int]] = Field(
        description="begin and end of the words found in the excerpt, in Unicode code points"
    )
    room: str = Field(description="id of the room it is in; empty for an account")
    room_name: str = Field(description="of a post, what its room is called; else empty")
    account: str = Field(description="who wrote it, or the account itself; empty for a room")
    aliases: list[str]
    avatar: str = Field(description="mxc:// address, if there is one")
    language: str = Field(description="ISO 639-1, empty where nobody can tell")
    members: int
    at: datetime = Field(description="when it was written, a room was last written in; UTC")
    world_readable: bool = Field(description="whether anybody may read the room's history")
    join_rule: str = Field(description="of a room, as Matrix calls it")
    link: str = Field(description="permalink of matrix.to")
    uri: str = Field(description="`matrix:` address")


class HelpLineOut(Strict):
    """Who helps."""

    name: str
    phone: str = Field(description="as it is dialled in the country; empty where there is none")
    url: str
    languages: list[str] = Field(description="ISO 639-1")
    hours: str
    about: str


class HelpOut(Strict):
    """What is given in place of results, in the language of `Accept-Language`."""

    topic: str = Field(description="the topic of the query policy that the query seeks")
    title: str
    text: list[str] = Field(description="sentences for whoever asked")
    lines: list[HelpLineOut]
    emergency: str = Field(description="number of the emergency services in the country")


class SearchOut(Strict):
    """One page of what was found."""

    results: list[HitOut]
    after: str = Field(description="asks for the next page; empty where there is none")
    help: HelpOut | None = Field(description="where the query policy names what the query seeks")


class SuggestOut(Strict):
    """What a beginning may be completed to, the best first."""

    suggestions: list[str]


class TrendingOut(Strict):
    """What many look for these days."""

    terms: list[str]
