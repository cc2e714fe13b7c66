"""What somebody asks the search, and what they are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evenhand.search.items import Item
from evenhand.search.lists import ItemKind


@dataclass(frozen=True, slots=True)
class Filters:
    """What hits must be; nothing named means anything.

    kinds        rooms, posts, accounts
    language     ISO 639-1
    members_min  people in the room, at least
    members_max  people in the room, at most
    room         posts of this room alone
    """

    kinds: frozenset[ItemKind] = frozenset()
    language: str = ""
    members_min: int = 0
    members_max: int | None = None
    room: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One query; it carries no account.

    text      what was typed, as it came
    country   ISO 3166-1 alpha-2 of who asks; empty: in no country that is known of this account;
              None: cannot be placed at all, and is shown nothing that is hidden anywhere
    language  ISO 639-1 in which help is given
    typing    the last word is not finished
    after     the token of the page before; empty for the first
    limit     hits of one page
    network   stands for the network of who asks, today; empty: the query is not counted among what
              many look for
    """

    text: str
    country: str | None
    language: str = "en"
    filters: Filters = field(default_factory=Filters)
    typing: bool = False
    after: str = ""
    limit: int = 20
    network: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One item found.

    score      orders the hits of one query and means nothing beside
    room_name  of a post, what its room is called; empty if nobody knows, or it may not be seen
    """

    item: Item
    score: float
    room_name: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What one query is answered.

    hits   the best first; never one of an earlier page of the same query
    after  the token of the next page; empty where there is none
    topic  the topic of the query policy that the query seeks: then there are no hits, but help
    """

    hits: tuple[Hit, ...] = ()
    after: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """What speaks for or against rooms beside their words, by room id.

    Factors by which the relevance of a room's hits is multiplied, 0.5 to 1.5; 1 where none stands.
    """

    factors: Mapping[str, float] = field(default_factory=dict)
