"""The part of a text that a query found, in pieces: those that were asked for, and the rest."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from evenhand.desk.search.limits import (
    EXCERPT_CHARACTERS_MAX,
    EXCERPT_LEAD_CHARACTERS,
    MARKS_MAX,
)
from evenhand.desk.texts import line

READ_MAX = 5_000
"""Characters of one text in which words are looked for."""

WORDS_MAX = 16
"""Words of one query that are looked for in a text; the longest first."""

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an excerpt; `marked` if it was asked for."""

    text: str
    marked: bool = False


def excerpt(text: str, query: str) -> tuple[Piece, ...]:
    """Gives the excerpt around the first word of the query, with all its words marked."""
    whole = line(text[:READ_MAX])
    found = list(_found(whole, query))
    begin = _begin(whole, found[0][0] if found else 0)
    end = _end(whole, begin)
    pieces: list[Piece] = []
    at = begin
    for start, stop in found[:MARKS_MAX]:
        if start < begin or stop > end:
            continue
        pieces += [Piece(whole[at:start]), Piece(whole[start:stop], marked=True)]
        at = stop
    pieces.append(Piece(whole[at:end]))
    if begin:
        pieces.insert(0, Piece("… "))
    if end < len(whole) or len(text) > READ_MAX:
        pieces.append(Piece(" …"))
    return tuple(piece for piece in pieces if piece.text)


def _found(whole: str, query: str) -> Iterator[tuple[int, int]]:
    """Gives the places of the query's words: where a word begins, anywhere in unspaced scripts."""
    words = sorted(set(_WORD.findall(unicodedata.normalize("NFKC", query))), key=len, reverse=True)
    if not words:
        return
    parts = [
        re.escape(word) if _UNSPACED.search(word) else rf"(?<![^\W_]){re.escape(word)}"
        for word in words[:WORDS_MAX]
    ]
    for match in re.finditer("|".join(parts), whole, re.IGNORECASE):
        yield match.span()


def _begin(whole: str, first: int) -> int:
    """Gives where an excerpt begins: at a word, some way before the first that was found."""
    if first <= EXCERPT_CHARACTERS_MAX // 2:
        return 0
    begin = first - EXCERPT_LEAD_CHARACTERS
    space = whole.find(" ", begin, first)
    return space + 1 if space >= 0 else begin


def _end(whole: str, begin: int) -> int:
    """Gives where an excerpt ends: after a word, if one ends not far before."""
    end = begin + EXCERPT_CHARACTERS_MAX
    if end >= len(whole):
        return len(whole)
    space = whole.rfind(" ", end - EXCERPT_LEAD_CHARACTERS, end)
    return space if space > begin else end
