"""The stage of the demo: one installation of ours beside a real Synapse, all on loopback."""

import secrets
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from evenhand.connectors.matrix.homeserver import (
    COLLECTOR,
    DESK,
    SEARCH,
    SERVER_NAME,
    HomeserverSettings,
    command,
    environment,
    free_port,
    healthy,
    make_account,
    make_admin,
    write_configuration,
)
from evenhand.serve import Site, configure, prepare, start_database, start_desk
from evenhand.supervisor import Child, Supervisor, alone

DOOR_BUDGET_MS, SENDER_BUDGET_MS = 1_600, 2_000
"""Milliseconds that the door has, and that a sender waits at most: far more than on a site, since
here Synapse, database, desk and forty clients share what may be one slow core."""

LOG_SECONDS = 5
"""Seconds between batches of the log: whoever watches wants to see the proof of what was done."""

DATABASE_SETTINGS = (
    "DATABASE_URL",
    "EVENHAND_OWNER_DATABASE_URL",
    "EVENHAND_FORGET_DATABASE_URL",
)

OURS = (
    *("postgres", "opener", "door", "worker", "appender", "directory", "searcher", "collector"),
    "web",
)
"""Processes that a fault may hit: all but Synapse."""


@dataclass(slots=True)
class Stage:
    """Everything that runs during the demo."""

    home: Path
    say: Callable[[str], None]
    supervisor: Supervisor = field(init=False)
    site: Site = field(init=False)
    homeserver: HomeserverSettings = field(init=False)
    dsa_port: int = field(init=False, default_factory=free_port)
    held: ExitStack = field(init=False, default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.home / "logs", self.say)
        synapse_port, web_port = free_port(), free_port()
        self.site = Site(
            self.home,
            web_port=web_port,
            door_port=free_port(),
            directory_port=free_port(),
            search_port=free_port(),
            environment={
                # What is played must never stand in an operator's own database.
                **dict.fromkeys(DATABASE_SETTINGS, ""),
                "EVENHAND_PUBLIC_URL": f"http://localhost:{web_port}",
                "EVENHAND_DOOR_TOKEN_FILE": str(self.home / "keys" / "door.token"),
                "EVENHAND_MESSENGER": "synapse",
                "EVENHAND_DOOR_BUDGET_MS": str(DOOR_BUDGET_MS),
                "EVENHAND_SYNAPSE_URL": f"http://127.0.0.1:{synapse_port}",
                "EVENHAND_SYNAPSE_TOKEN_FILE": str(self.home / "keys" / "synapse.token"),
                "EVENHAND_COLLECTOR_TOKEN_FILE": str(self.collector_token_file),
                "EVENHAND_BOT_TOKEN_FILE": str(self.bot_token_file),
                "EVENHAND_SEARCH_TOKEN_FILE": str(self.search_token_file),
                "EVENHAND_DSA_URL": self.dsa_url,
                "EVENHAND_LOG_SECONDS": str(LOG_SECONDS),
                "EVENHAND_DSA_TOKEN_FILE": str(self.dsa_token_file),
            },
        )
        self.homeserver = HomeserverSettings(
            folder=self.home / "synapse",
            port=synapse_port,
            password=secrets.token_urlsafe(18),
            door_url=self.site.door_url,
            door_token_file=self.site.door_token_file,
            search_url=self.site.search_url,
            budget_ms=SENDER_BUDGET_MS,
        )

    @property
    def token_file(self) -> Path:
        """Gives the file of the safety account's access token."""
        return self.home / "keys" / "synapse.token"

    @property
    def collector_token_file(self) -> Path:
        """Gives the file of the collector's own access token."""
        return self.home / "keys" / "collector" / "synapse.token"

    @property
    def bot_token_file(self) -> Path:
        """Gives the file of the token of the desk's own account."""
        return self.home / "keys" / "bot.token"

    @property
    def search_token_file(self) -> Path:
        """Gives the file of the token with which the search reads what is public."""
        return self.home / "keys" / "search.token"

    @property
    def desk_account(self) -> str:
        """Gives the desk's own account, as people write to it."""
        return f"@{DESK}:{SERVER_NAME}"

    @property
    def dsa_url(self) -> str:
        """Gives the address of the DSA Transparency Database's twin."""
        return f"http://127.0.0.1:{self.dsa_port}"

    @property
    def dsa_token_file(self) -> Path:
        """Gives the file of the token that the twin asks for."""
        return self.home / "keys" / "dsa.token"

    @property
    def dsa_file(self) -> Path:
        """Gives the file in which the twin keeps what it took."""
        return self.home / "dsa.json"

    def start(self) -> None:
        """Starts database, Synapse and desk, each when what it needs answers."""
        self.held.enter_context(alone(self.home))
        configure(self.site)
        self.say("PostgreSQL")
        start_database(self.site, self.supervisor)
        self.say("Synapse")
        self.start_synapse()
        _write(self.token_file, make_admin(self.homeserver))
        _write(self.collector_token_file, make_admin(self.homeserver, COLLECTOR))
        _write(self.bot_token_file, make_account(self.homeserver, DESK))
        _write(self.search_token_file, make_account(self.homeserver, SEARCH))
        self.say("a twin of the DSA Transparency Database")
        self.start_dsa_twin()
        self.say("tables and rights")
        prepare(self.site)
        self.say("door, worker, web and the others (a first start compiles for about a minute)")
        start_desk(self.site, self.supervisor)

    def start_synapse(self) -> None:
        """Starts Synapse with our module."""
        write_configuration(self.homeserver)
        child = Child(
            "synapse",
            command(self.homeserver),
            {"PYTHONPATH": environment()["PYTHONPATH"]},
            lambda: healthy(self.homeserver),
        )
        self.supervisor.start(child)

    def start_dsa_twin(self) -> None:
        """Starts the twin to which the worker sends decisions."""
        token = f"1|{secrets.token_urlsafe(24)}"
        _write(self.dsa_token_file, token)
        command = (
            *(sys.executable, "-m", "evenhand.connectors.dsa_twin", "--port", str(self.dsa_port)),
            *("--token", token, "--file", str(self.dsa_file)),
        )
        self.supervisor.start(Child("dsa_twin", command, {}, lambda: _there(self.dsa_url)))

    def stop(self) -> None:
        """Stops every process."""
        self.supervisor.stop()
        self.held.close()


def _write(file: Path, token: str) -> None:
    """Writes a token for its owner alone."""
    file.touch(mode=0o600)
    file.write_text(token)


def _there(url: str) -> bool:
    """Tells whether somebody answers; without its token the twin says no, which will do."""
    try:
        httpx.get(f"{url}/api/ping", timeout=2.0)
    except httpx.TransportError:
        return False
    return True
