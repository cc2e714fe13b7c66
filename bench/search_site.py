"""What the search is measured on: a filled index, PostgreSQL with decisions, the searcher."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from processes import database, free_port, process
from search_posts import Town

STANDING = 100_000
"""Posts removed by decisions that stand: what is hidden besides."""

AUDITED = 40
"""Rooms taken out that the audit seeks under some eighty spellings each."""

COMMIT_ITEMS = 100_000
START_SECONDS_MAX = 300.0


@dataclass(slots=True)
class Site:
    """A folder with a database that runs, and the processes that use it."""

    home: Path
    port: int
    searching: "subprocess.Popen[bytes] | None" = None

    @contextmanager
    def searcher(self) -> Iterator[Any]:
        """Runs the searcher until it is ready, and gives who asks it."""
        from evenhand.connectors.searcher import SearcherClient

        command = (sys.executable, "-m", "evenhand.searcher", "--port", str(self.port))
        with process(self.home, "searcher", *command) as self.searching:
            _until_ready(self.port)
            token = (self.home / "keys" / "door.token").read_text()
            yield SearcherClient(f"http://127.0.0.1:{self.port}", token)

    def peak_mb(self) -> float:
        """Gives the peak of memory of the searcher."""
        assert self.searching is not None
        status = Path(f"/proc/{self.searching.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6

    def audit(self) -> dict[str, float]:
        """Gives what `evenhand search audit` finds of the running searcher."""
        begun = time.perf_counter()
        told = subprocess.run(
            (
                *(sys.executable, "-m", "evenhand", "search", "audit"),
                *("--json", "--sought", str(AUDITED)),
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        found = json.loads(told.stdout)
        return {
            "leaked": len(found["leaked"]),
            "sought": found["sought"],
            "flagged_share": found["flagged_share"],
            "seconds": time.perf_counter() - begun,
        }


@contextmanager
def site(home: Path) -> Iterator[Site]:
    """Runs a database, and gives a site at whose messenger nobody listens."""
    keys, port = home / "keys", free_port()
    settings = {
        "EVENHAND_MESSENGER": "synapse",
        "EVENHAND_PUBLIC_URL": "http://localhost:1",
        # Nobody listens there: what is in the index is all there is.
        "EVENHAND_SYNAPSE_URL": "http://127.0.0.1:1",
        "EVENHAND_SYNAPSE_TOKEN_FILE": str(keys / "search.token"),
        "EVENHAND_SEARCH_TOKEN_FILE": str(keys / "search.token"),
        "EVENHAND_DOOR_TOKEN_FILE": str(keys / "door.token"),
        "EVENHAND_SEARCH_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "evenhand.settings",
    }
    keys.mkdir(parents=True)
    for name in ("door.token", "search.token"):
        (keys / name).write_text(secrets.token_urlsafe(24))
    with database(home, **settings):
        yield Site(home, port)


def _until_ready(port: int) -> None:
    import httpx

    give_up = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/health").is_success:
                return
        time.sleep(0.1)
    raise TimeoutError


@dataclass(frozen=True, slots=True)
class Filled:
    """How the index was filled: items a second with all commits, and bytes on disk."""

    per_second: float
    size: int


def fill(home: Path, town: Town, posts: int) -> Filled:
    """Puts so many posts and their rooms into the index, as a crawl would."""
    from evenhand.search.index import Index
    from evenhand.search.state import RoomState, State

    busy, count, waiting = 0.0, 0, 0
    folder = home / "search" / "index"
    with Index.open(folder) as index:
        state = State.open(home / "search" / "state.db", index=index.identity)
        for block in town.items(posts):
            begun = time.perf_counter()
            index.put(block)
            waiting += len(block)
            if waiting >= COMMIT_ITEMS:
                index.commit()
                waiting = 0
            busy += time.perf_counter() - begun
            count += len(block)
            for item in block:
                if item.id == item.room:
                    state.keep(item.id, RoomState(open=True, readable=True, forward="end"))
        begun = time.perf_counter()
        index.commit()
        busy += time.perf_counter() - begun
        state.close()
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Filled(count / busy, size)


def stand(town: Town, posts: int) -> None:
    """Makes decisions stand: one is real, the others are rows as it leaves them."""
    from django.db import connection

    decision = take_out(town.room(0).room)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO actions_action (id, decision_id, kind, target_kind, account, channel, event,
                media, lasting_on, territory, ends_at, state, memory, in_force_at, undo_by,
                undo_reason)
            SELECT gen_random_uuid(), %s, 'redact', 'event', '@invented:bench.test',
                '!room' || n / 200 || ':bench.test', '$post' || n, '', '$post' || n, '{}', NULL,
                'in_force', '{}', now(), NULL, ''
            FROM generate_series(%s::int, %s::int) AS n
            """,
            [decision, posts, posts + STANDING - 1],
        )
        cursor.execute("ANALYZE actions_action")


def take_out(room: str) -> UUID:
    """Takes a room out of search by a decision, and gives it."""
    from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
    from evenhand.actions.ports import Target
    from evenhand.actions.steps import decide
    from evenhand.base import clock
    from evenhand.base.harms import harms
    from evenhand.base.ids import new_id
    from evenhand.base.lists import ActionKind, ChannelKind, Ground, Language, Source, TargetKind

    now = clock.now()
    draft = DecisionDraft(
        id=new_id(now=now),
        at=now,
        origin=f"event:{room}",
        ground=Ground.RULE,
        harm="m.spam",
        severity=harms()["m.spam"].severity,
        score=1.0,
        reason="It sells followers.",
        source=Source.OWN,
        market="DE",
        language=Language.EN,
        channel_kind=ChannelKind.PUBLIC,
        measures=(Measure(ActionKind.DEINDEX, Target(TargetKind.CHANNEL, channel=room)),),
        rule=RuleFacts("bench", "1", "Author", "Approver"),
        channel=room,
    )
    return decide(draft, now=now).id
