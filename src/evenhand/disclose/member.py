"""The member at their homeserver: signs in, reads one event, and keeps a device of its own.

The device's store holds the keys of messages that came since it first signed in. It lies on the
member's machine, for its owner alone, and nothing of it is sent.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx
from aiohttp import ClientError
from nio import AsyncClient, AsyncClientConfig, LoginResponse, SyncResponse

from evenhand.base.errors import InputRefused, NotAllowed, NotFound, Unavailable
from evenhand.disclose.places import Place

DEVICE_NAME = "Evenhand disclose"
SESSION_FILE = "session.json"

CALL_SECONDS_MAX = 30.0
EVENT_BYTES_MAX = 262_144
SYNCS_MAX = 20
"""Looks at the homeserver for keys that wait: each brings up to a hundred."""

KEPT_ROOMS = {
    "room": {"timeline": {"limit": 1}, "state": {"lazy_load_members": True}},
    "presence": {"types": []},
}
"""What is asked of a look: keys sent to the device come always, of rooms as little as can be."""


@dataclass(frozen=True, slots=True)
class Session:
    """A device of the member, as its file keeps it."""

    homeserver: str
    account: str
    device: str
    token: str
    store_key: str

    def __repr__(self) -> str:
        return f"Session({self.account}, {self.device})"


class Member:
    """A member's client; use it as an asynchronous context."""

    def __init__(self, session: Session, folder: Path) -> None:
        config = AsyncClientConfig(
            max_limit_exceeded=2,
            max_timeouts=1,
            request_timeout=CALL_SECONDS_MAX,
            store_sync_tokens=True,
            encryption_enabled=True,
            pickle_key=session.store_key,
        )
        self._session = session
        self._nio = AsyncClient(
            session.homeserver,
            session.account,
            device_id=session.device,
            store_path=str(folder),
            config=config,
        )

    async def __aenter__(self) -> Self:
        one = self._session
        self._nio.restore_login(one.account, one.device, one.token)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._nio.close()

    async def look(self) -> None:
        """Takes the keys that wait for this device, and lets others send it more."""
        try:
            for _ in range(SYNCS_MAX):
                before = len(list(self._nio.olm.inbound_group_store))
                if self._nio.should_upload_keys:
                    await self._nio.keys_upload()
                answer = await self._nio.sync(timeout=0, sync_filter=KEPT_ROOMS)
                if not isinstance(answer, SyncResponse):
                    raise NotAllowed(peer="homeserver", call="sync", why=_said(answer))
                if len(list(self._nio.olm.inbound_group_store)) == before:
                    break
            if self._nio.should_upload_keys:
                await self._nio.keys_upload()
        except (ClientError, TimeoutError) as error:
            raise Unavailable(peer="homeserver", why=type(error).__name__) from error

    def exported_session(self, room: str, session_id: str, *, index: int) -> str | None:
        """Gives a session of this device as it is exported from one message on."""
        for one in self._nio.olm.inbound_group_store:
            if one.room_id == room and one.id == session_id and one.first_known_index <= index:
                return str(one.export_session(index))
        return None


def kept_session(folder: Path) -> Session | None:
    """Gives the device that was kept in a folder, or None where none was."""
    try:
        value = json.loads((folder / SESSION_FILE).read_text(encoding="utf-8"))
        return Session(**{name: str(value[name]) for name in Session.__slots__})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InputRefused(what=str(folder / SESSION_FILE), why="damaged; remove it") from error


def keep_session(session: Session, folder: Path) -> None:
    """Keeps a device in a folder, for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / SESSION_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(session)), encoding="utf-8")


async def sign_in(homeserver: str, account: str, password: str) -> Session:
    """Signs in as a new device."""
    client = AsyncClient(
        homeserver,
        account,
        config=AsyncClientConfig(
            max_limit_exceeded=0,
            max_timeouts=0,
            request_timeout=CALL_SECONDS_MAX,
        ),
    )
    try:
        answer = await client.login(password, device_name=DEVICE_NAME)
    except (ClientError, TimeoutError) as error:
        raise Unavailable(peer="homeserver", why=type(error).__name__) from error
    finally:
        await client.close()
    if not isinstance(answer, LoginResponse):
        raise NotAllowed(peer="homeserver", call="login", why=_said(answer))
    return Session(
        homeserver,
        str(answer.user_id),
        str(answer.device_id),
        str(answer.access_token),
        secrets.token_urlsafe(32),
    )


def sign_out(homeserver: str, token: str) -> None:
    """Ends a device that was made for one disclosure."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        httpx.post(f"{homeserver}/_matrix/client/v3/logout", headers=headers, json={}, timeout=10)
    except httpx.TransportError as error:
        raise Unavailable(peer="homeserver", call="logout", why=type(error).__name__) from error


def identity_of(homeserver: str, account: str, token: str) -> str:
    """Gives a token by which the desk may ask who this is, and do nothing else; empty if none."""
    path = f"/_matrix/client/v3/user/{_in_path(account)}/openid/request_token"
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.post(f"{homeserver}{path}", headers=headers, json={}, timeout=10)
        said = answer.json() if answer.is_success else {}
    except (httpx.TransportError, ValueError):
        return ""
    given = said.get("access_token") if isinstance(said, dict) else None
    return given if isinstance(given, str) else ""


def event_of(homeserver: str, token: str, place: Place) -> dict[str, object]:
    """Gives an event as the homeserver shows it to this member."""
    path = f"/_matrix/client/v3/rooms/{_in_path(place.room)}/event/{_in_path(place.event)}"
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.get(f"{homeserver}{path}", headers=headers, timeout=CALL_SECONDS_MAX)
    except httpx.TransportError as error:
        raise Unavailable(peer="homeserver", why=type(error).__name__) from error
    match answer.status_code:
        case httpx.codes.OK:
            return _event(answer.content)
        case httpx.codes.NOT_FOUND | httpx.codes.FORBIDDEN:
            raise NotFound(what="message", why="the homeserver shows you no such message")
        case httpx.codes.UNAUTHORIZED:
            raise NotAllowed(peer="homeserver", why="the token does not hold; sign in again")
        case status:
            raise Unavailable(peer="homeserver", status=status)


def _event(content: bytes) -> dict[str, object]:
    try:
        value = json.loads(content) if len(content) <= EVENT_BYTES_MAX else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Unavailable(peer="homeserver", why="answer of another shape")
    return value


def _in_path(text: str) -> str:
    return quote(text, safe="")


def _said(answer: object) -> str:
    return str(getattr(answer, "message", "") or type(answer).__name__)
