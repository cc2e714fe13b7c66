"""Logs for tests: made with the product's own writer, signed with a key of the test."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from evenhand.proof.keys import LogKeys
from evenhand.proof.leaves import canonical, commitment, joined
from evenhand.proof.notes import Checkpoint, Signer, sign
from evenhand.proof.receipts import Receipt
from evenhand.proof.tiles import FolderFiles, TileReader, TileWriter
from evenhand.proof.tree import inclusion_path

ORIGIN = "desk.example/log"
SIGNER = Signer(ORIGIN, b"\x01" * 32)
KEY = str(SIGNER.verifier)
SALT, OTHER = b"\x05" * 32, b"\x06" * 32
SHOWN = {"id": "019a0000-0000-7000-8000-000000000001", "kind": "decision", "harm": "m.spam"}


def leaf(number: int, *, of: str = "") -> bytes:
    """Gives an entry that means nothing."""
    return sha256(f"{of}{number}".encode()).digest()


def record() -> bytes:
    """Gives the entry of the one record that tests hold a receipt of."""
    return joined(commitment(SALT, canonical(SHOWN)), OTHER)


@dataclass
class MadeLog:
    """A log in a folder, and its keys."""

    folder: Path
    signer: Signer = SIGNER
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "keys.json").write_text(LogKeys(self.signer.verifier).as_json())

    def add(self, leaves: Sequence[bytes]) -> Path:
        """Adds entries and gives a kept copy of the new checkpoint."""
        writer = TileWriter(self.folder, len(self.leaves))
        root = writer.append(leaves)
        self.leaves += leaves
        note = sign(Checkpoint(ORIGIN, writer.size, root), [self.signer])
        (self.folder / "checkpoint").write_text(note)
        kept = self.folder.parent / f"{self.folder.name}-{writer.size}.note"
        kept.write_text(note)
        return kept

    def grow(self, count: int, *, of: str = "") -> Path:
        """Adds so many entries that mean nothing."""
        first = len(self.leaves)
        return self.add([leaf(number, of=of) for number in range(first, first + count)])

    def receipt(self) -> Path:
        """Writes the receipt of the one record into a file."""
        size, index = len(self.leaves), self.leaves.index(record())
        path = inclusion_path(index, size, TileReader(FolderFiles(self.folder), size))
        note = (self.folder / "checkpoint").read_text()
        made = Receipt(SHOWN, SALT, OTHER, index, size, tuple(path), note)
        file = self.folder.parent / "receipt.json"
        file.write_text(made.as_json())
        return file

    def copy(self, name: str) -> "MadeLog":
        """Gives a copy in another folder."""
        folder = self.folder.parent / name
        shutil.copytree(self.folder, folder)
        return MadeLog(folder, self.signer, list(self.leaves))


def rewritten(log: MadeLog, leaves: Sequence[bytes], name: str) -> MadeLog:
    """Gives the log as whoever holds its key could write it anew, with other entries."""
    made = MadeLog(log.folder.parent / name, log.signer)
    made.add(list(leaves))
    return made


def flip(file: Path, bit: int) -> None:
    """Turns one bit of a file around."""
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


@contextmanager
def flipped(file: Path, bit: int) -> Iterator[None]:
    """Turns one bit around for a while."""
    flip(file, bit)
    yield
    flip(file, bit)


def altered(receipt: Path, **fields: object) -> Path:
    """Gives a copy of a receipt in which something is another."""
    content = json.loads(receipt.read_text()) | fields
    file = receipt.with_name("altered.json")
    file.write_text(json.dumps(content))
    return file
