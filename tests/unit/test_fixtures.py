"""What `evenhand rules check` says beside the fixtures."""

from datetime import date

from evenhand.fixtures import ending
from evenhand.signals.pattern_lists import parse_pattern_list

LIST = """\
name: goods
owner: policy
patterns:
  - {text: a, expires: 2026-10-31}
  - {text: b, expires: 2026-10-31}
  - {text: c, expires: 2026-11-30}
  - {text: d, expires: 2027-06-30}
  - text: e
"""


def test_patterns_that_ended_or_end_soon_are_told_with_their_owner() -> None:
    told = list(ending([parse_pattern_list(LIST, name="goods")], today=date(2026, 11, 1)))

    assert told == [
        "goods (owner policy): 2 of 5 patterns ended on 2026-10-31",
        "goods (owner policy): 1 of 5 patterns last in force on 2026-11-30",
    ]


def test_a_list_without_an_end_is_not_told() -> None:
    one = parse_pattern_list("name: goods\npatterns:\n  - text: a\n", name="goods")

    assert list(ending([one], today=date(2026, 11, 1))) == []
