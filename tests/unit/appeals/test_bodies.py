"""Out-of-court bodies and the words for people: facts with a source, whole in five languages."""

import re
from importlib.resources import files

import pytest
import yaml

from evenhand.appeals.bodies import redress_in
from evenhand.appeals.phrases import phrases, redress_lines
from evenhand.base.lists import Language

UNION = 27
HOLES = re.compile(r"\{\w+\}")


def keys_and_holes(value: object, at: str = "") -> dict[str, set[str]]:
    if isinstance(value, dict):
        found: dict[str, set[str]] = {}
        for key, below in value.items():
            found |= keys_and_holes(below, f"{at}/{key}")
        return found
    if isinstance(value, list):
        return {at: set()}
    return {at: set(HOLES.findall(str(value)))}


def test_every_country_of_the_union_has_a_way_out_of_court() -> None:
    text = files("evenhand.appeals").joinpath("bodies.yaml").read_text()
    countries = list(yaml.safe_load(text)["countries"])

    assert len(countries) == UNION
    for country in countries:
        redress = redress_in(country)
        assert redress is not None
        assert redress.list_url.startswith("https://")
        assert redress.bodies


def test_the_bodies_of_the_own_country_come_first() -> None:
    redress = redress_in("DE")

    assert redress is not None
    assert [body.country for body in redress.bodies[:2]] == ["DE", "DE"]
    assert redress.coordinator == "Bundesnetzagentur"


@pytest.mark.parametrize("country", ["KZ", "US", "ZZ", ""])
def test_outside_the_union_nobody_is_named(country: str) -> None:
    assert redress_in(country) is None
    assert redress_lines(None, Language.EN) == []


@pytest.mark.parametrize("language", list(Language))
def test_what_nobody_compared_with_the_list_says_so(language: Language) -> None:
    redress = redress_in("AT")
    assert redress is not None

    lines = redress_lines(redress, language)

    unverified = phrases(language)["redress"]["unverified"]
    assert sum(unverified in line for line in lines) == sum(
        body.unverified for body in redress.bodies
    )
    assert any(redress.list_url in line for line in lines)
    assert not any("{" in line for line in lines)


@pytest.mark.parametrize("language", list(Language))
def test_each_language_says_the_same(language: Language) -> None:
    assert keys_and_holes(phrases(language)) == keys_and_holes(phrases(Language.EN))


def test_no_word_to_the_desks_account_means_two_things() -> None:
    meaning: dict[str, str] = {}
    for language in Language:
        for command, words in phrases(language)["account"]["words"].items():
            for word in words:
                assert meaning.setdefault(word.casefold(), command) == command, word
