"""Texts as the search compares them."""

import pytest

from evenhand.search.analysis import folded, pieces_of_word, words


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("A garden in the town, with roses", 1),
        ("Сад с розами посреди города", 1),
        ("สวนกุหลาบกลางเมืองใหญ่", 5),
        ("城里有一个开满玫瑰的花园", 2),
        ("町の真ん中にあるバラの庭", 2),
        ("The word 花园 means a garden to them", 1),
        ("", 1),
    ],
)
def test_a_passage_is_as_long_whether_words_have_spaces_between_them_or_not(text, pieces):
    assert pieces_of_word(words(folded(text))) == pieces
