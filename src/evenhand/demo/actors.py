"""People of the demo: Matrix clients (matrix-nio) with names and addresses we made up."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from nio import AsyncClient, AsyncClientConfig
from nio.api import MessageDirection, RoomPreset, RoomVisibility
from nio.responses import (
    JoinResponse,
    PublicRoomsResponse,
    RegisterResponse,
    RoomCreateResponse,
    RoomMessagesResponse,
    RoomSendResponse,
    SyncResponse,
)

from evenhand.base.errors import Unavailable
from evenhand.base.lists import ChannelKind
from evenhand.connectors.matrix.notices import NOTICES

DECISION_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
OBJECTION_LINK = re.compile(r"https?://\S+/objection/\S+")
NOTICES_TAG = "m.server_notice"
PAGE_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client was told when it posted: an event id, or a refusal with its decision."""

    event_id: str | None
    error: str
    seconds: float

    @property
    def decision(self) -> UUID | None:
        """Gives the decision id that the refusal names."""
        found = DECISION_ID.search(self.error)
        return UUID(found[0]) if found else None

    @property
    def objection(self) -> str | None:
        """Gives the link for an objection that the refusal names."""
        found = OBJECTION_LINK.search(self.error)
        return found[0].rstrip(".,;)") if found else None


@dataclass(slots=True)
class Person:
    """One account and its client."""

    homeserver: str
    name: str
    address: str
    client: AsyncClient = field(init=False)
    rooms: dict[ChannelKind, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config = AsyncClientConfig(
            custom_headers={"X-Forwarded-For": self.address},
            max_limit_exceeded=0,
            max_timeouts=2,
            request_timeout=30,
        )
        self.client = AsyncClient(self.homeserver, self.name, config=config)

    @property
    def id(self) -> str:
        """Gives the account's id."""
        return str(self.client.user_id)

    async def register(self) -> str:
        """Registers; gives an empty text, or the error code that the client saw."""
        answer = await self.client.register(self.name, secrets.token_urlsafe(18))
        return "" if isinstance(answer, RegisterResponse) else str(answer.status_code)

    async def registered(self) -> Self:
        """Registers and gives the person; raises `Unavailable` if that was refused."""
        refused = await self.register()
        if refused:
            raise Unavailable(process="synapse", what=f"registration of {self.name}", why=refused)
        return self

    async def create(
        self, kind: ChannelKind, *, name: str = "", topic: str = "", invite: tuple[str, ...] = ()
    ) -> str:
        """Creates a room of a kind and gives its id; an empty text if that was refused."""
        public = kind is ChannelKind.PUBLIC
        answer = await self.client.room_create(
            visibility=RoomVisibility.public if public else RoomVisibility.private,
            preset=RoomPreset.public_chat if public else RoomPreset.private_chat,
            name=name or None,
            topic=topic or None,
            is_direct=kind is ChannelKind.DIRECT,
            invite=invite,
        )
        return str(answer.room_id) if isinstance(answer, RoomCreateResponse) else ""

    async def join(self, room: str) -> bool:
        """Joins a room; tells whether that was allowed."""
        return isinstance(await self.client.join(room), JoinResponse)

    async def post(self, room: str, text: str, *, content: dict[str, Any] | None = None) -> Sent:
        """Posts a text and gives what the client was told, with the time it took."""
        begun = time.monotonic()
        body = content or {"msgtype": "m.text", "body": text}
        answer = await self.client.room_send(room, "m.room.message", body)
        seconds = time.monotonic() - begun
        if isinstance(answer, RoomSendResponse):
            return Sent(str(answer.event_id), "", seconds)
        return Sent(None, str(answer.message), seconds)

    async def read(self, room: str) -> list[dict[str, Any]]:
        """Gives every event of a room that this person may read, newest first."""
        events: list[dict[str, Any]] = []
        start: str | None = None
        while True:
            page = await self.client.room_messages(
                room, start=start, direction=MessageDirection.back, limit=PAGE_EVENTS
            )
            if not isinstance(page, RoomMessagesResponse):
                return events
            events += [event.source for event in page.chunk]
            if not page.chunk or page.end is None:
                return events
            start = page.end

    async def notices(self) -> list[str]:
        """Gives the texts of the server notices that this person received, oldest first."""
        answer = await self.client.sync(timeout=0, full_state=True)
        if not isinstance(answer, SyncResponse):
            return []
        texts: list[str] = []
        for room_id, room in answer.rooms.join.items():
            tagged = any(NOTICES_TAG in str(event) for event in room.account_data)
            if not (tagged or await self._is_notice_room(room_id)):
                continue
            texts += [
                str(event["content"].get("body", ""))
                for event in reversed(await self.read(room_id))
                if event.get("type") == "m.room.message"
            ]
        return texts

    async def _is_notice_room(self, room: str) -> bool:
        return any(
            event.get("type") == "m.room.create"
            and str(event.get("sender", "")).startswith(f"@{NOTICES}:")
            for event in await self.read(room)
        )

    async def directory(self) -> dict[str, str]:
        """Gives the public directory: room id to name."""
        answer = await self.client.list_public_rooms(limit=500)
        if not isinstance(answer, PublicRoomsResponse):
            return {}
        return {str(room.room_id): str(room.name or "") for room in answer.public_rooms}

    async def close(self) -> None:
        """Closes the client's connections."""
        await self.client.close()
