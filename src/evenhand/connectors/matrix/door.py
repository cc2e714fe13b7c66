"""The door: the process that Synapse asks about every event. No Django, no database.

    python -m evenhand.connectors.matrix.door --port 8601

EVENHAND_HOME, EVENHAND_PUBLIC_URL, EVENHAND_DOOR_TOKEN_FILE, EVENHAND_SYNAPSE_URL and
EVENHAND_SYNAPSE_TOKEN_FILE come from the environment, as `settings.py` describes them; besides:
EVENHAND_DOOR_BUDGET_MS, after which an event passes unscreened (keep it below the module's own
`budget_ms`), and EVENHAND_SERVER_NAME, which only users of synapse-http-antispam need.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from nacl.public import PublicKey

from evenhand.actions.journal import Entry, JournalUnavailable, JournalWriter
from evenhand.actions.live_rules import LiveRule, rules_file, tell_rules
from evenhand.base.clock import now
from evenhand.base.errors import Misconfigured
from evenhand.base.lists import ChannelKind, EventKind
from evenhand.base.logs import configure_logs
from evenhand.base.sealing import read_key
from evenhand.connectors.matrix import counting
from evenhand.connectors.matrix.budgeted import Budgeted
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.intake import FileHashes, Seen
from evenhand.connectors.matrix.keeper import DoorFacts, DoorKeeper, DoorKeys
from evenhand.connectors.matrix.lane import Screening, ScreeningLane
from evenhand.connectors.matrix.limits import (
    BUDGET_MS,
    FLUSH_SECONDS,
    LOOKUP_SECONDS_MAX,
    SNAPSHOT_SECONDS,
)
from evenhand.connectors.matrix.lookup import Lookup
from evenhand.connectors.matrix.readback import CursorFile
from evenhand.connectors.matrix.serving import HttpServer
from evenhand.connectors.matrix.snapshot import SnapshotFile
from evenhand.connectors.matrix.spent import SpentFile
from evenhand.connectors.matrix.sweep import Sweeper
from evenhand.connectors.pictures import PictureReader
from evenhand.rules.acting import Acting
from evenhand.rules.shadow import ShadowHits

if TYPE_CHECKING:
    from evenhand.pipeline import ScreeningPlane
    from evenhand.resources import Renewal, Resources
    from evenhand.rules.rule import RuleSet

log = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""Seconds that one thread may compute while another waits."""

HOST, PORT = "127.0.0.1", 8601


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """Everything that a door needs to be told.

    synapse_url  empty where Synapse must not be asked: no sweep, and unknown channels are private
    server_name  the homeserver's name, if it is to be known before our module says it
    """

    home: Path
    public_url: str
    token_file: Path
    host: str = HOST
    port: int = PORT
    synapse_url: str = ""
    synapse_token_file: Path | None = None
    server_name: str = ""
    budget_ms: int = BUDGET_MS


