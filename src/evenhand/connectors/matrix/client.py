"""Synapse over HTTP: the admin API, and the client API where the admin API has no call.

Nothing is tried again here: the delivery does that. An answer that may change by itself (no
connection, timeout, 5xx, rate limit) is `Unavailable`; what will not change is `NotAllowed` or
`NotFound`. Errors carry the name of the call, never its arguments.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

import httpx

from evenhand.base.clock import now
from evenhand.base.errors import NotAllowed, NotFound, Unavailable
from evenhand.base.personal import IpAddress, PhoneNumber, reveal
from evenhand.connectors.pictures import HEAD_BYTES, is_picture

Content = Mapping[str, object]

CALL_SECONDS_MAX = 10.0
"""Seconds that one call may take: emptying or reading a room is several calls."""

CONNECT_SECONDS_MAX = 2.0

FILE_HASHES = ("sha256", "sha1", "md5")
"""Kinds of hash that lists of known files hold; the last two find files, and prove nothing."""

PUPPET_MINUTES = 5
"""Minutes that a token for acting on a member's behalf lives, should its logout be lost."""

TOKEN_ERRORS = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})
"""A token that is not known today (a restored database, a rotated key) is an outage: were it
taken for a refusal, everything that waits would be given up."""

PAGE_EVENTS = 100
"""Events in one page of a room's messages."""


@dataclass(frozen=True, slots=True)
class MatrixEvent:
    """One event in a room, as Synapse keeps it."""

    id: str
    room: str
    sender: str
    type: str
    time: datetime
    content: Content
    redacted: bool
    state_key: str | None = None


@dataclass(frozen=True, slots=True)
class FileRead:
    """The hashes of a file's bytes, and the bytes themselves if it may be a picture."""

    hashes: Mapping[str, bytes]
    picture: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a room's events; `end` is None where nothing follows."""

    events: tuple[MatrixEvent, ...]
    start: str
    end: str | None


@dataclass(frozen=True, slots=True)
class MatrixRoom:
    """What Synapse says of a room."""

    id: str
    name: str
    alias: str
    creator: str
    join_rule: str
    encrypted: bool
    listed: bool
    members: int
    members_local: int


@dataclass(frozen=True, slots=True)
class MatrixAccount:
    """What Synapse says of a local account."""

    id: str
    display_name: str
    created: datetime
    suspended: bool
    locked: bool
    deactivated: bool


@dataclass(frozen=True, slots=True)
class RedactionState:
    """How far the redaction of an account's events is; `failed` are event ids."""

    done: bool
    failed: tuple[str, ...]


