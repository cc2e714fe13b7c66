"""What stands around a message in a room, as Synapse's admin API tells it."""

from collections.abc import Sequence

from evenhand.cases.context import Nearby
from evenhand.connectors.matrix.client import MatrixClient, MatrixEvent


class SynapseSurroundings:
    """The port `Surroundings` on Synapse."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def around(self, channel: str, event: str, *, each_side: int) -> Sequence[Nearby]:
        """Gives the messages around one, the oldest first."""
        events = self._client.context(channel, event, each_side=each_side)
        return tuple(
            Nearby(
                event=one.id,
                account=one.sender,
                at=one.time,
                text=_text(one),
                asked=one.id == event,
            )
            for one in events
            if one.type == "m.room.message" and not one.redacted
        )


def _text(event: MatrixEvent) -> str:
    body = event.content.get("body")
    return body if isinstance(body, str) else ""
