import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.desk.texts import fits, line, lines
from evenhand.legal.models import Matter


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12 Js\r\n345/26", "12 Js 345/26"),
        ("a\0b", "ab"),
        ("a\u2028b\x85c", "a b c"),
        ("  \ud800 x ", "x"),
        ("Жүсіп\x1b[31m", "Жүсіп[31m"),
    ],
)
def test_a_line_is_one_line_of_signs_that_can_be_written(typed: str, kept: str) -> None:
    assert line(typed) == kept


def test_lines_stay_lines() -> None:
    assert lines(" one\r\ntwo\rthree\0 ") == "one\ntwo\nthree"


@given(st.text())
def test_what_is_kept_can_be_written_and_is_kept_the_same_again(typed: str) -> None:
    for clean in (line, lines):
        kept = clean(typed)
        kept.encode()
        assert clean(kept) == kept
        assert all(sign in "\n\t" or unicodedata.category(sign) != "Cc" for sign in kept)


def test_a_text_fits_a_field_up_to_the_fields_own_limit() -> None:
    assert fits("x" * 400, Matter, "gag_basis")
    assert not fits("x" * 401, Matter, "gag_basis")
