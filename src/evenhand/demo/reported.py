"""A message that a reader reported in their client, and where it stands at Synapse."""

from dataclasses import dataclass
from uuid import UUID

import httpx

from evenhand.demo.actors import Person

HOMESERVER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reported:
    """A message that somebody reported, and the case that came of it."""

    author: Person
    room: str
    event: str
    case: UUID

    async def is_gone(self, reader: Person) -> bool:
        """Tells whether a reader finds nothing of the message any more."""
        for found in await reader.read(self.room):
            if found.get("event_id") == self.event:
                return "body" not in found.get("content", {})
        return True


async def report_in_client(reporter: Person, room: str, event: str, *, why: str) -> int:
    """Reports a message as Element does, and gives the status that the client was told."""
    async with httpx.AsyncClient(timeout=HOMESERVER_SECONDS) as client:
        answer = await client.post(
            f"{reporter.homeserver}/_matrix/client/v3/rooms/{room}/report/{event}",
            json={"reason": why},
            headers={"Authorization": f"Bearer {reporter.client.access_token}"},
        )
    return answer.status_code
