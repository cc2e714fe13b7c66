import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.counts import CAPITALS, COUNTS, WORDS, count_characters
from evenhand.events.text_column import arrow_text
from evenhand.events.unicode_tables import CharacterClass, character_class

TRICKY = "aZéЖжω가क\u093c\u0301\u200b\u200d\ufe0f 7!漢😀\x00\t\x1e\x7f\u00adǅ\ufdfa"
LETTERS = CharacterClass.OTHER_LETTER
MIXABLE = {CharacterClass.LATIN, CharacterClass.CYRILLIC, CharacterClass.GREEK}
ACROSS = {CharacterClass.MARK, CharacterClass.INVISIBLE}


def by_hand(text):
    """Counts one character after the other, as the words of `counts.py` say it."""
    counts = np.zeros(COUNTS, np.int32)
    in_word = after_mixable = False
    for character in text:
        kind = character_class(character)
        counts[CAPITALS] += unicodedata.category(character) in {"Lu", "Lt"}
        if kind in ACROSS:
            selects = 0xFE00 <= ord(character) <= 0xFE0F
            if kind == CharacterClass.MARK or (after_mixable and not selects):
                counts[kind] += 1
            continue
        counts[kind] += 1
        begins = kind <= LETTERS or kind == CharacterClass.DIGIT
        counts[WORDS] += begins and not in_word
        in_word, after_mixable = begins, kind in MIXABLE
    return counts


def counts_of(text):
    column = arrow_text(pa.array([text], pa.string()))
    return count_characters(*column)[0]


def test_characters_are_counted_by_class():
    counts = counts_of("Hi Мир 42 😀😀!")

    assert counts[CharacterClass.LATIN] == 2
    assert counts[CharacterClass.CYRILLIC] == 3
    assert counts[CharacterClass.DIGIT] == 2
    assert counts[CharacterClass.EMOJI] == 2
    assert counts[CAPITALS] == 2
    assert counts[WORDS] == 3


def test_invisible_characters_are_counted_only_where_they_hide_something():
    assert counts_of("pay\u200bpal")[CharacterClass.INVISIBLE] == 1
    assert counts_of("👨\u200d👩\u200d👧 ❤\ufe0f")[CharacterClass.INVISIBLE] == 0
    assert counts_of("می\u200cخواهم")[CharacterClass.INVISIBLE] == 0


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.text(
            st.sampled_from(TRICKY)
            | st.characters(max_codepoint=0x1FFFF, exclude_categories=["Cs"]),
            max_size=150,
        ),
        max_size=4,
    )
)
def test_whatever_is_written_is_counted_as_by_hand(texts):
    counts = count_characters(*arrow_text(pa.array(texts, pa.string())))

    assert counts.tolist() == [by_hand(text).tolist() for text in texts]


def test_every_code_point_is_counted_in_its_class():
    codes = [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE1000)]
    texts = [chr(code) for code in codes]

    counts = count_characters(*arrow_text(pa.array(texts, pa.string())))

    assert np.array_equal(counts, np.array([by_hand(text) for text in texts]))
