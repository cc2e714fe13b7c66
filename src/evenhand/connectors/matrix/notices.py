"""Server notices: a message that arrives once, and can be found again.

Synapse answers the same transaction id twice with the same event, but forgets it after thirty
minutes or a restart. So the notice carries its delivery in a field of its own, and the sender
looks for that before it sends.
"""

from evenhand.actions.ports import Notice
from evenhand.base.errors import NotFound
from evenhand.connectors.matrix.client import MatrixClient, MatrixEvent

NOTICES = "evenhand-notices"
"""Local part of the sender of server notices. It must be no account that joins rooms: Synapse
takes any room that the recipient shares with it for the notice room (server_notices_manager.py)."""

DELIVERY_FIELD = "eu.evenhand.delivery"
DECISION_FIELD = "eu.evenhand.decision"


class Notices:
    """The notice rooms of a homeserver; `sender` is the account that Synapse sends notices as."""

    def __init__(self, client: MatrixClient, *, sender: str) -> None:
        self._client = client
        self._sender = sender
        self._rooms: dict[str, str] = {}

    def send(self, notice: Notice) -> None:
        """Sends a notice unless it is already there."""
        if self.find(notice) is not None:
            return
        content = {
            "msgtype": "m.text",
            "body": notice.text,
            DELIVERY_FIELD: str(notice.key),
            DECISION_FIELD: str(notice.decision),
        }
        event_id = self._client.send_notice(notice.account, content, transaction=str(notice.key))
        self._rooms[notice.account] = self._client.event(event_id).room

    def find(self, notice: Notice) -> MatrixEvent | None:
        """Gives the event that carries this notice, if it is in the account's notice room."""
        room = self._room_of(notice.account)
        start: str | None = None
        while room is not None:
            page = self._client.messages(room, start=start, sender=self._sender)
            for event in page.events:
                if event.content.get(DELIVERY_FIELD) == str(notice.key):
                    return event
            if page.end is None or not page.events:
                return None
            start = page.end
        return None

    def _room_of(self, account: str) -> str | None:
        if account not in self._rooms:
            room = self._search(account)
            if room is None:
                return None
            self._rooms[account] = room
        return self._rooms[account]

    def _search(self, account: str) -> str | None:
        """Looks through the account's rooms for the one that the notices come from."""
        for room in self._client.memberships(account):
            try:
                if self._client.room(room).creator == self._sender:
                    return room
            except NotFound:
                continue  # a room that was purged while its membership is still listed
        return None
