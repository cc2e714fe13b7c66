"""The worker when its database goes away, and two workers on one database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT, START_SECONDS_MAX, Site, copied, server_home

from evenhand.database.server import Server

LOST = 75


class OwnSite:
    """A site whose server this test may kill."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "EVENHAND_HOME": str(self.home),
            "PYTHONPATH": str(ROOT / "src"),
        }
        environment.pop("DATABASE_URL", None)
        with (self.home / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def serve(self) -> "subprocess.Popen[bytes]":
        server = self.start("evenhand.database.server", str(self.home))
        Server(self.home).wait(seconds_max=START_SECONDS_MAX)
        return server


@pytest.fixture
def own() -> Iterator[OwnSite]:
    """A site of its own, whose processes all end with the test."""
    with server_home() as home:
        made = OwnSite(home)
        yield made
        for process in reversed(made.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_ready(home: Path) -> None:
    wait((home / "worker.ready").exists)


def wait(until: Callable[[], bool]) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while not until():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_worker_that_loses_its_database_ends_and_its_successor_waits_for_it(
    own: OwnSite, prepared: Path
) -> None:
    copied(prepared, own.home)
    server = own.serve()
    worker = own.start("evenhand.worker")
    wait_for_ready(own.home)

    os.killpg(server.pid, signal.SIGKILL)
    code = worker.wait(START_SECONDS_MAX)
    ready_without_database = (own.home / "worker.ready").exists()
    successor = own.start("evenhand.worker")
    own.serve()
    wait_for_ready(own.home)
    successor.terminate()

    assert code == LOST
    assert not ready_without_database
    assert successor.wait(START_SECONDS_MAX) == 0
    assert not (own.home / "worker.ready").exists()


def test_of_two_workers_one_works_and_the_other_waits(site: Site) -> None:
    first = site.start("evenhand.worker")
    wait_for_ready(site.home)
    (site.home / "worker.ready").unlink()

    second = site.start("evenhand.worker")
    wait(lambda: "worker_waits_for_another" in (site.home / "worker.log").read_text())
    ready_beside_the_first = (site.home / "worker.ready").exists()
    first.kill()
    first.wait()
    wait_for_ready(site.home)

    assert not ready_beside_the_first
    assert second.poll() is None
