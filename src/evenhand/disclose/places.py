"""Which message is meant, and whom this tool talks to."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from evenhand.base.errors import InputRefused

MATRIX_TO = "matrix.to"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_ROOM = re.compile(r"![^\s/?]{1,254}")
_EVENT = re.compile(r"\$[^\s/?]{1,254}")


@dataclass(frozen=True, slots=True)
class Place:
    """A message: its room and its id."""

    room: str
    event: str


def place_of(link: str) -> Place:
    """Gives the message that a link names, as programs copy it: `https://matrix.to/…`, `matrix:…`.

    A link that names its room by an address (#…) is refused: an address may lead elsewhere
    tomorrow.
    """
    parts = urlsplit(link)
    if parts.scheme in {"https", "http"} and parts.hostname == MATRIX_TO:
        words = [unquote(word) for word in parts.fragment.partition("?")[0].strip("/").split("/")]
        found = tuple(words[:2])
    elif parts.scheme == "matrix":
        words = [unquote(word) for word in parts.path.split("/")]
        named = len(words) == 4 and words[0] == "roomid" and words[2] in {"e", "event"}
        found = (f"!{words[1]}", f"${words[3]}") if named else ()
    else:
        found = tuple(link.split())
    if len(found) != 2 or not _ROOM.fullmatch(found[0]) or not _EVENT.fullmatch(found[1]):
        raise InputRefused(
            what="message",
            why="no link to a message: matrix.to, matrix:, or the ids of room and message",
        )
    return Place(*found)


def checked_address(text: str, *, what: str) -> str:
    """Gives an address that may be told secrets: over TLS, or on this machine."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputRefused(what=what, why="no address") from error
    if parts.scheme not in {"https", "http"} or not host or parts.username or parts.query:
        raise InputRefused(what=what, why="must be an address such as https://desk.example")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise InputRefused(what=what, why="needs https: a key would travel in the open")
    return text.rstrip("/")
