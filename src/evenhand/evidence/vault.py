"""The vault: what is preserved for an authority, opened only by two key holders together.

The content is encrypted with age to the first group of holders, and the result to the second: one
holder of each group is needed, in one place, at one time. The desk knows the holders' public keys
alone; no identity that opens anything is on its machine.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from evenhand.base.errors import InputRefused, Misconfigured
from evenhand.base.sealing import KEY_BYTES, age_open, age_seal, is_age_recipient

HOLDERS_FILE = "holders.json"

MEDIA_TYPE = "application/vnd.evenhand.vault"
"""Media type of an item in the vault; the opener of review evidence has no key for it."""


@dataclass(frozen=True, slots=True)
class Holders:
    """The age recipients of both groups; who holds a key of each is written down elsewhere.

    signs  Ed25519 public keys (hex) of the holders' own machine, which signs what it hands over
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    signs: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuses groups that one person could open alone, or nobody."""
        for group in (self.first, self.second):
            if not group:
                raise InputRefused(what="vault holders", why="each group needs a key")
            if not all(is_age_recipient(one) for one in group):
                raise InputRefused(what="vault holders", why="no age recipient (age1…)")
        if set(self.first) & set(self.second):
            raise InputRefused(what="vault holders", why="one key stands in both groups")
        if not all(_is_public_key(one) for one in self.signs):
            raise InputRefused(what="vault holders", why="a signing key is 64 hex digits")


def holders(folder: Path) -> Holders:
    """Gives the holders that were named, or says that none were."""
    try:
        value = json.loads((folder / HOLDERS_FILE).read_text(encoding="utf-8"))
        named = Holders(
            tuple(value["first"]), tuple(value["second"]), tuple(value.get("signs", ()))
        )
        named.check()
    except (OSError, ValueError, KeyError, TypeError, InputRefused) as error:
        raise Misconfigured(
            setting="vault holders", why="not named; see `evenhand vault holders`"
        ) from error
    return named


def name_holders(folder: Path, named: Holders) -> None:
    """Writes down the holders' public keys; what is sealed already stays as it is."""
    named.check()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = folder / f"{HOLDERS_FILE}.partial"
    partial.touch(mode=0o600)
    value = {"first": list(named.first), "second": list(named.second), "signs": list(named.signs)}
    partial.write_text(json.dumps(value, indent=2), encoding="utf-8")
    partial.replace(folder / HOLDERS_FILE)


def put_away(content: bytes, *, to: Holders) -> bytes:
    """Gives content that one holder of each group open together."""
    return age_seal(age_seal(content, to=to.first), to=to.second)


def take_out(sealed: bytes, *, identities: Sequence[str]) -> bytes:
    """Gives what was put away, where a holder of each group is there; in whichever order."""
    for outer, inner in permutations(identities, 2):
        try:
            return age_open(age_open(sealed, identity=outer), identity=inner)
        except InputRefused:
            continue
    raise InputRefused(what="vault item", why="needs a key of each of the two groups")


def _is_public_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == KEY_BYTES
    except ValueError:
        return False
