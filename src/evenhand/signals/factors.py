"""Finds for a regular expression texts of which one must be in whatever it is found in.

Rows that hold none of them need not be looked at. Only plain syntax is read: letters, sets, groups,
alternatives and how often something stands there. Of what is not understood nothing is said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from evenhand.events.unicode_tables import fold_character
from evenhand.signals.expressions import pieces_of
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


def factors_of(pattern: Pattern, *, normalised: bool) -> Factors:
    """Gives texts, in the form of the view, of which one is in whatever a regex is found in."""
    assert pattern.regex is not None
    try:
        found = _Reader(tuple(pieces_of(pattern)), normalised=normalised).whole()
    except _Unclear:
        return ()
    return found if _strength(found) >= FACTOR_CHARACTERS_MIN else ()


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
            letter = ""
            inner: Factors = ()
            if self.ahead == "(":
                inner = self._group()
            else:
                letter = self._letter()
            least, most = self._often()
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

    def _letter(self) -> str:
        """Gives the next letter as the view writes it; nothing for what may be one of several."""
        kind, piece = self.pieces[self.at]
        self.at += 1
        if kind == "set" or piece in {".", "^", "$"} or _CLASSES.fullmatch(piece):
            return ""
        if kind == "escape" and not piece[1].isalnum() and piece[1] >= " ":
            return piece[1]
        if kind != "other" or piece in _SPECIAL or piece < " ":
            raise _Unclear
        return (fold_character(piece) if self.normalised else "") or piece

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
