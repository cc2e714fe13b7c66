"""Turns patterns into what Hyperscan compiles, so that a scan over joined rows misses nothing.

Rows are joined by one byte, SEPARATOR. A scan over all of them may find too much (a match across
two people's messages, which a look at the row alone drops), but must not find too little. So `^`
and `$` also stand for the separator, and `.` stops at it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evenhand.events.normalise import normalise_text
from evenhand.events.unicode_tables import fold_character
from evenhand.signals.pattern_lists import Pattern, refused

START, END = r"(?:^|\x{1e})", r"(?:$|\x{1e})"
BOUND_BEFORE, BOUND_AFTER = r"(?:^|[^\p{L}\p{N}\p{M}])", r"(?:$|[^\p{L}\p{N}\p{M}])"
ANY_CHARACTER = r"[^\n\x{1e}]"

_PIECE = re.compile(
    r"""(?P<quoted>\\Q.*?(?:\\E|$))
      | (?P<escape>\\[pPx]\{[^}]*\}|\\.)
      | (?P<set>\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\])
      | (?P<flags>\(\?[a-zA-Z-]*s[a-zA-Z-]*[:)])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SET_LETTER = re.compile(r"\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|\[:\^?[a-z]+:\]|.", re.DOTALL)
_HARMLESS = re.compile(r"\\[dws]|\\[^a-zA-Z0-9]|\\p\{[LNMPSZ][a-z]?\}|\[:(?:alpha|digit|alnum):\]")
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


def expression_of(pattern: Pattern, *, normalised: bool) -> bytes:
    """Gives the regular expression that is scanned for over joined rows.

    For the normalised view its letters are folded like the text: that finds every case, and
    compiles five times as fast as Hyperscan's own way of ignoring case.
    """
    assert pattern.regex is not None
    fold = _fold if normalised else str
    pieces = "".join(_piece(found, pattern, fold) for found in _PIECE.finditer(pattern.regex))
    if pattern.bounded:
        before, after = _bounds(pattern)
        pieces = f"{before}(?:{pieces}){after}"
    return pieces.encode()


def _bounds(pattern: Pattern) -> tuple[str, str]:
    """Gives what must stand beside a bounded regex; the ends of a text bound it by themselves."""
    found = list(pieces_of(pattern))
    anchors = [place for place, (_, piece) in enumerate(found) if piece in {"^", "$"}]
    begins, ends = found[0][1] == "^", found[-1][1] == "$"
    if len(anchors) > begins + ends or (anchors and any(piece == "|" for _, piece in found)):
        raise refused(pattern, "a bounded regex may have ^ and $ at its ends alone, and no |")
    return "" if begins else BOUND_BEFORE, "" if ends else BOUND_AFTER


def stays_within_rows(pattern: Pattern) -> bool:
    """Tells whether what a regex finds in joined rows is certain to lie within one of them.

    It is, if `^` and `$` stand at its ends alone and nothing else in it can be the separator.
    """
    found = list(pieces_of(pattern))
    inner = found[found[0] == ("other", "^") : len(found) - (found[-1] == ("other", "$"))]
    return all(_is_no_separator(kind, piece) for kind, piece in inner)


def letters_of_set(piece: str) -> list[str]:
    """Gives what a set names, piece by piece: letters, signs, escapes, classes."""
    return _SET_LETTER.findall(piece[1:-1])


def _is_no_separator(kind: str, piece: str) -> bool:
    match kind:
        case "set":
            letters = letters_of_set(piece)
            return letters[0] != "^" and all(map(_names_no_separator, letters))
        case "escape":
            return _names_no_separator(piece)
        case "quoted":
            return all(letter >= " " for letter in piece)
        case "other":
            return piece not in "^$" and piece >= " "
        case _:
            return False


def _names_no_separator(letter: str) -> bool:
    """Tells whether a letter of a set, or an escape, is neither a control sign nor a negation."""
    if len(letter) == 1:
        return letter >= " "
    return _HARMLESS.fullmatch(letter) is not None


def pieces_of(pattern: Pattern) -> Iterator[tuple[str, str]]:
    """Gives what a regex is written of, piece by piece, each with its kind."""
    for found in _PIECE.finditer(pattern.regex or ""):
        yield found.lastgroup or "", found.group()


def _fold(piece: str) -> str:
    """Gives a letter, or the letters of a set, as normalised text writes them."""
    if len(piece) == 1:
        folded = fold_character(piece)
        return folded if len(folded) == 1 else f"(?:{folded})" if folded else piece
    return _SET_LETTER.sub(lambda found: _fold_one(found.group()), piece)


def _fold_one(letter: str) -> str:
    """Gives a letter of a set folded, where that is one letter again (ß is not)."""
    folded = fold_character(letter) if len(letter) == 1 else letter
    return folded if len(folded) == 1 else letter


def _piece(found: re.Match[str], pattern: Pattern, fold: Callable[[str], str]) -> str:
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
        case "other" | "set":
            return fold(piece)
        case _:
            return piece
