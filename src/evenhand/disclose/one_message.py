"""From a session that a member holds to the key of one message, and what that key shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import vodozemac

from evenhand.base.errors import InputRefused, NotFound
from evenhand.disclose.places import Place
from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.megolm import ENCRYPTED, text_of
from evenhand.evidence.megolm_message import (
    ALGORITHM,
    MegolmMessage,
    key_of,
    opened,
    read_message,
    signature_holds,
)


class NotReadable(NotFound):
    """There is no key for this message here."""

    remedy = (
        "Export the keys in the program with which you read the message (Element: Settings, "
        "Encryption, Export keys) and name the file with --keys. It stays on this machine."
    )


@dataclass(frozen=True, slots=True)
class Encrypted:
    """An encrypted message as the homeserver gave it to the member."""

    place: Place
    sender: str
    sent_at: datetime
    session_id: str
    message: MegolmMessage


@dataclass(frozen=True, slots=True)
class OneMessage:
    """What a member would disclose; `file` tells whether the message opens a file too.

    identity  token by which the desk asks the homeserver who discloses; empty if it is not to know
    """

    disclosure: Disclosure
    sender: str
    sent_at: datetime
    text: str = field(repr=False)
    file: bool = False
    identity: str = field(default="", repr=False)


def read_event(event: Mapping[str, object], place: Place) -> Encrypted:
    """Gives the encrypted message in an event, or says what it is instead."""
    content = event.get("content")
    if event.get("type") != ENCRYPTED or not isinstance(content, Mapping):
        raise InputRefused(
            what="message", why="is not encrypted: report it in your own program, or by its link"
        )
    text, session, sender = (
        content.get("ciphertext"),
        content.get("session_id"),
        event.get("sender"),
    )
    if content.get("algorithm") != ALGORITHM or not isinstance(text, str):
        raise InputRefused(what="message", why="removed, or encrypted in a way unknown here")
    if not isinstance(session, str) or not isinstance(sender, str):
        raise InputRefused(what="message", why="names no session or no sender")
    message = read_message(text)
    if not signature_holds(message, session_id=session):
        raise InputRefused(what="message", why="its own signature does not hold")
    return Encrypted(place, sender, _moment(event.get("origin_server_ts")), session, message)


def exported_at(exported: str, *, index: int) -> str:
    """Gives a session exported from one message on, out of one exported earlier."""
    try:
        session = vodozemac.InboundGroupSession.import_session(
            vodozemac.ExportedSessionKey(exported)
        )
    except (vodozemac.SessionKeyDecodeException, ValueError) as error:
        raise NotReadable(what="session", why="damaged") from error
    later = session.export_at(index)
    if later is None:
        raise NotReadable(what="session", why="begins after this message")
    return str(later.to_base64())


def disclosed(encrypted: Encrypted, exported: str) -> OneMessage:
    """Gives the one key, and what it shows: the member sees exactly that before anything leaves."""
    key = key_of(
        exported_at(exported, index=encrypted.message.index), index=encrypted.message.index
    )
    payload = opened(encrypted.message, key=key)
    if payload is None:
        raise NotReadable(what="session", why="does not open this message")
    try:
        inside = json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise InputRefused(what="message", why="holds no JSON") from error
    if not isinstance(inside, Mapping) or inside.get("room_id") != encrypted.place.room:
        raise InputRefused(what="message", why="names another room: it was copied here")
    content = inside.get("content")
    return OneMessage(
        disclosure=Disclosure(encrypted.place.room, encrypted.place.event, key),
        sender=encrypted.sender,
        sent_at=encrypted.sent_at,
        text=text_of(inside) or payload.decode(),
        file=isinstance(content, Mapping) and isinstance(content.get("file"), Mapping),
    )


def _moment(milliseconds: object) -> datetime:
    """Gives when a homeserver says that it was; another server writes what it likes."""
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputRefused(what="message", why="says no time at which it was sent") from error
