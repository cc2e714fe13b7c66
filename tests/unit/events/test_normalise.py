import sys
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.counts import count_characters
from evenhand.events.normalise import normalise, normalise_and_count, normalise_text
from evenhand.events.text_column import TextColumn, arrow_text, join_rows
from evenhand.events.unicode_tables import unicode_tables

TRICKY = (
    "aAеЕßẞſ\u0301\u0323\u0307\u0345\u1100\u1161\u11a8가ﷺ½"
    "ﬁ①Ａ\u200b\u200d\ufe0f\u00ad\u0130iIΣςόϓ\u0f71\u0f72\u0958क\u093c \t\n\x1e\x07\u2003\xa0¨😀क्षิำ"
)


def normalised(*texts):
    return normalise(*arrow_text(pa.array(texts, pa.string())), tables=unicode_tables())


TEXTS = st.lists(
    st.text(
        st.one_of(
            st.sampled_from(TRICKY),
            st.characters(exclude_categories=["Cs"]),
            st.characters(codec="ascii"),
        ),
        max_size=150,
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_kernel_gives_what_the_reference_gives(texts):
    assert normalised(*texts).texts() == [normalise_text(text) for text in texts]


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_characters_are_counted_on_the_way_as_they_are_alone(texts):
    source = arrow_text(pa.array(texts, pa.string()))

    counts = normalise_and_count(*source, tables=unicode_tables()).counts

    assert np.array_equal(counts, count_characters(*source))


def test_every_code_point_alone_gives_what_the_reference_gives():
    ranges = (range(0xD800), range(0xE000, 0x30000), range(0xE0000, 0xE1100))
    texts = [chr(code) for codes in ranges for code in codes] + [chr(sys.maxunicode)]

    found = normalised(*texts).texts()

    assert found == [normalise_text(text) for text in texts]


def test_every_code_point_after_and_before_letters_gives_what_the_reference_gives():
    texts = [
        f"e{chr(c)}\u0301z\u0323{chr(c)}\u1100{chr(c)}\uac00{chr(c)}"
        for c in range(0x2FFFF)
        if unicodedata.combining(chr(c)) or unicodedata.decomposition(chr(c))
    ]

    found = normalised(*texts).texts()

    assert found == [normalise_text(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＢＵＹ  Now", "buy now"),
        ("pay\u200bpal", "paypal"),
        ("КУПИТЬ", "купить"),
        ("Straße", "strasse"),
        ("e\u0301", "é"),
        ("a\n\n\tb", "a b"),
        ("ﬁne", "fine"),
        ("", ""),
    ],
)
def test_disguises_of_width_case_and_space_vanish(text, expected):
    assert normalised(text).texts() == [expected]


def test_parts_of_hangul_syllables_compose():
    texts = ["\u1100\u1161", "\u1100\u1161\u11a8 x", "\uac00\u11a8", "\u1100\u1100", "\uac01\u11a8"]

    found = normalised(*texts).texts()

    assert found == ["\uac00", "\uac01 x", "\uac01", "\u1100\u1100", "\uac01\u11a8"]


@pytest.mark.parametrize("plain", range(0, 200, 7))
def test_a_row_that_grows_beyond_its_share_is_still_right(plain):
    texts = ["\ufdfa" * 50, "plain", "\ufdfa" * 20 + "a" * plain]

    assert normalised(*texts).texts() == [normalise_text(text) for text in texts]


def test_normalising_twice_changes_nothing():
    once = normalised("Ａéﬁ  ǅ Ωmega", TRICKY).texts()

    assert normalised(*once).texts() == once


def test_a_sliced_arrow_column_is_read_from_its_own_start():
    column = pa.array(["nope", "Yes", "Also", "nope"], pa.string()).slice(1, 2)

    assert normalise(*arrow_text(column), tables=unicode_tables()).texts() == ["yes", "also"]


def test_an_empty_column_gives_no_rows():
    assert len(normalised()) == 0


def test_rows_are_joined_with_a_separator_that_no_row_can_contain():
    column = join_rows(*arrow_text(pa.array(["a\x1eb", "", "c"], pa.string())))

    assert column.texts() == ["a b", "", "c"]
    assert column.offsets.tolist() == [0, 4, 5, 7]


def test_a_text_column_gives_back_its_rows():
    column = TextColumn.of(["ä", "", "b c"])

    assert column.texts() == ["ä", "", "b c"]
    assert column.buffer.dtype == np.uint8
