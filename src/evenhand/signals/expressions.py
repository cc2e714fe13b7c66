"""Turns patterns into what Hyperscan compiles, so that a scan over joined rows misses nothing.

Rows are joined by one byte, SEPARATOR. A scan over all of them may find too much (a match across
two people's messages, which the confirm pass drops), but must not find too little. So `^` and `$`
also stand for the separator, and `.` stops at it.
"""

import re
from dataclasses import dataclass

from evenhand.events.normalise import normalise_text
from evenhand.signals.pattern_lists import Pattern, refused

START, END = r"(?:^|\x{1e})", r"(?:$|\x{1e})"
BOUND_BEFORE, BOUND_AFTER = r"(?:^|[^\p{L}\p{N}\p{M}])", r"(?:$|[^\p{L}\p{N}\p{M}])"
ANY_CHARACTER = r"[^\n\x{1e}]"

_PIECE = re.compile(
    r"""(?P<quoted>\\Q.*?(?:\\E|$))
      | (?P<escape>\\.)
      | (?P<set>\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\])
      | (?P<flags>\(\?[a-zA-Z-]*s[a-zA-Z-]*[:)])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_UNUSABLE = {
    r"\b": "\\b knows only ASCII letters; write `bounded: true` instead",
    r"\B": "\\B knows only ASCII letters",
    r"\A": "write ^ instead",
    r"\z": "write $ instead",
    r"\Z": "write $ instead",
    r"\G": "it has no meaning here",
    r"\C": "it could split a character",
    r"\R": "texts are one line",
}


@dataclass(frozen=True, slots=True)
class Literal:
    """The bytes of a literal, and at which ends no letter may follow."""

    content: bytes
    bound_before: bool
    bound_after: bool


def literal_of(pattern: Pattern, *, normalised: bool) -> Literal:
    """Gives what to look for: the text in the form of the view, without its `*`."""
    assert pattern.text is not None
    text = pattern.text
    before, after = not text.startswith("*"), not text.endswith("*")
    inner = text[0 if before else 1 : len(text) if after else -1]
    if "*" in inner:
        raise refused(pattern, "`*` can stand only at an end; use a regex")
    form = normalise_text(inner).strip(" ") if normalised else inner
    if not form:
        raise refused(pattern, "nothing is left of it when it is normalised")
    return Literal(form.encode(), before, after)


def expression_of(pattern: Pattern) -> bytes:
    """Gives the regular expression that is scanned for over joined rows."""
    assert pattern.regex is not None
    pieces = "".join(_piece(found, pattern) for found in _PIECE.finditer(pattern.regex))
    if pattern.bounded:
        pieces = f"{BOUND_BEFORE}(?:{pieces}){BOUND_AFTER}"
    return pieces.encode()


def _piece(found: re.Match[str], pattern: Pattern) -> str:
    piece = found.group()
    match found.lastgroup:
        case "escape" if piece in _UNUSABLE:
            raise refused(pattern, f"{piece} cannot be used: {_UNUSABLE[piece]}")
        case "flags":
            raise refused(pattern, "the flag s would let a match run on across texts")
        case "other" if piece == "^":
            return START
        case "other" if piece == "$":
            return END
        case "other" if piece == ".":
            return ANY_CHARACTER
        case _:
            return piece
