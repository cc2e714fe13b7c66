"""Lists of patterns are read once, and kept as they were read."""

from pathlib import Path

import pytest

from evenhand.signals import pattern_lists
from evenhand.signals.pattern_lists import (
    KEPT_BYTES_MIN,
    PatternRefused,
    parse_pattern_list,
    read_pattern_list,
)


def write(folder: Path, *more: str) -> Path:
    """Writes a list that is large enough to be kept."""
    lines = [f"  - text: a word of {number}\n" for number in range(KEPT_BYTES_MIN // 20)]
    lines += ["  - {regex: 'a+b', bounded: true, languages: [de, ru]}\n", *more]
    path = folder / "words.yaml"
    head = "name: words\nowner: us\nexpires: 2026-12-31\nviews: [raw, normalised]\n"
    path.write_text(f"{head}patterns:\n{''.join(lines)}")
    assert path.stat().st_size > KEPT_BYTES_MIN
    return path


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVENHAND_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_a_list_that_was_kept_is_the_list_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    first = read_pattern_list(path)
    monkeypatch.setattr(pattern_lists, "parse_pattern_list", None)

    assert read_pattern_list(path) == first


def test_a_changed_list_and_a_damaged_one_are_read_anew(tmp_path: Path, kept: Path) -> None:
    path = write(tmp_path)
    before = read_pattern_list(path)
    for file in kept.iterdir():
        file.write_bytes(b"{}")

    again = read_pattern_list(path)
    write(tmp_path, "  - text: one more\n")

    assert again == before
    assert len(read_pattern_list(path).patterns) == len(before.patterns) + 1


def test_a_list_that_is_refused_is_refused_each_time(tmp_path: Path) -> None:
    path = write(tmp_path, "  - text: a word of 1\n")
    for _ in range(2):
        with pytest.raises(PatternRefused):
            read_pattern_list(path)


def test_what_is_kept_is_what_is_read(tmp_path: Path) -> None:
    path = write(tmp_path)

    assert read_pattern_list(path) == parse_pattern_list(path.read_text(), name="words")
