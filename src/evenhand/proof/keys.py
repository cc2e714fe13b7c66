"""The list of a log's keys, as its file keys.json holds it, and how one key follows another.

Each change of the key is a signed note: the old key signs which key follows it. So whoever learned
any key of the log once can follow to the one that signs today, and needs nobody else.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from evenhand.base.errors import InputRefused
from evenhand.proof.notes import ED25519, NoteRefused, Signing, Verifier, open_note, sign_text

FORMAT = "evenhand-log-keys-1"
SUCCESSION = "evenhand-key-succession-1"
KEYS_MAX = 1_000
"""Changes of the key that are followed: one a month for eighty years."""


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The first key of a log, and the signed notes by which others followed it."""

    first: Verifier
    successions: tuple[str, ...] = ()

    def followed_by(self, new: Verifier, *, old: Signing) -> "LogKeys":
        """Gives the list after the key `old` signed that `new` follows it."""
        text = f"{SUCCESSION}\n{old.verifier}\n{new}\n"
        return LogKeys(self.first, (*self.successions, sign_text(text, [old])))

    def trusted(self, pinned: Sequence[Verifier]) -> tuple[Verifier, ...]:
        """Gives the keys that somebody may trust who trusts these."""
        found = list(pinned)
        for note in self.successions:
            try:
                opened = open_note(note, found)
            except NoteRefused:
                continue
            old, new = _succession(opened.text)
            if old in opened.signed_by and new not in found and _may_follow(old, new):
                found.append(new)
        return tuple(found)

    def as_json(self) -> str:
        """Gives the list as its file holds it."""
        content = {
            "format": FORMAT,
            "first": str(self.first),
            "successions": list(self.successions),
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "LogKeys":
        """Gives the list that a file holds, or refuses it."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT or len(content["successions"]) > KEYS_MAX:
                raise InputRefused(what="keys", why=f"is no {FORMAT} of at most {KEYS_MAX} keys")
            found = cls(
                Verifier.parse(str(content["first"])),
                tuple(str(note) for note in content["successions"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputRefused(what="keys", why="is no list of a log's keys") from error
        if found.as_json() != text:
            raise InputRefused(what="keys", why="is not written as a list of keys is")
        return found


def _may_follow(old: Verifier, new: Verifier) -> bool:
    """Tells whether both are keys of one log: a witness appoints no key, and is none."""
    return old.kind == new.kind == ED25519 and old.name == new.name


def _succession(text: str) -> tuple[Verifier, Verifier]:
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != SUCCESSION:
        raise InputRefused(what="keys", why="a signed note in it is no succession of keys")
    return Verifier.parse(lines[1]), Verifier.parse(lines[2])
