"""Pure: what somebody wants who writes to the desk's account, in any of the five languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from uuid import UUID

from evenhand.appeals.phrases import phrases
from evenhand.base.lists import Language

NUMBER = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WORD = re.compile(r"[^\W\d_]+")
EDGES = " \t\r\n:;,.–—-!()\"'«»„“”"


class Command(StrEnum):
    """What somebody may ask the desk's account."""

    OBJECTION = "objection"
    DECISIONS = "decisions"
    CONCERNED = "concerned"
    REPORT = "report"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks.

    language  that of the command's word; None where no word was known
    number    the decision that is named
    rest      what was written beside command and number
    """

    command: Command | None
    language: Language | None
    number: UUID | None
    rest: str = field(repr=False)


def understood(text: str) -> Asked:
    """Gives what a message asks; what it quotes of another message does not count."""
    own = _without_quote(text)
    first = WORD.search(own)
    known = _words().get(first.group().casefold()) if first else None
    named = NUMBER.search(own)
    if known and first and not own[: first.start()].strip(EDGES):
        own = own[first.end() :]
    elif known:
        known = None
    command, language = known or (None, None)
    rest = NUMBER.sub(" ", own, count=1) if named else own
    return Asked(
        command=command,
        language=language,
        number=UUID(named.group()) if named else None,
        rest=rest.strip(EDGES),
    )


def _without_quote(text: str) -> str:
    """Leaves out the quotation that a reply begins with (Matrix: lines that begin with "> ")."""
    lines = text.split("\n")
    while lines and lines[0].startswith(">"):
        lines.pop(0)
    return "\n".join(lines).strip()


@cache
def _words() -> Mapping[str, tuple[Command, Language]]:
    # Later languages do not take a word from an earlier one: English is asked first.
    order = (Language.EN, *(one for one in Language if one is not Language.EN))
    found: dict[str, tuple[Command, Language]] = {}
    for language in order:
        for command in Command:
            for word in phrases(language)["account"]["words"][command.value]:
                found.setdefault(word.casefold(), (command, language))
    return found
