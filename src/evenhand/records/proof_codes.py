"""Pure: the code by which somebody finds the entry of the log that is about them.

It is the record's own number and a seal over it, so nothing is stored and nobody finds another's
by trying. Who holds it is shown the classes of that record and nothing else.
"""

from base64 import b32decode, b32encode
from binascii import Error as NotBase32
from hmac import compare_digest
from uuid import UUID

from evenhand.base.sealing import keyed_hash

_PURPOSE = b"proof-code\0"
ID_BYTES, SEAL_BYTES = 16, 8
"""Bytes of a record's number, and of the seal: nobody guesses one of 2^64 through a web form."""

SIGNS = 39
"""Letters and digits of a code: 24 bytes in base 32."""

GROUP = 5
PADDING = "="
MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B"})
"""Digits that base 32 has not, and the letters for which people take them."""


def code_of(record_id: UUID, *, key: bytes) -> str:
    """Gives the code of a record, in groups of five."""
    code = b32encode(record_id.bytes + _seal(record_id, key)).decode().rstrip(PADDING)
    return " ".join(code[place : place + GROUP] for place in range(0, len(code), GROUP))


def record_of(text: str, *, key: bytes) -> UUID | None:
    """Gives the record that a typed code names; None for what is no code of this installation."""
    signs = "".join(sign for sign in text if sign.isalnum()).upper().translate(MISREAD)
    if len(signs) != SIGNS or not signs.isascii():
        return None
    try:
        content = b32decode(signs + PADDING)
    except NotBase32:
        return None
    record_id = UUID(bytes=content[:ID_BYTES])
    return record_id if compare_digest(content[ID_BYTES:], _seal(record_id, key)) else None


def _seal(record_id: UUID, key: bytes) -> bytes:
    return keyed_hash(_PURPOSE + record_id.bytes, key=key, size_bytes=SEAL_BYTES)
