"""docs/screen.md tells the truth: its examples are run, its tables compared with the code."""

import io
import re
import shlex
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from evenhand.base.lists import EventKind
from evenhand.connectors.files.output import OUTPUT_SCHEMA
from evenhand.connectors.files.rows import COLUMNS
from evenhand.connectors.files.screen import add_arguments, run
from evenhand.pipeline import Resources, ScreeningPlane

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "screen.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ (.+)\n([^`]*)```", PAGE)


@pytest.fixture(scope="module")
def plane() -> ScreeningPlane:
    return ScreeningPlane.load(Resources.default(rules=ROOT / "tests/data/files/rules"))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize(("command", "printed"), EXAMPLES)
def test_an_example_prints_what_the_page_says(
    command: str,
    printed: str,
    plane: ScreeningPlane,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    *before, words = command.split(" | ")
    if before:
        (text,) = shlex.split(before[0])[1:]
        given = text.replace("\\n", "\n").encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    parser = ArgumentParser()
    add_arguments(parser)

    run(parser.parse_args(shlex.split(words)[2:]), load=lambda _rules: plane)

    captured = capsys.readouterr()
    told = captured.err + captured.out
    if printed.endswith("…\n"):
        told = told[: len(printed) - 2] + "…\n"
    assert told == printed


def test_every_column_is_documented() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    named = {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row)}

    wanted = {
        *COLUMNS,
        *OUTPUT_SCHEMA.names,
        *(kind.value for kind in EventKind),
    }
    assert wanted <= named