@dataclass(slots=True)
class Door:
    """A running door.

    pictures  tells whether anything is asked of what pictures show
    judged    tells whether a rule asks what a model thinks of them
    """

    settings: DoorSettings
    plane: Screening
    clock: Callable[[], datetime] = now
    renewal: "Renewal | None" = None
    shadow: ShadowHits | None = None
    pictures: Callable[[], bool] = lambda: False
    judged: Callable[[], bool] = lambda: False
    _sweeper: Sweeper | None = field(default=None, init=False)
    _shadow: ShadowHits = field(init=False)

    def __post_init__(self) -> None:
        self._shadow = self.shadow or ShadowHits()

    async def run(self, stop: asyncio.Event, *, ready: Callable[[int], None]) -> None:
        """Answers until `stop` is set; `ready` is called with the port that it listens on."""
        settings = self.settings
        journal = JournalWriter(
            settings.home / "journal", read_key(settings.home / "keys" / "journal.key")
        )
        lane = ScreeningLane(self.plane)
        reader = PictureReader()
        client = _client(settings, seconds_max=LOOKUP_SECONDS_MAX)
        lookup = Lookup(client, pictures=reader, wanted=self.pictures, judged=self.judged)
        keeper = DoorKeeper(
            lane=lane,
            journal=journal,
            lookup=lookup,
            snapshot=SnapshotFile(
                settings.home / "door" / "snapshot.json", seconds=SNAPSHOT_SECONDS
            ),
            keys=door_keys(settings),
            facts=DoorFacts(settings.public_url, settings.server_name),
            clock=self.clock,
            missed=self._tell,
            budget_ms=settings.budget_ms,
            gauges=self._gauges,
        )
        self._start_sweeper(keeper, lane, journal)
        http = HttpServer(keeper.handle)
        server = await http.serve(settings.host, settings.port)
        async with server:
            ready(server.sockets[0].getsockname()[1])
            await self._count_until(stop, keeper, journal)
            server.close()
            await http.close()
        if self._sweeper is not None:
            await asyncio.to_thread(self._sweeper.stop)
        await asyncio.to_thread(lane.close)
        await asyncio.to_thread(reader.close)
        await self._flush(keeper, journal)
        await asyncio.to_thread(journal.close)

    def _start_sweeper(
        self, keeper: DoorKeeper, lane: ScreeningLane, journal: JournalWriter
    ) -> None:
        client = _client(self.settings, seconds_max=10.0)
        if client is None:
            return
        self._sweeper = Sweeper(
            client=client,
            cursors=CursorFile(self.settings.home / "door" / "cursors.db"),
            keeper=keeper,
            lane=lane,
            journal=journal,
            loop=asyncio.get_running_loop(),
            clock=self.clock,
        )
        self._sweeper.start()

    def _gauges(self) -> Mapping[str, float]:
        if self.renewal is None:
            return {}
        return {"evenhand_door_old_rules_kept": float(bool(self.renewal.fault))}

    def _tell(self) -> None:
        if self._sweeper is not None:
            self._sweeper.tell()

    async def _count_until(
        self, stop: asyncio.Event, keeper: DoorKeeper, journal: JournalWriter
    ) -> None:
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), FLUSH_SECONDS)
            except TimeoutError:
                await self._flush(keeper, journal)

    async def _flush(self, keeper: DoorKeeper, journal: JournalWriter) -> None:
        """Puts the counters into the journal; what it cannot hold now is kept for later."""
        moment = self.clock()
        entries, shadowed = keeper.counters.take(now=moment), self._shadow.take()
        if not entries and not shadowed:
            return
        try:
            told: list[Entry] = [*entries, *counting.shadow_entries(shadowed, now=moment)]
            await asyncio.wrap_future(journal.submit(told))
        except JournalUnavailable as error:
            keeper.counters.put_back(entries)
            self._shadow.put_back(shadowed)
            log.error("door_counters_kept_back", why=error.fields.get("why"))  # noqa: TRY400


def door_keys(settings: DoorSettings) -> DoorKeys:
    """Reads the keys that the door holds."""
    keys = settings.home / "keys"
    return DoorKeys(
        token=_token(settings.token_file),
        objection=read_key(keys / "token.key"),
        network=read_key(keys / "network.key"),
        evidence=PublicKey(read_key(keys / "evidence.pub")),
    )


def settings_from(environment: Mapping[str, str], *, host: str, port: int) -> DoorSettings:
    """Gives the settings that the environment describes."""
    home = Path(environment.get("EVENHAND_HOME", "var")).absolute()
    default_token = home / "keys" / "door.token"
    synapse_token = environment.get("EVENHAND_SYNAPSE_TOKEN_FILE", "")
    return DoorSettings(
        home=home,
        public_url=environment.get("EVENHAND_PUBLIC_URL", "http://localhost:8600").rstrip("/"),
        token_file=Path(environment.get("EVENHAND_DOOR_TOKEN_FILE", "") or default_token),
        host=host,
        port=port,
        synapse_url=environment.get("EVENHAND_SYNAPSE_URL", ""),
        synapse_token_file=Path(synapse_token) if synapse_token else None,
        server_name=environment.get("EVENHAND_SERVER_NAME", ""),
        budget_ms=_whole("EVENHAND_DOOR_BUDGET_MS", environment, BUDGET_MS),
    )


