"""The port `Proving` in memory: a homeserver's key and the encrypted events that it signed.

The messenger twin has no encrypted rooms; with it alone every disclosed message is one whose event
is gone, and stays a claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nacl.signing import SigningKey

from evenhand.connectors.matrix.proving import proof_of
from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.megolm import ENCRYPTED, KeptEvent, verify
from evenhand.evidence.signed_events import ServerKey, event_id_of, sign_event
from evenhand.reports.ports import Proof

ROOM_VERSION = "11"
KEY_ID = "ed25519:twin"
YEAR_2100_MS = 4_102_444_800_000


@dataclass
class MemoryProving:
    """A homeserver of encrypted rooms; `forget` is what redaction and time do."""

    server: str = "twin.test"
    key: SigningKey = field(default_factory=SigningKey.generate, repr=False)
    events: dict[str, KeptEvent] = field(default_factory=dict)

    def post(
        self, room: str, sender: str, content: Mapping[str, object], *, sent_ms: int = 1
    ) -> str:
        """Signs an encrypted event as a homeserver does, and gives its id."""
        bare = {
            "type": ENCRYPTED,
            "room_id": room,
            "sender": sender,
            "content": content,
            "origin_server_ts": sent_ms,
            "depth": len(self.events) + 1,
            "prev_events": [],
            "auth_events": [],
        }
        signed = sign_event(
            bare, version=ROOM_VERSION, server=self.server, key_id=KEY_ID, key=self.key
        )
        kept = KeptEvent(event_id_of(signed, version=ROOM_VERSION), signed, ROOM_VERSION)
        self.events[kept.id] = kept
        return kept.id

    def forget(self, event: str) -> None:
        """Removes an event for good."""
        self.events.pop(event)

    def prove(self, disclosure: Disclosure) -> Proof:
        """Checks and opens one message."""
        keys = (ServerKey(self.server, KEY_ID, bytes(self.key.verify_key), YEAR_2100_MS),)
        return proof_of(verify(disclosure, self.events.get(disclosure.event_id), keys))
