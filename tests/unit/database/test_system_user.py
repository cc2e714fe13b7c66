"""The system user of the embedded server, made by the first server that starts as root."""

import pwd
import subprocess

import pytest

from evenhand.base.errors import Unavailable
from evenhand.database import server
from evenhand.database.server import SYSTEM_USER


class Users:
    """The users of a machine on which `useradd` refuses, and `appears` after so many looks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, appears: int) -> None:
        self.looks, self.appears = 0, appears
        refused = subprocess.CompletedProcess([], 1, "", "cannot lock /etc/passwd")
        monkeypatch.setattr(server.shutil, "which", lambda *_, **__: "/usr/sbin/useradd")
        monkeypatch.setattr(server.subprocess, "run", lambda *_, **__: refused)
        monkeypatch.setattr(server.time, "sleep", lambda _: None)
        monkeypatch.setattr(server.pwd, "getpwnam", self.found)

    def found(self, name: str) -> pwd.struct_passwd:
        self.looks += 1
        if self.looks < self.appears:
            raise KeyError(name)
        return pwd.struct_passwd((name, "x", 990, 990, "", "/", "/usr/sbin/nologin"))


def test_a_user_that_another_server_makes_at_the_same_moment_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Users(monkeypatch, appears=3)

    assert server._made_user().pw_name == SYSTEM_USER


def test_a_user_that_cannot_be_made_is_told_with_the_words_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Users(monkeypatch, appears=10_000)

    with pytest.raises(Unavailable) as refused:
        server._made_user()

    assert refused.value.fields["said"] == "cannot lock /etc/passwd"
