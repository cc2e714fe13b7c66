"""Single proofs: that a receipt's record stands in the log, that a log continues an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass

from evenhand.base.errors import InputRefused, NotFound
from evenhand.proof.notes import ED25519, Checkpoint, NoteRefused, Verifier, open_note
from evenhand.proof.receipts import Receipt, ReceiptAltered
from evenhand.proof.tiles import TileReader
from evenhand.proof.tree import consistency_holds, consistency_path, root
from evenhand.verify.findings import Differs, FileRefused, Unreadable
from evenhand.verify.limits import LEAVES_MAX
from evenhand.verify.places import CHECKPOINT, Place, text_of


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint that a trusted key signed, with its note."""

    note: str
    checkpoint: Checkpoint
    signed_by: tuple[Verifier, ...]


class Forked(Differs):
    """The log signed two states of which neither continues the other."""

    remedy = "Keep both signed notes and show them to others: together they prove it to anybody."


def head_of(note: str, keys: Sequence[Verifier], *, name: str) -> Head:
    """Gives the checkpoint of a signed note, or says why it is not believed."""
    try:
        opened = open_note(note, keys)
        checkpoint = opened.checkpoint()
    except NoteRefused as error:
        raise Differs(file=name, **error.fields) from error
    if checkpoint.origin not in {key.name for key in opened.signed_by if key.kind == ED25519}:
        raise Differs(file=name, why="the key that signed it is of another log")
    if checkpoint.size > LEAVES_MAX:
        raise FileRefused(file=name, why=f"says that there are more than {LEAVES_MAX} leaves")
    return Head(note, checkpoint, opened.signed_by)


def head_in(place: Place, keys: Sequence[Verifier]) -> Head:
    """Gives the checkpoint that a log shows now."""
    content = place.read(CHECKPOINT)
    if content is None:
        raise Unreadable(file=CHECKPOINT, why="is missing")
    return head_of(text_of(content, CHECKPOINT), keys, name=CHECKPOINT)


def check_receipt(receipt: Receipt, keys: Sequence[Verifier]) -> Head:
    """Checks that a receipt's record stands in the tree of its checkpoint."""
    head = head_of(receipt.checkpoint, keys, name="receipt")
    if head.checkpoint.size != receipt.size:
        raise Differs(file="receipt", why="its path is of another tree than its checkpoint")
    if not receipt.holds(head.checkpoint.root):
        raise Differs(file="receipt", why="what it shows does not stand at its place in the log")
    return head


def receipt_of(text: str) -> Receipt:
    """Gives the receipt that a file holds, or refuses the file."""
    try:
        return Receipt.from_json(text)
    except ReceiptAltered as error:
        raise Differs(file="receipt", why=error.fields["why"]) from error


def check_consistency(place: Place, old: Head, new: Head) -> None:
    """Checks that the newer of two checkpoints continues the older, by the log's own tiles."""
    old, new = sorted((old, new), key=lambda head: head.checkpoint.size)
    before, after = old.checkpoint, new.checkpoint
    if before.origin != after.origin:
        raise Differs(why="the two checkpoints are of different logs")
    if before.size == after.size:
        if before.root != after.root:
            raise Forked(size=before.size, why="two roots are signed for one size")
        return
    try:
        tiles = TileReader(place, after.size)
        path = tuple(consistency_path(before.size, after.size, tiles))
        begins_with = root(before.size, tiles)
    except NotFound as error:
        raise Unreadable(file=error.fields.get("path"), why="is missing") from error
    except InputRefused as error:
        raise Differs(**error.fields) from error
    if consistency_holds(before.size, after.size, before.root, after.root, path):
        return
    if consistency_holds(before.size, after.size, begins_with, after.root, path):
        raise Forked(
            old_size=before.size,
            new_size=after.size,
            why="the newer state begins with other leaves than the older one",
            begins_with=begins_with.hex(),
            path=" ".join(one.hex() for one in path),
        )
    raise Differs(file="tile/…", why="the tiles do not lead to the root that is signed")
