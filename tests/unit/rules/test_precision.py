"""Precision of a rule: an interval that is honest about few answers."""

from evenhand.rules.precision import precision


def test_without_answers_nothing_is_claimed() -> None:
    found = precision(right=0, judged=0)

    assert (found.share, found.low, found.high) == (None, None, None)


def test_few_answers_leave_a_wide_interval() -> None:
    few, many = precision(right=4, judged=4), precision(right=400, judged=400)

    assert few.share == many.share == few.high == 1.0
    assert few.low is not None and 0.5 < few.low < 0.52
    assert many.low is not None and 0.990 < many.low < 0.991
