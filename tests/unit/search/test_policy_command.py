"""`evenhand search policy check`: what is wrong is said with file and line."""

from pathlib import Path

import pytest
from tests.integration.test_search_policy import BROKEN, TEXT

from evenhand.cli import main
from evenhand.search.policy import shipped_text

HEADER = "countries,kind,name,phone,url,languages,hours,source,checked\n"


def checked(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["search", "policy", "check", str(path)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_shipped_policy_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(shipped_text())

    code, said, faults = checked(file, capsys)

    assert (code, faults) == (0, "")
    assert "all fixtures hold" in said


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("p.yaml", BROKEN, "line 10: 'buy unobtainium now' seeks trade, not nothing"),
        ("p.yaml", TEXT.replace("topics:", "topic:"), "line "),
        ("p.yaml", "a: [", "line 2"),
        ("lines.csv", HEADER + "DE,crisis,,1,,,,https://a.test,\n", "line 2: name: who answers"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, part: str
) -> None:
    file = tmp_path / name
    file.write_text(text)

    code, _, faults = checked(file, capsys)

    assert code == 1
    assert f"{file}: " in faults
    assert part in faults


def test_help_lines_that_nobody_checked_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.csv"
    source = "https://a.test"
    file.write_text(
        f"{HEADER}**,crisis,A,1,,,,{source},\n**,drugs,B,2,,,,{source},Ada 2026-11-23\n"
    )

    assert checked(file, capsys)[:2] == (0, f"{file}: 2 help lines; 1 of them nobody has checked\n")


def test_a_file_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, faults = checked(tmp_path / "none.yaml", capsys)

    assert code == 1
    assert "cannot be read: No such file" in faults


@pytest.mark.parametrize(
    ("held", "part"),
    [
        (b"title: a\n\xff\xfe", "line 2: not UTF-8 text"),
        (b"x" * 3_000_000, "line 1: larger than 2000000 bytes"),
    ],
)
def test_what_is_no_text_or_too_large_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], held: bytes, part: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(held)

    code, _, faults = checked(file, capsys)

    assert (code, part in faults) == (1, True)
