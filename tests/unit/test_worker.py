"""A process that the worker starts when there is something to do."""

import subprocess
from typing import Any

import pytest

from evenhand import worker
from evenhand.worker import Started


class Process:
    """One that runs until it is told otherwise."""

    code: int | None = None

    def poll(self) -> int | None:
        return self.code


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made: list[Any] = []

    def popen(command: list[str], *, stdout: int) -> Process:
        assert stdout == subprocess.DEVNULL, "what it prints may name rooms and accounts"
        made.append((command[2:], Process()))
        return made[-1][1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return made


def test_it_is_started_when_due_and_never_twice_at_once(started: list[Any]) -> None:
    due = [False]
    one = Started("search", "audit", due=lambda: due[0])
    one.start_due()
    assert started == []

    due[0] = True
    one.start_due()
    one.start_due()
    assert [command for command, _ in started] == [["evenhand", "search", "audit"]]

    started[0][1].code = 0
    one.start_due()
    assert len(started) == 2


def test_it_rests_before_the_first_start_and_between_two(
    started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [0.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: moment[0])
    one = Started("search", "audit", due=lambda: True, rest_seconds=600.0)

    counts = []
    for moment[0] in (1.0, 599.0, 600.0, 700.0, 1_200.0):
        one.start_due()
        counts.append(len(started))
        if started:
            started[-1][1].code = 2

    assert counts == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("token_file", ["", "/keys/search"])
def test_what_followed_is_undone_where_no_searcher_runs_any_more(
    token_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.settings, "SEARCH_TOKEN_FILE", token_file)

    names = {loop.name for loop in worker._search()}

    assert {"search_followers", "search_closed"} <= names
    assert ("search_audit" in names) is bool(token_file)
