"""`evenhand regimes` checks the law as data, and shows it."""

from pathlib import Path

import pytest

from evenhand.cli import main


def test_the_shipped_law_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regimes", "check"]) == 0
    assert capsys.readouterr().out == "16 regimes, 36 kinds, 17 of them verified; 0 faults\n"


def test_a_fault_is_printed_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "xx.yaml").write_text("id: xx\nversion: soon\n")

    assert main(["regimes", "check", str(tmp_path)]) == 1

    said = capsys.readouterr().out
    assert "xx.yaml:2:10: version is a day, as in 2026-08-18, or null\n" in said
    assert "xx.yaml:1:1: name is missing\n" in said


def test_a_folder_without_a_regime_is_no_law(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["regimes", "check", str(tmp_path)]) == 1
    assert "no regime in it" in capsys.readouterr().out


def test_all_regimes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regimes", "show"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 16


def test_a_regime_shows_its_kinds_and_what_is_unverified(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["regimes", "show", "kz"]) == 0

    said = capsys.readouterr().out
    assert "kz-41-1-prescription" in said
    assert "(unverified)" in said
    assert "daily 100,001" in said


def test_an_entry_shows_its_times(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regimes", "show", "eu-tco-removal"]) == 0

    said = capsys.readouterr().out
    assert "deadline               PT1H" in said
    assert "(unverified)" not in said


def test_what_does_not_exist_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regimes", "show", "no-such"]) == 2
    assert "no-such" in capsys.readouterr().err
