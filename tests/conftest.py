"""One PostgreSQL for all tests that need one; each test gets a transaction or a database."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadFileScheduling

from evenhand.base.cache import cache_folder
from evenhand.base.sealing import make_keys
from evenhand.database.addresses import (
    APP,
    DATABASE,
    FORGET,
    OWNER,
    SUPERUSER,
    django_database,
    role_url,
)
from evenhand.database.server import Server, make_database

ROOT = Path(__file__).resolve().parents[1]

FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
"""What a test's database need not survive."""

SERVE = """
import sys
from pathlib import Path
from evenhand.database.server import Server
sys.exit(Server(Path(sys.argv[1]), more_configuration=sys.argv[2]).run())
"""

START_SECONDS_MAX = 240.0
"""Seconds for what a busy machine starts: only what never comes may end a test."""

TOGETHER = ("tests/integration/matrix/",)
"""Folders whose tests share what takes long to start, such as a Synapse."""

LONGEST_FIRST = (
    *TOGETHER,
    "tests/acceptance/test_day.py",  # compiles what the other one of its folder then finds
    "tests/browser/",
    "tests/integration/",
    "tests/",
)

hypothesis_settings.register_profile(
    "tests", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("tests")
# What takes a minute to compile is compiled once, not once in each state folder.
os.environ.setdefault("EVENHAND_CACHE", str(cache_folder()))

_numbers = count(1)


@dataclass(frozen=True)
class Postgres:
    """The server of this run of tests; its database `evenhand` is the template of all others."""

    home: Path

    def url(self, role: str, *, database: str = DATABASE) -> str:
        """Gives the address of a database for a role."""
        return role_url(self.home, role, database=database)

    def copy(self) -> str:
        """Makes a database with tables and rights, and gives its name."""
        name = f"evenhand_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url(SUPERUSER, database=SUPERUSER), autocommit=True) as owner:
            make_database(owner, name, template=DATABASE)
        return name

    def drop(self, name: str) -> None:
        """Drops a database, whoever is still connected."""
        with psycopg.connect(self.url(SUPERUSER, database=SUPERUSER), autocommit=True) as owner:
            owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass
class Site:
    """A state folder with keys and a database of its own, for tests that commit or start processes.

    `start` runs one of our modules in it; what still runs at the end is killed.
    """

    home: Path
    postgres: Postgres
    database: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def url(self, role: str = APP) -> str:
        """Gives the address of this site's database for a role."""
        return self.postgres.url(role, database=self.database)

    def environment(self, **more: str) -> dict[str, str]:
        """Gives the environment of this site's processes."""
        inherited = {**os.environ}
        # Compiling everything anew would cost each process seconds.
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        return {
            **inherited,
            "EVENHAND_HOME": str(self.home),
            "DATABASE_URL": self.url(APP),
            "EVENHAND_OWNER_DATABASE_URL": self.url(OWNER),
            "EVENHAND_FORGET_DATABASE_URL": self.url(FORGET),
            "EVENHAND_PUBLIC_URL": "http://localhost:8600",
            "DJANGO_SETTINGS_MODULE": "evenhand.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            **more,
        }

    def start(self, module: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Starts a module of ours as a process of this site."""
        log = (self.home / f"{module.rpartition('.')[2]}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=self.environment(**more),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.processes.append(process)
        return process


@contextmanager
def server_home() -> Iterator[Path]:
    """Gives a state folder that a server may live in.

    Not below pytest's own folder: as root the server runs as another user, and every pytest that
    starts closes `pytest-of-root` to other users again, under a server that is running.
    """
    with tempfile.TemporaryDirectory(prefix="evenhand-test-") as folder:
        yield Path(folder)


@contextmanager
def serving(home: Path) -> Iterator[None]:
    """Runs the server of a state folder for as long as the block lasts."""
    with (home / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(home), FAST],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    try:
        Server(home).wait(seconds_max=START_SECONDS_MAX)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_SECONDS_MAX)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    """A stopped server with tables and rights, made by the first worker that needs one."""
    from evenhand.database.prepare import prepare_embedded

    own = tmp_path_factory.getbasetemp()
    made = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "prepared"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with server_home() as home:
                make_keys(home / "keys")
                with serving(home), django_db_blocker.unblock():
                    prepare_embedded(home, owner_url=role_url(home, OWNER))
                copied(home, made)
    return made


def copied(home: Path, to: Path) -> None:
    """Copies a stopped server; its files keep their owners."""
    to.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{home}/.", str(to)], check=True)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A running server whose template database has all tables and rights.

    Each worker has its own: what a transaction in any database of a server holds up, it holds up
    for the appender of every other.
    """
    running = os.environ.get("EVENHAND_TEST_POSTGRES")
    if running:  # a server that is up and prepared already, for runs by the hundred
        yield Postgres(Path(running))
        return
    with server_home() as home:
        copied(request.getfixturevalue("prepared"), home)
        with serving(home):
            yield Postgres(home)


@pytest.fixture(scope="session")
def django_db_setup(postgres: Postgres) -> Iterator[None]:
    """Points Django at a database of this run, as the application's own role.

    Tests marked `django_db` are rolled back; none may use `transaction=True`, since that empties
    tables, which this role may not do. A test that has to commit takes `site` and `committed`.
    """
    name = postgres.copy()
    with pointed_at(postgres.url(APP, database=name)):
        yield


@pytest.fixture
def site(postgres: Postgres, tmp_path: Path) -> Iterator[Site]:
    """A site of its own for one test."""
    make_keys(tmp_path / "keys")
    made = Site(tmp_path, postgres, postgres.copy())
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.wait()
    postgres.drop(made.database)


@pytest.fixture
def committed(
    site: Site, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """The test's own site with Django in this process pointed at it; what it writes stays."""
    monkeypatch.setattr(settings, "EVENHAND_HOME", site.home)
    monkeypatch.setattr(settings, "KEYS", site.home / "keys")
    monkeypatch.setattr(settings, "PUBLIC_FILES", site.home / "public")
    monkeypatch.setattr(settings, "APP_DATABASE_URL", site.url(APP))
    monkeypatch.setattr(settings, "OWNER_DATABASE_URL", site.url(OWNER))
    monkeypatch.setattr(settings, "FORGET_DATABASE_URL", site.url(FORGET))
    with pointed_at(site.url(APP)), django_db_blocker.unblock():
        yield site


class pointed_at:  # noqa: N801  a context manager, read as a word
    """Points Django's connection elsewhere for as long as the block lasts."""

    def __init__(self, url: str) -> None:
        self._entry = {**django_database(url), "CONN_MAX_AGE": 0}

    def __enter__(self) -> None:
        entry = connections.settings["default"]
        connections["default"].close()
        self._before = {name: entry[name] for name in self._entry}
        entry.update(self._entry)

    def __exit__(self, *_: object) -> None:
        connections["default"].close()
        connections.settings["default"].update(self._before)


class LongestFirst(LoadFileScheduling):
    """Gives each worker whole files, or folders of what is shared; what takes long goes first."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LongestFirst:
    """Names how files are given to workers."""
    config.option.loadscopereorder = False  # it would put the files of most tests first
    return LongestFirst(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of whole processes first: a worker must not begin one when others are done.

    A browser test that waited in vain is tried once more, and counted as such; a wrong answer
    fails at once.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))
    items.sort(
        key=lambda item: next(
            (at for at, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder)),
            len(LONGEST_FIRST),
        )
    )
