"""Pure: proof of work for the public form, so that a flood costs its sender more than us.

Hashcash over SHA-256: a browser looks for a number with which the challenge hashes to enough
leading zero bits. The challenge is signed and has a time, and what is sent with it is taken once:
it names the report's origin. Nothing is stored before a form is sent.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_hex

from evenhand.base.sealing import token_for

CHALLENGE_LIVES = timedelta(hours=12)
"""A form may lie open over a working day; after that its page is loaded again."""

BITS_MAX = 30
"""Bits from which a telephone would look for longer than a person waits."""

_PURPOSE = "proof-of-work"
_NUMBER_DIGITS_MAX = 20


@dataclass(frozen=True, slots=True)
class Work:
    """What came of looking at a form's proof.

    nonce  names the form; empty where the challenge is not one of ours or is over
    done   whether the work was done; without it the report goes to the slow queue
    """

    nonce: str
    done: bool


def challenge_for(*, bits: int, now: datetime, key: bytes, nonce: str | None = None) -> str:
    """Gives a challenge for one form."""
    assert 0 < bits <= BITS_MAX, "work that a browser can do"
    head = f"{nonce or token_hex(12)}.{int(now.timestamp())}.{bits}"
    return f"{head}.{token_for(_PURPOSE, head.encode(), key=key)}"


def looked_at(challenge: str, number: str, *, now: datetime, key: bytes) -> Work:
    """Checks a form's challenge and the number found for it."""
    head, _, mac = challenge[:200].rpartition(".")
    parts = head.split(".")
    expected = token_for(_PURPOSE, head.encode(errors="replace"), key=key)
    if len(parts) != 3 or not compare_digest(mac.encode(errors="replace"), expected.encode()):
        return Work("", done=False)
    age = now.timestamp() - int(parts[1])
    if age < -60 or age > CHALLENGE_LIVES.total_seconds():
        return Work("", done=False)
    plain = number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS_MAX
    return Work(parts[0], done=plain and zero_bits(challenge, number) >= int(parts[2]))


def zero_bits(challenge: str, number: str) -> int:
    """Gives with how many zero bits the hash of a challenge and a number begins."""
    digest = hashlib.sha256(f"{challenge}:{number}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()
