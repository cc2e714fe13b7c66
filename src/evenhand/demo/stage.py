"""The stage of the demo: one installation of ours beside a real Synapse, all on loopback."""

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from evenhand.connectors.matrix.homeserver import (
    COLLECTOR,
    HomeserverSettings,
    command,
    environment,
    free_port,
    healthy,
    make_admin,
    write_configuration,
)
from evenhand.serve import Site, configure, prepare, start_database, start_desk
from evenhand.supervisor import Child, Supervisor, alone

DOOR_BUDGET_MS, SENDER_BUDGET_MS = 1_600, 2_000
"""Milliseconds that the door has, and that a sender waits at most: far more than on a site, since
here Synapse, database, desk and forty clients share what may be one slow core."""

DATABASE_SETTINGS = (
    "DATABASE_URL",
    "EVENHAND_OWNER_DATABASE_URL",
    "EVENHAND_FORGET_DATABASE_URL",
)

OURS = ("postgres", "opener", "door", "worker", "directory", "collector", "web")
"""Processes that a fault may hit: all but Synapse."""


@dataclass(slots=True)
class Stage:
    """Everything that runs during the demo."""

    home: Path
    say: Callable[[str], None]
    supervisor: Supervisor = field(init=False)
    site: Site = field(init=False)
    homeserver: HomeserverSettings = field(init=False)
    held: ExitStack = field(init=False, default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.home / "logs", self.say)
        synapse_port, web_port = free_port(), free_port()
        self.site = Site(
            self.home,
            web_port=web_port,
            door_port=free_port(),
            directory_port=free_port(),
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
            },
        )
        self.homeserver = HomeserverSettings(
            folder=self.home / "synapse",
            port=synapse_port,
            password=secrets.token_urlsafe(18),
            door_url=self.site.door_url,
            door_token_file=self.site.door_token_file,
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

    def start(self) -> None:
        """Starts database, Synapse and desk, each when what it needs answers."""
        self.held.enter_context(alone(self.home))
        configure(self.site)
        self.say("PostgreSQL")
        start_database(self.site, self.supervisor)
        self.say("Synapse")
        self.start_synapse()
        self.token_file.touch(mode=0o600)
        self.token_file.write_text(make_admin(self.homeserver))
        self.collector_token_file.touch(mode=0o600)
        self.collector_token_file.write_text(make_admin(self.homeserver, COLLECTOR))
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

    def stop(self) -> None:
        """Stops every process."""
        self.supervisor.stop()
        self.held.close()
