"""The embedded PostgreSQL: started, killed, started again, and open to nobody."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import ROOT, START_SECONDS_MAX, server_home

from evenhand.database.addresses import OWNER, SUPERUSER, password_file, role_url, socket_folder
from evenhand.database.server import Server, make_roles


@pytest.fixture
def home() -> Iterator[Path]:
    """A state folder; whatever server was started in it is stopped."""
    with server_home() as folder:
        yield folder
        for process in _started:
            if process.poll() is None:
                process.terminate()
                process.wait(START_SECONDS_MAX)
        _started.clear()


_started: list["subprocess.Popen[bytes]"] = []


def started(home: Path) -> "subprocess.Popen[bytes]":
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "evenhand.database.server", str(home)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)
    Server(home).wait(seconds_max=START_SECONDS_MAX)
    return process


def test_killed_with_all_it_keeps_the_server_comes_back_with_what_was_committed(
    home: Path,
) -> None:
    first = started(home)
    make_roles(home)
    with psycopg.connect(role_url(home, OWNER)) as owner:
        owner.execute("CREATE TABLE kept (word text)")
        owner.execute("INSERT INTO kept VALUES ('still here')")

    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    second = started(home)
    make_roles(home)

    with psycopg.connect(role_url(home, OWNER)) as owner:
        assert owner.execute("SELECT word FROM kept").fetchone() == ("still here",)
    second.terminate()
    assert second.wait(START_SECONDS_MAX) == 0
    assert not Server(home).answers()


def test_the_server_listens_on_its_socket_alone_and_lets_in_nobody_without_a_password(
    home: Path,
) -> None:
    started(home)
    superuser = role_url(home, SUPERUSER, database=SUPERUSER)

    with psycopg.connect(superuser) as connection:
        listens = connection.execute("SHOW listen_addresses").fetchone()
        rules = connection.execute(
            "SELECT DISTINCT type, auth_method FROM pg_hba_file_rules ORDER BY auth_method"
        ).fetchall()
        checksums = connection.execute("SHOW data_checksums").fetchone()

    assert listens == ("",)
    assert rules == [("local", "reject"), ("local", "scram-sha-256")]
    assert checksums == ("on",)
    password = password_file(home, SUPERUSER)
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert stat.S_IMODE(password.parent.stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(superuser.replace(password.read_text(), "wrong"))


def test_the_folders_above_the_data_are_opened_for_passing_and_no_more(home: Path) -> None:
    above = home / "private"
    above.mkdir(mode=0o700)

    started_home = above / "site"
    started_home.mkdir(mode=0o700)
    started(started_home)

    for folder in (above, started_home):
        mode = stat.S_IMODE(folder.stat().st_mode)
        assert mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IRGRP | stat.S_IWGRP) == 0


def test_a_stopped_server_leaves_nothing_outside_its_folder(home: Path) -> None:
    deep = home / ("long" * 25)
    deep.mkdir()
    process = started(deep)
    outside = socket_folder(deep)
    assert outside.is_dir() and not outside.is_relative_to(home)

    process.terminate()
    process.wait(START_SECONDS_MAX)

    assert not outside.exists()
