"""The door's parts: lane, snapshot, counters, answers, limits of the server."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from tests.conftest import START_SECONDS_MAX

from evenhand.actions.journal import Counter
from evenhand.base.errors import Misconfigured
from evenhand.base.lists import ActionKind, ChannelKind, Language
from evenhand.base.sealing import token_holds
from evenhand.connectors.matrix import answers
from evenhand.connectors.matrix.counting import Answered, Counters
from evenhand.connectors.matrix.door import settings_from
from evenhand.connectors.matrix.lane import Overloaded, ScreeningLane
from evenhand.connectors.matrix.limits import (
    HEADER_BYTES_MAX,
    REST_SECONDS,
    REST_SECONDS_MAX,
    SCREEN_ROWS_MAX,
    WAITING_EVENTS_MAX,
)
from evenhand.connectors.matrix.lookup import Kept
from evenhand.connectors.matrix.serving import Answer, HttpServer, Request, json_answer
from evenhand.connectors.matrix.snapshot import SnapshotFile, snapshot_of
from evenhand.verdicts.schema import RuleHit, Verdict

NOON = datetime(2026, 3, 1, 12, 34, tzinfo=UTC)
DECISION = UUID("01900000-0000-7000-8000-000000000001")


def verdict(language: str | None = "de") -> Verdict:
    return Verdict("$1", "m.spam.fraud", 3, 0.9, (RuleHit("r", "1"),), ActionKind.REFUSE, False,
                   language, "It asks for money.")  # fmt: skip


class SlowPlane:
    """A plane that waits until told, and flags events whose text says so."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()
        self.batches: list[int] = []

    def screen_few(self, events: list[dict[str, object]]) -> list[Verdict | None]:
        self.begun.set()
        self.go.wait(START_SECONDS_MAX)
        self.batches.append(len(events))
        if any(event["text"] == "break" for event in events):
            raise ValueError
        return [
            replace(verdict(), event_id=str(event["event_id"])) if event["text"] == "flag" else None
            for event in events
        ]


def row(text: str, number: int = 0) -> dict[str, object]:
    return {"event_id": f"${number}", "kind": "message", "time": NOON, "channel_kind": "public",
            "text": text}  # fmt: skip


def test_events_that_wait_together_are_screened_together_and_each_gets_its_own_verdict():
    plane = SlowPlane()
    lane = ScreeningLane(plane)
    first = lane.submit(row("flag", 99))
    assert plane.begun.wait(START_SECONDS_MAX)
    rest = [lane.submit(row("flag" if n % 3 == 0 else "fine", n)) for n in range(10)]
    plane.go.set()

    found = [future.result(10) for future in rest]
    lane.close()

    assert first.result(10) is not None
    assert [value is not None for value in found] == [n % 3 == 0 for n in range(10)]
    assert [value.event_id for value in found if value] == ["$0", "$3", "$6", "$9"]
    assert plane.batches == [1, 10]
    assert len(rest) < SCREEN_ROWS_MAX


def test_the_screening_rests_the_longer_the_more_answers_go_out_and_not_for_long():
    plane, rests = SlowPlane(), list[float]()
    lane = ScreeningLane(plane, rest=rests.append)
    lane.submit(row("fine", 0))
    assert plane.begun.wait(START_SECONDS_MAX)
    waiting = [lane.submit(row("fine", number)) for number in range(1, 101)]
    plane.go.set()
    for one in waiting:
        one.result(START_SECONDS_MAX)
    last = lane.submit(row("fine", 101))
    last.result(START_SECONDS_MAX)
    lane.close()

    assert plane.batches == [1, 100, 1]
    assert rests[:2] == [REST_SECONDS, REST_SECONDS_MAX]


def test_an_event_that_comes_again_has_its_verdict_and_counts_once():
    plane = SlowPlane()
    plane.go.set()
    lane = ScreeningLane(plane)
    first = lane.submit(row("flag", 1)).result(10)

    again = lane.submit(row("flag", 1)).result(10)
    other = lane.submit(row("fine", 2)).result(10)
    lane.close()

    assert again is first
    assert first is not None
    assert other is None
    assert plane.batches == [1, 1]


def test_an_event_that_breaks_the_plane_stops_no_other():
    plane = SlowPlane()
    plane.go.set()
    lane = ScreeningLane(plane)

    with pytest.raises(ValueError):  # noqa: PT011  the plane's own
        lane.submit(row("break")).result(10)

    assert lane.submit(row("flag")).result(10) is not None
    lane.close()


