"""Agreement beyond chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.cases.agreement import agreement_of

ANSWERS = st.sampled_from(["none", "redact", "suspend"])


def test_always_agreeing_is_one_and_a_coin_is_about_nothing():
    assert agreement_of("m.spam", [("a", "a"), ("b", "b")]).kappa == 1
    assert agreement_of("m.spam", [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]).kappa == 0


def test_where_everybody_always_says_the_same_kappa_says_nothing():
    found = agreement_of("m.spam", [("none", "none")] * 5)

    assert (found.kappa, found.share) == (None, 1.0)


def test_a_published_example_is_met():
    """Cohen's kappa of the table 20, 5, 10, 15 is 0.4."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15

    assert agreement_of("m.spam", pairs).kappa == pytest.approx(0.4)


@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1, max_size=60))
def test_kappa_never_exceeds_one(pairs: list[tuple[str, str]]):
    found = agreement_of("m.spam", pairs)

    assert 0 <= found.share <= 1
    assert found.kappa is None or -1 - 1e-9 <= found.kappa <= 1 + 1e-9
