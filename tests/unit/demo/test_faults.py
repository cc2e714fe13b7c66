"""`evenhand faults` proves nothing without a kill."""

import argparse

import pytest

from evenhand.demo.faults import add_arguments


@pytest.mark.parametrize("word", ["0", "-1", "some"])
def test_a_run_without_a_kill_is_refused(word: str, capsys: pytest.CaptureFixture[str]):
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    with pytest.raises(SystemExit):
        parser.parse_args([f"--kills={word}"])

    assert "from 1 on" in capsys.readouterr().err


def test_one_kill_is_enough():
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    assert parser.parse_args(["--kills", "1"]).kills == 1
