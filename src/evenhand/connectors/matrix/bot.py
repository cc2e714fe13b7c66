"""The desk's own Matrix account, over the plain client API with a token of its own.

It reads unencrypted chats alone: no key of anybody's is ever here. Whoever writes in an encrypted
chat is told so by the conversation, and what they wrote is not read.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from urllib.parse import quote
from uuid import UUID

import httpx

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.appeals.ports import Heard, Invited, Said
from evenhand.base.errors import NotAllowed, NotFound, Unavailable
from evenhand.connectors.matrix.client import CALL_SECONDS_MAX, CONNECT_SECONDS_MAX
from evenhand.connectors.matrix.notices import DECISION_FIELD

TIMELINE_EVENTS_MAX = 100
"""Messages of one chat in one look; the conversation answers far fewer of one account."""

BODY_CHARACTERS_MAX = 16_000
"""Characters that are read of one message: four objections."""

FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "ephemeral": {"types": []},
            "account_data": {"types": []},
            "state": {"types": [], "lazy_load_members": True},
            "timeline": {
                "limit": TIMELINE_EVENTS_MAX,
                "types": ["m.room.message", "m.room.encrypted"],
            },
        },
    }
)

Values = Mapping[str, object]


class MatrixDeskAccount:
    """The desk's account at a homeserver."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        seconds_max: float = CALL_SECONDS_MAX,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/_matrix/client/v3",
            headers={"Authorization": f"Bearer {token}"},
            transport=transport,
            timeout=httpx.Timeout(seconds_max, connect=CONNECT_SECONDS_MAX),
        )
        self._name = ""

    @property
    def name(self) -> str:
        """Gives the account's own id, asked of the homeserver once."""
        if not self._name:
            self._name = str(self._call("GET", "/account/whoami").get("user_id", ""))
        return self._name

    def listen(self, since: str) -> Heard:
        """Gives what came since then; with an empty `since` the open invitations alone."""
        query = {"filter": FILTER, "timeout": "0", **({"since": since} if since else {})}
        answer = self._call("GET", "/sync", query=query)
        rooms = _values(answer.get("rooms"))
        invited = tuple(self._invited(_values(rooms.get("invite"))))
        said = tuple(self._said(_values(rooms.get("join")))) if since else ()
        return Heard(since=str(answer.get("next_batch", "")), invited=invited, said=said)

    def join(self, room: str) -> None:
        """Enters a chat that it was invited to; gives up quietly where that is over."""
        try:
            self._call("POST", f"/rooms/{_in_path(room)}/join", body={})
        except (NotAllowed, NotFound):
            return

    def leave(self, room: str) -> None:
        """Leaves a chat, or declines to enter it."""
        try:
            self._call("POST", f"/rooms/{_in_path(room)}/leave", body={})
        except (NotAllowed, NotFound):
            return

    def members(self, room: str) -> int:
        """Gives how many are in a chat; 0 where it is in it no more."""
        try:
            answer = self._call("GET", f"/rooms/{_in_path(room)}/joined_members")
        except (NotAllowed, NotFound):
            return 0
        return len(_values(answer.get("joined")))

    def say(self, room: str, text: str, *, key: str, decision: UUID | None = None) -> None:
        """Writes into a chat; the same key twice arrives once while the homeserver knows it."""
        content: dict[str, object] = {"msgtype": "m.notice", "body": text}
        if decision is not None:
            content[DECISION_FIELD] = str(decision)
        transaction = sha256(key.encode()).hexdigest()[:32]
        try:
            self._call(
                "PUT", f"/rooms/{_in_path(room)}/send/m.room.message/{transaction}", body=content
            )
        except (NotAllowed, NotFound):
            return  # the person has left the chat, or closed it

    def decision_in(self, room: str, event: str) -> UUID | None:
        """Gives the decision that an own message speaks of; None for anybody else's message."""
        try:
            found = self._call("GET", f"/rooms/{_in_path(room)}/event/{_in_path(event)}")
            if found.get("sender") != self.name:
                return None
            return UUID(str(_values(found.get("content")).get(DECISION_FIELD)))
        except (NotAllowed, NotFound, ValueError):
            return None

    def _invited(self, rooms: Values) -> Iterator[Invited]:
        for room, about in rooms.items():
            for event in _events(_values(_values(about).get("invite_state"))):
                content = _values(event.get("content"))
                if event.get("state_key") == self.name and content.get("membership") == "invite":
                    direct = content.get("is_direct") is True
                    yield Invited(room, str(event.get("sender", "")), direct=direct)

    def _said(self, rooms: Values) -> Iterator[Said]:
        for room, about in rooms.items():
            for event in _events(_values(_values(about).get("timeline"))):
                said = self._one(room, event)
                if said is not None:
                    yield said

    def _one(self, room: str, event: Values) -> Said | None:
        """Gives a message of somebody else; own ones, notices and edits are none."""
        sender, content = str(event.get("sender", "")), _values(event.get("content"))
        relates = _values(content.get("m.relates_to"))
        edited = relates.get("rel_type") == "m.replace"
        if sender == self.name or content.get("msgtype") == "m.notice" or edited or not content:
            return None
        encrypted = event.get("type") == "m.room.encrypted"
        body = content.get("body")
        readable = content.get("msgtype") == "m.text" and isinstance(body, str)
        return Said(
            event=str(event.get("event_id", "")),
            room=room,
            sender=sender,
            text=str(body)[:BODY_CHARACTERS_MAX] if readable and not encrypted else None,
            encrypted=encrypted,
            answers="" if encrypted else _answered(relates),
        )

    def _call(
        self, method: str, path: str, *, body: Values | None = None, query: Values | None = None
    ) -> Values:
        call = path.rsplit("/", maxsplit=1)[-1] if path.count("/") == 1 else "room"
        try:
            answer = self._http.request(
                method, path, json=body, params={k: str(v) for k, v in (query or {}).items()}
            )
        except httpx.TransportError as error:
            raise Unavailable(peer="synapse", call=call, why=type(error).__name__) from error
        status = answer.status_code
        if status == httpx.codes.NOT_FOUND:
            raise NotFound(peer="synapse", call=call, status=status)
        if status in {httpx.codes.FORBIDDEN, httpx.codes.BAD_REQUEST}:
            raise NotAllowed(peer="synapse", call=call, status=status)
        if not answer.is_success:
            # Rate limits, outages, and a token that is not known today.
            raise Unavailable(peer="synapse", call=call, status=status)
        try:
            return _values(answer.json())
        except ValueError as error:
            raise Unavailable(peer="synapse", call=call, why="not JSON") from error


def _answered(relates: Values) -> str:
    """Gives the message that another answers: its thread's first, else the one replied to."""
    threaded = relates.get("rel_type") == "m.thread"
    named = relates if threaded else _values(relates.get("m.in_reply_to"))
    event = str(named.get("event_id") or "")
    # What is longer is no id; an address made of it might be refused in a way that looks like an
    # outage, and the same message would come again and again.
    return event if len(event.encode(errors="replace")) <= ID_LENGTH_MAX else ""


def _events(value: Values) -> Iterator[Values]:
    events = value.get("events")
    for one in events if isinstance(events, list) else []:
        if isinstance(one, dict):
            yield one


def _values(value: object) -> Values:
    return value if isinstance(value, dict) else {}


def _in_path(text: str) -> str:
    return quote(text, safe="")
