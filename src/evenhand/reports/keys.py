"""The keys that receiving and telling need: what is sealed stays shut to this room."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from nacl.public import PublicKey

from evenhand.base.sealing import keyed_hash, lock, read_key, unlock

HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """The evidence's public key, and the key of tokens and hashes."""

    evidence: PublicKey
    token: bytes

    def hashed(self, purpose: str, text: str, *, size_bytes: int = HASH_BYTES) -> bytes:
        """Gives a keyed hash by which the same text is known again, for one purpose alone."""
        content = f"{purpose}\0{text}".encode(errors="surrogatepass")
        return keyed_hash(content, key=self.token, size_bytes=size_bytes)

    def locked(self, values: Mapping[str, str]) -> bytes:
        """Gives values so that only this installation's own processes read them."""
        return lock(json.dumps(values).encode(), key=self.token)

    def unlocked(self, content: bytes) -> dict[str, str]:
        """Gives what `locked` put away."""
        return dict(json.loads(unlock(content, key=self.token)))


def installed() -> Keys:
    """Gives the keys of this installation."""
    return Keys(
        evidence=PublicKey(read_key(settings.KEYS / "evidence.pub")),
        token=read_key(settings.KEYS / "token.key"),
    )
