"""What of Synapse's answers about rooms somebody may not find is taken out: pure, by path.

A page of the public directory is filled up again after something was taken out, and its tokens
are locked: Synapse's tokens hold the id of the room at the edge of a page.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlencode

from evenhand.base.errors import InputRefused
from evenhand.base.sealing import lock, unlock

Content = Mapping[str, object]
Hides = Callable[[str], bool]


class Ask(StrEnum):
    """What is asked of rooms that one is not in."""

    ROOMS = "rooms"
    ALIAS = "alias"
    HIERARCHY = "hierarchy"
    SUMMARY = "summary"
    REPORT = "report"


_CLIENT = r"/_matrix/client/(?:api/v1|r0|v3|unstable)"
_SUMMARY = (
    r"/_matrix/client/(?:v1/room_summary/([^/]+)"
    r"|unstable/im\.nheko\.summary/(?:summary/([^/]+)|rooms/([^/]+)/summary))"
)
_PATHS = {
    Ask.ROOMS: re.compile(rf"{_CLIENT}/publicRooms"),
    Ask.ALIAS: re.compile(rf"{_CLIENT}/directory/room/([^/]+)"),
    Ask.HIERARCHY: re.compile(r"/_matrix/client/v1/rooms/([^/]+)/hierarchy"),
    Ask.SUMMARY: re.compile(_SUMMARY),
    Ask.REPORT: re.compile(r"/_matrix/client/v3/rooms/([^/]+)/report"),
}
"""The paths as Synapse 1.163 has them (rest/client/room.py, directory.py); nothing is decoded
before the match, as Synapse does not either, so that no other spelling leads past this list."""

METHODS = {
    Ask.ROOMS: frozenset({"GET", "POST"}),
    Ask.ALIAS: frozenset({"GET", "PUT", "DELETE"}),
    Ask.HIERARCHY: frozenset({"GET"}),
    Ask.SUMMARY: frozenset({"GET"}),
    Ask.REPORT: frozenset({"POST"}),
}
"""What is passed on; an alias is also made and taken away at the path where it is asked for."""


@dataclass(frozen=True, slots=True)
class Route:
    """One call that this proxy answers; `name` is the room or alias asked about."""

    ask: Ask
    path: str
    query: str
    name: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What Synapse says where nothing is there; a hidden room is answered the same."""

    status: int
    errcode: str
    error: str


def route_of(target: str) -> Route | None:
    """Gives what a request asks for; None where it is none of ours."""
    path, _, query = target.partition("?")
    for ask, pattern in _PATHS.items():
        found = pattern.fullmatch(path)
        if found:
            name = next((unquote(one) for one in found.groups() if one), "")
            return Route(ask, path, query, name)
    return None


def missing(route: Route, account: str) -> Missing:
    """Gives the answer for a room that is not there, in Synapse's own words."""
    match route.ask:
        case Ask.ALIAS:
            return Missing(404, "M_NOT_FOUND", f"Room alias {route.name} not found")
        case Ask.HIERARCHY:
            who = account or "None"
            words = f"User {who} not in room {route.name}, and room previews are disabled"
            return Missing(403, "M_FORBIDDEN", words)
        case Ask.SUMMARY if route.name.startswith("#"):
            return Missing(404, "M_NOT_FOUND", f"Room alias {route.name} not found")
        case Ask.SUMMARY if "via" not in dict(parse_qsl(route.query, keep_blank_values=True)):
            return Missing(400, "M_UNKNOWN", "Missing via to query remote room")
        case Ask.SUMMARY | Ask.ROOMS | Ask.REPORT:
            return Missing(404, "M_NOT_FOUND", "Room not found or is not accessible")


def without(answer: Content, route: Route, hides: Hides) -> Content | None:
    """Gives an answer without the rooms that are hidden; None where the answer is about one.

    Raises `InputRefused` where the answer has not the shape that Synapse gives it.
    """
    match route.ask:
        case Ask.ROOMS:
            return {**answer, "chunk": rooms_shown(answer, hides)}
        case Ask.HIERARCHY:
            if hides(route.name):
                return None
            rooms = [_pruned(one, hides) for one in _list(answer, "rooms") if _ok(one, hides)]
            return {**answer, "rooms": rooms}
        case Ask.ALIAS | Ask.SUMMARY | Ask.REPORT:
            return answer if _ok(answer, hides) else None


