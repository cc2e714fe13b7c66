"""Words of what is known in each row say the same as the masks that they were made of."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.signals.known import as_words, from_words

masks = st.tuples(st.integers(1, 20), st.integers(0, 30)).flatmap(
    lambda shape: st.lists(
        st.none() | st.lists(st.booleans(), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    ).map(lambda told: (shape[1], told))
)


@given(masks, st.data())
def test_what_was_known_comes_back(
    given_masks: tuple[int, list[list[bool] | None]], data: st.DataObject
) -> None:
    rows, told = given_masks
    words = as_words([None if one is None else np.array(one, np.bool_) for one in told], rows)
    chosen = data.draw(st.lists(st.integers(0, rows - 1))) if rows else []

    known = from_words(words, len(told))

    for place, one in enumerate(told):
        wanted = [True] * rows if one is None else one
        assert told_of(known.of(place), rows) == wanted
        some = known.of(place, np.array(chosen, np.int64))
        assert told_of(some, len(chosen)) == [wanted[row] for row in chosen]


def told_of(mask: np.ndarray | None, rows: int) -> list[bool]:
    return [True] * rows if mask is None else mask.tolist()


def test_words_of_another_length_are_refused() -> None:
    words = pa.array([b"\x01", b"\x01\x02"]).dictionary_encode()

    with pytest.raises(ValueError, match="length"):
        from_words(words, 9)
