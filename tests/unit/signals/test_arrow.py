"""Columns of words become the codes and words that a dictionary would give."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from evenhand.signals.arrow import FEW_ROWS, WORDS_MAX, words_of

WORDS = st.sampled_from(
    ["", "DE", "public", "message", "messages", "ab\x00", "ab", "ab\x00\x00", "éééé", "ééé\x03",
     "1234567\x07", "1234567", "12345678", "longer than eight"]
)  # fmt: skip


def told(column: pa.Array) -> list[str | None]:
    values = words_of(column)
    known = [True] * len(column) if values.known is None else values.known.tolist()
    return [
        values.words[code] if is_known else None
        for code, is_known in zip(values.values.tolist(), known, strict=True)
    ]


@given(st.lists(WORDS, max_size=3), st.lists(st.none() | WORDS, max_size=3), st.integers(0, 5))
def test_rows_have_the_words_that_they_had(words: list[str], others: list[str], begin: int):
    rows = [*words * FEW_ROWS, *others * 2, *words]

    column = pa.array(rows, pa.string()).slice(begin)

    assert told(column) == rows[begin:]


def test_more_words_than_a_few_are_told_apart_too():
    rows = [f"w{number}" for number in range(3 * WORDS_MAX)] * 2

    assert told(pa.array(rows)) == rows
