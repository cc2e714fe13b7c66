"""Who may not be reached by an authority without the policy board; read by a keyed hash alone."""

import hmac
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from django.conf import settings

from evenhand.base.errors import InputRefused
from evenhand.base.sealing import read_key
from evenhand.legal.lists import IdentifierKind
from evenhand.legal.models import ProtectedTarget

MATRIX_TO = "https://matrix.to/#/"

PROTECTABLE = (IdentifierKind.ACCOUNT, IdentifierKind.PHONE, IdentifierKind.CHANNEL)
"""What an entry can name; a link is protected with its channel."""


class Named(Protocol):
    """What names somebody or something: a draft's identifier, or a stored one."""

    @property
    def kind(self) -> str:
        """Gives what kind of thing it names."""

    @property
    def value(self) -> str:
        """Gives its name."""


def tag_of(kind: IdentifierKind, value: str, *, key: bytes) -> bytes:
    """Gives the hash under which an entry is kept: without the key it tells nothing."""
    kept = value.strip()
    if kind not in PROTECTABLE or not kept:
        raise InputRefused(what="protected target", why="an account, a phone number or a channel")
    return hmac.new(key, f"protected\0{kind.value}\0{kept}".encode(), sha256).digest()


def is_protected(named: Collection[Named], *, now: datetime) -> bool:
    """Tells whether one of these names stands on the list that two people keep."""
    standing = ProtectedTarget.objects.filter(
        confirmed_at__isnull=False, ended_at=None, expires_at__gt=now
    )
    pairs = {pair for one in named if (pair := _pair(one)) is not None}
    if not pairs or not standing.exists():
        return False
    key = read_key(settings.KEYS / "token.key")
    tags = [tag_of(kind, value, key=key) for kind, value in pairs]
    return standing.filter(tag__in=tags).exists()


def _pair(one: Named) -> tuple[IdentifierKind, str] | None:
    kind, value = IdentifierKind(one.kind), one.value.strip()
    if kind is IdentifierKind.LINK and value.startswith(MATRIX_TO):
        kind, value = IdentifierKind.CHANNEL, value.removeprefix(MATRIX_TO).partition("/")[0]
    return (kind, value) if kind in PROTECTABLE and value else None
