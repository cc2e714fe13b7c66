"""`evenhand serve`: the processes of one installation, in the order they need each other."""

import argparse
import os
import secrets
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import django
import httpx

from evenhand.base.errors import Misconfigured
from evenhand.base.sealing import make_keys
from evenhand.database.server import Server
from evenhand.supervisor import Child, Supervisor, alone

WEB_PORT = 8600
DOOR_PORT = 8601
DIRECTORY_PORT = 8602
SEARCH_PORT = 8603
WEB_THREADS = 8
LOOPBACK = "127.0.0.1"
PORT_MAX = 65_535


class HomeUnusable(Misconfigured):
    """The folder of this installation cannot be written."""

    remedy = "See to the room and the rights of its disk, and start again: nothing is to be undone."


@dataclass(frozen=True, slots=True)
class Site:
    """Where one installation keeps its things and answers."""

    home: Path
    web_port: int = WEB_PORT
    door_port: int = DOOR_PORT
    directory_port: int = DIRECTORY_PORT
    search_port: int = SEARCH_PORT
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, str]:
        """Gives the environment as it was given: the site's own wins over the operator's."""
        return {**os.environ, **self.environment}

    @property
    def public_url(self) -> str:
        """Gives the address under which people reach the desk."""
        return self.given.get("EVENHAND_PUBLIC_URL") or f"http://localhost:{self.web_port}"

    @property
    def door_url(self) -> str:
        """Gives the address that the messenger's module asks."""
        return f"http://127.0.0.1:{self.door_port}"

    @property
    def directory_url(self) -> str:
        """Gives the address to which calls about rooms are sent, where Synapse is the messenger."""
        return f"http://127.0.0.1:{self.directory_port}"

    @property
    def search_url(self) -> str:
        """Gives the address at which the searcher answers, where there is a search."""
        return f"http://127.0.0.1:{self.search_port}"

    @property
    def searches(self) -> bool:
        """Tells whether there is a search: it reads Synapse with a token of its own."""
        return self.messenger == "synapse" and bool(self.given.get("EVENHAND_SEARCH_TOKEN_FILE"))

    @property
    def messenger(self) -> str:
        """Gives which messenger the desk stands beside."""
        return self.given.get("EVENHAND_MESSENGER") or "memory"

    @property
    def embedded_database(self) -> bool:
        """Tells whether the operator named no database of their own."""
        return not self.given.get("DATABASE_URL")

    @property
    def door_token_file(self) -> Path:
        """Gives the file of the token that the messenger's module shows."""
        named = self.given.get("EVENHAND_DOOR_TOKEN_FILE")
        return Path(named).absolute() if named else self.home / "keys" / "door.token"

    def settings(self) -> dict[str, str]:
        """Gives what every process of this site has in its environment beside the operator's."""
        return {
            **self.environment,
            "EVENHAND_HOME": str(self.home),
            "EVENHAND_PUBLIC_URL": self.public_url,
            "EVENHAND_DOOR_TOKEN_FILE": str(self.door_token_file),
            "EVENHAND_SEARCH_URL": self.search_url,
            "DJANGO_SETTINGS_MODULE": "evenhand.settings",
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand serve`."""
    for option, port, help in (  # noqa: A001  as argparse names it
        ("--web-port", WEB_PORT, "port of the web desk"),
        ("--door-port", DOOR_PORT, "port of the door"),
        ("--directory-port", DIRECTORY_PORT, "port of the directory proxy"),
        ("--search-port", SEARCH_PORT, "port of the searcher"),
    ):
        parser.add_argument(option, type=_port, default=port, help=f"{help} ({port})")


def run(options: argparse.Namespace) -> int:
    """Runs every process until SIGINT or SIGTERM."""
    home = Path(os.environ.get("EVENHAND_HOME", "var")).absolute()
    site = Site(
        home,
        web_port=options.web_port,
        door_port=options.door_port,
        directory_port=options.directory_port,
        search_port=options.search_port,
    )
    supervisor = Supervisor(home / "logs")
    with alone(home):
        try:
            configure(site)
            check_ports(site)
            check_messenger()
            start_database(site, supervisor)
            prepare(site)
            start_desk(site, supervisor)
            print(f"Desk: {site.public_url}   Door: {site.door_url}   (Ctrl-C stops everything)")
            supervisor.run()
        finally:
            supervisor.stop()
    return 0


def configure(site: Site) -> None:
    """Makes the keys and reads the settings; a wrong one is found before anything starts."""
    try:
        make_secrets(site)
        if site.embedded_database:
            Server(site.home).make_passwords()
    except OSError as error:  # a full disk does not say where
        path = error.filename or site.home
        raise HomeUnusable(path=str(path), why=error.strerror) from error
    os.environ.update(site.settings())
    django.setup()  # reads the environment now


def check_ports(site: Site) -> None:
    """Refuses a port on which another program already answers."""
    ports = {"--web-port": site.web_port, "--door-port": site.door_port}
    if site.messenger == "synapse":
        ports["--directory-port"] = site.directory_port
    if site.searches:
        ports["--search-port"] = site.search_port
    with ExitStack() as stack:
        for option, port in ports.items():
            probe = stack.enter_context(socket.socket())
            # A port whose last connections are still being forgotten is free all the same.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
                probe.listen()
            except OSError as error:
                raise Misconfigured(setting=option, value=port, why=error.strerror) from error


def check_messenger() -> None:
    """Refuses settings by which the messenger cannot be asked; it need not answer yet."""
    from evenhand import wiring

    wiring.messenger()


def start_database(site: Site, supervisor: Supervisor) -> None:
    """Starts the embedded PostgreSQL, unless the operator named one of their own."""
    if not site.embedded_database:
        return
    server = Server(site.home)
    command = (sys.executable, "-m", "evenhand.database.server", str(site.home))
    supervisor.start(Child("postgres", command, {}, server.answers))


def make_secrets(site: Site) -> None:
    """Makes the keys and the door's token where they are missing."""
    make_keys(site.home / "keys")
    if not site.door_token_file.exists():
        partial = site.door_token_file.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_urlsafe(32))
        partial.replace(site.door_token_file)


def prepare(site: Site) -> None:
    """Makes tables and rights; the settings must be read, and the database answer."""
    from evenhand import settings
    from evenhand.database.prepare import prepare_database, prepare_embedded

    if settings.EMBEDDED_DATABASE:
        prepare_embedded(site.home, owner_url=settings.OWNER_DATABASE_URL)
    else:
        prepare_database(owner_url=settings.OWNER_DATABASE_URL)


def start_desk(site: Site, supervisor: Supervisor) -> None:
    """Starts our processes, each when the one before answers."""
    # Commands in another shell make links from it (`settings.PUBLIC_URL`).
    (site.home / "public_url").write_text(site.public_url)
    for child in children(site):
        supervisor.start(child)


def children(site: Site) -> list[Child]:
    """Gives our processes, without the database and the messenger."""
    environment = site.settings()
    python = sys.executable
    web = (
        str(Path(python).parent / "granian"),
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(site.web_port)),
        *("--blocking-threads", str(WEB_THREADS), "--no-ws", "--log-level", "warning"),
        "evenhand.wsgi:application",
    )
    door = (python, "-m", "evenhand.connectors.matrix.door", "--port", str(site.door_port))
    return [
        Child(
            "opener",
            (python, "-m", "evenhand.evidence.opener"),
            environment,
            (site.home / "opener.sock").exists,
        ),
        Child("door", door, environment, lambda: _answers(f"{site.door_url}/health")),
        Child(
            "worker",
            (python, "-m", "evenhand.worker"),
            environment,
            (site.home / "worker.ready").exists,
        ),
        Child(
            "appender",
            (python, "-m", "evenhand.appender"),
            environment,
            (site.home / "appender.ready").exists,
        ),
        *_beside_synapse(site),
        Child(
            "web", web, environment, lambda: _answers(f"http://{LOOPBACK}:{site.web_port}/health/")
        ),
    ]


def _beside_synapse(site: Site) -> list[Child]:
    """Gives the collector where it has a token of its own, and the directory proxy."""
    environment, python = site.settings(), sys.executable
    if site.messenger != "synapse":
        return []
    directory = (
        *(python, "-m", "evenhand.connectors.matrix.directory"),
        *("--port", str(site.directory_port)),
    )
    found = [
        Child("directory", directory, environment, lambda: _answers(f"{site.directory_url}/health"))
    ]
    if site.searches:
        searcher = (python, "-m", "evenhand.searcher", "--port", str(site.search_port))
        found.append(
            Child("searcher", searcher, environment, lambda: _answers(f"{site.search_url}/health"))
        )
    if site.given.get("EVENHAND_COLLECTOR_TOKEN_FILE"):
        ready = (site.home / "collector.ready").exists
        found.append(Child("collector", (python, "-m", "evenhand.collector"), environment, ready))
    return found


def _port(word: str) -> int:
    """Gives the port that an option names."""
    if not word.isdecimal() or not 1 <= int(word) <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"{word!r} is no port: give a number from 1 to {PORT_MAX}")
    return int(word)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
