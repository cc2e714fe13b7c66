"""Synapse as anybody sees it: the client API with the token of an account that has no rights.

The account is in no room. Synapse (1.163) lets it read messages, state and members of rooms whose
history is `world_readable`, and refuses all others (403); of rooms in the directory it tells the
summary, and with that whether they are encrypted. So what is not public cannot come in here.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import httpx

from evenhand.base.errors import Unavailable

Json = Mapping[str, object]

SECONDS_MAX = 30.0
PAGE_EVENTS = 100
PAGE_ROOMS = 200
PATIENCE = 5
"""Times that a call is made again where Synapse asks for a pause (M_LIMIT_EXCEEDED)."""

PAUSE_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Events:
    """A page of events; `end` is None where nothing follows."""

    events: tuple[Json, ...]
    start: str
    end: str | None


class Peek:
    """Reads what is public; None or nothing where Synapse does not let it."""

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=SECONDS_MAX,
            transport=transport,
        )

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def directory(self, since: str = "") -> tuple[list[str], str]:
        """Gives rooms of the public directory, and where the next page begins; empty at its end."""
        query = {"limit": str(PAGE_ROOMS), **({"since": since} if since else {})}
        answer = self._asked("/_matrix/client/v3/publicRooms", query) or {}
        return [str(one["room_id"]) for one in _list(answer, "chunk")], str(
            answer.get("next_batch") or ""
        )

    def listed(self, room: str) -> bool:
        """Tells whether a room is in the public directory."""
        answer = self._asked(f"/_matrix/client/v3/directory/list/room/{_in_path(room)}")
        return answer is not None and answer.get("visibility") == "public"

    def summary(self, room: str) -> Json | None:
        """Gives what strangers are told of a room (MSC3266)."""
        return self._asked(f"/_matrix/client/v1/room_summary/{_in_path(room)}")

    def state(self, room: str, event_type: str) -> Json | None:
        """Gives the content of a state event of a readable room."""
        path = f"/_matrix/client/v3/rooms/{_in_path(room)}/state/{_in_path(event_type)}/"
        return self._asked(path)

    def messages(
        self,
        room: str,
        *,
        start: str | None,
        direction: Literal["f", "b"],
        limit: int = PAGE_EVENTS,
    ) -> Events | None:
        """Gives a page of a readable room's events."""
        query = {"dir": direction, "limit": str(limit), **({"from": start} if start else {})}
        answer = self._asked(f"/_matrix/client/v3/rooms/{_in_path(room)}/messages", query)
        if answer is None:
            return None
        end = answer.get("end")
        return Events(
            tuple(_list(answer, "chunk")), str(answer["start"]), None if end is None else str(end)
        )

    def event(self, room: str, event: str) -> Json | None:
        """Gives an event of a readable room as it is now, with its newest edit."""
        return self._asked(f"/_matrix/client/v3/rooms/{_in_path(room)}/event/{_in_path(event)}")

    def members(self, room: str) -> Mapping[str, Json] | None:
        """Gives who is in a readable room, with name and picture."""
        answer = self._asked(f"/_matrix/client/v3/rooms/{_in_path(room)}/joined_members")
        joined = None if answer is None else answer.get("joined")
        return joined if isinstance(joined, dict) else None

    def profile(self, account: str) -> Json | None:
        """Gives what everybody may know of an account."""
        return self._asked(f"/_matrix/client/v3/profile/{_in_path(account)}")

    def _asked(self, path: str, query: Mapping[str, str] | None = None) -> Json | None:
        status = 0
        for _ in range(PATIENCE):
            try:
                answer = self._http.get(path, params=query)
            except httpx.TransportError as error:
                raise Unavailable(peer="synapse", why=type(error).__name__) from error
            status = answer.status_code
            if answer.status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
                return None
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                time.sleep(_pause(answer))
                continue
            if not answer.is_success:
                break
            try:
                value = answer.json()
            except json.JSONDecodeError as error:
                raise Unavailable(peer="synapse", why="not JSON") from error
            return value if isinstance(value, dict) else None
        raise Unavailable(peer="synapse", status=status)


def _pause(answer: httpx.Response) -> float:
    try:
        wanted = float(answer.json().get("retry_after_ms", 500)) / 1000
    except (ValueError, AttributeError):
        wanted = 0.5
    return min(wanted, PAUSE_SECONDS_MAX)


def _list(answer: Json, name: str) -> Sequence[Json]:
    found = answer.get(name)
    if not isinstance(found, list):
        raise Unavailable(peer="synapse", why="answer of another shape")
    return [one for one in found if isinstance(one, dict)]


def _in_path(text: str) -> str:
    return quote(text, safe="")
