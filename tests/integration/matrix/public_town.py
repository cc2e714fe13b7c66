"""People at a Synapse who open rooms, post, and make private again."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from evenhand.connectors.matrix.homeserver import Homeserver, make_account, make_admin

WORLD, SHARED = "world_readable", "shared"
ENCRYPTED = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


@dataclass
class Town:
    """A Synapse, and people on it: who is not there yet is made; `safety` administers it."""

    server: Homeserver
    tokens: dict[str, str] = field(default_factory=dict)

    def call(self, who: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if who not in self.tokens:
            make = make_admin if who == "safety" else make_account
            self.tokens[who] = make(self.server.settings, who)
        answer = httpx.request(
            method,
            f"{self.server.settings.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.tokens[who]}"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()

    def room(self, who: str, name: str, *, history=WORLD, listed=True, state=()) -> str:
        seen = {
            "type": "m.room.history_visibility",
            "state_key": "",
            "content": {"history_visibility": history},
        }
        body = {
            "preset": "public_chat",
            "visibility": "public" if listed else "private",
            "name": name,
            "initial_state": [seen, *state],
        }
        return self.call(who, "POST", "/_matrix/client/v3/createRoom", body)["room_id"]

    def post(self, who: str, room: str, text: str, **more: Any) -> str:
        path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{uuid4().hex}"
        return self.call(who, "PUT", path, {"msgtype": "m.text", "body": text, **more})["event_id"]

    def redact(self, who: str, room: str, event: str) -> None:
        self.call(who, "PUT", f"/_matrix/client/v3/rooms/{room}/redact/{event}/{uuid4().hex}", {})

    def state(self, who: str, room: str, kind: str, content: dict[str, Any]) -> None:
        self.call(who, "PUT", f"/_matrix/client/v3/rooms/{room}/state/{kind}/", content)
