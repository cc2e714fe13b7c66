"""`evenhand models explain TEXT`: which pieces of a text moved each score of the model."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from evenhand.base.errors import InputRefused
from evenhand.base.limits import TEXT_BYTES_MAX
from evenhand.signals.explanation import Explained, Piece, explain
from evenhand.signals.text_model import TextModel

PIECES_SHOWN = 8
"""Pieces printed of each score; the others stand in one sum."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand models explain`."""
    parser.add_argument("text", help="the text; - reads it from standard input")
    parser.add_argument("--weights", type=Path, help="weights of another model (.npz)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Prints how each score came about."""
    text = _text(options.text)
    explained = explain(TextModel.load(options.weights), text)
    if options.json:
        scores = [asdict(one) for one in explained]
        sys.stdout.write(json.dumps({"scores": scores}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(explained, text))
    return 0


def _text(given: str) -> str:
    """Gives the text named on the command line, or what stands on standard input."""
    # What the shell passes that is no UTF-8 comes as lone surrogates, which become bytes again.
    content = (
        sys.stdin.buffer.read(TEXT_BYTES_MAX + 1)
        if given == "-"
        else given.encode(errors="surrogateescape")
    )
    if len(content) > TEXT_BYTES_MAX:
        raise InputRefused(what="text", bytes_max=TEXT_BYTES_MAX)
    try:
        text = content.decode()
    except UnicodeError as error:
        raise InputRefused(what="text", why="it is no UTF-8") from error
    if not any(character.isalpha() for character in text):
        raise InputRefused(what="text", why="there is no letter in it, and so it gets no score")
    return text


def _lines(explained: Sequence[Explained], text: str) -> Iterator[str]:
    """Gives what is printed."""
    for one in explained:
        reached = "reaches" if one.score >= one.threshold else "stays below"
        yield f"{one.head} {one.score:.3f}, {reached} its threshold {one.threshold:.2f}"
        yield f"  {one.base:+7.2f}  where nothing is known"
        for piece in one.pieces[:PIECES_SHOWN]:
            yield f"  {piece.weight:+7.2f}  {_where(piece, text)}"
        rest = one.pieces[PIECES_SHOWN:]
        if rest:
            yield f"  {sum(piece.weight for piece in rest):+7.2f}  {len(rest)} further pieces"
    yield "Weights are log odds; a score alone never removes anything."


def _where(piece: Piece, text: str) -> str:
    """Gives a piece, where it stands, and how it was written if that differs."""
    written = text[piece.start : piece.end]
    place = f"{_printable(piece.normalised)}  (characters {piece.start} to {piece.end})"
    return place if written == piece.normalised else f"{place}, written {_printable(written)}"


def _printable(text: str) -> str:
    """Gives a text with everything escaped that a terminal would act on or not show."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
