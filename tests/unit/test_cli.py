"""A command that cannot run says in words what is wrong and what to do, and exits 2."""

import os
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from evenhand.cli import EXIT_CANNOT_RUN, main


def evenhand(home: Path | str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Gives what the command said, in a process of its own and without the tests' settings."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("EVENHAND_")}
    given |= {"EVENHAND_HOME": str(home), **environment}
    given.pop("DATABASE_URL", None) if "DATABASE_URL" not in environment else None
    return subprocess.run(
        [sys.executable, "-m", "evenhand", *words],
        env=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "database"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://a@b:port/c"}, "DATABASE_URL"),
        ({"EVENHAND_PROXIES": "abc"}, "EVENHAND_PROXIES"),
        ({"EVENHAND_PROXIES": "-1"}, "EVENHAND_PROXIES"),
        ({"EVENHAND_MESSENGER": "bogus"}, "EVENHAND_MESSENGER"),
        ({"EVENHAND_MESSENGER": "synapse"}, "EVENHAND_SYNAPSE_URL"),
        ({"EVENHAND_PUBLIC_URL": "safety.example"}, "EVENHAND_PUBLIC_URL"),
        ({"EVENHAND_DSA_URL": "http://database.example"}, "EVENHAND_DSA_URL"),
        ({"EVENHAND_DSA_URL": "https://database.example"}, "EVENHAND_DSA_TOKEN_FILE"),
        (
            {
                "EVENHAND_OIDC_ISSUER": "https://id.example",
                "EVENHAND_OIDC_CLIENT_ID": "desk",
                "EVENHAND_OIDC_CLIENT_SECRET_FILE": "/nope/oidc.secret",
            },
            "/nope/oidc.secret",
        ),
    ],
)
def test_what_is_wrong_around_a_command_is_said_in_words(
    tmp_path: Path, environment: dict[str, str], said: str
):
    done = evenhand(tmp_path, "staff", "list", **environment)

    assert done.returncode == EXIT_CANNOT_RUN
    assert "Traceback" not in done.stderr
    assert said in done.stderr
    assert "what to do:" in done.stderr


@pytest.mark.parametrize("words", [("setup",), ("serve",)])
def test_a_state_folder_that_cannot_be_one_is_named(words: tuple[str, ...]):
    done = evenhand("/dev/null", *words)

    assert done.returncode == EXIT_CANNOT_RUN
    assert "Traceback" not in done.stderr
    assert "/dev/null" in done.stderr


def test_a_wrong_messenger_is_found_before_anything_is_started(tmp_path: Path):
    done = evenhand(tmp_path, "setup", EVENHAND_MESSENGER="bogus")

    assert done.returncode == EXIT_CANNOT_RUN
    assert not (tmp_path / "postgres").exists()


def test_a_folder_without_keys_is_named_with_what_makes_them(tmp_path: Path):
    done = evenhand(tmp_path, "log", "status")

    assert done.returncode == EXIT_CANNOT_RUN
    assert str(tmp_path / "keys") in done.stderr
    assert "`evenhand setup`" in done.stderr


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]):
    assert main(["regime"]) == EXIT_CANNOT_RUN
    said = capsys.readouterr()
    assert "'regime'" in said.err.splitlines()[-1]
    assert not said.out


@pytest.mark.parametrize("words", [["rules"], ["rules", "chek"]])
def test_what_is_missing_from_a_command_is_said_last(
    words: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(words) == EXIT_CANNOT_RUN
    assert "'rules' needs one more word: check" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("words", [["report", "--help"], ["report", "-h"], ["--help"], []])
def test_help_names_every_command_that_begins_so(
    words: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "report daily" in said
    assert ("rules check" in said) == (words[:1] != ["report"])


DISCLOSE = (
    "disclose", "!r:x.test $e1", "--homeserver", "https://x.test", "--account", "@ada:x.test",
    "--desk", "https://desk.test", "--store", "/nonexistent",
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--harm", "m.none"], "--harm"),
        (["--harm", "m.spam", "--keys", "/nope/keys.txt"], "/nope/keys.txt"),
        (["--harm", "m.spam", "--keys", __file__], "no file of exported keys"),
        (["--harm", "m.spam", "--token-file", "/nope/token"], "/nope/token"),
        (["--harm", "m.spam"], "in a terminal"),
    ],
)
def test_what_a_disclosure_lacks_is_said_before_a_password_is_asked_for(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def no_terminal(question: str) -> str:
        assert said == "in a terminal", question
        raise termios.error(25, "Inappropriate ioctl for device")

    monkeypatch.setattr("evenhand.disclose.command.getpass", no_terminal)

    assert main([*DISCLOSE, *words]) == EXIT_CANNOT_RUN
    assert said in capsys.readouterr().err


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("evenhand ")
