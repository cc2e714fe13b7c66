"""The list of a log's keys, as its file keys.json holds it: which followed, and which is withdrawn.

Each change of the key is a signed note: the old key signs which key follows it. So whoever learned
any key of the log once can follow to the one that signs today, and needs nobody else. A key is
followed by one other alone: what it signs later about another is nothing.

A key that somebody else may have is withdrawn, by a note that it signs itself, or one after it.
From then on nothing follows from it: the thief could have signed the same. Who knew no other key
has to learn one anew.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evenhand.base.errors import InputRefused
from evenhand.proof.notes import (
    ED25519,
    SIZE,
    NoteRefused,
    Opened,
    Signing,
    Verifier,
    open_note,
    sign_text,
)

FORMAT = "evenhand-log-keys-1"
SUCCESSION = "evenhand-key-succession-1"
WITHDRAWAL = "evenhand-key-withdrawal-1"
KEYS_MAX = 1_000
"""Changes of the key that are followed: one a month for eighty years."""


@dataclass(frozen=True, slots=True)
class Believed:
    """By which keys somebody may believe a log.

    keys    those that sign today
    former  withdrawn ones, with the size of the log up to which they signed for it
    heir    the key that the list names last, where a withdrawn one keeps it from being believed
    """

    keys: tuple[Verifier, ...]
    former: Mapping[Verifier, int] = field(default_factory=dict)
    heir: Verifier | None = None


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The first key of a log, the notes by which others followed, and those that withdraw some."""

    first: Verifier
    successions: tuple[str, ...] = ()
    withdrawals: tuple[str, ...] = ()

    def followed_by(self, new: Verifier, *, old: Signing) -> "LogKeys":
        """Gives the list after the key `old` signed that `new` follows it."""
        text = f"{SUCCESSION}\n{old.verifier}\n{new}\n"
        return replace(self, successions=(*self.successions, sign_text(text, [old])))

    def without(self, key: Verifier, *, size: int, by: Sequence[Signing]) -> "LogKeys":
        """Gives the list after `key` was withdrawn from a log of `size` leaves on."""
        note = sign_text(f"{WITHDRAWAL}\n{key}\n{size}\n", by)
        return replace(self, withdrawals=(*self.withdrawals, note))

    def chain(self) -> tuple[Verifier, ...]:
        """Gives every key of the log in its order, as far as each was signed by the one before."""
        found = [self.first]
        for note in self.successions:
            opened = _opened(note, found[-1:])
            if opened is None:
                continue
            old, new = _succession(opened.text)
            if old == found[-1] and new not in found and _may_follow(old, new):
                found.append(new)
        return tuple(found)

    def withdrawn(self) -> dict[Verifier, int]:
        """Gives the keys that were withdrawn, with the size from which on."""
        found: dict[Verifier, int] = {}
        for key, size, _ in self._withdrawals():
            found[key] = min(size, found.get(key, size))
        return found

    def believed(self, pinned: Sequence[Verifier]) -> Believed:
        """Gives the keys that somebody may believe who knows these from elsewhere."""
        chain, gone = self.chain(), self.withdrawn()
        keys = [key for key in pinned if key not in gone]
        former = {key: gone[key] for key in pinned if key in gone}
        follows = False
        for key in chain:
            follows = follows or key in pinned
            if follows and key in gone:
                former[key] = gone[key]
                follows = False
            elif follows and key not in keys:
                keys.append(key)
        for key, size, signed_by in self._withdrawals():
            if set(signed_by) & set(keys):
                former[key] = min(size, former.get(key, size))
        heir = chain[-1] if former and chain[-1] not in keys else None
        return Believed(tuple(keys), former, heir)

    def continues(self, old: "LogKeys") -> bool:
        """Tells whether this list is an older one, and what was added to it."""
        return (
            self.first == old.first
            and self.successions[: len(old.successions)] == old.successions
            and set(self.withdrawals) >= set(old.withdrawals)
        )

    def check_signed(self) -> None:
        """Refuses a list with a note in it that counts for nothing: anybody could add those."""
        counted = sum(1 for _ in self._withdrawals())
        if len(self.chain()) <= len(self.successions) or counted < len(self.withdrawals):
            raise InputRefused(what="keys", why="holds a note that no key of it may sign")

    def as_json(self) -> str:
        """Gives the list as its file holds it."""
        content: dict[str, object] = {
            "format": FORMAT,
            "first": str(self.first),
            "successions": list(self.successions),
        }
        if self.withdrawals:
            content["withdrawals"] = list(self.withdrawals)
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "LogKeys":
        """Gives the list that a file holds, or refuses it."""
        try:
            content = json.loads(text)
            notes = [content["successions"], content.get("withdrawals", [])]
            if content["format"] != FORMAT or max(map(len, notes)) > KEYS_MAX:
                raise InputRefused(what="keys", why=f"is no {FORMAT} of at most {KEYS_MAX} keys")
            found = cls(
                Verifier.parse(str(content["first"])),
                *(tuple(str(note) for note in part) for part in notes),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputRefused(what="keys", why="is no list of a log's keys") from error
        if found.as_json() != text:
            raise InputRefused(what="keys", why="is not written as a list of keys is")
        return found

    def _withdrawals(self) -> Iterator[tuple[Verifier, int, tuple[Verifier, ...]]]:
        """Gives each key that was withdrawn, from which size on, and which keys said so.

        A key may be withdrawn by itself and by those after it: a thief of an older one by none.
        """
        chain = self.chain()
        for note in self.withdrawals:
            opened = _opened(note, chain)
            if opened is None:
                continue
            key, size = _withdrawal(opened.text)
            if key not in chain:
                continue
            later = chain[chain.index(key) :]
            signed_by = tuple(one for one in opened.signed_by if one in later)
            if signed_by:
                yield key, size, signed_by


def _opened(note: str, keys: Sequence[Verifier]) -> Opened | None:
    try:
        return open_note(note, keys)
    except NoteRefused:
        return None


def _may_follow(old: Verifier, new: Verifier) -> bool:
    """Tells whether both are keys of one log: a witness appoints no key, and is none."""
    return old.kind == new.kind == ED25519 and old.name == new.name


def _succession(text: str) -> tuple[Verifier, Verifier]:
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != SUCCESSION:
        raise InputRefused(what="keys", why="a signed note in it is no succession of keys")
    return Verifier.parse(lines[1]), Verifier.parse(lines[2])


def _withdrawal(text: str) -> tuple[Verifier, int]:
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != WITHDRAWAL or not SIZE.fullmatch(lines[2]):
        raise InputRefused(what="keys", why="a signed note in it withdraws no key")
    return Verifier.parse(lines[1]), int(lines[2])
