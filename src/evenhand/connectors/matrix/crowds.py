"""How many people a channel has, and an account how many channels, as Synapse counts them."""

from evenhand.connectors.matrix.client import MatrixClient


class SynapseCrowds:
    """The port `Crowds` on Synapse."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def members(self, channel: str) -> int:
        """Gives how many accounts are in a channel."""
        return self._client.room(channel).members

    def channels(self, account: str) -> int:
        """Gives in how many channels an account is."""
        held = self._client.memberships(account).values()
        return sum(membership == "join" for membership in held)