def serve(
    settings: DoorSettings,
    plane: Screening,
    renewal: "Renewal | None" = None,
    *,
    shadow: ShadowHits | None = None,
    pictures: Callable[[], bool] = lambda: False,
    judged: Callable[[], bool] = lambda: False,
) -> None:
    """Runs a door until SIGTERM or SIGINT."""
    # The screening thread and the loop share one interpreter: at Python's 5 ms per turn, whoever
    # waits for the other would spend half of the goal of 10 ms waiting.
    sys.setswitchinterval(SWITCH_SECONDS)

    async def main_loop() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        door = Door(
            settings, plane, renewal=renewal, shadow=shadow, pictures=pictures, judged=judged
        )
        await door.run(
            stop, ready=lambda port: log.info("door_open", host=settings.host, port=port)
        )

    asyncio.run(main_loop())


def main(arguments: list[str] | None = None) -> int:
    """Starts the door with the real screening plane."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=HOST, help="address to listen on")
    parser.add_argument("--port", type=int, default=PORT, help="port to listen on")
    options = parser.parse_args(arguments)
    configure_logs()
    settings = settings_from(os.environ, host=options.host, port=options.port)
    from evenhand.resources import Resources

    resources = Resources.default()
    plane = load_plane(resources)
    habits = plane.remember(settings.home / "door" / "habits.npz")

    def tell(rules: "RuleSet") -> None:
        told = zip(rules.rules, rules.terms, strict=True)
        live = [one for one, terms in told if terms.acting is Acting.LIVE]
        known = [LiveRule(rule.id, rule.version, rule.harm) for rule in live]
        tell_rules(rules_file(settings.home), known)

    tell(plane.rules)
    renewal = plane.renewal(before=tell, rehearsed=resources)
    renewal.follow()
    spent = SpentFile(settings.home / "door" / "budgets.ndjson")
    budgeted = Budgeted(plane, clock=now, kept=spent)
    serve(
        settings,
        budgeted,
        renewal,
        shadow=plane.shadow,
        pictures=plane.looks_at_pictures,
        judged=plane.judges_pictures,
    )
    habits.keep()
    return 0


def load_plane(resources: "Resources") -> "ScreeningPlane":
    """Loads rules, lists and models: seconds, once."""
    from evenhand.pipeline import ScreeningPlane

    plane = ScreeningPlane.load(resources)
    warm_up(plane, now())
    plane.watch_lists()
    # What is loaded stays: a walk through all of it in search of rubbish would hold events up.
    gc.collect()
    gc.freeze()
    return plane


def warm_up(plane: Screening, moment: datetime) -> None:
    """Screens one event of each kind, alone and together: the first of a kind compiles kernels.

    They are nobody's, so that nothing is counted of anybody.
    """
    rows = [
        Seen(
            event_id=f"warm-up-{kind}",
            kind=kind,
            time=moment,
            channel_kind=ChannelKind.PUBLIC,
            text="Good morning, see https://evenhand.test/",
            hashes=(FileHashes(bytes(32), bytes(20), bytes(16)),),
        ).row()
        for kind in EventKind
    ]
    for row in rows:
        plane.screen_few([row])
    plane.screen_few(rows)


def _client(settings: DoorSettings, *, seconds_max: float) -> MatrixClient | None:
    if not settings.synapse_url or settings.synapse_token_file is None:
        return None
    token = _token(settings.synapse_token_file)
    return MatrixClient(settings.synapse_url, token, seconds_max=seconds_max)


def _whole(name: str, environment: Mapping[str, str], otherwise: int) -> int:
    text = environment.get(name, "") or str(otherwise)
    if not text.isdecimal() or int(text) < 1:
        raise Misconfigured(setting=name, value=text, why="must be a whole number above 0")
    return int(text)


def _token(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Misconfigured(setting="token file", file=path.name, why="not readable") from error


if __name__ == "__main__":
    raise SystemExit(main())
