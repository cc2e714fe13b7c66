"""Following a log: every checkpoint it shows is kept, and must continue all those before it.

What is kept lies in one folder:

    keys                       the keys that are believed, one on each line, from the first look on
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
from pathlib import Path

from evenhand.base.errors import NotAllowed
from evenhand.proof.notes import Verifier
from evenhand.verify.findings import Differs, FileRefused
from evenhand.verify.places import CHECKPOINT, Place, note_in, text_of
from evenhand.verify.proving import Forked, Head, check_consistency, head_of
from evenhand.verify.trust import named_keys, shown_keys, trust

KEYS, LATEST = "keys", "latest.note"
ROOT_SIGNS = 16
"""Signs of a root in the name of a kept checkpoint: no two that were ever signed are alike."""


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
    keys = _keys(place, state, named)
    content = place.read(CHECKPOINT)
    if content is None:
        raise FileRefused(file=CHECKPOINT, why="is missing")
    head = head_of(text_of(content, CHECKPOINT), keys, name=CHECKPOINT)
    if not (state / LATEST).exists():
        _keep(state, head)
        return Look(Seen.FIRST, head, head)
    kept = head_of(note_in(state / LATEST), keys, name=LATEST)
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


def _keys(place: Place, state: Path, named: str | None) -> tuple[Verifier, ...]:
    """Gives the keys that were pinned at the first look, and those that they lead to."""
    file = state / KEYS
    if not file.exists():
        believed = trust(place, named)
        _write(file, "".join(f"{key}\n" for key in believed.pinned))
        return believed.keys
    pinned = named_keys(str(file))
    if named is not None and not set(named_keys(named)) & set(pinned):
        raise Differs(what="--key", file=file, why="another key was believed at the first look")
    shown = shown_keys(place)
    return pinned if shown is None else shown.trusted(pinned)


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
