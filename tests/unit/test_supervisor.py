"""The supervisor brings back what dies and leaves nothing behind."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from evenhand.base.errors import Unavailable
from evenhand.supervisor import Child, Supervisor


def child(folder: Path, *, code: str = "import time; time.sleep(60)") -> Child:
    started = folder / "started"
    command = [sys.executable, "-c", f"open({str(started)!r}, 'a').write('x'); {code}"]
    return Child("sleeper", command, {}, started.exists)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(holds: object, *, seconds_max: float = 120) -> None:
    give_up = time.monotonic() + seconds_max
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_killed_child_is_started_again(tmp_path: Path):
    said: list[str] = []
    supervisor = Supervisor(tmp_path / "logs", said.append)
    supervisor.start(child(tmp_path))
    first = supervisor.pid("sleeper")

    supervisor.kill("sleeper")
    until(lambda: (supervisor.watch(), supervisor.pid("sleeper") != first)[1])

    assert alive(supervisor.pid("sleeper"))
    assert said and said[0].startswith("sleeper ended with -9")
    supervisor.stop()


def test_stopping_leaves_no_process(tmp_path: Path):
    supervisor = Supervisor(tmp_path / "logs")
    supervisor.start(child(tmp_path))
    pid = supervisor.pid("sleeper")

    supervisor.stop()

    assert not alive(pid)


def test_a_child_that_cannot_start_is_reported_with_its_last_words(tmp_path: Path):
    broken = Child(
        "broken", [sys.executable, "-c", "raise SystemExit('no key')"], {}, lambda: False
    )
    supervisor = Supervisor(tmp_path / "logs", lambda said: None)

    with pytest.raises(Unavailable) as caught:
        supervisor.start(broken)

    assert "no key" in str(caught.value.fields["last_words"])
    supervisor.stop()


def test_nobody_else_may_read_a_log(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    old = tmp_path / "logs" / "sleeper.log"
    old.touch(mode=0o644)
    supervisor = Supervisor(tmp_path / "logs")

    supervisor.start(child(tmp_path))

    assert old.stat().st_mode & 0o777 == 0o600
    supervisor.stop()


def test_what_answers_in_place_of_a_dead_child_does_not_count(tmp_path: Path):
    supervisor = Supervisor(tmp_path / "logs", lambda said: None)

    def answered() -> bool:
        """Answers as another program would, once the child has found its port taken."""
        with suppress(ChildProcessError):  # it was dead before
            os.waitid(os.P_PID, supervisor.pid("dead"), os.WEXITED | os.WNOWAIT)
        return True

    dead = Child("dead", [sys.executable, "-c", "raise SystemExit('port taken')"], {}, answered)

    with pytest.raises(Unavailable):
        supervisor.start(dead)

    supervisor.stop()