def test_an_event_that_breaks_the_plane_stops_none_that_wait_with_it():
    plane = SlowPlane()
    lane = ScreeningLane(plane)
    lane.submit(row("fine", 99))
    assert plane.begun.wait(START_SECONDS_MAX)
    broken = lane.submit(row("break", 1))
    others = [lane.submit(row("flag", number)) for number in (2, 3)]
    plane.go.set()

    with pytest.raises(ValueError):  # noqa: PT011  the plane's own
        broken.result(10)

    assert all(other.result(10) is not None for other in others)
    lane.close()


def test_too_many_waiting_events_are_turned_away():
    plane = SlowPlane()
    lane = ScreeningLane(plane)

    lane.submit(row("fine"))
    assert plane.begun.wait(START_SECONDS_MAX)
    for number in range(WAITING_EVENTS_MAX):
        lane.submit(row("fine", number))

    with pytest.raises(Overloaded):
        lane.submit(row("fine"))
    plane.go.set()
    lane.close()


def test_an_event_nobody_waits_for_is_not_screened():
    plane = SlowPlane()
    lane = ScreeningLane(plane)
    lane.submit(row("fine"))
    assert plane.begun.wait(START_SECONDS_MAX)
    left = lane.submit(row("flag", 1))

    assert left.cancel()
    plane.go.set()
    lane.close()

    assert plane.batches == [1]


@pytest.mark.parametrize("language", Language)
def test_a_refusal_says_reason_decision_and_objection_in_every_language(language):
    key = bytes(32)

    body = answers.refusal(verdict(language), DECISION, public_url="https://d.test", key=key)

    assert body["errcode"] == "M_FORBIDDEN"
    for part in ("It asks for money.", str(DECISION), str(body["eu.evenhand.objection"])):
        assert part in str(body["error"])
    token = str(body["eu.evenhand.objection"]).rstrip("/").rpartition("/")[2]
    assert token_holds(token, "objection", DECISION.bytes, key=key)


def test_a_language_that_is_not_ours_is_answered_in_english():
    body = answers.refusal(verdict("ja"), DECISION, public_url="https://d.test", key=bytes(32))

    assert str(body["error"]).startswith("Not accepted.")


def test_a_snapshot_bars_blocked_rooms_for_all_and_withheld_ones_by_country():
    snapshot = snapshot_of(
        {
            "blocked_channels": ["!b"],
            "withheld": {"!w": ["KZ"]},
            "account_countries": {"@in": "KZ", "@out": "FR"},
        }
    )

    assert snapshot.bars("@out", "!b")
    assert snapshot.bars("@in", "!w")
    assert not snapshot.bars("@out", "!w")
    assert not snapshot.bars("@unplaced", "!w")
    assert not snapshot.bars("@in", "!other")


def test_a_snapshot_that_cannot_be_read_leaves_the_last_good_one(tmp_path):
    path = tmp_path / "snapshot.json"
    file = SnapshotFile(path)
    assert file.current().blocked_channels == frozenset()

    for content, blocked in [
        ('{"blocked_channels": ["!1"]}', {"!1"}),
        ('{"blocked_channels": ', {"!1"}),
        ('{"blocked_channels": "!2"}', {"!1"}),
        ("[]", {"!1"}),
        ('{"blocked_channels": ["!2"]}', {"!2"}),
    ]:
        partial = tmp_path / "partial"
        partial.write_text(content)
        partial.replace(path)
        os.utime(path, ns=(hash(content) % 10**18, hash(content) % 10**18))
        assert file.current().blocked_channels == blocked


def test_counts_go_to_the_journal_by_hour_once_and_come_back_if_it_is_full():
    counters = Counters()
    for _ in range(3):
        counters.screened(ChannelKind.PUBLIC, at=NOON)
    counters.unscreened(ChannelKind.PUBLIC, "late", at=NOON)

    entries = counters.take(now=NOON)
    assert counters.take(now=NOON) == []
    counters.put_back(entries)
    again = counters.take(now=NOON)

    told = {(entry.counter, entry.reason): entry.quantity for entry in again}
    assert told == {(Counter.SCREENED, ""): 3, (Counter.UNSCREENED, "late"): 1}
    assert {entry.hour for entry in again} == {NOON.replace(minute=0)}


