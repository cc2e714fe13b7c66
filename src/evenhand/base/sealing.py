"""Sealing: what is put away is encrypted to a key whose private half is not here.

Evidence: libsodium sealed boxes (X25519, XSalsa20-Poly1305; PyNaCl `SealedBox`). Web and workers
hold the public key; only the opener process holds the private one.
Packages and the vault: age (X25519, ChaCha20-Poly1305), to keys that others made and keep.
Journal and tokens: their own symmetric keys (`SecretBox`, BLAKE2b keyed hash). `contact.key` is
the Ed25519 seed that signs what is published for authorities (`base/jws.py`); `log.key` that of
the public log, whose cells are keyed from `log.secret`.
"""

from collections.abc import Sequence
from hmac import compare_digest
from pathlib import Path

import pyrage
from nacl.encoding import RawEncoder, URLSafeBase64Encoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from nacl.signing import SigningKey
from nacl.utils import random as random_bytes

from evenhand.base.errors import InputRefused, Misconfigured

KEY_BYTES = 32


def seal(content: bytes, *, to: PublicKey) -> bytes:
    """Gives `content` encrypted so that only the private half of `to` opens it."""
    return bytes(SealedBox(to).encrypt(content))


def unseal(sealed: bytes, *, key: PrivateKey) -> bytes:
    """Gives the content of a sealed box, or refuses one that is damaged or for another key."""
    try:
        return bytes(SealedBox(key).decrypt(sealed))
    except CryptoError as error:
        raise InputRefused(what="sealed box", why="damaged or for another key") from error


def age_seal(content: bytes, *, to: str | Sequence[str]) -> bytes:
    """Gives `content` encrypted with age, so that any one of the recipients named opens it."""
    names = [to] if isinstance(to, str) else list(to)
    try:
        recipients = [pyrage.x25519.Recipient.from_str(name) for name in names]
    except pyrage.RecipientError as error:
        raise InputRefused(what="recipient", why="no age X25519 recipient (age1…)") from error
    if not recipients:
        raise InputRefused(what="recipients", why="none is named")
    return bytes(pyrage.encrypt(content, recipients))


def age_open(sealed: bytes, *, identity: str) -> bytes:
    """Gives what was sealed with age; for those who hold an identity, never for a server."""
    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)]))
    except pyrage.IdentityError as error:
        raise InputRefused(what="identity", why="no age X25519 identity") from error
    except pyrage.DecryptError as error:
        raise InputRefused(what="sealed content", why="damaged or for another key") from error


def is_age_recipient(text: str) -> bool:
    """Tells whether a text is an age recipient to which can be sealed."""
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def lock(content: bytes, *, key: bytes) -> bytes:
    """Gives `content` encrypted and authenticated under a symmetric key of 32 bytes."""
    return bytes(SecretBox(key).encrypt(content))


def unlock(locked: bytes, *, key: bytes) -> bytes:
    """Gives the content that `lock` put away, or refuses what was altered."""
    try:
        return bytes(SecretBox(key).decrypt(locked))
    except CryptoError as error:
        raise InputRefused(what="locked content", why="altered or for another key") from error


def keyed_hash(content: bytes, *, key: bytes, size_bytes: int = 16) -> bytes:
    """Gives a keyed BLAKE2b hash: equal inputs can be counted, but not guessed without the key."""
    return bytes(blake2b(content, digest_size=size_bytes, key=key, encoder=RawEncoder))


def token_for(purpose: str, subject: bytes, *, key: bytes) -> str:
    """Gives an unguessable code for one subject and purpose, fit for a link."""
    digest = keyed_hash(purpose.encode() + b"\0" + subject, key=key, size_bytes=18)
    return URLSafeBase64Encoder.encode(digest).decode()


def token_holds(token: str, purpose: str, subject: bytes, *, key: bytes) -> bool:
    """Tells in constant time whether `token` was made for this subject and purpose."""
    return compare_digest(token.encode(), token_for(purpose, subject, key=key).encode())


def read_key(path: Path) -> bytes:
    """Gives a key of 32 bytes from its file."""
    try:
        key = path.read_bytes()
    except OSError as error:
        why = f"{error.strerror}; `evenhand setup` makes the keys of the folder EVENHAND_HOME"
        raise Misconfigured(setting="EVENHAND_HOME", file=path, why=why) from error
    if len(key) != KEY_BYTES:
        raise Misconfigured(setting="keys", file=path.name, why=f"must be {KEY_BYTES} bytes")
    return key


def make_keys(folder: Path) -> None:
    """Makes the keys that are missing in `folder`, readable by their owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("journal", "token", "network", "django", "contact", "log", "screening"):
        _write_once(folder / f"{name}.key", random_bytes(KEY_BYTES))
    _write_once(folder / "log.secret", random_bytes(KEY_BYTES))
    private = folder / "opener" / "evidence.key"
    private.parent.mkdir(exist_ok=True, mode=0o700)
    _write_once(private, bytes(PrivateKey.generate()))
    public = bytes(PrivateKey(read_key(private)).public_key)
    _write_once(folder / "evidence.pub", public)
    # The directory proxy seals what clients report of rooms; the worker alone opens it.
    _write_once(folder / "spool.key", bytes(PrivateKey.generate()))
    spool = bytes(PrivateKey(read_key(folder / "spool.key")).public_key)
    _write_once(folder / "spool.pub", spool)
    certificates = folder / "collector" / "certificate.key"
    certificates.parent.mkdir(exist_ok=True, mode=0o700)
    _write_once(certificates, bytes(SigningKey.generate()))
    _write_once(folder / "certificate.pub", bytes(SigningKey(read_key(certificates)).verify_key))


def _write_once(path: Path, content: bytes) -> None:
    if path.exists():
        return
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_bytes(content)
    partial.replace(path)
