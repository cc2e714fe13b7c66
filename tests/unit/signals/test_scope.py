"""What may be looked at follows from the event and, where it does not say, from its channel."""

import numpy as np
import pyarrow as pa

from evenhand.signals.arrow import FEW_ROWS, words_of
from evenhand.signals.scope import Scope, allowed
from evenhand.signals.table import Values


def column(words: list[str | None], *, rows: int) -> Values:
    return words_of(pa.array(words * (rows // len(words)), pa.string()))


def looks(kinds: list[str | None], channels: list[str | None], *, rows: int) -> list[str]:
    found = allowed(column(kinds, rows=rows), column(channels, rows=rows), Scope.LIVE)
    names = ("read", "count", "hash")
    return [
        " ".join(name for name in names if getattr(found, name)[row]) for row in range(len(kinds))
    ]


def test_a_channel_of_which_nothing_is_said_is_private_in_batches_of_every_size():
    kinds = ["message"] * 4
    channels = ["public", None, "private", "direct"]

    for rows in (4, 4 * FEW_ROWS):
        assert looks(kinds, channels, rows=rows) == [
            "read count hash",
            "count hash",
            "count hash",
            "",
        ]


def test_an_event_that_is_public_wins_over_its_channel():
    kinds = ["registration", "search_query", "message", "of no known kind"]
    channels = ["direct", "private", "of no known kind", "direct"]

    assert looks(kinds, channels, rows=4) == ["read count hash", "read", "count hash", ""]


def test_words_are_told_alike_in_few_rows_and_in_many():
    words = ["a", None, "b", "a"]
    few, many = column(words, rows=4), column(words, rows=4 * FEW_ROWS)

    for one in (few, many):
        assert one.known is not None
        told = [one.words[code] if known else None
                for code, known in zip(one.values[:4], one.known[:4], strict=True)]  # fmt: skip
        assert told == words
    assert few.values.dtype == many.values.dtype == np.int32
