"""Starts our processes, keeps them running, and stops every one of them.

A child that dies is started again after a pause that grows; its process group goes with it, so
nothing of the old one holds a port. A child dies with the supervisor (Linux: PR_SET_PDEATHSIG).
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evenhand.base.errors import Misconfigured, Unavailable

READY_SECONDS_MAX = 600.0
"""Seconds a child that lives may take to answer: a first start compiles kernels and patterns, which
takes a minute of a core, and several where others want it too."""

STOP_SECONDS_MAX = 10.0
"""Seconds between asking a child to stop and killing it."""

PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.1, 5.0
"""Seconds before a dead child is started again: doubled at each death in a row."""

STEADY_SECONDS = 20.0
"""Seconds a child must live for its deaths to be forgotten."""

PR_SET_PDEATHSIG = 1
"""Linux prctl(2): the signal a process gets when its parent dies."""


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Keeps every other installation off a state folder, which is made where it is missing.

    Two that share one would take each other's sockets and files away. The lock goes with us,
    however we end.
    """
    if home.exists() and not home.is_dir():
        raise Misconfigured(setting="EVENHAND_HOME", value=home, why="is no folder")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            why = "an installation is running there; stop it first"
            raise Misconfigured(setting="EVENHAND_HOME", folder=home, why=why) from error
        yield


@dataclass(frozen=True, slots=True)
class Child:
    """One process of ours: how it is started and how one sees that it answers."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool]


@dataclass(slots=True)
class Running:
    """A child that was started, and its history."""

    child: Child
    process: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    start_after: float = 0.0


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(slots=True)
class Supervisor:
    """Keeps children running in the order given; logs go to `logs`/NAME.log."""

    logs: Path
    say: Callable[[str], None] = print
    running: dict[str, Running] = field(default_factory=dict)
    stopping: bool = False

    def start(self, child: Child) -> None:
        """Starts a child and waits until it answers; raises `Unavailable` with its last words."""
        self.running[child.name] = Running(child, self._spawn(child), time.monotonic())
        self.wait_ready(child.name)

    def wait_ready(self, name: str, *, seconds_max: float = READY_SECONDS_MAX) -> None:
        """Waits until the child answers, bringing it back if it dies meanwhile."""
        entry = self.running[name]
        give_up = time.monotonic() + seconds_max
        first_death = entry.deaths
        # What answers while the child is dead is somebody else.
        while not entry.child.ready() or entry.process.poll() is not None:
            self.watch()
            if time.monotonic() > give_up or entry.deaths > first_death + 3:
                raise Unavailable(process=name, last_words=self.last_words(name))
            time.sleep(0.05)

    def watch(self) -> None:
        """Looks once at every child and brings back the dead whose pause is over."""
        for entry in self.running.values():
            if self.stopping or entry.process.poll() is None:
                continue
            moment = time.monotonic()
            if entry.start_after == 0.0:
                self._note_death(entry, moment)
            if moment >= entry.start_after:
                entry.process = self._spawn(entry.child)
                entry.started, entry.start_after = moment, 0.0

    def run(self) -> None:
        """Watches until SIGINT or SIGTERM, then stops everything."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        while not self.stopping:
            self.watch()
            time.sleep(0.1)
        self.stop()

    def pid(self, name: str) -> int:
        """Gives the process id of a child."""
        return self.running[name].process.pid

    def kill(self, name: str) -> None:
        """Kills a child and its group with SIGKILL, as a fault would; `watch` brings it back."""
        _signal_group(self.running[name].process, signal.SIGKILL)
        self.running[name].process.wait()

    def stop(self) -> None:
        """Stops every child, the last started first; kills what does not go in time."""
        self.stopping = True
        self._end(list(reversed(self.running.values())))
        self.running.clear()
        self.stopping = False

    def last_words(self, name: str) -> str:
        """Gives the end of a child's log."""
        log = self.logs / f"{name}.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def _end(self, entries: Sequence[Running]) -> None:
        for entry in entries:
            # The leader alone: it ends its own children, PostgreSQL's in an order of their own.
            entry.process.terminate()
        give_up = time.monotonic() + STOP_SECONDS_MAX
        for entry in entries:
            try:
                entry.process.wait(max(0.1, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{entry.child.name} does not stop; killing it")
            _signal_group(entry.process, signal.SIGKILL)
            entry.process.wait()

    def _note_death(self, entry: Running, moment: float) -> None:
        _signal_group(entry.process, signal.SIGKILL)
        steady = moment - entry.started > STEADY_SECONDS
        entry.deaths = 1 if steady else entry.deaths + 1
        pause = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN * 2 ** (entry.deaths - 1))
        entry.start_after = moment + pause
        self.say(
            f"{entry.child.name} ended with {entry.process.returncode}; starting it again "
            f"in {pause:.1f} s (log: {self.logs.name}/{entry.child.name}.log)"
        )

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.logs / f"{child.name}.log"
        path.touch(mode=0o600)
        path.chmod(0o600)
        with path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  our own commands
                child.command,
                env={**os.environ, **child.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  no threads run before the spawn
            )

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.stopping = True


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
