"""What a reporter discloses of an encrypted room: one message, and never more than that.

What would open other messages, or prove nothing, is refused with its reason before anything of it
is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evenhand.base.errors import InputRefused
from evenhand.base.limits import NAME_BYTES_MAX
from evenhand.evidence.megolm_message import (
    DERIVED_BYTES,
    EXPORT_BYTES,
    KEY_BYTES,
    RATCHET_BYTES,
    SIGNATURE_BYTES,
    Malformed,
    decoded,
    encoded,
)

KEY_FILE_MARK = "MEGOLM SESSION DATA"
"""What every file of exported keys begins with, between its dashes."""

FIELDS = frozenset({"room_id", "event_id", "prk"})


class TooMuchDisclosed(InputRefused):
    """What was sent would open more than one message, or prove nothing."""

    remedy = (
        "Send the 32-byte key of the one message (`evenhand disclose` makes it), and consider the "
        "keys sent as known to others."
    )


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One message that a member discloses.

    prk  the extract (HKDF) of the message's megolm ratchet; it opens that message alone
    """

    room_id: str
    event_id: str
    prk: bytes = field(repr=False)


def read_disclosure(value: object) -> Disclosure:
    """Gives a disclosure from what a reporter's program sent, or refuses it with the reason."""
    if isinstance(value, str | list):
        _refuse_too_much(value)
    if not isinstance(value, Mapping):
        raise InputRefused(what="disclosure", why="no object of room_id, event_id and prk")
    _refuse_too_much(value)
    if set(value) != FIELDS:
        raise InputRefused(what="disclosure", why="needs room_id, event_id and prk, nothing else")
    room, event, prk = value["room_id"], value["event_id"], value["prk"]
    _check_name("room_id", room, "!")
    _check_name("event_id", event, "$")
    if not isinstance(prk, str):
        raise InputRefused(what="prk", why="must be 32 bytes in base64")
    try:
        key = decoded(prk)
    except Malformed as error:
        raise InputRefused(what="prk", why="must be 32 bytes in base64") from error
    if len(key) != KEY_BYTES:
        raise InputRefused(what="prk", why=f"must be {KEY_BYTES} bytes, and not {len(key)}")
    return Disclosure(str(room), str(event), key)


def written(disclosure: Disclosure) -> dict[str, str]:
    """Gives a disclosure as it travels; `read_disclosure` reads it."""
    return {
        "room_id": disclosure.room_id,
        "event_id": disclosure.event_id,
        "prk": encoded(disclosure.prk),
    }


def holds_session_keys(text: str) -> bool:
    """Tells whether a text carries a file of exported keys, which must not be kept."""
    return KEY_FILE_MARK in text


def _check_name(what: str, value: object, sign: str) -> None:
    if not isinstance(value, str) or not value.startswith(sign) or not value.isprintable():
        raise InputRefused(what=what, why=f"must be a text that begins with {sign}")
    if len(value.encode("utf-8", "replace")) > NAME_BYTES_MAX:
        raise InputRefused(what=what, why="too long", bytes_max=NAME_BYTES_MAX)


def _refuse_too_much(value: object) -> None:
    """Refuses what opens more than one message, and keys that can be exchanged one by one."""
    why = _too_much(value)
    if why is not None:
        raise TooMuchDisclosed(what="disclosure", why=why)


_SESSION = "an exported session opens this message and every later one of the sender in the room"
_BACKUP = "a key backup opens every message whose keys are in it"
_BLOCK = (
    "these 80 bytes are the message's three keys side by side; who holds them can exchange the "
    "first words unnoticed, so that they prove nothing"
)
_FIELDS_OF_SESSIONS = {"session_key", "sender_claimed_keys", "forwarding_curve25519_key_chain"}
_FIELDS_OF_BACKUPS = {"sessions", "rooms", "session_data", "auth_data"}


def _too_much(value: object) -> str | None:
    """Gives what is wrong with a value that holds more than a disclosure; None for others."""
    match value:
        case str() if KEY_FILE_MARK in value:
            return _BACKUP
        case str():
            return _too_much_text(value)
        case list():
            return _BACKUP if any(isinstance(one, Mapping) for one in value) else None
        case Mapping() if _FIELDS_OF_SESSIONS & set(value):
            return _SESSION
        case Mapping() if _FIELDS_OF_BACKUPS & set(value):
            return _BACKUP
        case Mapping():
            texts = [one for one in value.values() if isinstance(one, str)]
            return next((why for one in texts if (why := _too_much(one))), None)
        case _:
            return None


def _too_much_text(text: str) -> str | None:
    """Tells by its size what a text in base64 holds."""
    if len(text) <= NAME_BYTES_MAX and text[:1] in {"!", "$"}:
        return None
    try:
        raw = decoded("".join(text.split()).replace("-", "+").replace("_", "/"))
    except Malformed:
        return None
    if len(raw) == DERIVED_BYTES:
        return _BLOCK
    if len(raw) == RATCHET_BYTES or EXPORT_BYTES <= len(raw) <= EXPORT_BYTES + SIGNATURE_BYTES:
        return _SESSION
    return None
