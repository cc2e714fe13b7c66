"""Finds for a regular expression texts of which one must be in whatever it is found in.

Rows that hold none of them need not be looked at. Only plain syntax is read: letters, sets, groups,
alternatives and how often something stands there. Of what is not understood nothing is said.

`s[ .-]{0,2}n[ .-]{0,2}o[ .-]{0,2}w` needs no text as it stands, but whatever it is found in holds
`snow` once spaces and punctuation are taken out. Such factors are called close.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evenhand.base.blocks import BLOCK, first_bits, gather, where_between, where_equal, where_under
from evenhand.base.kernel import U, borrowing_kernel
from evenhand.base.machine import bits_set
from evenhand.events.text_column import SEPARATOR, Bytes, Offsets, TextColumn
from evenhand.events.unicode_tables import fold_character
from evenhand.signals.expressions import letters_of_set, pieces_of
from evenhand.signals.pattern_lists import Pattern

FACTOR_CHARACTERS_MIN = 4
"""Shorter ones are in so many texts that nothing is gained."""

Factors = tuple[str, ...]
"""One of these must be there; none at all says nothing."""

_CLASSES = re.compile(r"\\[dDwWsS]|\\[pPx]\{[^}]*\}")
_OFTEN = re.compile(r"\{(\d+)(,\d*)?\}")
_SPECIAL = frozenset("\\[](){}.*+?^$|")


class _Unclear(Exception):
    """Something is written that is not understood here."""


def factors_of(pattern: Pattern, *, normalised: bool, close: bool = False) -> Factors:
    """Gives texts, in the form of the view, of which one is in whatever a regex is found in.

    close  of which one is there in the close text (`close_text`)
    """
    assert pattern.regex is not None
    pieces = tuple(pieces_of(pattern))
    try:
        found = _Reader(pieces, normalised=normalised, close=close).whole()
    except _Unclear:
        return ()
    return found if _strength(found) >= FACTOR_CHARACTERS_MIN else ()


def _stands_between(letter: str) -> bool:
    """Tells whether a character is a space or punctuation, which close texts are without."""
    return letter.isascii() and not letter.isalnum() and letter >= " "


def _is_gap(kind: str, piece: str) -> bool:
    """Tells whether a piece can be found in nothing but what close texts are without."""
    if kind == "set":
        letters = letters_of_set(piece)
        # A range may hold letters, and what a set leaves out says little of what it has.
        return "^" not in letters and "-" not in letters[1:-1] and all(map(_names_gap, letters))
    return (kind == "escape" or piece not in _SPECIAL) and _names_gap(piece)


def _names_gap(piece: str) -> bool:
    """Tells whether a letter or an escape stands for white space or punctuation alone."""
    sign = piece[1:] if piece[0] == "\\" else piece
    return piece == r"\s" or (len(sign) == 1 and _stands_between(sign))


def _strength(factors: Factors) -> int:
    """Gives how much factors say: as much as the shortest."""
    return min(map(len, factors), default=0)


@dataclass(slots=True)
class _Run:
    """A sequence: the letters that stand side by side at its end, and the best of what was."""

    letters: str = ""
    best: Factors = ()

    def offer(self, factors: Factors) -> None:
        """Takes what must be there if it says more than what is known."""
        if _strength(factors) > _strength(self.best):
            self.best = factors

    def end(self) -> None:
        """Ends the letters: what comes next need not stand beside them."""
        if self.letters:
            self.offer((self.letters,))
        self.letters = ""


@dataclass(slots=True)
class _Reader:
    """Reads a regular expression piece by piece."""

    pieces: Sequence[tuple[str, str]]
    normalised: bool
    close: bool
    at: int = field(default=0)

    @property
    def ahead(self) -> str:
        """Gives the next piece; nothing at the end."""
        return self.pieces[self.at][1] if self.at < len(self.pieces) else ""

    def whole(self) -> Factors:
        """Gives the factors of all that is written."""
        found = self.alternatives()
        if self.ahead:
            raise _Unclear
        return found

    def alternatives(self) -> Factors:
        """Gives the factors of all alternatives, if each has some."""
        each = [self._sequence()]
        while self.ahead == "|":
            self.at += 1
            each.append(self._sequence())
        return tuple(dict.fromkeys(sum(each, ()))) if all(each) else ()

    def _sequence(self) -> Factors:
        run = _Run()
        while self.ahead not in {"", "|", ")"}:
            letter: str | None = ""
            inner: Factors = ()
            if self.ahead == "(":
                inner = self._group()
            else:
                letter = self._letter()
            least, most = self._often()
            if letter is None:
                continue
            if letter and least:
                run.letters += letter
                if most > 1:
                    run.end()
                    run.letters = letter
            else:
                run.end()
                run.offer(inner if least else ())
        run.end()
        return run.best

    def _group(self) -> Factors:
        self.at += 1
        if self.ahead == "?":
            self.at += 1
            if self.ahead != ":":
                raise _Unclear
            self.at += 1
        inner = self.alternatives()
        if self.ahead != ")":
            raise _Unclear
        self.at += 1
        return inner

    def _letter(self) -> str | None:
        """Gives the next letter as the view writes it; nothing for what may be one of several.

        None for what the close text is without.
        """
        kind, piece = self.pieces[self.at]
        self.at += 1
        if self.close and _is_gap(kind, piece):
            return None
        if kind == "set" or piece in {".", "^", "$"} or _CLASSES.fullmatch(piece):
            return ""
        if kind == "escape" and not piece[1].isalnum() and piece[1] >= " ":
            return piece[1]
        if kind != "other" or piece in _SPECIAL or piece < " ":
            raise _Unclear
        letters = (fold_character(piece) if self.normalised else "") or piece
        return "".join(one for one in letters if not (self.close and _stands_between(one)))

    def _often(self) -> tuple[int, int]:
        """Gives how often the last piece stands there, at least and at most (two: or more)."""
        piece = self.ahead
        if piece not in {"?", "*", "+", "{"}:
            return 1, 1
        if piece == "{":
            written = "".join(one for _, one in self.pieces[self.at :])
            found = _OFTEN.match(written)
            if found is None:
                raise _Unclear
            self.at += len(found[0])
            least, most = min(int(found[1]), 2), 2 if found[2] or int(found[1]) > 1 else 1
        else:
            self.at += 1
            least, most = {"?": (0, 1), "*": (0, 2), "+": (1, 2)}[piece]
        if self.ahead == "?":
            self.at += 1
        return least, most


@borrowing_kernel
def _close(source: Bytes, offsets: Offsets, buffer: Bytes, starts: Offsets) -> None:
    """Copies rows without what stands between letters and digits.

    Stays inside: a block follows both texts, and of the second there is no more than of the first.
    """
    at = U(0)
    for row in range(offsets.shape[0] - 1):
        starts[row] = at
        position, end = U(offsets[row]), U(offsets[row + 1])
        while position < end:
            kept = where_under(source, position, U(0x80), U(0x80))
            kept |= where_between(source, position, U(48), U(57))
            kept |= where_between(source, position, U(65), U(90))
            kept |= where_between(source, position, U(97), U(122))
            kept |= where_equal(source, position, U(SEPARATOR))
            kept &= first_bits(end - position)
            gather(source, position, kept, buffer, at)
            at += bits_set(kept)
            position += U(BLOCK)
    starts[offsets.shape[0] - 1] = at


def close_text(column: TextColumn) -> TextColumn:
    """Gives a column without ASCII signs that are neither letters nor digits."""
    buffer, starts = np.empty(len(column.padded), np.uint8), np.empty_like(column.offsets)
    _close(column.padded, column.offsets, buffer, starts)
    end = int(starts[-1])
    return TextColumn(buffer[:end], starts, buffer[: end + BLOCK])
