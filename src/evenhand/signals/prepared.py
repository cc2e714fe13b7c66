"""Patterns in the form in which they are looked for, kept on disk by all that it was made of.

To read the syntax of a thousand regular expressions takes a second, which a door that starts has
to wait for and one that renews its lists takes from the answers.
"""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from evenhand.base.cache import cached_bytes, forget_cached
from evenhand.events import normalise, unicode_tables
from evenhand.signals import expressions, factors
from evenhand.signals.expressions import Literal, expression_of, literal_of, stays_within_rows
from evenhand.signals.factors import Factors, factors_of
from evenhand.signals.pattern_lists import Pattern

KEPT_MIN = 100
"""Patterns from which their forms are kept; fewer are made as soon as a file is read."""


class Regex(NamedTuple):
    """A regular expression as it is scanned for; `within` tells that it never leaves its row.

    factors, close  one of these is in whatever it is found in, as it stands or in the close text;
                    the latter are asked where there are none of the former
    """

    expression: bytes
    within: bool
    factors: Factors
    close: Factors

    @property
    def tells(self) -> bool:
        """Tells whether only rows with one of some texts can hold it."""
        return bool(self.factors or self.close)


class Prepared(NamedTuple):
    """The forms of patterns in one view, of either kind in their order."""

    literals: tuple[Literal, ...]
    regexes: tuple[Regex, ...]


def prepared(patterns: Sequence[Pattern], *, normalised: bool, folder: Path | None) -> Prepared:
    """Gives the forms of patterns; raises `PatternRefused` for one that cannot be used."""
    if len(patterns) < KEPT_MIN:
        return _made(patterns, normalised=normalised)
    digest = hashlib.sha256(f"{_made_with()} {normalised}".encode())
    for one in patterns:
        digest.update(repr((one.text, one.regex, one.bounded)).encode())
    name = f"prepared-{digest.hexdigest()[:40]}.json"
    kept = cached_bytes(
        name, lambda: _packed(_made(patterns, normalised=normalised)), folder=folder
    )
    try:
        return _unpacked(kept)
    except (ValueError, TypeError, IndexError):
        forget_cached(name, folder=folder)
        return _made(patterns, normalised=normalised)


def _made(patterns: Sequence[Pattern], *, normalised: bool) -> Prepared:
    return Prepared(
        tuple(literal_of(one, normalised=normalised) for one in patterns if one.text is not None),
        tuple(_regex(one, normalised=normalised) for one in patterns if one.regex is not None),
    )


def _regex(pattern: Pattern, *, normalised: bool) -> Regex:
    factors = factors_of(pattern, normalised=normalised)
    close = () if factors else factors_of(pattern, normalised=normalised, close=True)
    expression = expression_of(pattern, normalised=normalised)
    return Regex(expression, stays_within_rows(pattern), factors, close)


@cache
def _made_with() -> str:
    """Gives what changes whenever forms would be made in another way."""
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    for module in (normalise, unicode_tables, expressions, factors):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def _packed(one: Prepared) -> bytes:
    literals = [
        [each.content.decode(), each.bound_before, each.bound_after] for each in one.literals
    ]
    regexes = [
        [each.expression.decode(), each.within, each.factors, each.close] for each in one.regexes
    ]
    return b"\n".join((_lines(literals), _lines(regexes)))


def _lines(values: Sequence[object]) -> bytes:
    """Gives a line for each hundred values: to read them all at once would hold others up."""
    parts = [values[begin : begin + 100] for begin in range(0, len(values), 100)]
    return b"\n".join((str(len(parts)).encode(), *(json.dumps(part).encode() for part in parts)))


def _unpacked(content: bytes) -> Prepared:
    lines = content.split(b"\n")
    end = 1 + int(lines[0])
    if len(lines) != end + 1 + int(lines[end]):
        raise ValueError("lines are missing")
    return Prepared(
        tuple(
            Literal(text.encode(), before, after)
            for line in lines[1:end]
            for text, before, after in json.loads(line)
        ),
        tuple(
            Regex(text.encode(), within, tuple(factors), tuple(close))
            for line in lines[end + 1 :]
            for text, within, factors, close in json.loads(line)
        ),
    )