def rooms_shown(page: Content, hides: Hides) -> list[object]:
    """Gives the rooms of a page of the directory that are not hidden."""
    return [one for one in _list(page, "chunk") if _ok(one, hides)]


class Tokens:
    """Paging tokens that say nothing to those who carry them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def close(self, token: str) -> str:
        """Gives a token as clients get it."""
        return urlsafe_b64encode(lock(token.encode(), key=self._key)).decode().rstrip("=")

    def open(self, token: str) -> str:
        """Gives Synapse's token, or refuses one that was not made here."""
        padded = token + "=" * (-len(token) % 4)
        try:
            return unlock(urlsafe_b64decode(padded.encode()), key=self._key).decode()
        except ValueError as error:
            raise InputRefused(what="token", why="not one of ours") from error


@dataclass(frozen=True, slots=True)
class PageAsk:
    """What a client wants of the directory; `limit` 0 is all that Synapse gives at once."""

    method: str
    query: tuple[tuple[str, str], ...]
    body: Content
    limit: int

    def asking(self, since: str, limit: int) -> tuple[str, bytes]:
        """Gives query and body of a call to Synapse, from a place on and so many rooms."""
        paging = {"since": since} if since else {}
        if self.method == "GET":
            pairs = [pair for pair in self.query if pair[0] not in ("since", "limit")]
            pairs += list(paging.items()) + ([("limit", str(limit))] if limit else [])
            return urlencode(pairs), b""
        body = {name: value for name, value in self.body.items() if name != "since"}
        body |= {**paging, "limit": limit}
        return urlencode(self.query), json.dumps(body).encode()


def page_ask(method: str, query: str, body: bytes, tokens: Tokens) -> tuple[PageAsk, str]:
    """Gives what a client wants of the directory, and Synapse's token for where it starts."""
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    named = dict(pairs)
    content: Content = {}
    since: object = named.get("since", "")
    limit: object = named.get("limit", "0")
    if method == "POST":
        content = parsed(body or b"{}")
        since, limit = content.get("since") or "", content.get("limit", ROOMS_DEFAULT)
    try:
        count = int(str(limit))
    except ValueError as error:
        raise InputRefused(what="limit", why="not a number") from error
    if not isinstance(since, str) or count < 0:
        raise InputRefused(what="page", why="not a token and a number")
    wanted = PageAsk(method, pairs, content, count)
    return wanted, tokens.open(since) if since else ""


ROOMS_DEFAULT = 100
"""Rooms of one page where a POST does not say: as Synapse has it."""


def parsed(body: bytes) -> Content:
    """Gives a JSON object, or refuses the bytes."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputRefused(what="body", why="not JSON") from error
    if not isinstance(value, dict):
        raise InputRefused(what="body", why="no JSON object")
    return value


def _ok(room: object, hides: Hides) -> bool:
    """Tells whether a room may be shown; one that does not name itself may not."""
    if not isinstance(room, dict) or not isinstance(room.get("room_id"), str):
        raise InputRefused(what="answer", why="a room without id")
    return not hides(room["room_id"])


def _pruned(room: object, hides: Hides) -> Content:
    """Gives a room of a space without its links to hidden rooms."""
    assert isinstance(room, dict)
    links = room.get("children_state")
    if links is None:
        return room
    if not isinstance(links, list):
        raise InputRefused(what="answer", why="no list of children")
    kept = [link for link in links if isinstance(link, dict) and not hides(_child(link))]
    return {**room, "children_state": kept}


def _child(link: Content) -> str:
    return str(link.get("state_key", ""))


def _list(answer: Content, name: str) -> list[object]:
    value = answer.get(name)
    if not isinstance(value, list):
        raise InputRefused(what="answer", why=f"no list {name}")
    return value
