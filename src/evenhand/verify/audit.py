"""Following a log: every checkpoint it shows is kept, and must continue all those before it.

What is kept lies in one folder:

    keys                       the keys that are believed, one on each line: of the first look, and
                               those that were followed while nothing spoke against it
    keys.json                  the log's own list as it was last seen; the next must go on from it
    latest.note                the newest checkpoint that continued the one before
    checkpoints/               each of them, named by its size and root
    forks/                     what speaks against the log: signed notes that cannot both be true
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from evenhand.base.errors import NotAllowed
from evenhand.proof.keys import Believed, LogKeys
from evenhand.proof.notes import Verifier
from evenhand.verify.findings import Differs, FileRefused
from evenhand.verify.limits import KEYS_BYTES_MAX
from evenhand.verify.places import CHECKPOINT, Place, note_in, text_in, text_of
from evenhand.verify.proving import (
    Forked,
    Head,
    KeyWithdrawn,
    check_consistency,
    head_now,
    kept_head,
)
from evenhand.verify.trust import keys_in, named_keys, shown_keys, trust

KEYS, LATEST, SHOWN_KEYS = "keys", "latest.note", "keys.json"
ROOT_SIGNS = 16
"""Signs of a root in the name of a kept checkpoint: no two that were ever signed are alike."""


class KeysForked(Differs):
    """The log shows a list of its keys that does not go on from the one it showed before."""

    remedy = (
        "Keep both lists and show them to others: a key has signed two that follow it, or what was"
        " withdrawn was taken back. Ask the publisher by another way whose key is which."
    )


class StateInUse(NotAllowed):
    """Another audit keeps its checkpoints in this folder."""

    remedy = "Let one audit at a time use it, or name another folder with --state."


class Seen(StrEnum):
    """What a look at a log found."""

    FIRST = "first"
    UNCHANGED = "unchanged"
    GREW = "grew"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Look:
    """One look: what was found, the log's checkpoint, and the newest that is kept."""

    seen: Seen
    head: Head
    kept: Head


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Keeps other audits out of a folder."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateInUse(folder=state) from error
        yield


def look(place: Place, state: Path, *, named: str | None) -> Look:
    """Looks at a log once, and keeps what it shows; raises `Forked` with the evidence kept."""
    shown = _list_of_keys(place, state)
    pinned, believed = _believed(place, state, shown, named)
    content = place.read(CHECKPOINT)
    if content is None:
        raise FileRefused(file=CHECKPOINT, why="is missing")
    try:
        head = head_now(text_of(content, CHECKPOINT), believed)
    except KeyWithdrawn:
        if shown is not None:
            _write(state / SHOWN_KEYS, shown.as_json())
        raise
    found = _compared(place, state, believed, head)
    followed = [key for key in believed.keys if key not in pinned]
    _write(state / KEYS, "".join(f"{key}\n" for key in (*pinned, *followed)))
    if shown is not None:
        _write(state / SHOWN_KEYS, shown.as_json())
    return found


def _compared(place: Place, state: Path, believed: Believed, head: Head) -> Look:
    """Holds a head against the newest that is kept, and keeps it if it goes on from that."""
    if not (state / LATEST).exists():
        _keep(state, head)
        return Look(Seen.FIRST, head, head)
    kept = kept_head(note_in(state / LATEST), believed, name=LATEST)
    try:
        check_consistency(place, kept, head)
    except Forked as error:
        raise Forked(**error.fields, evidence=_accuse(state, kept, head, error)) from error
    if head.checkpoint.size < kept.checkpoint.size:
        return Look(Seen.OLDER, head, kept)
    if head.checkpoint.size == kept.checkpoint.size:
        return Look(Seen.UNCHANGED, head, kept)
    _keep(state, head)
    return Look(Seen.GREW, head, head)


def _list_of_keys(place: Place, state: Path) -> LogKeys | None:
    """Gives the log's list of keys: as it shows it, or as it was seen if that says more.

    What was once withdrawn stays so, whoever shows a list without it; and a key has one heir.
    """
    shown, file = shown_keys(place), state / SHOWN_KEYS
    if shown is not None:
        shown.check_signed()
    if not file.exists():
        return shown
    seen = LogKeys.from_json(text_in(file, KEYS_BYTES_MAX))
    if shown is None or seen.continues(shown):
        return seen
    if shown.continues(seen):
        return shown
    folder = state / "forks" / f"keys-{sha256(shown.as_json().encode()).hexdigest()[:ROOT_SIGNS]}"
    _write(folder / "kept.json", seen.as_json())
    _write(folder / "shown.json", shown.as_json())
    raise KeysForked(file=SHOWN_KEYS, why="says otherwise than before", evidence=folder)


def _believed(
    place: Place, state: Path, shown: LogKeys | None, named: str | None
) -> tuple[tuple[Verifier, ...], Believed]:
    """Gives the keys that are believed from earlier looks, and with what they lead to now."""
    file = state / KEYS
    if not file.exists():
        first = trust(place, named)
        return first.pinned, first.believed
    pinned = keys_in(text_in(file, KEYS_BYTES_MAX))
    if not pinned:
        raise FileRefused(file=file, why="holds no key; put it back, or begin another folder")
    more = () if named is None else named_keys(named)
    believed = Believed(pinned) if shown is None else shown.believed(pinned)
    if shown is not None and believed.heir is not None:
        learned = [key for key in more if key in shown.chain() and key not in pinned]
        pinned = (*pinned, *learned)
        believed = shown.believed(pinned)
    if more and not set(more) & set(pinned):
        raise Differs(what="--key", file=file, why="another key was believed at the first look")
    return pinned, believed


def _keep(state: Path, head: Head) -> None:
    name = f"{head.checkpoint.size}-{head.checkpoint.root.hex()[:ROOT_SIGNS]}.note"
    _write(state / "checkpoints" / name, head.note)
    _write(state / LATEST, head.note)


def _accuse(state: Path, kept: Head, head: Head, error: Forked) -> Path:
    """Keeps both signed notes, and what shows that they cannot both be true."""
    folder = state / "forks" / f"{head.checkpoint.size}-{head.checkpoint.root.hex()[:ROOT_SIGNS]}"
    _write(folder / "kept.note", kept.note)
    _write(folder / "shown.note", head.note)
    _write(folder / "why.json", json.dumps(error.fields, indent=1) + "\n")
    return folder


def _write(file: Path, text: str) -> None:
    """Writes a file whole, on disk for good, or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(file.name + ".partial")
    with beside.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)
