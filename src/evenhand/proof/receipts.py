"""A receipt: what shows its holder that a record stands in the log, as one JSON file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import EXACT_MAX, canonical, commitment, joined
from evenhand.proof.strict import strict_json, whole_number, with_names
from evenhand.proof.tree import inclusion_holds, leaf_hash

FORMAT = "evenhand-receipt-1"
NAMES = frozenset(
    {"format", "shown", "salt", "other", "leaf", "index", "size", "path", "checkpoint"}
)
HASH = re.compile("[0-9a-f]{64}")

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
            content = strict_json(text)
            if not isinstance(content, dict) or content.get("format") != FORMAT:
                raise InputRefused(what="receipt", why=f"its format is not {FORMAT}")
            with_names(content, NAMES)
            shown, path, checkpoint = content["shown"], content["path"], content["checkpoint"]
            if not isinstance(shown, dict) or not isinstance(path, list):
                raise InputRefused(what="receipt", why="shows no record, or has no path")
            if not isinstance(checkpoint, str):
                raise InputRefused(what="receipt", why="has no checkpoint")
            checkpoint.encode()  # half a character can be in no note
            found = cls(
                shown=shown,
                salt=_hash(content["salt"]),
                other=_hash(content["other"]),
                index=whole_number(content["index"], least=-EXACT_MAX, most=EXACT_MAX),
                size=whole_number(content["size"], most=EXACT_MAX),
                path=tuple(_hash(one) for one in path),
                checkpoint=checkpoint,
            )
            claimed, leaf = _hash(content["leaf"]), found.leaf
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputRefused(what="receipt", why="is no receipt of a record") from error
        if claimed != leaf:
            raise ReceiptAltered(what="receipt", why="its leaf does not follow from what it shows")
        return found


def _hash(text: object) -> bytes:
    if not isinstance(text, str) or not HASH.fullmatch(text):
        raise ValueError(text)
    return bytes.fromhex(text)
