"""Tokens of the next page: what was shown already, sealed, for one query alone."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from hashlib import blake2b

from evenhand.base.errors import InputRefused
from evenhand.base.sealing import lock, unlock
from evenhand.search.asking import Ask
from evenhand.search.limits import TOKEN_CHARACTERS_MAX

QUERY_BYTES = 8
MARK_BYTES = 4
"""Bytes that stand for one hit shown: of 500, one in eight million others looks like one."""


def mark(name: str) -> bytes:
    """Gives what stands for an item in a token."""
    return blake2b(name.encode(errors="replace"), digest_size=MARK_BYTES).digest()


def close(ask: Ask, shown: Collection[bytes], *, key: bytes) -> str:
    """Gives the token for what comes after the hits whose marks were shown."""
    content = _of_query(ask) + b"".join(sorted(shown))
    return urlsafe_b64encode(lock(content, key=key)).decode().rstrip("=")


def shown(ask: Ask, *, key: bytes) -> frozenset[bytes]:
    """Gives the marks of what was shown before; refuses a token of another query."""
    if not ask.after:
        return frozenset()
    if len(ask.after) > TOKEN_CHARACTERS_MAX:
        raise InputRefused(field="after", why="longer than any token of a page")
    try:
        padded = ask.after + "=" * (-len(ask.after) % 4)
        content = unlock(urlsafe_b64decode(padded.encode()), key=key)
    except ValueError as error:
        raise InputRefused(field="after", why="no token of a page; begin at the first") from error
    if content[:QUERY_BYTES] != _of_query(ask):
        raise InputRefused(field="after", why="the token of another query; begin at the first")
    marks = content[QUERY_BYTES:]
    return frozenset(
        marks[start : start + MARK_BYTES] for start in range(0, len(marks), MARK_BYTES)
    )


def _of_query(ask: Ask) -> bytes:
    wanted = ask.filters
    of = (ask.text, sorted(wanted.kinds), wanted.language, wanted.members_min, wanted.members_max)
    return blake2b(
        repr((*of, wanted.room)).encode(errors="replace"), digest_size=QUERY_BYTES
    ).digest()
