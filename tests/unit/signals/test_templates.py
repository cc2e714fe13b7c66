"""Sentences made of frames: the same each time, of every heading, with no slot left."""

from random import Random

import pytest

from evenhand.base.errors import InputRefused
from evenhand.signals.templates import (
    DAILY,
    DISGUISED,
    FILLINGS,
    HEADINGS,
    disguised,
    filled,
    sentences,
)
from evenhand.signals.training_rows import HEADS

FILE = """+ g: nurses / bakers
= hate
{g} are awful
= fair
{g} are fine
nothing to fill
"""


def test_every_heading_stands_in_every_language() -> None:
    made = sentences(seed=1)
    languages = {one.language for one in made}

    assert languages >= {
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "ru",
        "ar",
        "hi",
        "zh",
        "kk",
    }
    for language in languages:
        headings = {one.heading for one in made if one.language == language}
        assert headings == set(HEADINGS.values())
    assert [one.text for one in made if "{" in one.text] == []


def test_the_same_seed_gives_the_same_sentences() -> None:
    again = [list(filled(FILE, language="en", chance=Random(5))) for _ in range(2)]

    assert again[0] == again[1]
    assert {one.text for one in again[0]} >= {
        "nurses are awful",
        "bakers are awful",
        "nurses are fine",
        "bakers are fine",
        "nothing to fill",
    }
    assert len(again[0]) <= 3 * FILLINGS


def test_a_sentence_tells_what_it_is_to_each_head() -> None:
    hate = next(one for one in filled(FILE, language="en", chance=Random(5)))

    assert hate.label("hate_score") is True
    assert hate.label("drugs_score") is False
    assert hate.label("threat_score") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [("= joy\nall is well\n", "no such heading"), ("= fair\n{who} sings\n", "no words")],
)
def test_a_file_that_does_not_hold_together_is_refused(content: str, reason: str) -> None:
    with pytest.raises(InputRefused) as refused:
        list(filled(content, language="en", chance=Random(5)))

    assert refused.value.fields["reason"] == reason


def test_daily_talk_stands_in_every_language_and_nothing_is_to_be_found_in_it() -> None:
    made = sentences(seed=1)
    daily = [one for one in made if one.source == DAILY]

    assert {one.language for one in daily} == {one.language for one in made}
    assert len({one.text for one in daily}) > 3_000
    assert all(one.label(head) is False for one in daily for head in HEADS)


def test_a_disguise_hides_words_and_leaves_them_readable() -> None:
    made = {disguised("nurses are awful", Random(seed)) for seed in range(40)}

    assert "nursesareawful" in made
    assert "n u r s e s a r e a w f u l" in made
    assert "nur535 4r3 4wful" in made
    assert {"nuses are aful", "nruses are awflu"} & made
    assert all(len(one) >= 13 for one in made)


def test_harmless_and_hateful_sentences_are_disguised_alike() -> None:
    made = sentences(seed=1)

    def apart(heading: str) -> float:
        """Gives the share of a heading's sentences whose letters stand apart."""
        texts = [one.text for one in made if one.heading == HEADINGS[heading]]
        return sum(len(text) > 12 and text[1::2].isspace() for text in texts) / len(texts)

    assert {"hate", "fair"} <= DISGUISED
    assert apart("hate") == pytest.approx(apart("fair"), abs=0.01)
    assert 0.01 < apart("hate") < 0.06
    assert apart("drugs") == 0
