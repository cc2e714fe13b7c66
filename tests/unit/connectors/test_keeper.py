"""The doorkeeper fails open, says why, and lets nothing of its own be judged."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from evenhand.actions.journal import (
    Answered,
    FlaggedEntry,
    JournalLimits,
    JournalReader,
    JournalWriter,
)
from evenhand.base.lists import ActionKind, ChannelKind
from evenhand.base.sealing import unseal
from evenhand.connectors.matrix.keeper import DoorFacts, DoorKeeper, DoorKeys
from evenhand.connectors.matrix.lane import ScreeningLane
from evenhand.connectors.matrix.lookup import Lookup
from evenhand.connectors.matrix.serving import Answer, Request
from evenhand.connectors.matrix.snapshot import SnapshotFile
from evenhand.verdicts.schema import RuleHit, Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = bytes(range(32))
PRIVATE = PrivateKey(bytes(range(1, 33)))
PUBLIC = {"join_rule": "public"}


@dataclass
class Plane:
    """A plane that does what it is told."""

    action: ActionKind | None = None
    seconds: float = 0.0
    seen: list[dict[str, object]] = field(default_factory=list)

    def screen_few(self, events: list[dict[str, object]]) -> list[Verdict | None]:
        return [self.verdict(event) for event in events]

    def verdict(self, event: dict[str, object]) -> Verdict | None:
        self.seen.append(event)
        time.sleep(self.seconds)
        if self.action is None:
            return None
        return Verdict(str(event["event_id"]), "m.spam", 2, 0.9, (RuleHit("r", "1"),),
                       self.action, False, None, "It is spam.")  # fmt: skip


@dataclass
class Post:
    """A doorkeeper at work."""

    keeper: DoorKeeper
    plane: Plane
    folder: Path
    missed: list[bool]

    def ask(self, hook: str, body: object, *, token: str = "secret", raw: bytes = b"") -> Answer:
        content = raw or json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}"}
        request = Request("POST", f"/any/prefix/{hook}", headers, content)
        return asyncio.run(self.keeper.handle(request))

    def send(
        self, *, channel: object = None, sender: str = "@a:x.test", **content: object
    ) -> Answer:
        event = {
            "event_id": "$1",
            "type": "m.room.message",
            "sender": sender,
            "room_id": "!r:x.test",
            "content": {"body": "hello", **content},
        }
        facts = {"server": "x.test", "channel": channel or PUBLIC}
        return self.ask("check_event_for_spam", {"event": event, "evenhand": facts})

    def journal(self) -> list[FlaggedEntry]:
        found = JournalReader(self.folder / "journal", KEY).read().entries
        return [entry for entry in found if isinstance(entry, FlaggedEntry)]

    def counts(self) -> dict[tuple[str, str], int]:
        return {
            (entry.counter.value, entry.reason): entry.quantity
            for entry in self.keeper.counters.take(now=NOON)
        }


def post(folder: Path, plane: Plane, *, budget_ms: int, limits: JournalLimits) -> Iterator[Post]:
    missed: list[bool] = []
    journal = JournalWriter(folder / "journal", KEY, limits)
    lane = ScreeningLane(plane)
    keeper = DoorKeeper(
        lane=lane,
        journal=journal,
        lookup=Lookup(None),
        snapshot=SnapshotFile(folder / "snapshot.json"),
        keys=DoorKeys("secret", bytes(32), bytes(32), PRIVATE.public_key),
        facts=DoorFacts("https://desk.test"),
        clock=lambda: NOON,
        missed=lambda: missed.append(True),
        budget_ms=budget_ms,
    )
    yield Post(keeper, plane, folder, missed)
    lane.close()
    journal.close()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Post]:
    """A doorkeeper with time and room."""
    yield from post(tmp_path, Plane(), budget_ms=5_000, limits=JournalLimits())


@pytest.fixture
def hurried(tmp_path: Path) -> Iterator[Post]:
    """A doorkeeper whose plane is slower than its budget."""
    yield from post(tmp_path, Plane(ActionKind.REFUSE, 0.3), budget_ms=50, limits=JournalLimits())


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Post]:
    """A doorkeeper whose journal is full."""
    limits = JournalLimits(total_bytes=10)
    yield from post(tmp_path, Plane(ActionKind.REFUSE), budget_ms=5_000, limits=limits)


def test_a_message_that_nobody_flags_passes_and_is_counted(at):
    assert at.send().status == 200
    assert at.counts() == {("screened", ""): 1}
    assert at.journal() == []
    assert "$1" in at.keeper.answered


@pytest.mark.parametrize("action", [ActionKind.REFUSE, ActionKind.HOLD])
def test_a_refusal_is_in_the_journal_when_it_is_answered(at, action):
    at.plane.action = action

    answer = at.send(body="buy now")

    (entry,) = at.journal()
    assert answer.status == 403
    assert json.loads(answer.body)["eu.evenhand.decision"] == str(entry.id)
    assert entry.answered is Answered.REFUSED
    assert json.loads(unseal(entry.content, key=PRIVATE))["text"] == "buy now"
    assert "buy now" not in repr(entry)


@pytest.mark.parametrize(
    "action", [ActionKind.NONE, ActionKind.UNLIST, ActionKind.SUSPEND, ActionKind.BLOCK_CHANNEL]
)
def test_what_a_verdict_proposes_beside_a_refusal_is_left_to_the_worker(at, action):
    at.plane.action = action

    assert at.send().status == 200
    assert [entry.answered for entry in at.journal()] == [Answered.PASSED]


def test_a_late_verdict_lets_the_message_pass_to_be_swept(hurried):
    assert hurried.send().status == 200
    assert hurried.counts() == {("unscreened", "late"): 1}
    assert hurried.missed == [True]
    assert hurried.journal() == []
    assert "$1" not in hurried.keeper.answered


def test_a_full_journal_lets_the_message_pass_to_be_swept(full):
    assert full.send().status == 200
    assert full.counts() == {("unscreened", "journal"): 1}
    assert full.missed == [True]
    assert "$1" not in full.keeper.answered


def test_a_malformed_event_passes_and_is_counted(at):
    assert at.ask("check_event_for_spam", {"event": {"room_id": 7}}).status == 200
    assert at.ask("check_event_for_spam", {}).status == 200
    assert at.counts() == {("unscreened", "malformed"): 2}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_object_is_no_refusal(at, raw):
    answer = at.ask("check_event_for_spam", None, raw=raw or b" ")

    assert answer.status == 400
    assert answer.content_type.startswith("text/plain")


def test_a_wrong_token_sees_nothing_and_changes_nothing(at):
    answer = at.ask("check_event_for_spam", {"event": {}}, token="wrong")

    assert answer.status == 401
    assert answer.content_type.startswith("text/plain")
    assert at.counts() == {}


def test_a_hook_that_is_not_ours_is_allowed(at):
    assert at.ask("user_may_invite", {"inviter": "@a:x.test"}).status == 200
    assert at.ask("some_future_hook", {}).status == 200


def test_a_ping_is_answered_with_its_own_id(at):
    assert json.loads(at.ask("ping", {"id": "abc"}).body) == {"id": "abc", "status": "ok"}


def test_the_desks_own_accounts_are_not_judged_but_strangers_of_that_name_are(at):
    at.plane.action = ActionKind.REFUSE

    assert at.send(sender="@evenhand-notices:x.test").status == 200
    assert at.send(sender="@safety:x.test").status == 200
    assert at.send(sender="@safety:elsewhere.test").status == 403


@pytest.mark.parametrize(
    "channel",
    [
        {"join_rule": "invite", "members": 2},
        {"join_rule": "invite", "is_direct": True, "members": 5},
        {"join_rule": "public", "encrypted": True, "members": 500},
    ],
)
def test_direct_and_encrypted_chats_never_reach_the_plane(at, channel):
    at.plane.action = ActionKind.REFUSE

    assert at.send(channel=channel).status == 200
    assert at.plane.seen == []
    assert at.counts() == {}


def test_a_channel_nobody_knows_counts_as_private(at):
    event = {
        "event_id": "$1",
        "type": "m.room.message",
        "sender": "@a:x.test",
        "room_id": "!unknown:x.test",
        "content": {"body": "hello"},
    }

    at.ask("check_event_for_spam", {"event": event})

    assert [seen["channel_kind"] for seen in at.plane.seen] == [ChannelKind.PRIVATE.value]


def test_what_a_module_missed_wakes_the_sweep(at):
    at.ask("check_event_for_spam", {"event": {}, "evenhand": {"missed": 0}})
    before = len(at.missed)

    at.ask("ping", {"id": "1", "evenhand": {"missed": 3}})

    assert len(at.missed) == before + 1


def test_a_registration_on_a_server_nobody_named_passes_and_is_counted(at):
    answer = at.ask("check_registration_for_spam", {"username": "ada"})

    assert answer.status == 200
    assert at.counts() == {("unscreened", "server_unknown"): 1}


@pytest.mark.parametrize(
    ("action", "status"),
    [(ActionKind.REFUSE, 403), (ActionKind.HOLD, 200), (ActionKind.SUSPEND, 200)],
)
def test_only_a_sure_rule_refuses_a_registration(at, action, status):
    at.plane.action = action
    body = {"username": "ada", "evenhand": {"server": "x.test"}}

    assert at.ask("check_registration_for_spam", body).status == status
    assert len(at.journal()) == 1


def test_the_country_of_an_account_comes_from_the_snapshot(at):
    countries = {"account_countries": {"@a:x.test": "KZ"}}
    (at.folder / "snapshot.json").write_text(json.dumps(countries))
    at.plane.action = ActionKind.REFUSE

    at.send()

    (entry,) = at.journal()
    assert (entry.market, entry.event.territory) == ("KZ", "KZ")


def test_a_refusal_without_a_country_belongs_to_no_market(at):
    at.plane.action = ActionKind.REFUSE

    at.send()

    assert at.journal()[0].market == "ZZ"


def test_metrics_show_what_waits_and_how_full_the_journal_is(at):
    at.plane.action = ActionKind.REFUSE
    at.send()

    text = asyncio.run(at.keeper.handle(Request("GET", "/metrics", {}, b""))).body.decode()

    values = dict(line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    assert values["evenhand_door_waiting_events"] == "0"
    assert int(values["evenhand_door_journal_bytes"]) > 0


def test_health_and_metrics_need_no_token_and_name_nobody(at):
    at.send(sender="@somebody:x.test")

    for page in ("health", "metrics"):
        answer = asyncio.run(at.keeper.handle(Request("GET", f"/{page}", {}, b"")))
        assert answer.status == 200
        assert b"somebody" not in answer.body


HASHES = {"sha256": "11" * 32, "sha1": "22" * 20, "md5": "33" * 16}


def upload(at: Post, **hashes: object) -> Answer:
    return at.ask("check_media_file_for_spam", {"server": "x.test", "media": "abc", **hashes})


def test_every_kind_of_hash_of_an_upload_counts_for_the_event_that_posts_it(at):
    at.plane.action = ActionKind.HOLD
    upload(at, **HASHES)

    at.send(msgtype="m.image", url="mxc://x.test/abc")

    (row,) = at.plane.seen
    assert row["media_sha256"] == [b"\x11" * 32]
    assert row["media_sha1"] == [b"\x22" * 20]
    assert row["media_md5"] == [b"\x33" * 16]
    (entry,) = at.journal()
    assert entry.event.hashes == tuple(f"{kind}:{value}" for kind, value in HASHES.items())


def test_a_module_of_an_earlier_version_sends_one_hash(at):
    upload(at, sha256=HASHES["sha256"])

    at.send(msgtype="m.image", url="mxc://x.test/abc")

    (row,) = at.plane.seen
    assert (row["media_sha256"], row["media_md5"]) == ([b"\x11" * 32], [])


@pytest.mark.parametrize(
    "hashes",
    [{}, {"sha256": "no"}, {"sha256": "11" * 31}, {**HASHES, "md5": "33"}, {**HASHES, "sha1": "x"}],
)
def test_hashes_that_are_none_are_counted_and_stop_nothing(at, hashes):
    assert upload(at, **hashes).status == 200

    assert at.send(msgtype="m.image", url="mxc://x.test/abc").status == 200
    assert at.plane.seen[0]["media_sha256"] == []
    assert ("unscreened", "malformed") in at.counts()
