import pytest
from django.utils import translation

from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, Automation, ChannelKind, Source
from evenhand.transparency import words
from evenhand.transparency.figures import Breakdown, Dimension, Figure, Span


def test_every_member_of_a_closed_list_has_a_name() -> None:
    assert set(words.HARMS) == set(harms())
    assert set(words.ACTIONS) == set(ActionKind)
    assert set(words.AUTOMATIONS) == set(Automation)
    assert set(words.SOURCES) == set(Source)
    assert set(words.CHANNEL_KINDS) == set(ChannelKind)
    assert set(words.FIGURES) == set(Figure)
    assert set(words.DIMENSIONS) == set(words.HEADINGS) == set(Dimension)
    assert set(words.SPANS) == set(Span)
    assert set(words.DSA_CATEGORIES) == {harm.dsa_category for harm in harms().values()}


@pytest.mark.parametrize(
    ("language", "thousands", "half"),
    [
        ("en", "1,234,567", "12.5 %"),
        ("de", "1.234.567", "12,5 %"),
        ("fr", "1\xa0234\xa0567", "12,5 %"),
        ("ru", "1\xa0234\xa0567", "12,5 %"),
        ("kk", "1\xa0234\xa0567", "12,5 %"),
    ],
)
def test_numbers_are_written_as_the_language_does(language: str, thousands: str, half: str) -> None:
    with translation.override(language):
        assert words.number(1_234_567).replace("\u202f", "\xa0") == thousands
        assert words.share(1, of=8).replace("\xa0", " ") == half


def test_what_is_not_all_is_never_told_as_all() -> None:
    with translation.override("en"):
        assert words.share(999_999, of=1_000_000).replace("\xa0", " ") == "99.9 %"
        assert words.share(999_999, of=1_000_000, decimals=2).replace("\xa0", " ") == "99.99 %"
        assert words.share(5, of=5).replace("\xa0", " ") == "100.0 %"


def test_a_duration_is_told_in_the_unit_that_reads_best() -> None:
    with translation.override("en"):
        assert words.duration(3) == "3 ms"
        assert words.duration(1_500) == "1.5 s"
        assert words.duration(240_000) == "4 min"


def test_a_country_that_is_not_listed_shows_its_code() -> None:
    assert words.label(Breakdown.DECISIONS_BY_MARKET, "XK") == "XK"
    assert words.label(Breakdown.DECISIONS_BY_MARKET, "KZ") == "Kazakhstan"


def test_a_language_is_named_in_itself() -> None:
    assert words.language_name("kk") == "Қазақша"
    assert words.language_name("uk") == "Українська"
    assert words.language_name("xx-unknown") == "xx-unknown"
