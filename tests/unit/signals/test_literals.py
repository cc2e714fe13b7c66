"""Literals are found wherever they stand, as a slow search finds them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.text_column import TextColumn
from evenhand.signals import literals as module
from evenhand.signals.literals import LiteralFinder

# Few letters, so that literals overlap, hold each other and are met often; of one to four bytes.
TEXTS = st.text(alphabet="abaж語😀 ", max_size=400).map(str.encode)
LITERALS = st.lists(
    st.text(alphabet="abж語😀 ", min_size=1, max_size=9).map(str.encode), min_size=1, max_size=30
)


def column_of(text: bytes) -> TextColumn:
    """Gives a text that goes on behind its end, where nothing may be found."""
    longer = np.frombuffer(text + text + bytes(100), np.uint8)
    return TextColumn(longer[: len(text)], np.array([0, len(text)]), longer)


def found(literals: list[bytes], text: bytes) -> list[tuple[int, int]]:
    which, ends = LiteralFinder(literals).find(column_of(text))
    return sorted(zip(which.tolist(), ends.tolist(), strict=True))


def found_slowly(literals: list[bytes], text: bytes) -> list[tuple[int, int]]:
    return sorted(
        (number, at + len(one))
        for number, one in enumerate(literals)
        for at in range(len(text))
        if text.startswith(one, at)
    )


@settings(deadline=None)
@given(LITERALS, TEXTS)
def test_a_pass_finds_what_a_slow_search_finds(literals: list[bytes], text: bytes) -> None:
    assert found(literals, text) == found_slowly(literals, text)


@settings(deadline=None)
@given(LITERALS, TEXTS)
def test_many_are_found_as_few_are(literals: list[bytes], text: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", 0)
        assert found(literals, text) == found_slowly(literals, text)


@settings(deadline=None, max_examples=30)
@given(LITERALS, TEXTS)
def test_what_there_is_no_room_for_is_found_afterwards(literals: list[bytes], text: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROOM", 1)
        assert found(literals, text) == found_slowly(literals, text)


@pytest.mark.parametrize("size", range(1, 20))
@pytest.mark.parametrize("before", range(4))
def test_a_literal_is_found_at_both_ends_of_the_text(size: int, before: int) -> None:
    literal = bytes(range(ord("a"), ord("a") + size))

    assert found([literal], literal) == [(0, size)]
    assert found([literal], b"-" * before + literal) == [(0, before + size)]
    assert found([literal], literal[1:]) == found([literal], literal[:-1]) == []


def test_literals_that_begin_alike_end_alike_or_are_the_same_are_told_apart() -> None:
    literals = [b"snowdust cheap", b"snowdust dear", b"snowdust", b"icedust cheap", b"snowdust"]

    assert found(literals, b"snowdust cheap") == [(0, 14), (2, 8), (4, 8)]
    assert found(literals, b"icedust cheap") == [(3, 13)]


def test_among_ten_thousand_each_is_found() -> None:
    chance = np.random.default_rng(7)
    drawn = chance.integers(ord("a"), ord("z"), (10_000, 12), dtype=np.uint8)
    literals = [row[: 3 + number % 10].tobytes() for number, row in enumerate(drawn)]
    text = b" ".join(literals)

    which, ends = LiteralFinder(literals).find(column_of(text))

    places = np.cumsum([len(one) + 1 for one in literals]) - 1
    pairs = set(zip(which.tolist(), ends.tolist(), strict=True))
    assert pairs.issuperset(enumerate(places.tolist()))
    assert all(text.endswith(literals[one], 0, end) for one, end in pairs)


def test_nothing_is_found_in_nothing() -> None:
    assert found([b"snowdust", b"ice", b"a"], b"") == []
