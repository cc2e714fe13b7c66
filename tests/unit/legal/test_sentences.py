"""What a page says of a law, a document or a doubt stands whole in every language."""

import pytest

from evenhand.base.lists import Language
from evenhand.legal.answers.words import words as phrases
from evenhand.legal.sentences import ENGLISH, sentence, sentences
from evenhand.markets.regimes import law
from evenhand.markets.titles import title_in, titles

OTHERS = [one for one in Language if one is not Language.EN]
ENTRIES = {kind.id: kind for regime in law().regimes.values() for kind in regime.requests}


@pytest.mark.parametrize("language", OTHERS)
def test_every_entry_has_a_title_and_nothing_else_has(language: Language) -> None:
    assert set(titles(language)) == set(ENTRIES)
    assert all(text.strip() for text in titles(language).values())


@pytest.mark.parametrize("language", OTHERS)
def test_no_title_is_left_english(language: Language) -> None:
    assert not [one.id for one in ENTRIES.values() if titles(language)[one.id] == one.title]


def test_english_stands_in_the_law_itself() -> None:
    for one in ENTRIES.values():
        assert title_in(one.id, Language.EN, english=one.title) == one.title
    assert title_in("gone-with-a-version", Language.DE, english="As it was") == "As it was"


@pytest.mark.parametrize("language", list(Language))
def test_every_field_of_a_law_has_a_name(language: Language) -> None:
    named = {
        name
        for one in ENTRIES.values()
        for name in (*one.mandatory_fields, *one.conditional_fields)
    }

    assert named - set(phrases(language)["fields"]) == set()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("part", list(ENGLISH))
def test_every_sentence_is_there_once_in_each_language(language: Language, part: str) -> None:
    said = sentences(language)[part]

    assert set(said) == set(ENGLISH[part])
    assert not [code for code, text in said.items() if text == ENGLISH[part][code]]
    assert all(text.strip().endswith(".") for text in said.values())


def test_a_code_of_another_day_says_what_was_kept_with_it() -> None:
    assert sentence("fraud", "no_more", Language.DE, kept="As it was said.") == "As it was said."
    assert sentence("fraud", "no_more", Language.DE) == "no_more"
