"""Disclosed messages on Synapse: the event as it was signed, and the keys that signed it.

The administrator reads the event by its id; it answers with the original content for seven days
after a redaction. Keys come from the homeserver itself, those of other homeservers from what ours
keeps and signs of them. What could not be read is a finding of the proof, and an outage is
`Unavailable`, so that the worker comes back.
"""

from collections.abc import Sequence

from evenhand.base.errors import NotAllowed, NotFound
from evenhand.connectors.matrix.client import Content, MatrixClient
from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.megolm import KeptEvent, Verification, verify
from evenhand.evidence.server_keys import read_kept_keys, read_keys
from evenhand.evidence.signed_events import ServerKey
from evenhand.reports.lists import ProofLevel
from evenhand.reports.ports import Proof

IDS_INSIDE = frozenset({"1", "2"})
"""Room versions in which an event's id is chosen by its server, and signed."""


class SynapseProving:
    """The port `Proving` on Synapse."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def prove(self, disclosure: Disclosure) -> Proof:
        """Checks and opens one message; raises `Unavailable` where it is worth trying again."""
        kept = self._event(disclosure)
        keys = self._keys(str(kept.event.get("sender"))) if kept else ()
        return proof_of(verify(disclosure, kept, keys))

    def _event(self, disclosure: Disclosure) -> KeptEvent | None:
        try:
            event = self._client.kept_event(disclosure.event_id)
        except (NotFound, NotAllowed):
            return None
        try:
            # The room that the event says it is in: its version is not the reporter's to choose.
            version = self._client.room_version(str(event.get("room_id")))
        except (NotFound, NotAllowed):
            version = ""
        return KeptEvent(disclosure.event_id, _as_signed(event, version=version), version)

    def _keys(self, sender: str) -> Sequence[ServerKey]:
        server = sender.partition(":")[2]
        try:
            own = read_keys(self._client.server_keys())
            if not server or any(key.server == server for key in own):
                return own
            return read_kept_keys(self._client.kept_keys(server), server=server, notary=own)
        except (NotFound, NotAllowed):
            return ()


def _as_signed(event: Content, *, version: str) -> Content:
    """Gives an event without the id that the admin API adds, and that was never signed."""
    if version in IDS_INSIDE:
        return event
    return {name: value for name, value in event.items() if name != "event_id"}


def proof_of(found: Verification) -> Proof:
    """Gives what a check of a disclosed message means to a report."""
    return Proof(
        level=ProofLevel.PROVED if found.proved else ProofLevel.CLAIMED,
        plaintext=found.text,
        sender=found.sender,
        server=found.server,
        findings=tuple(one.value for one in found.findings),
    )
