"""Help lines: who is given which, and what a file of them must be."""

import pytest

from evenhand.search.help import FIELDS, HelpLinesRefused, read_help_lines, shipped_help_lines
from evenhand.search.lists import HelpKind
from evenhand.search.policy import shipped_policy

HEAD = ",".join(FIELDS)
REST = "**,crisis,Anywhere,,https://a.example,en,,https://a.example,"
LINES = f"""{HEAD}
DE AT,drugs,Beratung,0800 1,,de,24/7,https://b.example,
DE,drugs,Counsel,0800 2,,en,,https://c.example,2026-11-23 an operator
**,drugs,World,,https://d.example,,,https://d.example,
{REST}
"""


def names(*kinds: HelpKind, country: str | None, language: str = "") -> list[str]:
    found = read_help_lines(LINES).of(kinds, country=country, language=language)
    return [one.name for one in found]


def test_lines_of_the_country_come_and_those_in_the_language_first():
    assert names(HelpKind.DRUGS, country="DE") == ["Beratung", "Counsel"]
    assert names(HelpKind.DRUGS, country="DE", language="en") == ["Counsel", "Beratung"]
    assert names(HelpKind.DRUGS, country="AT") == ["Beratung"]


@pytest.mark.parametrize("country", ["KZ", "ZZ", "", None])
def test_elsewhere_and_nowhere_the_lines_for_the_rest_come(country: str | None):
    assert names(HelpKind.DRUGS, country=country) == ["World"]


def test_nobody_is_left_without_a_line():
    assert names(HelpKind.FRAUD, country="DE") == ["Anywhere"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Germany,drugs,A,1,,,,https://a.example,", "ISO 3166"),
        (",drugs,A,1,,,,https://a.example,", "ISO 3166"),
        ("DE,magic,A,1,,,,https://a.example,", "kind"),
        ("DE,drugs,,1,,,,https://a.example,", "name"),
        ("DE,drugs,A,,,,,https://a.example,", "reached"),
        ("DE,drugs,A,call me,,,,https://a.example,", "digits"),
        ("DE,drugs,A,,javascript:alert(1),,,https://a.example,", "https"),
        ("DE,drugs,A,1,,German,,https://a.example,", "ISO 639"),
        ("DE,drugs,A,1,,,,,", "source"),
        ("DE,drugs,A,1", "cells"),
        ("DE,drugs,A,1,,,,https://a.example,,more", "cells"),
        (f"DE,drugs,{'A' * 301},1,,,,https://a.example,", "characters"),
        ('DE,drugs,"A"b,1,,,,https://a.example,', ""),
    ],
)
def test_a_fault_is_named_with_its_line(row: str, why: str):
    with pytest.raises(HelpLinesRefused) as refused:
        read_help_lines(f"{HEAD}\n{REST}\n{row}\n")

    assert refused.value.fields["line"] == 3
    assert why in str(refused.value.fields["why"])


@pytest.mark.parametrize("text", ["", "a,b\n", f"{HEAD}\n"])
def test_a_file_without_columns_or_without_the_last_resort_is_refused(text: str):
    with pytest.raises(HelpLinesRefused):
        read_help_lines(text)


def test_every_kind_that_the_shipped_policy_gives_has_a_line_for_everywhere():
    lines = shipped_help_lines()

    for kind in {kind for topic in shipped_policy().said.topics for kind in topic.help}:
        if kind is not HelpKind.EMERGENCY:
            assert all(one.kind is kind for one in lines.of([kind], country=None))
