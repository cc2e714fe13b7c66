"""A picture that is known only after its event passed is judged once more, by its files alone."""

import asyncio
import hashlib
import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from nacl.public import PrivateKey

from evenhand.actions.journal import Answered, FlaggedEntry, JournalReader, JournalWriter
from evenhand.base.lists import ActionKind
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.keeper import DoorFacts, DoorKeeper, DoorKeys
from evenhand.connectors.matrix.lane import ScreeningLane
from evenhand.connectors.matrix.lookup import Lookup
from evenhand.connectors.matrix.serving import Request
from evenhand.connectors.matrix.snapshot import SnapshotFile
from evenhand.connectors.pictures import PictureReader, Shown
from evenhand.signals.picture_hash import PictureHash
from evenhand.verdicts.schema import RuleHit, Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = bytes(range(32))
CONTENT = b"\x89PNG\r\n\x1a\nnot looked into here"
SHOWN = PictureHash(b"\x55" * 32, 100)


class Plane:
    """Holds what shows something, and lets all else pass."""

    def __init__(self) -> None:
        self.seen: list[dict[str, object]] = []

    def screen_few(self, events: list[dict[str, object]]) -> list[Verdict | None]:
        self.seen += events
        return [self._verdict(event) if event["media_pdq"] else None for event in events]

    def _verdict(self, event: dict[str, object]) -> Verdict:
        hit = (RuleHit("known_abuse_picture", "1"),)
        return Verdict(str(event["event_id"]), "m.child_safety.csam", 4, 0.9, hit,
                       ActionKind.HOLD, False, None, "It looks like one.")  # fmt: skip


class Seeing(PictureReader):
    """Knows what the one picture shows."""

    def look(self, content: bytes, *, judge: bool) -> Shown:
        assert content == CONTENT
        return Shown((SHOWN,), 0.9 if judge else None)


@pytest.mark.parametrize(("join_rule", "score"), [("invite", None), ("public", 0.9)])
def test_a_picture_that_is_known_late_is_judged_by_its_files_alone(
    tmp_path: Path, join_rule: str, score: float | None
) -> None:
    allowed, plane = threading.Event(), Plane()

    def download(_: httpx.Request) -> httpx.Response:
        allowed.wait()
        return httpx.Response(200, content=CONTENT)

    client = MatrixClient("http://x.test", "secret", transport=httpx.MockTransport(download))
    lane, journal = ScreeningLane(plane), JournalWriter(tmp_path / "journal", KEY)
    keeper = DoorKeeper(
        lane=lane,
        journal=journal,
        lookup=Lookup(client, pictures=Seeing(), judged=lambda: True),
        snapshot=SnapshotFile(tmp_path / "snapshot.json"),
        keys=DoorKeys("secret", bytes(32), bytes(32), PrivateKey.generate().public_key),
        facts=DoorFacts("https://desk.test"),
        clock=lambda: NOON,
        missed=lambda: None,
        budget_ms=5_000,
    )

    async def ask(hook: str, body: object) -> int:
        headers = {"authorization": "Bearer secret"}
        request = Request("POST", f"/{hook}", headers, json.dumps(body).encode())
        return (await keeper.handle(request)).status

    async def uploaded_and_posted() -> int:
        told = {name: hashlib.new(name, CONTENT).hexdigest() for name in ("sha256", "sha1", "md5")}
        upload = {"server": "x.test", "media": "abc", "head": CONTENT[:16].hex(), **told}
        await ask("check_media_file_for_spam", upload)
        event = {
            "event_id": "$1", "type": "m.room.message", "sender": "@a:x.test",
            "room_id": "!r:x.test",
            "content": {"body": "look", "msgtype": "m.image", "url": "mxc://x.test/abc"},
        }  # fmt: skip
        facts = {"account_created_ts": 0, "channel": {"join_rule": join_rule, "members": 9}}
        status = await ask("check_event_for_spam", {"event": event, "evenhand": facts})
        allowed.set()
        await asyncio.gather(*keeper._tasks)
        return status

    assert asyncio.run(uploaded_and_posted()) == 200
    lane.close()
    journal.close()

    first, second = plane.seen
    assert (first["media_pdq"], second["media_pdq"]) == ([], [SHOWN.value])
    # A model looks at what is posted in public, and at nothing that was but uploaded.
    assert (first["media_nudity"], second["media_nudity"]) == (None, score)
    assert (second["account"], second["text"], second["urls"]) == (None, None, [])
    assert second["media_sha256"] == first["media_sha256"]
    (entry,) = JournalReader(tmp_path / "journal", KEY).read().entries
    assert isinstance(entry, FlaggedEntry)
    assert (entry.answered, entry.event.account) == (Answered.PASSED, "@a:x.test")
    assert entry.verdict.event_id == entry.event.event_id == "$1"
    assert entry.event.hashes[-1] == f"pdq:{SHOWN.value.hex()}"
