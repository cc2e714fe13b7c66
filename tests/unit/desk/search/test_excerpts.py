"""Excerpts: around what was found, marked, never longer than they may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.desk.search.excerpts import Piece, excerpt
from evenhand.desk.search.limits import EXCERPT_CHARACTERS_MAX

LONG = "nothing here but words and words " * 40


def said(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def marked(text: str, query: str) -> list[str]:
    return [piece.text for piece in excerpt(text, query) if piece.marked]


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("A Garden in the city", "garden CITY", ["Garden", "city"]),
        ("gardener's garden, begarden", "garden", ["garden", "garden"]),
        ("Сад и огород", "сад", ["Сад"]),
        ("我们的花园很大", "花园", ["花园"]),
        ("สวนของเราในเมือง", "ของ", ["ของ"]),
        ("كل شيء عن حديقة", "حديقة", ["حديقة"]),
        ("a c++ (tutorial) [x]", "c++ (tutorial", ["c", "tutorial"]),
        ("nothing", "garden", []),
        ("", "garden", []),
        ("some text", "", []),
    ],
)
def test_words_of_the_query_are_marked_where_they_begin(
    text: str, query: str, found: list[str]
) -> None:
    assert marked(text, query) == found


def test_what_stands_far_in_is_shown_with_what_is_before_it() -> None:
    pieces = excerpt(f"{LONG}the rare garden stands here. {LONG}", "garden")

    assert said(pieces).startswith("… ")
    assert said(pieces).endswith(" …")
    assert "the rare garden stands" in said(pieces)


def test_a_text_without_any_of_the_words_begins_at_its_beginning() -> None:
    assert said(excerpt(LONG, "garden")).startswith("nothing here")


@given(text=st.text(max_size=2_000), query=st.text(max_size=300))
def test_an_excerpt_is_a_bounded_part_of_the_text(text: str, query: str) -> None:
    pieces = excerpt(text, query)

    whole = " ".join(said(pieces).removeprefix("… ").removesuffix(" …").split())
    assert len(whole) <= EXCERPT_CHARACTERS_MAX
    assert all(piece.text for piece in pieces)
