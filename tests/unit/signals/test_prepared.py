"""The forms of many patterns are made once, and kept; what was kept is what would be made."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evenhand.signals import prepared as module
from evenhand.signals.pattern_lists import Pattern, PatternRefused
from evenhand.signals.prepared import KEPT_MIN, prepared


def pattern(*, text: str | None = None, regex: str | None = None, bounded: bool = False) -> Pattern:
    return Pattern("words", 1, text, regex, bounded, ())


def patterns() -> list[Pattern]:
    """Gives enough patterns to be kept, of every kind."""
    words = [pattern(text=f"Straße {number}*") for number in range(KEPT_MIN)]
    return [
        *words,
        pattern(regex="(?:Buy|Κάνε) now+", bounded=True),
        pattern(regex="[^a]b.{2}"),
        pattern(regex="s ?n ?o ?w"),
        pattern(text="*\N{CYRILLIC SMALL LETTER SHHA}\u0301ö"),
    ]


@pytest.mark.parametrize("normalised", [True, False])
def test_what_was_kept_is_what_would_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, normalised: bool
):
    first = prepared(patterns(), normalised=normalised, folder=tmp_path)
    each = [prepared([one], normalised=normalised, folder=None) for one in patterns()]
    monkeypatch.setattr(module, "_made", None)

    again = prepared(patterns(), normalised=normalised, folder=tmp_path)

    assert again == first
    assert again.literals == tuple(literal for one in each for literal in one.literals)
    assert again.regexes == tuple(regex for one in each for regex in one.regexes)


def test_each_view_and_each_set_has_forms_of_its_own(tmp_path: Path):
    folded = prepared(patterns(), normalised=True, folder=tmp_path)
    written = prepared(patterns(), normalised=False, folder=tmp_path)
    fewer = prepared(patterns()[1:], normalised=True, folder=tmp_path)

    assert folded.literals[0].content == b"strasse 0"
    assert written.literals[0].content == "Straße 0".encode()
    assert fewer.literals == folded.literals[1:]


@pytest.mark.parametrize("content", [b"", b"{}", b"1\n[1]\n0", b"0", b"1\n[]", b"\xff"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes):
    first = prepared(patterns(), normalised=True, folder=tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(content)

    assert prepared(patterns(), normalised=True, folder=tmp_path) == first


@pytest.mark.parametrize(
    "wrong", [pattern(text="a*b"), pattern(regex=r"\bword"), pattern(text="\u200b")]
)
def test_what_is_refused_is_refused_each_time(tmp_path: Path, wrong: Pattern):
    for _ in range(2):
        with pytest.raises(PatternRefused):
            prepared([*patterns(), wrong], normalised=True, folder=tmp_path)


def test_few_patterns_leave_no_file(tmp_path: Path):
    few: Sequence[Pattern] = patterns()[: KEPT_MIN - 1]

    prepared(few, normalised=True, folder=tmp_path)

    assert not list(tmp_path.iterdir())
