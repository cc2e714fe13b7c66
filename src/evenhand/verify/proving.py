"""Single proofs: that a receipt's record stands in the log, that a log continues an earlier one."""

from collections.abc import Iterable
from dataclasses import dataclass

from evenhand.base.errors import InputRefused, NotFound
from evenhand.proof.keys import Believed
from evenhand.proof.notes import ED25519, Checkpoint, NoteRefused, Verifier, open_note, parts
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


class KeyWithdrawn(Differs):
    """The key that is known was withdrawn: somebody else may have it, and sign with it."""

    remedy = (
        "Ask the publisher which key signs now, by a way that does not lead through this site:"
        " whoever has the old key could show you a site of their own. Then name it with --key."
    )


def head_of(note: str, believed: Believed, *, name: str) -> Head:
    """Gives the checkpoint of a signed note, or says why it is not believed."""
    head = kept_head(note, believed, name=name)
    until = max(
        (believed.former[key] for key in head.signed_by if key in believed.former), default=0
    )
    if not _is_of_today(head, believed) and head.checkpoint.size > until:
        why = "only a key signed it that is withdrawn from a smaller log on"
        raise KeyWithdrawn(file=name, from_leaves=until, why=why)
    return head


def kept_head(note: str, believed: Believed, *, name: str) -> Head:
    """Gives the checkpoint of a note that was believed once, whatever was withdrawn since."""
    try:
        opened = open_note(note, (*believed.keys, *believed.former))
        checkpoint = opened.checkpoint()
    except NoteRefused as error:
        if believed.heir is not None:
            raise _withdrawn(believed, believed.heir, name) from error
        raise Differs(file=name, **error.fields) from error
    if checkpoint.origin not in {key.name for key in opened.signed_by if key.kind == ED25519}:
        raise Differs(file=name, why="the key that signed it is of another log")
    if checkpoint.size > LEAVES_MAX:
        raise FileRefused(file=name, why=f"says that there are more than {LEAVES_MAX} leaves")
    return Head(note, checkpoint, opened.signed_by)


def named_head(note: str, believed: Believed, *, name: str) -> Head:
    """Gives the checkpoint of a file that somebody named, or refuses one that is no signed note."""
    try:
        parts(note)
    except NoteRefused as error:
        raise FileRefused(file=name, why=f"is no signed note: {error.fields['why']}") from error
    return head_of(note, believed, name=name)


def head_now(note: str, believed: Believed) -> Head:
    """Gives the head that a log shows now: a key must have signed it that is not withdrawn."""
    head = kept_head(note, believed, name=CHECKPOINT)
    if _is_of_today(head, believed):
        return head
    if believed.heir is not None:
        raise _withdrawn(believed, believed.heir, CHECKPOINT)
    why = "only a key signed it that is withdrawn: the log should show one of its new key"
    raise KeyWithdrawn(file=CHECKPOINT, key=_ids(believed.former), why=why)


def head_in(place: Place, believed: Believed) -> Head:
    """Gives the checkpoint that a log shows now."""
    content = place.read(CHECKPOINT)
    if content is None:
        raise Unreadable(file=CHECKPOINT, why="is missing")
    return head_now(text_of(content, CHECKPOINT), believed)


def _is_of_today(head: Head, believed: Believed) -> bool:
    """Tells whether a key of the log signed it that is not withdrawn; a witness's is none."""
    return any(key.kind == ED25519 and key in believed.keys for key in head.signed_by)


def _withdrawn(believed: Believed, heir: Verifier, name: str) -> KeyWithdrawn:
    return KeyWithdrawn(
        file=name,
        key=_ids(believed.former),
        from_leaves=min(believed.former.values()),
        shown_instead=heir,
        why="the key that you know is withdrawn; what followed it could be a thief's",
    )


def _ids(keys: Iterable[Verifier]) -> str:
    return ", ".join(key.key_id.hex() for key in keys)


def check_receipt(receipt: Receipt, believed: Believed) -> Head:
    """Checks that a receipt's record stands in the tree of its checkpoint."""
    head = head_of(receipt.checkpoint, believed, name="receipt")
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
