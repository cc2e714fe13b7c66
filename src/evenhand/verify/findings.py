"""What a verifier says: that all is equal, or what is not, and what could not be read."""

import json
import re
from dataclasses import dataclass

from evenhand.base.errors import EvenhandError, InputRefused, Unavailable

WORD = re.compile(r"[\w.:+/-]+", re.ASCII)


class Differs(EvenhandError):
    """What was read is not what was signed."""

    remedy = "Keep a copy of all files as they are: they may be evidence. Then ask the publisher."


class Unreadable(Unavailable):
    """A file that is needed could not be read."""

    remedy = "Look whether the address or folder is right, and try again later."


class FileRefused(InputRefused):
    """A file is not one that this command takes."""

    remedy = "Get it again from where it was published, or name another one."


class KeyMissing(InputRefused):
    """No key is known by which the log could be believed."""

    remedy = "Name the log's key with --key; it is best learned from somebody you trust."


class KeyRefused(InputRefused):
    """What somebody named as a key is none."""

    remedy = "Name a key as the log's keys.json shows it, or a file with one on each line."


@dataclass(frozen=True, slots=True)
class Verified:
    """Something that was found equal: what was checked and, as plainly, what was not."""

    checked: tuple[str, ...]
    unchecked: tuple[str, ...] = ()

    def text(self) -> str:
        """Gives it in words."""
        lines = ["Equal."]
        lines += [f"  checked      {printable(one)}" for one in self.checked]
        lines += [f"  not checked  {printable(one)}" for one in self.unchecked]
        return "\n".join(lines)


def refusal(error: EvenhandError) -> str:
    """Gives in words what is not equal."""
    lines = ["NOT EQUAL."]
    lines += [f"  {name}: {printable(str(value))}" for name, value in error.fields.items()]
    return "\n".join([*lines, f"  what to do: {error.remedy}"])


def printable(text: str) -> str:
    """Gives a text without signs that would move the cursor, end the line or turn it around."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def quoted(value: object) -> str:
    """Gives a value as it is if it is a plain word, else as JSON: it ends where it seems to."""
    return value if isinstance(value, str) and WORD.fullmatch(value) else json.dumps(value)