def test_metrics_count_answers_into_growing_buckets():
    counters = Counters()
    counters.answered("check_event_for_spam", 403, seconds=0.003)
    counters.answered("check_event_for_spam", 200, seconds=9.0)

    text = counters.text({})

    assert 'answers_total{hook="check_event_for_spam",status="403"} 1' in text
    assert 'answer_seconds_bucket{le="0.0025"} 0' in text
    assert 'answer_seconds_bucket{le="0.005"} 1' in text
    assert 'answer_seconds_bucket{le="0.5"} 1' in text
    assert 'answer_seconds_bucket{le="+Inf"} 2' in text


def test_answered_events_are_remembered_up_to_a_bound():
    answered = Answered(4)
    for name in "abcde":
        answered.add(name)

    assert "e" in answered
    assert "c" in answered
    assert "never" not in answered
    for name in "fg":
        answered.add(name)
    assert "a" not in answered


def test_kept_values_grow_old_and_give_way():
    kept: Kept[str, int] = Kept(2, seconds=10)
    kept.put("a", 1, at=0)
    kept.put("b", 2, at=5)
    assert kept.get("a", at=9) == 1
    kept.put("c", 3, at=9)

    assert kept.get("b", at=9) is None
    assert kept.get("a", at=11) is None
    assert kept.get("c", at=11) == 3


def exchange(*sent: bytes, handler=None) -> bytes:
    """Sends bytes to the server on one connection, and gives all that comes back."""

    async def echo(request: Request) -> Answer:
        return json_answer(200, {"path": request.path, "bytes": len(request.body)})

    async def run() -> bytes:
        server = await HttpServer(handler or echo).serve("127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in sent:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.write_eof()
        got = await reader.read()
        writer.close()
        server.close()
        return got

    return asyncio.run(asyncio.wait_for(run(), 10))


def test_requests_on_one_connection_are_answered_in_order():
    one = b"POST /one HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"

    got = exchange(one + b"GET /two HTTP/1.1\r\n\r\n", b"GET /thr", b"ee HTTP/1.1\r\n\r\n")

    bodies = [json.loads(part.split(b"\r\n\r\n")[1]) for part in got.split(b"HTTP/1.1 200 OK")[1:]]
    assert [(body["path"], body["bytes"]) for body in bodies] == [
        ("/one", 3), ("/two", 0), ("/three", 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"GET / HTTP/1.0\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * HEADER_BYTES_MAX + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n\xff: a\r\n\r\n", b"400"),
    ],
)
def test_what_breaks_a_limit_is_answered_in_plain_text_and_the_connection_ends(sent, status):
    got = exchange(sent)

    assert got.startswith(b"HTTP/1.1 " + status)
    assert b"Content-Type: text/plain" in got
    assert b"Connection: close" in got


def test_a_request_cut_short_is_not_answered():
    assert exchange(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc") == b""


def test_the_environment_sets_the_door(tmp_path):
    environment = {
        "EVENHAND_HOME": str(tmp_path),
        "EVENHAND_PUBLIC_URL": "https://desk.test/",
        "EVENHAND_SYNAPSE_URL": "http://127.0.0.1:8008",
        "EVENHAND_SYNAPSE_TOKEN_FILE": str(tmp_path / "synapse.token"),
        "EVENHAND_DOOR_BUDGET_MS": "900",
    }

    settings = settings_from(environment, host="127.0.0.1", port=1)

    assert settings.public_url == "https://desk.test"
    assert settings.token_file == tmp_path / "keys" / "door.token"
    assert settings.synapse_token_file == tmp_path / "synapse.token"
    assert settings.budget_ms == 900
    assert settings_from({}, host="127.0.0.1", port=1).synapse_token_file is None


@pytest.mark.parametrize("text", ["0", "-1", "fast", "1.5"])
def test_a_budget_that_is_none_is_refused(text):
    with pytest.raises(Misconfigured):
        settings_from({"EVENHAND_DOOR_BUDGET_MS": text}, host="127.0.0.1", port=1)


def test_the_door_needs_neither_django_nor_a_database():
    code = "import sys, evenhand.connectors.matrix.door; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert "evenhand" in loaded
    assert not loaded & {"django", "psycopg", "dbos"}
