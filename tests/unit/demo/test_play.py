import argparse
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from evenhand.demo import play
from evenhand.demo.findings import Findings
from evenhand.demo.play import ToldInLines, _progress


class EmptyStage:
    """A stage on which nothing runs."""

    def __init__(self, *_: object) -> None:
        pass

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


@pytest.mark.parametrize(("found", "code", "said"), [(1, 0, "1 of 1 lines"), (0, 1, "miss w1")])
def test_the_exit_code_tells_whether_all_went_as_labelled(
    found: int,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(play, "Stage", EmptyStage)
    monkeypatch.setenv("EVENHAND_HOME", str(tmp_path))

    async def played(*_: object) -> Findings:
        findings = Findings()
        findings.add("illegal messages refused", expected=1, found=found)
        if not found:
            findings.miss("w1: expected refuse, found none")
        return findings

    options = argparse.Namespace(check=True, keep=False)

    assert play.perform(played, options, title="The day") == code
    assert said in capsys.readouterr().out
    assert len([*tmp_path.glob("check-*")]) == code  # what failed is kept to be looked at


def test_a_file_is_told_of_each_thing_at_once() -> None:
    file = StringIO()
    progress = _progress(Console(file=file, width=200))

    with progress:
        task = progress.add_task("starting", total=None)
        progress.update(task, description="starting PostgreSQL")
        at_once = file.getvalue()
        progress.update(task, advance=1)

    assert isinstance(progress, ToldInLines)
    assert at_once == file.getvalue() == "starting\nstarting PostgreSQL\n"


def test_a_terminal_gets_bars() -> None:
    progress = _progress(Console(file=StringIO(), force_terminal=True))

    assert not isinstance(progress, ToldInLines)
