import pyarrow as pa

from evenhand.events.counts import CAPITALS, MIXED, WORDS, count_characters
from evenhand.events.text_column import arrow_text
from evenhand.events.unicode_tables import CharacterClass, unicode_tables


def counts_of(text):
    column = arrow_text(pa.array([text], pa.string()))
    return count_characters(*column, tables=unicode_tables())[0]


def test_characters_are_counted_by_class():
    counts = counts_of("Hi Мир 42 😀😀!")

    assert counts[CharacterClass.LATIN] == 2
    assert counts[CharacterClass.CYRILLIC] == 3
    assert counts[CharacterClass.DIGIT] == 2
    assert counts[CharacterClass.EMOJI] == 2
    assert counts[CAPITALS] == 2
    assert counts[WORDS] == 3


def test_words_that_mix_scripts_are_marked():
    assert counts_of("раypal")[MIXED] == 1
    assert counts_of("pay Мир")[MIXED] == 0


def test_invisible_characters_are_counted_only_where_they_hide_something():
    assert counts_of("pay\u200bpal")[CharacterClass.INVISIBLE] == 1
    assert counts_of("👨\u200d👩\u200d👧 ❤\ufe0f")[CharacterClass.INVISIBLE] == 0
    assert counts_of("می\u200cخواهم")[CharacterClass.INVISIBLE] == 0
