"""The real door process, killed while it answers: what it refused is in the journal."""

import json
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.conftest import START_SECONDS_MAX

from evenhand.actions.journal import Answered, CountedEntry, FlaggedEntry, JournalReader
from evenhand.base.sealing import make_keys, read_key
from evenhand.connectors.matrix.homeserver import free_port

KILLS = 3

DOOR = """
import sys
from pathlib import Path
from evenhand.base.lists import ActionKind
from evenhand.connectors.matrix.door import DoorSettings, serve
from evenhand.verdicts.schema import RuleHit, Verdict

class Plane:
    def screen_few(self, events):
        return [
            Verdict(event["event_id"], "m.spam", 2, 0.9, (RuleHit("r", "1"),),
                    ActionKind.REFUSE, False, None, "It is spam.")
            if "refuse" in event["text"] else None
            for event in events
        ]

home, port = Path(sys.argv[1]), int(sys.argv[2])
serve(DoorSettings(home, "https://desk.test", home / "keys" / "door.token", port=port), Plane())
"""


@dataclass
class KilledDoor:
    """A door that is killed and started again while people write."""

    home: Path
    port: int
    refused: set[str] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", DOOR, str(self.home), str(self.port)],
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            try:
                httpx.get(f"{self.url}/health", timeout=1)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("the door did not open")

    def write(self, number: int) -> None:
        token = (self.home / "keys" / "door.token").read_text()
        client, sent = httpx.Client(headers={"Authorization": f"Bearer {token}"}), 0
        while not self.stopping.is_set():
            sent += 1
            text = "refuse this" if sent % 2 else "fine"
            event = {
                "event_id": f"${number}-{sent}",
                "type": "m.room.message",
                "sender": f"@p{number}:x.test",
                "room_id": "!r:x.test",
                "content": {"body": text},
            }
            facts = {"server": "x.test", "channel": {"join_rule": "public"}}
            try:
                answer = client.post(
                    f"{self.url}/check_event_for_spam", json={"event": event, "evenhand": facts}
                )
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code == 403:
                self.refused.add(answer.json()["eu.evenhand.decision"])


@pytest.fixture
def door(tmp_path: Path) -> Iterator[KilledDoor]:
    """A door that runs, and is gone afterwards."""
    make_keys(tmp_path / "keys")
    (tmp_path / "keys" / "door.token").write_text(secrets.token_urlsafe(12))
    killed = KilledDoor(tmp_path, free_port())
    killed.start()
    yield killed
    if killed.process.poll() is None:
        killed.process.kill()
        killed.process.wait()


def test_what_a_killed_door_refused_is_in_the_journal_once(door):
    writers = [threading.Thread(target=door.write, args=(number,)) for number in range(6)]
    for thread in writers:
        thread.start()
    chance = random.Random(7)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.3, 0.8))
        door.process.send_signal(signal.SIGKILL)
        door.process.wait()
        door.start()
    time.sleep(0.3)
    door.stopping.set()
    for thread in writers:
        thread.join()
    door.process.terminate()
    assert door.process.wait(START_SECONDS_MAX) == 0

    reader = JournalReader(door.home / "journal", read_key(door.home / "keys" / "journal.key"))
    found, flagged, counted = True, [], 0
    while found:
        drained = reader.read()
        reader.commit(drained)
        found = bool(drained.entries)
        flagged += [entry for entry in drained.entries if isinstance(entry, FlaggedEntry)]
        counted += sum(
            entry.quantity for entry in drained.entries if isinstance(entry, CountedEntry)
        )

    ids = [str(entry.id) for entry in flagged]
    assert len(door.refused) > 50
    assert len(ids) == len(set(ids))
    assert door.refused <= set(ids)
    assert {entry.answered for entry in flagged} == {Answered.REFUSED}
    # At each kill at most one event per writer was journaled but not answered.
    assert len(set(ids) - door.refused) <= KILLS * len(writers)
    assert counted > 0


def test_a_door_that_is_told_to_stop_leaves_its_counts_in_the_journal(door):
    token = (door.home / "keys" / "door.token").read_text()
    body = {
        "event": {
            "event_id": "$1",
            "type": "m.room.message",
            "sender": "@p:x.test",
            "room_id": "!r:x.test",
            "content": {"body": "fine"},
        },
        "evenhand": {"server": "x.test", "channel": {"join_rule": "public"}},
    }
    answer = httpx.post(
        f"{door.url}/check_event_for_spam",
        content=json.dumps(body),
        headers={"Authorization": f"Bearer {token}"},
    )
    door.process.terminate()
    assert door.process.wait(START_SECONDS_MAX) == 0

    reader = JournalReader(door.home / "journal", read_key(door.home / "keys" / "journal.key"))
    (entry,) = reader.read().entries
    assert answer.status_code == 200
    assert (entry.counter.value, entry.quantity) == ("screened", 1)
