"""A receipt: what shows its holder that a record stands in the log, as one JSON file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import canonical, commitment, joined
from evenhand.proof.tree import HASH_BYTES, inclusion_holds, leaf_hash

FORMAT = "evenhand-receipt-1"

RECEIPT_BYTES_MAX = 100_000
"""Bytes of a receipt that is read: sixty hashes and a checkpoint have a tenth of that."""


class ReceiptAltered(InputRefused):
    """What a receipt shows is not what its leaf commits to."""

    remedy = "Get it again from where it was published; if it stays so, keep it."


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record's place in the tree of one checkpoint.

    shown       what the record shows its holder: its id, time and classes
    salt        salt of that half's commitment
    other       commitment of the other half
    checkpoint  the signed note
    """

    shown: Mapping[str, object]
    salt: bytes
    other: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    checkpoint: str

    @property
    def leaf(self) -> bytes:
        """Gives the entry of the log that this record must be."""
        return joined(commitment(self.salt, canonical(self.shown)), self.other)

    def holds(self, root: bytes) -> bool:
        """Tells whether the record stands in the tree of a root, of the size named here."""
        return inclusion_holds(leaf_hash(self.leaf), self.index, self.size, self.path, root)

    def as_json(self) -> str:
        """Gives the receipt as its file holds it."""
        content = {
            "format": FORMAT,
            "shown": dict(self.shown),
            "salt": self.salt.hex(),
            "other": self.other.hex(),
            "leaf": self.leaf.hex(),
            "index": self.index,
            "size": self.size,
            "path": [one.hex() for one in self.path],
            "checkpoint": self.checkpoint,
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Receipt":
        """Gives the receipt that a file holds, or refuses it."""
        if len(text) > RECEIPT_BYTES_MAX:
            raise InputRefused(what="receipt", why=f"longer than {RECEIPT_BYTES_MAX} bytes")
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise InputRefused(what="receipt", why=f"its format is not {FORMAT}")
            found = cls(
                shown=dict(content["shown"]),
                salt=_hash(content["salt"]),
                other=_hash(content["other"]),
                index=int(content["index"]),
                size=int(content["size"]),
                path=tuple(_hash(one) for one in content["path"]),
                checkpoint=str(content["checkpoint"]),
            )
            claimed = _hash(content["leaf"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputRefused(what="receipt", why="is no receipt of a record") from error
        if claimed != found.leaf:
            raise ReceiptAltered(what="receipt", why="its leaf does not follow from what it shows")
        return found


def _hash(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != HASH_BYTES:
        raise ValueError(text)
    return found
