"""What benches start: PostgreSQL with fsync, prepared as for a site, and processes beside it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STOP_SECONDS_MAX = 60.0


@contextmanager
def database(home: Path, **settings: str) -> Iterator[None]:
    """Runs a prepared database in a folder; this process then has the settings of a site there.

    settings  environment variables that are set beside the folder's
    """
    os.environ |= {"EVENHAND_HOME": str(home), **settings}
    os.environ.pop("DATABASE_URL", None)
    from evenhand.base.sealing import make_keys
    from evenhand.database.server import Server

    make_keys(home / "keys")
    with process(home, "postgres", sys.executable, "-m", "evenhand.database.server", str(home)):
        Server(home).wait()
        import evenhand.start  # noqa: F401  reads the settings of the folder just made
        from evenhand.database.addresses import OWNER, role_url
        from evenhand.database.prepare import prepare_embedded

        prepare_embedded(home, owner_url=role_url(home, OWNER))
        yield


@contextmanager
def process(home: Path, name: str, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs a process for as long as the block lasts; what it says goes to a file in the folder."""
    with (home / f"{name}.log").open("wb") as log:
        started = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(STOP_SECONDS_MAX)


def free_port() -> int:
    """Gives a port of loopback on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
