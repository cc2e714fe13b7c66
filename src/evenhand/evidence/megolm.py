"""One disclosed message of an encrypted room: opened, and held against what servers signed.

What is proved: that the sender's homeserver signed an event in which the sender posted exactly
this ciphertext in this room, and that the ciphertext reads as shown. Not ruled out: a dishonest
homeserver, or a sender and a reporter who act together. A device other than the sender's cannot
be meant: the session's own signature is under the ciphertext.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.limits import DISCLOSED_TEXT_MAX
from evenhand.evidence.megolm_message import (
    ALGORITHM,
    Malformed,
    MegolmMessage,
    opened,
    read_message,
    signature_holds,
)
from evenhand.evidence.signed_events import (
    ROOM_VERSIONS,
    Json,
    NotCanonical,
    ServerKey,
    check_size,
    content_hash_holds,
    event_id_of,
    event_signature_holds,
    signatures_of,
)

ENCRYPTED = "m.room.encrypted"


class ProofFinding(StrEnum):
    """What keeps a disclosed message from being proved."""

    EVENT_GONE = "event_gone"
    CONTENT_GONE = "content_gone"
    KEYS_MISSING = "keys_missing"
    ROOM_VERSION_UNKNOWN = "room_version_unknown"
    ALGORITHM_UNKNOWN = "algorithm_unknown"
    HOMESERVER_UNREACHABLE = "homeserver_unreachable"
    NOT_ENCRYPTED = "not_encrypted"
    EVENT_MALFORMED = "event_malformed"
    OTHER_ROOM = "other_room"
    OTHER_EVENT = "other_event"
    CONTENT_ALTERED = "content_altered"
    SERVER_SIGNATURE_WRONG = "server_signature_wrong"
    SESSION_SIGNATURE_WRONG = "session_signature_wrong"
    KEY_DOES_NOT_OPEN = "key_does_not_open"
    ROOM_INSIDE_DIFFERS = "room_inside_differs"
    SENDER_INSIDE_DIFFERS = "sender_inside_differs"
    REPORTED_ANOTHER = "reported_another"


UNKNOWN = frozenset(
    {
        ProofFinding.EVENT_GONE,
        ProofFinding.CONTENT_GONE,
        ProofFinding.KEYS_MISSING,
        ProofFinding.ROOM_VERSION_UNKNOWN,
        ProofFinding.ALGORITHM_UNKNOWN,
        ProofFinding.HOMESERVER_UNREACHABLE,
    }
)
"""Findings that say only what could not be checked; each other one speaks against the claim."""


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as a homeserver keeps it and passes it on, and the version of its room."""

    id: str
    event: Json = field(repr=False)
    room_version: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a disclosed message turned out to be.

    proved   given an honest homeserver and no collusion
    text     what people read of the message; empty where something speaks against it
    payload  the message's plaintext, byte for byte
    server   the sender's homeserver
    sent_ms  when the homeserver says that it was sent (milliseconds)
    """

    findings: tuple[ProofFinding, ...]
    text: str = field(default="", repr=False)
    payload: bytes = field(default=b"", repr=False)
    sender: str = ""
    server: str = ""
    sent_ms: int = 0

    @property
    def proved(self) -> bool:
        """Tells whether everything was checked and held."""
        return not self.findings

    @property
    def refuted(self) -> bool:
        """Tells whether something speaks against what is claimed."""
        return not UNKNOWN.issuperset(self.findings)


def verify(
    disclosure: Disclosure, kept: KeptEvent | None, keys: Sequence[ServerKey]
) -> Verification:
    """Opens the message, and says what of it is proved and what not."""
    if kept is None:
        return Verification((ProofFinding.EVENT_GONE,))
    event = kept.event
    about = _about(event)
    if about is None:
        return Verification((ProofFinding.EVENT_MALFORMED,))
    findings = list(_outside(disclosure, kept, keys, server=about.server))
    message, cannot = _message(event)
    findings += cannot
    payload, inside = b"", None
    if message is not None:
        session = str(_content(event).get("session_id"))
        if not signature_holds(message, session_id=session):
            findings.append(ProofFinding.SESSION_SIGNATURE_WRONG)
        payload = opened(message, key=disclosure.prk) or b""
        inside = _inside(payload)
        findings += _against_inside(inside, disclosure, about.sender)
    found = tuple(dict.fromkeys(findings))
    if inside is None or not UNKNOWN.issuperset(found):
        return Verification(found, "", b"", about.sender, about.server, about.sent_ms)
    text = _shown(text_of(inside) or payload.decode())
    return Verification(found, text, payload, about.sender, about.server, about.sent_ms)


def text_of(inside: Json) -> str:
    """Gives what people read of a message, whichever of its texts their program shows.

    Empty where it has none of them.
    """
    content = inside.get("content")
    if not isinstance(content, Mapping):
        return ""
    later = content.get("m.new_content")
    texts = []
    for part in (content, later if isinstance(later, Mapping) else {}):
        texts += [part.get("body"), part.get("formatted_body"), part.get("url")]
    said = list(dict.fromkeys(text for text in texts if isinstance(text, str) and text))
    return "\n".join(said)


@dataclass(frozen=True, slots=True)
class _About:
    sender: str
    server: str
    sent_ms: int


def _about(event: Json) -> _About | None:
    """Gives who is said to have sent an event, and when; None where it is no event."""
    sender, sent = event.get("sender"), event.get("origin_server_ts")
    if not isinstance(sender, str) or not isinstance(sent, int) or isinstance(sent, bool):
        return None
    _, colon, server = sender.partition(":")
    if not sender.startswith("@") or not colon or not server:
        return None
    try:
        check_size(event)
    except NotCanonical:
        return None
    return _About(sender, server, sent)


def _outside(
    disclosure: Disclosure, kept: KeptEvent, keys: Sequence[ServerKey], *, server: str
) -> list[ProofFinding]:
    """Gives what is wrong with the event around the message."""
    event, version = kept.event, kept.room_version
    found = []
    if event.get("room_id") != disclosure.room_id:
        found.append(ProofFinding.OTHER_ROOM)
    if version not in ROOM_VERSIONS:
        return [*found, ProofFinding.ROOM_VERSION_UNKNOWN]
    if not disclosure.event_id == kept.id == event_id_of(event, version=version):
        found.append(ProofFinding.OTHER_EVENT)
    # Without its content an event was removed; that is said where the message is read.
    if event.get("content") and not content_hash_holds(event):
        found.append(ProofFinding.CONTENT_ALTERED)
    signed_with = signatures_of(event, server)
    usable = [
        key
        for key in keys
        if key.server == server and key.id in signed_with and key.until_ms >= _sent(event)
    ]
    if any(event_signature_holds(event, key, version=version) for key in usable):
        return found
    wrong = usable or not signed_with
    found.append(ProofFinding.SERVER_SIGNATURE_WRONG if wrong else ProofFinding.KEYS_MISSING)
    return found


def _message(event: Json) -> tuple[MegolmMessage | None, list[ProofFinding]]:
    """Gives the message in an event, or why there is none."""
    if event.get("type") != ENCRYPTED or "state_key" in event:
        return None, [ProofFinding.NOT_ENCRYPTED]
    content = _content(event)
    if not content:
        return None, [ProofFinding.CONTENT_GONE]
    if content.get("algorithm") != ALGORITHM:
        return None, [ProofFinding.ALGORITHM_UNKNOWN]
    text, session = content.get("ciphertext"), content.get("session_id")
    if not isinstance(text, str) or not isinstance(session, str):
        return None, [ProofFinding.EVENT_MALFORMED]
    try:
        return read_message(text), []
    except Malformed:
        return None, [ProofFinding.EVENT_MALFORMED]


def _inside(payload: bytes) -> Json | None:
    """Gives the plaintext as JSON, which every message is; None where the key was another."""
    try:
        value = json.loads(payload.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _against_inside(inside: Json | None, disclosure: Disclosure, sender: str) -> list[ProofFinding]:
    if inside is None:
        return [ProofFinding.KEY_DOES_NOT_OPEN]
    found = []
    # Without it, a ciphertext of one room could be passed off as one of another.
    if inside.get("room_id") != disclosure.room_id:
        found.append(ProofFinding.ROOM_INSIDE_DIFFERS)
    if inside.get("sender", sender) != sender:
        found.append(ProofFinding.SENDER_INSIDE_DIFFERS)
    return found


def _content(event: Json) -> Json:
    content = event.get("content")
    return content if isinstance(content, Mapping) else {}


def _sent(event: Json) -> int:
    return int(str(event["origin_server_ts"]))


def _shown(text: str) -> str:
    """Gives a text that can be written anywhere: no half characters, no zero bytes, not endless."""
    whole = text[:DISCLOSED_TEXT_MAX].encode("utf-8", "replace").decode()
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
