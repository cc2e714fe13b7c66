"""Signed notes and checkpoints: C2SP signed-note, tlog-checkpoint and tlog-cosignature.

A note is a text, an empty line and signatures, each on a line that names its key. Who reads one
names the keys it trusts; signatures by other keys are passed over, a false one by a known key
refuses the note.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from evenhand.base.errors import InputRefused
from evenhand.proof.tree import HASH_BYTES

ED25519, COSIGNATURE = 1, 4
"""Kinds of signature: over the note itself, and a witness's with its time."""

KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
TIME_BYTES = 8

NOTE_BYTES_MAX = 100_000
"""Bytes of a note that is read: a checkpoint with dozens of witnesses has a tenth of that."""

SIGNATURES_MAX = 100
"""Signatures of a note that are looked at, as Go's sumdb/note does."""

DASH = "\N{EM DASH}"
SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
NAME = re.compile(r"[^\s+]+")


class NoteRefused(InputRefused):
    """A signed note is not what it should be."""

    remedy = "Fetch it again; if it stays so, keep the copy: it may be evidence."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: how many leaves it has, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Gives the text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Gives the checkpoint that a note's text holds; lines after the third are passed over."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not SIZE.fullmatch(lines[1]):
            raise NoteRefused(what="checkpoint", why="has no origin, size and root")
        return cls(lines[0], int(lines[1]), _bytes(lines[2], HASH_BYTES, "root"))


class Signing(Protocol):
    """What signs a note."""

    @property
    def verifier(self) -> "Verifier":
        """Gives the key that checks it."""
        ...

    def sign(self, text: str) -> bytes:
        """Gives the signature over a note's text."""
        ...


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and its name; `kind` says whether it is a log's or a witness's."""

    name: str
    key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """Gives the four bytes by which a signature names its key."""
        return sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.key).digest()[:4]

    def __str__(self) -> str:
        """Gives the key as it is written down: name+id+key."""
        key = b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Gives the key that a text names: name+id+key."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        content = _bytes(encoded, 1 + PUBLIC_KEY_BYTES, "key")
        found = cls(name, content[1:], content[0])
        if not NAME.fullmatch(name) or found.kind not in {ED25519, COSIGNATURE}:
            raise NoteRefused(what="key", why="is no Ed25519 key of a log or a witness")
        if found.key_id.hex() != key_id.lower():
            raise NoteRefused(what="key", why="its name, id and bytes do not belong together")
        return found

    def holds(self, text: str, signature: bytes) -> bool:
        """Tells whether a signature over a note's text is by this key."""
        signed = text.encode()
        if self.kind == COSIGNATURE:
            signed = cosigned(text, int.from_bytes(signature[:TIME_BYTES], "big"))
            signature = signature[TIME_BYTES:]
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, signed)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key of a log."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """Gives the public key."""
        return Verifier(self.name, _public(self.seed), ED25519)

    def sign(self, text: str) -> bytes:
        """Gives the signature over a note's text."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The private key of a witness, and the Unix second at which it signs."""

    name: str
    seed: bytes = field(repr=False)
    second: int

    @property
    def verifier(self) -> Verifier:
        """Gives the public key."""
        return Verifier(self.name, _public(self.seed), COSIGNATURE)

    def sign(self, text: str) -> bytes:
        """Gives the time and the signature over it and the note's text."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return self.second.to_bytes(TIME_BYTES, "big") + key.sign(cosigned(text, self.second))


@dataclass(frozen=True, slots=True)
class Opened:
    """A note that at least one trusted key signed."""

    text: str
    signed_by: tuple[Verifier, ...]

    def checkpoint(self) -> Checkpoint:
        """Gives the checkpoint that it is."""
        return Checkpoint.parse(self.text)


def cosigned(text: str, second: int) -> bytes:
    """Gives what a witness signs: the time and the note's text."""
    return f"cosignature/v1\ntime {second}\n{text}".encode()


def sign(checkpoint: Checkpoint, keys: Sequence[Signing]) -> str:
    """Gives a checkpoint as a note signed by each of the keys."""
    return sign_text(checkpoint.text(), keys)


def sign_text(text: str, keys: Sequence[Signing]) -> str:
    """Gives a text as a note signed by each of the keys."""
    assert text.endswith("\n"), "a note ends with a line break"
    return text + "\n" + "".join(signature_line(text, key) for key in keys)


def signature_line(text: str, key: Signing) -> str:
    """Gives the line by which a key signs a note's text."""
    signature = b64encode(key.verifier.key_id + key.sign(text)).decode()
    return f"{DASH} {key.verifier.name} {signature}\n"


def open_note(note: str, verifiers: Sequence[Verifier]) -> Opened:
    """Gives a note that at least one of the keys signed, or refuses it."""
    text, lines = parts(note)
    known = {(key.name, key.key_id): key for key in verifiers}
    signed_by: list[Verifier] = []
    for line in lines:
        name, signature = _signature(line)
        key = known.get((name, signature[:KEY_ID_BYTES]))
        if key is None or key in signed_by:
            continue
        if not key.holds(text, signature[KEY_ID_BYTES:]):
            raise NoteRefused(what="signature", by=name, why="is false")
        signed_by.append(key)
    if not signed_by:
        raise NoteRefused(what="signed note", why="no trusted key signed it")
    return Opened(text, tuple(signed_by))


def parts(note: str) -> tuple[str, list[str]]:
    """Gives a note's text and its lines of signatures, whoever signed."""
    if len(note) > NOTE_BYTES_MAX:
        raise NoteRefused(what="signed note", why=f"longer than {NOTE_BYTES_MAX} bytes")
    text, found, signatures = note.rpartition("\n\n")
    if not found or not signatures.endswith("\n"):
        raise NoteRefused(what="signed note", why="has no signatures after an empty line")
    if any(sign < " " and sign != "\n" for sign in note):
        raise NoteRefused(what="signed note", why="holds control characters")
    lines = signatures[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteRefused(what="signed note", why=f"more than {SIGNATURES_MAX} signatures")
    return text + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    signature = _decoded(encoded, "signature")
    if dash != DASH or not NAME.fullmatch(name) or len(signature) <= KEY_ID_BYTES:
        raise NoteRefused(what="signature", why="is no line of a signed note")
    return name, signature


def _bytes(encoded: str, count: int, what: str) -> bytes:
    content = _decoded(encoded, what)
    if len(content) != count:
        raise NoteRefused(what=what, why=f"has not {count} bytes")
    return content


def _decoded(encoded: str, what: str) -> bytes:
    """Gives what base64 stands for; bytes have one form in it, so that no bit may differ."""
    try:
        content = b64decode(encoded, validate=True)
    except (NotBase64, ValueError) as error:
        raise NoteRefused(what=what, why="is no base64") from error
    if b64encode(content).decode() != encoded:
        raise NoteRefused(what=what, why="is no base64 as it is written")
    return content


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
