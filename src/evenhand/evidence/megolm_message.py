"""One megolm message: its form, its signature, and the one key that opens it and no other.

Megolm (Matrix `m.megolm.v1.aes-sha2`) derives the keys of a message from its ratchet with HKDF.
The extract of that derivation, 32 bytes, opens exactly this message: the ratchet of the next one
cannot be computed from it, and the AES key, the MAC key and the IV cannot be exchanged one by one.
What a client would accept is accepted here too (unknown fields, repeated fields, padding), or a
sender could write what people read and nobody can prove.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.padding import PKCS7
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from evenhand.base.errors import InputRefused

ALGORITHM = "m.megolm.v1.aes-sha2"
MESSAGE_VERSION = 3

KEY_BYTES = 32
MAC_BYTES = 8
SIGNATURE_BYTES = 64
BLOCK_BYTES = 16

RATCHET_BYTES = 128
EXPORT_VERSION = 1
EXPORT_BYTES = 1 + 4 + RATCHET_BYTES + 32
"""Bytes of an exported session: version, index, ratchet, public key of the session."""

DERIVED_BYTES = 80
"""Bytes of the keys of one message: AES-256, HMAC-SHA-256, IV."""

_GROUP_BEGINS, _GROUP_ENDS = 3, 4
_INFO = b"MEGOLM_KEYS"
_NO_SALT = bytes(32)


class Malformed(InputRefused):
    """These bytes are no megolm message."""


@dataclass(frozen=True, slots=True)
class MegolmMessage:
    """A megolm message; `signed` is what the session's signature covers, `authentic` the MAC."""

    index: int
    ciphertext: bytes
    authentic: bytes
    mac: bytes
    signed: bytes
    signature: bytes


def read_message(text: str) -> MegolmMessage:
    """Gives a message from the base64 in an event, or refuses what is none."""
    raw = decoded(text)
    if len(raw) < 1 + MAC_BYTES + SIGNATURE_BYTES or raw[0] != MESSAGE_VERSION:
        raise Malformed(what="megolm message", why="not of version 3")
    signed, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    authentic, mac = signed[:-MAC_BYTES], signed[-MAC_BYTES:]
    index, ciphertext = 0, b""
    for field, value in _fields(authentic[1:]):
        match field, value:
            case 1, int():
                index = value & 0xFFFF_FFFF
            case 2, bytes():
                ciphertext = value
            case ((1 | 2), _):
                raise Malformed(what="megolm message", why="a field of another kind")
            case _:
                continue
    return MegolmMessage(index, ciphertext, authentic, mac, signed, signature)


def signature_holds(message: MegolmMessage, *, session_id: str) -> bool:
    """Tells whether the session whose id is given signed the message; its id is its key."""
    try:
        VerifyKey(decoded(session_id)).verify(message.signed, message.signature)
    except (CryptoError, ValueError, InputRefused):
        return False
    return True


def opened(message: MegolmMessage, *, key: bytes) -> bytes | None:
    """Gives the plaintext, or None where the key is not the message's own."""
    assert len(key) == KEY_BYTES
    derived = HKDFExpand(SHA256(), DERIVED_BYTES, _INFO).derive(key)
    aes_key, mac_key, iv = derived[:32], derived[32:64], derived[64:]
    mac = hmac.digest(mac_key, message.authentic, hashlib.sha256)[:MAC_BYTES]
    if not hmac.compare_digest(mac, message.mac):
        return None
    if not message.ciphertext or len(message.ciphertext) % BLOCK_BYTES:
        return None
    decryptor = Cipher(AES256(aes_key), CBC(iv)).decryptor()
    padded = decryptor.update(message.ciphertext) + decryptor.finalize()
    unpadder = PKCS7(BLOCK_BYTES * 8).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def key_of(exported: str, *, index: int) -> bytes:
    """Gives the key of the message at `index` from a session exported exactly there.

    Only the member's own tool calls this: an exported session never reaches the desk.
    """
    raw = decoded(exported)
    if len(raw) != EXPORT_BYTES or raw[0] != EXPORT_VERSION:
        raise InputRefused(what="exported session", why="not of version 1")
    if int.from_bytes(raw[1:5], "big") != index:
        raise InputRefused(what="exported session", why="begins at another message")
    return hmac.digest(_NO_SALT, raw[5 : 5 + RATCHET_BYTES], hashlib.sha256)


def decoded(text: str) -> bytes:
    """Gives the bytes of base64 with or without padding, or refuses other text."""
    bare = text.rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (NotBase64, ValueError) as error:
        raise Malformed(what="base64", why="other signs in it, or cut short") from error


def encoded(content: bytes) -> str:
    """Gives base64 without padding, as Matrix writes it."""
    return b64encode(content).decode().rstrip("=")


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes | None]]:
    """Gives the fields of a protocol-buffers message in order; None for a value of another kind.

    What is inside a group (kinds 3 and 4) is skipped, as every reader skips what it does not know.
    """
    at = 0
    groups: list[int] = []
    while at < len(raw):
        tag, at = _varint(raw, at)
        field, kind = tag >> 3, tag & 7
        if field == 0:
            raise Malformed(what="megolm message", why="a field without a number")
        value, at = _value(raw, at, kind)
        if not groups:
            yield field, value
        if kind == _GROUP_BEGINS:
            groups.append(field)
        elif kind == _GROUP_ENDS and (not groups or groups.pop() != field):
            raise Malformed(what="megolm message", why="a group that ends elsewhere")
    if groups:
        raise Malformed(what="megolm message", why="cut short")


def _value(raw: bytes, at: int, kind: int) -> tuple[int | bytes | None, int]:
    """Gives a field's value and where it ends."""
    match kind:
        case 0:
            return _varint(raw, at)
        case 1 | 5:
            return None, _after(raw, at, 8 if kind == 1 else 4)
        case 2:
            size, start = _varint(raw, at)
            end = _after(raw, start, size)
            return raw[start:end], end
        case 3 | 4:
            return None, at
        case _:
            raise Malformed(what="megolm message", why="a field of an unknown kind")


def _after(raw: bytes, at: int, size: int) -> int:
    if at + size > len(raw):
        raise Malformed(what="megolm message", why="cut short")
    return at + size


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            raise Malformed(what="megolm message", why="cut short")
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
    raise Malformed(what="megolm message", why="a number too long")