class MatrixClient:
    """Synapse as its administrator; safe to use from several threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        seconds_max: float = CALL_SECONDS_MAX,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._token = token
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            transport=transport,
            timeout=httpx.Timeout(seconds_max, connect=CONNECT_SECONDS_MAX),
        )

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    # Events and rooms

    def event(self, event_id: str) -> MatrixEvent:
        """Gives an event, with its content even after redaction while Synapse keeps it (7 days)."""
        path = f"/_synapse/admin/v1/fetch_event/{_in_path(event_id)}"
        answer = self._call("fetch_event", "GET", path)
        return _event(_mapping(answer["event"]), event_id)

    def kept_event(self, event_id: str) -> Content:
        """Gives an event as homeservers pass it on: with its hashes and signatures."""
        path = f"/_synapse/admin/v1/fetch_event/{_in_path(event_id)}"
        return _mapping(self._call("kept_event", "GET", path)["event"])

    def event_in_room(self, room: str, event_id: str) -> MatrixEvent:
        """Gives an event as members see it: its content is empty once it is redacted.

        `fetch_event` cannot tell this: it answers with the original content.
        """
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/context/{_in_path(event_id)}"
        answer = self._call("event_in_room", "GET", path, query={"limit": "0"})
        return _event(_mapping(answer["event"]), event_id, room)

    def context(self, room: str, event_id: str, *, each_side: int) -> tuple[MatrixEvent, ...]:
        """Gives an event as members see it among those around it, the oldest first."""
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/context/{_in_path(event_id)}"
        answer = self._call("context", "GET", path, query={"limit": str(2 * each_side)})
        before = [_mapping(value) for value in _sequence(answer.get("events_before", []))]
        after = [_mapping(value) for value in _sequence(answer.get("events_after", []))]
        rows = [*before[::-1], _mapping(answer["event"]), *after]
        return tuple(_event(row, str(row["event_id"]), room) for row in rows)

    def report_page(self, kind: str, *, start: int, limit: int) -> tuple[list[Content], int | None]:
        """Gives reports of one kind (`event_reports`, `user_reports`), the newest first.

        With them comes where the next page begins; None after the last.
        """
        query = {"from": str(start), "limit": str(limit), "dir": "b"}
        answer = self._call(kind, "GET", f"/_synapse/admin/v1/{kind}", query=query)
        follows = answer.get("next_token")
        rows = [_mapping(one) for one in _sequence(answer[kind])]
        return rows, follows if isinstance(follows, int) else None

    def event_report(self, number: int) -> Content:
        """Gives one report of an event, with the event as it was signed."""
        return self._call("event_report", "GET", f"/_synapse/admin/v1/event_reports/{number}")

    def room(self, room: str) -> MatrixRoom:
        """Gives what is known of a room."""
        answer = self._call("room", "GET", f"/_synapse/admin/v1/rooms/{_in_path(room)}")
        return _room(answer)

    def room_version(self, room: str) -> str:
        """Gives the version of a room, by which its events are hashed and signed."""
        answer = self._call("room_version", "GET", f"/_synapse/admin/v1/rooms/{_in_path(room)}")
        return str(answer.get("version") or "")

    def rooms(self, start: int = 0) -> tuple[tuple[MatrixRoom, ...], int | None]:
        """Gives a page of all rooms, and where the next page starts."""
        query = {"from": str(start), "limit": "100", "order_by": "alphabetical"}
        answer = self._call("rooms", "GET", "/_synapse/admin/v1/rooms", query=query)
        following = answer.get("next_batch")
        rooms = tuple(_room(_mapping(value)) for value in _sequence(answer["rooms"]))
        return rooms, None if following is None else int(str(following))

    def members(self, room: str) -> tuple[str, ...]:
        """Gives the accounts that are joined to a room."""
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/members"
        answer = self._call("members", "GET", path)
        return tuple(str(value) for value in _sequence(answer["members"]))

    def state(self, room: str, event_type: str) -> dict[str, Content]:
        """Gives a room's current state of one type by its state keys."""
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/state"
        answer = self._call("state", "GET", path, query={"type": event_type})
        events = [_mapping(value) for value in _sequence(answer["state"])]
        return {str(event["state_key"]): _mapping(event["content"]) for event in events}

    def messages(
        self,
        room: str,
        *,
        start: str | None = None,
        direction: Literal["f", "b"] = "b",
        events_max: int = PAGE_EVENTS,
        sender: str = "",
        types: Sequence[str] = (),
    ) -> Page:
        """Gives a page of a room's events, from its newest or oldest end or from `start`."""
        chosen: dict[str, object] = {"limit": events_max}
        if sender:
            chosen["senders"] = [sender]
        if types:
            chosen["types"] = list(types)
        query = {"dir": direction, "limit": str(events_max), "filter": json.dumps(chosen)}
        if start is not None:
            query["from"] = start
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/messages"
        answer = self._call("messages", "GET", path, query=query)
        events = tuple(
            _event(_mapping(value), str(_mapping(value)["event_id"]), room)
            for value in _sequence(answer["chunk"])
        )
        end = answer.get("end")
        return Page(events, str(answer["start"]), None if end is None else str(end))

    def make_room_admin(self, room: str, account: str) -> None:
        """Gives an account the power of the room's highest local member (who acts for it)."""
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/make_room_admin"
        self._call("make_room_admin", "POST", path, body={"user_id": account})

    def enter(self, room: str) -> None:
        """Joins the administrator, who was invited or may join by the room's rule."""
        path = f"/_matrix/client/v3/join/{_in_path(room)}"
        self._call("enter", "POST", path, body={})

    def join(self, room: str, account: str) -> None:
        """Joins a local account to a room; in a private room the administrator must be inside."""
        path = f"/_synapse/admin/v1/join/{_in_path(room)}"
        self._call("join", "POST", path, body={"user_id": account})

    def block(self, room: str, *, blocked: bool) -> None:
        """Blocks or unblocks joins and invitations to a room on this server."""
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/block"
        self._call("block", "PUT", path, body={"block": blocked})

    def blocked(self, room: str) -> bool:
        """Tells whether a room is blocked."""
        path = f"/_synapse/admin/v1/rooms/{_in_path(room)}/block"
        return self._call("blocked", "GET", path)["block"] is True

    def list_room(self, room: str, *, listed: bool) -> None:
        """Puts a room into the public directory or takes it out."""
        path = f"/_matrix/client/v3/directory/list/room/{_in_path(room)}"
        body = {"visibility": "public" if listed else "private"}
        self._call("list_room", "PUT", path, body=body)

    def listed(self, room: str) -> bool:
        """Tells whether a room is in the public directory."""
        path = f"/_matrix/client/v3/directory/list/room/{_in_path(room)}"
        return self._call("listed", "GET", path)["visibility"] == "public"

    # Accounts

    def account(self, account: str) -> MatrixAccount:
        """Gives what is known of a local account."""
        answer = self._call("account", "GET", f"/_synapse/admin/v2/users/{_in_path(account)}")
        return _account(answer)

    def accounts(self, start: int = 0) -> tuple[tuple[str, ...], int | None]:
        """Gives local accounts, the newest first, and where the next page begins."""
        query = {"from": str(start), "limit": "100", "order_by": "creation_ts", "dir": "b"}
        answer = self._call("accounts", "GET", "/_synapse/admin/v2/users", query=query)
        names = tuple(str(_mapping(user)["name"]) for user in _sequence(answer["users"]))
        following = answer.get("next_token")
        return names, None if following is None else int(str(following))

    def contact(self, account: str) -> tuple[PhoneNumber | None, IpAddress | None]:
        """Gives an account's phone number and latest address: to place it, and for nothing else."""
        path = _in_path(account)
        known = self._call("contact", "GET", f"/_synapse/admin/v2/users/{path}")
        phones = [
            PhoneNumber(str(one["address"]))
            for one in map(_mapping, _sequence(known.get("threepids") or []))
            if one.get("medium") == "msisdn"
        ]
        seen = self._call("contact", "GET", f"/_synapse/admin/v1/whois/{path}")
        latest = max(_connections(seen), default=None)
        return phones[0] if phones else None, IpAddress(latest[1]) if latest else None

    def phones(self, account: str) -> tuple[str, ...]:
        """Gives an account's phone numbers as digits: for a disclosure, and for nothing else."""
        known = self._call("phones", "GET", f"/_synapse/admin/v2/users/{_in_path(account)}")
        return tuple(
            str(one["address"])
            for one in map(_mapping, _sequence(known.get("threepids") or []))
            if one.get("medium") == "msisdn"
        )

    def seen(self, account: str) -> tuple[tuple[datetime, str], ...]:
        """Gives when and from where each session was seen last: for a disclosure alone."""
        seen = self._call("seen", "GET", f"/_synapse/admin/v1/whois/{_in_path(account)}")
        return tuple((_moment(at), address) for at, address in _connections(seen))

    def account_with_phone(self, phone: PhoneNumber) -> str | None:
        """Gives the account that has a phone number."""
        digits = reveal(phone).removeprefix("+")
        path = f"/_synapse/admin/v1/threepid/msisdn/users/{_in_path(digits)}"
        try:
            return str(self._call("account_with_phone", "GET", path)["user_id"])
        except NotFound:
            return None

    def memberships(self, account: str) -> dict[str, str]:
        """Gives an account's rooms and its membership in each."""
        path = f"/_synapse/admin/v1/users/{_in_path(account)}/memberships"
        answer = self._call("memberships", "GET", path)
        return {room: str(value) for room, value in _mapping(answer["memberships"]).items()}

    def suspend(self, account: str, *, suspended: bool) -> None:
        """Suspends an account or lifts its suspension."""
        path = f"/_synapse/admin/v1/suspend/{_in_path(account)}"
        self._call("suspend", "PUT", path, body={"suspend": suspended})

    def lock(self, account: str, *, locked: bool) -> None:
        """Locks an account or unlocks it."""
        path = f"/_synapse/admin/v2/users/{_in_path(account)}"
        self._call("lock", "PUT", path, body={"locked": locked})

    def deactivate(self, account: str) -> None:
        """Closes an account; Synapse forgets its phone numbers and password."""
        path = f"/_synapse/admin/v1/deactivate/{_in_path(account)}"
        self._call("deactivate", "POST", path, body={"erase": False})

    def redact_account(
        self,
        account: str,
        rooms: Sequence[str],
        *,
        reason: str,
        only: MatrixEvent | None = None,
    ) -> str:
        """Begins to redact an account's events on its own behalf, and gives the task's id.

        With `use_admin` Synapse reports "complete" with every event failed where the
        administrator is no member; on the account's behalf it works, even if the account is
        suspended, locked or closed. `only` narrows it to the millisecond of one event.
        """
        path = f"/_synapse/admin/v1/user/{_in_path(account)}/redact"
        body: dict[str, object] = {
            "rooms": list(rooms),
            "reason": reason,
            "use_admin": False,
            "limit": 100_000,
        }
        if only is not None:
            sent = round(only.time.timestamp() * 1000)
            body |= {"after_ts": sent - 1, "before_ts": sent + 1}
        try:
            return str(self._call("redact_account", "POST", path, body=body)["redact_id"])
        except NotAllowed as error:
            if error.fields["status"] == httpx.codes.BAD_REQUEST:
                # "Redact already in progress for user": it will end.
                raise Unavailable(**error.fields) from error
            raise

    def redaction(self, task: str) -> RedactionState:
        """Tells how far a redaction task is; raises `Unavailable` where Synapse gave it up."""
        path = f"/_synapse/admin/v1/user/redact_status/{_in_path(task)}"
        answer = self._call("redaction", "GET", path)
        if answer["status"] == "failed":
            raise Unavailable(peer="synapse", call="redaction", why="task failed")
        failed = answer.get("failed_redactions")
        ids = tuple(_mapping(failed)) if failed else ()
        return RedactionState(done=answer["status"] == "complete", failed=ids)

    # On a member's behalf

    @contextmanager
    def acting_as(self, account: str) -> Iterator[str]:
        """Gives a short-lived token for a local account, and ends it afterwards."""
        path = f"/_synapse/admin/v1/users/{_in_path(account)}/login"
        until = now() + timedelta(minutes=PUPPET_MINUTES)
        body = {"valid_until_ms": int(until.timestamp() * 1000)}
        token = str(self._call("login_as", "POST", path, body=body)["access_token"])
        try:
            yield token
        finally:
            self._logout(token)

    def leave(self, room: str, *, token: str, reason: str) -> None:
        """Makes the holder of a token leave a room."""
        path = f"/_matrix/client/v3/rooms/{_in_path(room)}/leave"
        self._call("leave", "POST", path, body={"reason": reason}, token=token)

    def kick(self, room: str, account: str, *, reason: str) -> None:
        """Removes a member of less power than the administrator, who must be in the room."""
        path = f"/_matrix/client/v3/rooms/{_in_path(room)}/kick"
        self._call("kick", "POST", path, body={"user_id": account, "reason": reason})

    def redact(
        self, room: str, event_id: str, *, transaction: str, reason: str, token: str | None = None
    ) -> None:
        """Redacts one event as the administrator or as the holder of a token."""
        path = (
            f"/_matrix/client/v3/rooms/{_in_path(room)}/redact/"
            f"{_in_path(event_id)}/{_in_path(transaction)}"
        )
        self._call("redact", "PUT", path, body={"reason": reason}, token=token)

    def set_state(
        self, room: str, event_type: str, content: Content, *, token: str | None = None
    ) -> None:
        """Sets a room's state of one type as the administrator or as the holder of a token."""
        path = f"/_matrix/client/v3/rooms/{_in_path(room)}/state/{_in_path(event_type)}/"
        self._call("set_state", "PUT", path, body=content, token=token)

    # The administrator's own notes

    def note(self, account: str, room: str, name: str) -> Content | None:
        """Gives a note that the administrator's account keeps on a room."""
        path = _note_path(account, room, name)
        try:
            return self._call("note", "GET", path)
        except NotFound:
            return None

    def keep_note(self, account: str, room: str, name: str, content: Content) -> None:
        """Keeps a note on a room in the administrator's account data."""
        self._call("keep_note", "PUT", _note_path(account, room, name), body=content)

    # Media and notices

    def quarantine(self, server: str, media: str, *, quarantined: bool) -> None:
        """Puts a file into quarantine or takes it out."""
        verb = "quarantine" if quarantined else "unquarantine"
        path = f"/_synapse/admin/v1/media/{verb}/{_in_path(server)}/{_in_path(media)}"
        self._call(verb, "POST", path, body={})

    def quarantined(self, server: str, media: str) -> bool:
        """Tells whether a file is in quarantine."""
        path = f"/_synapse/admin/v1/media/{_in_path(server)}/{_in_path(media)}"
        info = _mapping(self._call("media", "GET", path)["media_info"])
        return info.get("quarantined_by") is not None

    def sha256(self, server: str, media: str) -> bytes | None:
        """Gives the SHA-256 of a file, where Synapse made one."""
        path = f"/_synapse/admin/v1/media/{_in_path(server)}/{_in_path(media)}"
        value = _mapping(self._call("media", "GET", path)["media_info"]).get("sha256")
        return bytes.fromhex(value) if isinstance(value, str) else None

    def read_file(self, server: str, media: str, *, bytes_max: int) -> FileRead | None:
        """Gives the hashes of a file by reading it; None if it is longer than that."""
        path = f"/_matrix/client/v1/media/download/{_in_path(server)}/{_in_path(media)}"
        made = {name: hashlib.new(name, usedforsecurity=False) for name in FILE_HASHES}
        headers, left = {"Authorization": f"Bearer {self._token}"}, bytes_max
        picture, shows = bytearray(), False
        try:
            with self._http.stream("GET", path, headers=headers) as answer:
                if not answer.is_success:
                    answer.read()
                    _check("read_file", answer)
                for chunk in answer.iter_bytes():
                    if left == bytes_max:
                        shows = is_picture(chunk[:HEAD_BYTES])
                    left -= len(chunk)
                    if left < 0:
                        return None
                    for one in made.values():
                        one.update(chunk)
                    if shows:
                        picture += chunk
        except httpx.TransportError as error:
            why = type(error).__name__
            raise Unavailable(peer="synapse", call="read_file", why=why) from error
        return FileRead({name: one.digest() for name, one in made.items()}, bytes(picture))

    def download(self, server: str, media: str) -> tuple[str, bytes]:
        """Gives a file's media type and bytes."""
        path = f"/_matrix/client/v1/media/download/{_in_path(server)}/{_in_path(media)}"
        answer = self._send("download", "GET", path)
        return answer.headers.get("content-type", "application/octet-stream"), answer.content

    def send_notice(self, account: str, content: Content, *, transaction: str) -> str:
        """Sends a server notice, and gives its event id."""
        path = f"/_synapse/admin/v1/send_server_notice/{_in_path(transaction)}"
        body = {"user_id": account, "content": content}
        return str(self._call("send_notice", "PUT", path, body=body)["event_id"])

    def server_keys(self) -> Content:
        """Gives the list of keys that the homeserver publishes of itself."""
        return self._call("server_keys", "GET", "/_matrix/key/v2/server")

    def kept_keys(self, server: str) -> Content:
        """Gives what the homeserver keeps of another one's keys; it may have to ask it first."""
        return self._call("kept_keys", "GET", f"/_matrix/key/v2/query/{_in_path(server)}")

    def whoami(self) -> str:
        """Gives the administrator's own account."""
        answer = self._call("whoami", "GET", "/_matrix/client/v3/account/whoami")
        return str(answer["user_id"])

    def _logout(self, token: str) -> None:
        try:
            self._call("logout", "POST", "/_matrix/client/v3/logout", body={}, token=token)
        except (Unavailable, NotAllowed):
            # The token ends by itself within PUPPET_MINUTES; the work done with it stands.
            return

    def _call(
        self,
        call: str,
        method: str,
        path: str,
        *,
        body: Content | None = None,
        query: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Content:
        answer = self._send(call, method, path, body=body, query=query, token=token)
        try:
            return _mapping(answer.json())
        except ValueError as error:
            raise Unavailable(peer="synapse", call=call, why="not JSON") from error

    def _send(
        self,
        call: str,
        method: str,
        path: str,
        *,
        body: Content | None = None,
        query: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self._token}"}
        try:
            answer = self._http.request(method, path, json=body, params=query, headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(peer="synapse", call=call, why=type(error).__name__) from error
        _check(call, answer)
        return answer


def _check(call: str, answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    fields = {"peer": "synapse", "call": call, "status": status, "errcode": _errcode(answer)}
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        raise Unavailable(**fields)
    if fields["errcode"] in TOKEN_ERRORS:
        raise Unavailable(**fields)
    if status == httpx.codes.NOT_FOUND:
        raise NotFound(**fields)
    raise NotAllowed(**fields)


def _errcode(answer: httpx.Response) -> str:
    try:
        value = answer.json()
    except ValueError:
        return ""
    return str(value.get("errcode", "")) if isinstance(value, dict) else ""


def _in_path(text: str) -> str:
    return quote(text, safe="")


def _note_path(account: str, room: str, name: str) -> str:
    return (
        f"/_matrix/client/v3/user/{_in_path(account)}/rooms/{_in_path(room)}"
        f"/account_data/{_in_path(name)}"
    )


def _mapping(value: object) -> Content:
    if not isinstance(value, dict):
        raise Unavailable(peer="synapse", why="answer of another shape")
    return value


def _sequence(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Unavailable(peer="synapse", why="answer of another shape")
    return value


def _event(value: Content, event_id: str, room: str = "") -> MatrixEvent:
    unsigned = value.get("unsigned")
    marks = unsigned if isinstance(unsigned, dict) else {}
    state_key = value.get("state_key")
    return MatrixEvent(
        id=event_id,
        room=str(value.get("room_id") or room),
        sender=str(value["sender"]),
        type=str(value["type"]),
        time=_moment(value["origin_server_ts"]),
        content=_mapping(value["content"]),
        redacted="redacted_because" in marks or "redacted_by" in marks,
        state_key=None if state_key is None else str(state_key),
    )


def _room(value: Content) -> MatrixRoom:
    return MatrixRoom(
        id=str(value["room_id"]),
        name=str(value.get("name") or ""),
        alias=str(value.get("canonical_alias") or ""),
        creator=str(value.get("creator") or ""),
        join_rule=str(value.get("join_rules") or "invite"),
        encrypted=value.get("encryption") is not None,
        listed=value.get("public") is True,
        members=int(str(value.get("joined_members") or 0)),
        members_local=int(str(value.get("joined_local_members") or 0)),
    )


def _account(value: Content) -> MatrixAccount:
    return MatrixAccount(
        id=str(value["name"]),
        display_name=str(value.get("displayname") or ""),
        created=datetime.fromtimestamp(int(str(value["creation_ts"])), tz=UTC),
        suspended=value.get("suspended") is True,
        locked=value.get("locked") is True,
        deactivated=value.get("deactivated") is True,
    )


def _connections(whois: Content) -> Iterator[tuple[int, str]]:
    """Gives when and from where an account was seen."""
    for device in _mapping(whois.get("devices") or {}).values():
        for session in map(_mapping, _sequence(_mapping(device).get("sessions") or [])):
            for one in map(_mapping, _sequence(session.get("connections") or [])):
                if one.get("ip"):
                    yield int(str(one.get("last_seen") or 0)), str(one["ip"])


def _moment(milliseconds: object) -> datetime:
    return datetime.fromtimestamp(int(str(milliseconds)) / 1000, tz=UTC)
