"""One real Synapse per session, with our module loaded, and a door that tests open and close."""

import asyncio
import hashlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.conftest import START_SECONDS_MAX

from evenhand.actions.journal import Entry, FlaggedEntry, JournalReader
from evenhand.base.lists import ActionKind
from evenhand.base.sealing import make_keys, read_key, unseal
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.door import Door, DoorSettings
from evenhand.connectors.matrix.homeserver import (
    Homeserver,
    HomeserverSettings,
    ModuleName,
    free_port,
    make_admin,
)
from evenhand.verdicts.schema import RuleHit, Verdict

PUBLIC_URL = "http://desk.test"


class WordPlane:
    """A screening plane that flags marked words, and remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[dict[str, object]] = []
        self.broken = False
        self.pictures: set[bytes] = set()

    def screen_few(self, events: list[dict[str, object]]) -> list[Verdict | None]:
        return [self.screen_one(event) for event in events]

    def screen_one(self, event: dict[str, object]) -> Verdict | None:
        if self.broken:
            raise ValueError
        self.seen.append(event)
        listed = (
            hashlib.sha256(b"listed file").digest() in event["media_sha256"]
            or hashlib.sha1(b"known by SHA-1").digest() in event["media_sha1"]
            or hashlib.md5(b"known by MD5").digest() in event["media_md5"]
        )
        words = {
            "refuseword": (ActionKind.REFUSE, False),
            "holdword": (ActionKind.HOLD, False),
            "reviewword": (ActionKind.NONE, False),
            "suspendword": (ActionKind.SUSPEND, False),
        }
        text = str(event["text"] or "")
        if listed:
            return _verdict(event, ActionKind.REFUSE, exact=True)
        if not self.pictures.isdisjoint(event["media_pdq"]):
            return _verdict(event, ActionKind.HOLD, exact=False)
        for word, (action, exact) in words.items():
            if word in text:
                return _verdict(event, action, exact=exact)
        return None


def _verdict(event: dict[str, object], action: ActionKind, *, exact: bool) -> Verdict:
    return Verdict(
        event_id=str(event["event_id"]),
        harm="m.spam.fraud",
        severity=3,
        score=1.0 if exact else 0.9,
        rules=(RuleHit("marked_word", "1"),),
        action=action,
        exact=exact,
        language="de" if "deutsch" in str(event["text"]) else "en",
        reason="It carries the marked word.",
    )


@dataclass
class OpenDoor:
    """A door in a thread of its own."""

    settings: DoorSettings
    plane: WordPlane
    thread: threading.Thread | None = None
    stop_event: asyncio.Event | None = None
    loop: asyncio.AbstractEventLoop | None = None
    kept: list[FlaggedEntry] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def journal(self) -> Path:
        return self.settings.home / "journal"

    def open(self) -> None:
        ready = threading.Event()

        async def run() -> None:
            self.stop_event, self.loop = asyncio.Event(), asyncio.get_running_loop()
            door = Door(self.settings, self.plane, pictures=lambda: True)
            await door.run(self.stop_event, ready=lambda _port: ready.set())

        self.thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
        self.thread.start()
        assert ready.wait(START_SECONDS_MAX), "the door did not open"

    def close(self) -> None:
        if self.thread is None:
            return
        self.loop.call_soon_threadsafe(self.stop_event.set)
        self.thread.join(START_SECONDS_MAX)
        self.thread = None

    def drain(self) -> list[Entry]:
        """Gives what the journal holds and was not given before."""
        reader = JournalReader(self.journal, read_key(self.settings.home / "keys" / "journal.key"))
        drained = reader.read(10_000)
        reader.commit(drained)
        return list(drained.entries)

    def flagged(self, where: str) -> list[FlaggedEntry]:
        """Gives what was flagged in a room or of an account; the sweep may find other things."""
        self.kept += [entry for entry in self.drain() if isinstance(entry, FlaggedEntry)]
        here = [one for one in self.kept if where in (one.event.channel, one.event.account)]
        self.kept = [one for one in self.kept if one not in here]
        return here

    def seen(self, where: str) -> list[dict[str, object]]:
        """Gives the events of a room or an account that the plane was shown."""
        return [one for one in self.plane.seen if where in (one["channel"], one["account"])]

    def opened(self, entry: FlaggedEntry) -> str:
        """Gives what is sealed in an entry, with the key that the door does not have."""
        from nacl.public import PrivateKey

        key = PrivateKey(read_key(self.settings.home / "keys" / "opener" / "evidence.key"))
        return unseal(entry.content, key=key).decode()

    def token(self) -> str:
        return self.settings.token_file.read_text()

    def metrics(self) -> str:
        return httpx.get(f"{self.url}/metrics").text


@dataclass
class Person:
    """Somebody with an account, over the client API."""

    http: httpx.Client
    id: str
    token: str

    def call(self, method: str, path: str, body: object | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.request(method, f"/_matrix/client/v3{path}", json=body, headers=headers)

    def create_room(self, **config: object) -> httpx.Response:
        return self.call("POST", "/createRoom", config)

    def public_room(self, **config: object) -> str:
        answer = self.create_room(preset="public_chat", visibility="public", **config)
        assert answer.status_code == 200, answer.text
        return answer.json()["room_id"]

    def join(self, room: str) -> httpx.Response:
        return self.call("POST", f"/join/{room}", {})

    def send(self, room: str, body: str | dict[str, object]) -> httpx.Response:
        content = body if isinstance(body, dict) else {"msgtype": "m.text", "body": body}
        return self.call("PUT", f"/rooms/{room}/send/m.room.message/{uuid4().hex}", content)

    def upload(self, content: bytes) -> str:
        answer = self.http.post(
            "/_matrix/media/v3/upload",
            content=content,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "text/plain"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["content_uri"]


@dataclass
class Town:
    """A running Synapse, its people and its door."""

    homeserver: Homeserver
    door: OpenDoor
    admin_token: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.homeserver.settings.url, timeout=60)

    def client(self) -> MatrixClient:
        return MatrixClient(self.homeserver.settings.url, self.admin_token)

    def register(self, name: str = "", *, ip: str = "203.0.113.5") -> httpx.Response:
        body = {
            "username": name or f"p{uuid4().hex[:10]}",
            "password": secrets.token_urlsafe(12),
            "auth": {"type": "m.login.dummy"},
        }
        headers = {"X-Forwarded-For": ip, "User-Agent": "TestClient/1"}
        return self.http.post("/_matrix/client/v3/register", json=body, headers=headers)

    def person(self, name: str = "") -> Person:
        answer = self.register(name)
        assert answer.status_code == 200, answer.text
        value = answer.json()
        return Person(self.http, value["user_id"], value["access_token"])


def _home(folder: Path) -> Path:
    make_keys(folder / "keys")
    (folder / "keys" / "door.token").write_text(secrets.token_urlsafe(24))
    return folder


def _town(folder: Path, module: ModuleName) -> Iterator[Town]:
    home = _home(folder / "home")
    port, door_port = free_port(), free_port()
    settings = HomeserverSettings(
        folder=folder / "synapse",
        port=port,
        password=secrets.token_urlsafe(12),
        door_url=f"http://127.0.0.1:{door_port}",
        door_token_file=home / "keys" / "door.token",
        module=module,
        # A test machine may be busy; that the budget holds is tested with a door that hangs.
        budget_ms=3_000,
    )
    homeserver = Homeserver(settings)
    homeserver.start()
    try:
        admin_token = make_admin(settings)
        token_file = home / "keys" / "synapse.token"
        token_file.write_text(admin_token)
        door = OpenDoor(
            DoorSettings(
                home=home,
                public_url=PUBLIC_URL,
                token_file=home / "keys" / "door.token",
                port=door_port,
                synapse_url=settings.url,
                synapse_token_file=token_file,
                budget_ms=2_000,
            ),
            WordPlane(),
        )
        town = Town(homeserver, door, admin_token)
        yield town
        door.close()
        town.http.close()
    finally:
        homeserver.stop()


@pytest.fixture(scope="session")
def town_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A Synapse with our module."""
    yield from _town(tmp_path_factory.mktemp("town"), "evenhand")


@pytest.fixture(scope="session")
def antispam_town_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A Synapse with synapse-http-antispam."""
    yield from _town(tmp_path_factory.mktemp("antispam"), "http_antispam")


def _open(town: Town) -> Iterator[Town]:
    if town.door.thread is None:
        town.door.open()
    town.door.drain()
    town.door.plane.seen.clear()
    yield town


@pytest.fixture
def town(town_of_session: Town) -> Iterator[Town]:
    """The Synapse with our module, its door open."""
    yield from _open(town_of_session)


@pytest.fixture
def antispam_town(antispam_town_of_session: Town) -> Iterator[Town]:
    """The Synapse with synapse-http-antispam, its door open."""
    yield from _open(antispam_town_of_session)


@pytest.fixture
def noon() -> datetime:
    """A moment."""
    from datetime import UTC

    return datetime(2026, 3, 1, 12, tzinfo=UTC)
