"""Whom a verifier believes: a key that somebody named, or the one that the log itself shows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.proof.keys import Believed, LogKeys
from evenhand.proof.notes import NoteRefused, Verifier
from evenhand.verify.findings import KeyMissing, KeyRefused
from evenhand.verify.places import Place, note_in, text_of

KEYS = "keys.json"
NAMED_KEYS_MAX = 20
"""Keys in a file that somebody names: the log's and some witnesses'."""

OWN_WORD = (
    "whether these are the publisher's keys: they were taken from the log itself."
    " Name a key that you know with --key"
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom somebody believes who knows the keys that were `pinned`, and what that leaves open."""

    believed: Believed
    pinned: tuple[Verifier, ...]
    unchecked: tuple[str, ...] = ()


def trust(place: Place | None, named: str | None) -> Trust:
    """Gives the keys to believe: those named and what they lead to, or else the log's own."""
    shown = None if place is None else shown_keys(place)
    if named is not None:
        pinned = named_keys(named)
        return Trust(Believed(pinned) if shown is None else shown.believed(pinned), pinned)
    if shown is None:
        raise KeyMissing(what="--key", why=f"is needed where there is no {KEYS}")
    own = shown.believed(shown.chain())
    return Trust(own, own.keys[:1], (OWN_WORD,))


def shown_keys(place: Place) -> LogKeys | None:
    """Gives the keys that a log shows; None if it shows none."""
    content = place.read(KEYS)
    return None if content is None else LogKeys.from_json(text_of(content, KEYS))


def named_keys(named: str) -> tuple[Verifier, ...]:
    """Gives the keys of an option: one as text, or a file with one on each line, or keys.json.

    Of a list that somebody kept, every key counts that is not withdrawn in it.
    """
    try:
        return _named_keys(named)
    except NoteRefused as error:
        raise KeyRefused(option="--key", named=named, why=error.fields["why"]) from error


def _named_keys(named: str) -> tuple[Verifier, ...]:
    if "+" in named and not os.path.lexists(named):
        return (Verifier.parse(named),)
    text = note_in(Path(named))
    if text.lstrip().startswith("{"):
        kept = LogKeys.from_json(text)
        return kept.believed(kept.chain()).keys
    found = keys_in(text)
    if not 0 < len(found) <= NAMED_KEYS_MAX:
        raise NoteRefused(why=f"holds no key, or over {NAMED_KEYS_MAX}")
    return found


def keys_in(text: str) -> tuple[Verifier, ...]:
    """Gives the keys of a text, one on each line."""
    return tuple(Verifier.parse(line) for line in text.split("\n") if line.strip())


def names(keys: Sequence[Verifier]) -> str:
    """Gives in words which keys signed."""
    return ", ".join(f"{key.name} ({key.key_id.hex()})" for key in keys)
