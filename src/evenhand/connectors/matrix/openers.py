"""Who opened a room, as Synapse knows it."""

from evenhand.connectors.matrix.client import MatrixClient


class SynapseOpeners:
    """The port `Openers` on Synapse."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def opened_by(self, room: str) -> str:
        """Gives the account; empty if Synapse does not know; `NotFound` if the room is gone."""
        return self._client.room(room).creator
