"""Events as homeservers sign them: canonical JSON, content hash, event id, server signature.

Matrix server-server API, "Signing Events"; room versions 1 to 12. Only what an encrypted message
needs: it is no state, so that redaction empties its content in every version.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from evenhand.base.errors import InputRefused
from evenhand.evidence.limits import EVENT_BYTES_MAX
from evenhand.evidence.megolm_message import decoded, encoded

Json = Mapping[str, object]

ROOM_VERSIONS = tuple(str(number) for number in range(1, 13))

_KEPT = frozenset(
    {
        *("event_id", "type", "room_id", "sender", "state_key", "hashes", "depth"),
        *("prev_events", "auth_events", "origin_server_ts"),
    }
)
"""Keys that redaction keeps in every room version, besides `content` and `signatures`."""

_KEPT_BEFORE_11 = _KEPT | {"prev_state", "origin", "membership"}
"""MSC3820 (room version 11) no longer protects the last three."""

_UNHASHED = frozenset({"unsigned", "signatures", "hashes", "age_ts", "outlier", "destinations"})


class NotCanonical(InputRefused):
    """This JSON has no canonical form in Matrix."""


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A homeserver's key for signing events, and until when (milliseconds) it was in use."""

    server: str
    id: str
    key: bytes
    until_ms: int


def canonical(value: object) -> bytes:
    """Gives canonical JSON (Matrix appendices): sorted keys, UTF-8, whole numbers alone."""
    try:
        _check_numbers(value)
        text = json.dumps(
            value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(what="JSON", why=type(error).__name__) from error


def event_id_of(event: Json, *, version: str) -> str:
    """Gives the id of an event; from room version 3 on it is the hash of the redacted event."""
    if version in {"1", "2"}:
        return str(event.get("event_id"))
    digest = hashlib.sha256(canonical(_redacted(event, version=version))).digest()
    if version == "3":
        return "$" + encoded(digest)
    return "$" + urlsafe_b64encode(digest).decode().rstrip("=")


def content_hash(event: Json) -> str:
    """Gives the hash over the whole event, which the event itself carries and servers sign."""
    bare = {name: value for name, value in event.items() if name not in _UNHASHED}
    return encoded(hashlib.sha256(canonical(bare)).digest())


def content_hash_holds(event: Json) -> bool:
    """Tells whether an event is whole: its content is what was signed."""
    hashes = event.get("hashes")
    said = hashes.get("sha256") if isinstance(hashes, Mapping) else None
    try:
        return isinstance(said, str) and decoded(said) == decoded(content_hash(event))
    except InputRefused:
        return False


def signatures_of(signed: Json, server: str) -> dict[str, str]:
    """Gives a server's Ed25519 signatures under an event or another signed object."""
    by_server = signed.get("signatures")
    own = by_server.get(server) if isinstance(by_server, Mapping) else None
    if not isinstance(own, Mapping):
        return {}
    return {
        name: value
        for name, value in own.items()
        if isinstance(value, str) and str(name).startswith("ed25519:")
    }


def event_signature_holds(event: Json, key: ServerKey, *, version: str) -> bool:
    """Tells whether a server signed an event with this key."""
    said = signatures_of(event, key.server).get(key.id)
    return said is not None and _holds(_redacted(event, version=version), said, key.key)


def object_signature_holds(signed: Json, key: ServerKey) -> bool:
    """Tells whether a server signed an object that is no event (its list of keys)."""
    said = signatures_of(signed, key.server).get(key.id)
    bare = {name: value for name, value in signed.items() if name not in {"signatures", "unsigned"}}
    return said is not None and _holds(bare, said, key.key)


def sign_event(event: Json, *, version: str, server: str, key_id: str, key: SigningKey) -> Json:
    """Gives an event with its hash and signature, as a homeserver makes it (for twins)."""
    hashed = {**event, "hashes": {"sha256": content_hash(event)}}
    signature = key.sign(canonical(_redacted(hashed, version=version))).signature
    return {**hashed, "signatures": {server: {key_id: encoded(signature)}}}


def check_size(event: Json) -> None:
    """Refuses an event that no homeserver would carry."""
    if len(canonical(event)) > EVENT_BYTES_MAX:
        raise NotCanonical(what="event", why="too large", bytes_max=EVENT_BYTES_MAX)


def _redacted(event: Json, *, version: str) -> Json:
    """Gives what is signed of a message event: it without content, signatures and additions."""
    assert version in ROOM_VERSIONS
    kept = _KEPT_BEFORE_11 if int(version) < 11 else _KEPT
    return {name: value for name, value in event.items() if name in kept} | {"content": {}}


def _holds(value: Json, signature: str, key: bytes) -> bool:
    try:
        VerifyKey(key).verify(canonical(value), decoded(signature))
    except (CryptoError, ValueError, InputRefused):
        return False
    return True


def _check_numbers(value: object) -> None:
    match value:
        case float():
            raise ValueError("a fraction")
        case Mapping():
            for inner in value.values():
                _check_numbers(inner)
        case list() | tuple():
            for inner in value:
                _check_numbers(inner)
        case _:
            return
