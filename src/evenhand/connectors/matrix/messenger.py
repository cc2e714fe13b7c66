"""Synapse as the messenger that actions see."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from evenhand.actions.ports import Effect, Notice, Snapshot, Target
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.connectors.matrix.client import MatrixClient, MatrixEvent
from evenhand.connectors.matrix.effects import (
    AccountPlaces,
    NowhereKnown,
    matrix_effects,
    media_parts,
    server_of,
)
from evenhand.connectors.matrix.notices import NOTICES, Notices

SNAPSHOT_EVENTS = 50
"""Last messages of a channel kept with its evidence: enough to see what it was used for."""


class MatrixMessenger:
    """A Synapse, through its administrator's token."""

    name = "synapse"

    def __init__(
        self,
        client: MatrixClient,
        *,
        places: AccountPlaces | None = None,
        notices_localpart: str = NOTICES,
        more: Mapping[ActionKind, Effect] = MappingProxyType({}),
    ) -> None:
        self._client = client
        self._effects = {**matrix_effects(client, places or NowhereKnown()), **more}
        self._notices_localpart = notices_localpart
        self._notices: Notices | None = None

    def effects(self) -> Mapping[ActionKind, Effect]:
        """Gives the kinds of action that Synapse can do."""
        return self._effects

    def send_notice(self, notice: Notice) -> None:
        """Sends a server notice; the same key twice arrives once."""
        self._notice_rooms().send(notice)

    def notice_arrived(self, notice: Notice) -> bool:
        """Tells whether the notice is in the account's notice room."""
        return self._notice_rooms().find(notice) is not None

    def snapshot(self, target: Target) -> Snapshot | None:
        """Gives the content of an event, a channel, an account or a file before it is removed."""
        try:
            match target.kind:
                case TargetKind.EVENT:
                    return self._of_event(target)
                case TargetKind.CHANNEL:
                    return self._of_channel(target)
                case TargetKind.ACCOUNT | TargetKind.REGISTRATION:
                    return self._of_account(target)
                case TargetKind.MEDIA:
                    media_type, content = self._client.download(*media_parts(target.media))
                    return Snapshot(media_type=media_type, content=content)
        except NotFound:
            return None

    def _of_event(self, target: Target) -> Snapshot:
        return _json(event_content(self._client.event(target.event)))

    def _of_channel(self, target: Target) -> Snapshot:
        room = self._client.room(target.channel)
        topic = self._client.state(target.channel, "m.room.topic").get("", {})
        page = self._client.messages(target.channel, events_max=SNAPSHOT_EVENTS)
        return _json(
            {
                "kind": "channel",
                "channel": room.id,
                "name": room.name,
                "topic": topic.get("topic"),
                "alias": room.alias,
                "creator": room.creator,
                "members": room.members,
                "messages": [
                    event_content(event) for event in page.events if event.state_key is None
                ],
            }
        )

    def _of_account(self, target: Target) -> Snapshot:
        account = self._client.account(target.account)
        return _json(
            {
                "kind": "account",
                "account": account.id,
                "display_name": account.display_name,
                "created": account.created.isoformat(),
            }
        )

    def _notice_rooms(self) -> Notices:
        if self._notices is None:
            server = server_of(self._client.whoami())
            sender = f"@{self._notices_localpart}:{server}"
            self._notices = Notices(self._client, sender=sender)
        return self._notices


def event_content(event: MatrixEvent) -> dict[str, object]:
    """Gives what was written in an event, as evidence holds it."""
    return {
        "kind": "event",
        "event": event.id,
        "channel": event.room,
        "account": event.sender,
        "time": event.time.isoformat(),
        "type": event.type,
        "text": event.content.get("body"),
        "content": dict(event.content),
    }


def _json(value: Mapping[str, object]) -> Snapshot:
    content = json.dumps(value, ensure_ascii=False, sort_keys=True).encode(errors="replace")
    return Snapshot(media_type="application/json", content=content)
