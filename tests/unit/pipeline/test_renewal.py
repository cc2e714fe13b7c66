"""Rules, lists and model change while the screening runs: whole, or not at all."""

import asyncio
import json
import os
import threading
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pytest
from tests.rules_of_tests import rule_text

from evenhand.base.sealing import make_keys
from evenhand.connectors.matrix.door import Door, DoorSettings
from evenhand.connectors.matrix.lane import ScreeningLane
from evenhand.events.batch import event_batch
from evenhand.pipeline import Resources, ScreeningPlane, rehearse
from evenhand.resources import Renewal, ResourceReader
from evenhand.rules.acting import LIVE, Acting, Terms
from evenhand.rules.in_force import InForce, write_in_force
from evenhand.rules.load import read_rule
from evenhand.rules.rule import RuleSet
from evenhand.signals.columns import all_columns
from evenhand.signals.text_model import TextModel

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def write_rule(folder: Path, when: str, *, name: str = "goods", version: str = "1") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = rule_text(name, when=when, version=version)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def write_words(folder: Path, *words: str, name: str = "goods") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    listed = "".join(f"  - text: {word}\n" for word in words)
    (folder / f"{name}.yaml").write_text(f"name: {name}\npatterns:\n{listed}", encoding="utf-8")


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    write_rule(tmp_path / "rules", "matches_goods >= 1")
    write_words(tmp_path / "patterns", "snowdust")
    return Resources(
        rules=tmp_path / "rules",
        patterns=tmp_path / "patterns",
        domains=(tmp_path / "own" / "domains",),
        hashes=None,
        cache=tmp_path / "cache",
        seed=7,
        own=tmp_path / "own",
    )


@pytest.fixture
def plane(resources: Resources) -> ScreeningPlane:
    return ScreeningPlane.load(resources)


@pytest.fixture
def told() -> list[list[str]]:
    return []


@pytest.fixture
def renewal(plane: ScreeningPlane, told: list[list[str]]) -> Renewal:
    return plane.renewal(before=lambda rules: told.append(versions(rules)))


def versions(rules: RuleSet) -> list[str]:
    return [f"{one.id} {one.version.partition('.')[0]}" for one in rules.rules]


def event(text: str, number: int = 1) -> dict[str, object]:
    return {
        "event_id": f"${number}",
        "kind": "message",
        "time": NOW,
        "account": "@somebody:example.test",
        "channel_kind": "public",
        "text": text,
    }


def batch_of(*texts: str) -> pa.RecordBatch:
    return event_batch([event(text, number) for number, text in enumerate(texts)]).batch


def flagged(plane: ScreeningPlane, text: str) -> bool:
    """Tells whether a text is flagged, alone and in a batch alike."""
    in_batch = plane.screen(batch_of(text, "good morning")).num_rows > 0
    (one,) = event_batch([event(text)]).batch.to_pylist()
    alone = plane.screen_one(one) is not None
    assert in_batch == alone
    return alone


def settle(renewal: Renewal) -> bool:
    """Looks as often as a change needs: once to notice, once to find it at rest."""
    return [renewal.look(), renewal.look()][1]


def test_a_changed_rule_counts_and_is_told_before(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal, told: list[list[str]]
) -> None:
    assert not settle(renewal)

    write_rule(resources.rules, "matches_goods >= 2", version="2")

    assert settle(renewal)
    assert not flagged(plane, "some snowdust")
    assert told == [["goods 2"]]
    assert not settle(renewal)


def test_changed_lists_of_patterns_and_domains_count(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    assert not flagged(plane, "some icedust")
    write_words(resources.patterns, "icedust")
    assert settle(renewal)
    assert (flagged(plane, "some icedust"), flagged(plane, "some snowdust")) == (True, False)

    write_rule(resources.rules, "domain_listed >= 1", name="links")
    assert settle(renewal)
    assert not flagged(plane, "see https://fraud.example/x")
    (folder,) = resources.domains
    folder.mkdir(parents=True)
    (folder / "own.txt").write_text("fraud.example\n")
    assert settle(renewal)
    assert flagged(plane, "see https://fraud.example/x")
    (folder / "own.txt").unlink()
    assert settle(renewal)
    assert not flagged(plane, "see https://fraud.example/x")


def test_the_operators_own_files_stand_in_place_of_ours_or_beside_them(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    assert resources.own is not None
    write_words(resources.own / "patterns", "moondust", name="goods")
    write_words(resources.own / "patterns", "sinister", name="more")
    write_rule(resources.own / "rules", "matches_goods >= 1 AND matches_more >= 1", version="9")

    assert settle(renewal)
    assert versions(plane.rules) == ["goods 9"]
    assert flagged(plane, "sinister moondust")
    assert not flagged(plane, "sinister snowdust")


def shipped_but(**parts: object) -> TextModel:
    model = TextModel.load()
    names = ("heads", "weights", "scales", "intercepts", "slopes", "shifts", "thresholds")
    return TextModel.of(**{name: getattr(model, name) for name in names} | parts)  # type: ignore[arg-type]


def test_a_model_of_the_operators_counts_and_one_without_a_head_asked_for_does_not(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    assert resources.own is not None
    write_rule(resources.rules, "spam_score >= 0.99")
    assert settle(renewal)
    assert not flagged(plane, "good day")
    heads = TextModel.load().heads
    resources.own.mkdir()

    shipped_but(intercepts=np.full(len(heads), 1e6, np.float32)).save(resources.own / "model.npz")
    assert settle(renewal)
    assert flagged(plane, "good day")

    others = tuple(name if name != "spam_score" else "other" for name in heads)
    shipped_but(heads=others).save(resources.own / "model.npz")
    assert not settle(renewal)
    assert renewal.fault == {
        "error": "FilesRefused", "part": "model", "why": "rules ask for spam_score"
    }  # fmt: skip
    assert flagged(plane, "good day")


@pytest.mark.parametrize(
    ("place", "content", "fault"),
    [
        ("rules/goods.yaml", b"id: [", {"file": "goods.yaml", "line": 2}),
        ("rules/more.yaml", b"id: more\n", {"file": "more.yaml", "why": "author is missing"}),
        ("rules/more.yaml", b"\xff\xfe", {"file": "more.yaml"}),
        ("rules/more.yaml", b"a: \x01", {"file": "more.yaml", "line": 1}),
        ("patterns/goods.yaml", b"name: goods\npatterns:\n  - regex: '('\n",
         {"list": "goods", "line": 3, "pattern": "("}),
        ("patterns/goods.yaml", b"name: goods\npatterns: []\n", {"list": "goods"}),
        ("patterns/bytes.yaml", b"\xff", {"list": "bytes", "line": 1}),
        ("own/domains/bad.json", b"{", {"list": "bad"}),
        ("own/model.npz", b"no weights", {"error": "Misconfigured"}),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used_leave_the_old_set_and_say_why(
    tmp_path: Path,
    plane: ScreeningPlane,
    renewal: Renewal,
    told: list[list[str]],
    place: str,
    content: bytes,
    fault: dict[str, object],
) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else None
    rules = plane.rules

    path.write_bytes(content)

    assert not settle(renewal)
    assert not settle(renewal)
    assert plane.rules is rules
    assert flagged(plane, "some snowdust")
    assert told == []
    assert fault.items() <= renewal.fault.items()

    path.unlink() if before is None else path.write_bytes(before)
    settle(renewal)
    assert renewal.fault == {}
    assert flagged(plane, "some snowdust")


def test_files_in_the_making_wait_until_they_rest(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    write_words(resources.patterns, "icedust")
    assert not renewal.look()
    write_words(resources.patterns, "icedust", "raindust")
    assert not renewal.look()

    assert renewal.look()

    assert flagged(plane, "some raindust")


def test_what_was_counted_goes_on_being_counted(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    for _ in range(3):
        assert not flagged(plane, "hello there")

    write_rule(resources.rules, "account_posts_10s >= 13")
    assert settle(renewal)

    assert [flagged(plane, "hello there"), flagged(plane, "hello there")] == [False, True]


def test_no_event_is_judged_by_half_of_two_sets_and_none_is_lost(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    """Two sets alternate; by either, exactly one of two texts is flagged."""
    lane, stop, counts = ScreeningLane(plane), threading.Event(), list[int]()

    def post() -> None:
        number = 0
        while not stop.is_set():
            rows = batch_of("some snowdust", "some icedust").to_pylist()
            for row in rows:
                number += 1
                row["event_id"] = f"${number}"
            batch = pa.RecordBatch.from_pylist(rows, schema=batch_of("x").schema)
            counts.append(plane.screen(batch).num_rows)
            lane.submit(rows[0]).result()

    poster = threading.Thread(target=post)
    poster.start()
    for number in range(20):
        write_words(resources.patterns, "icedust" if number % 2 else "snowdust")
        assert settle(renewal)
    stop.set()
    poster.join()
    lane.close()

    assert counts
    assert set(counts) == {1}


def test_files_are_followed_by_a_thread_of_their_own(
    resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    stop = renewal.follow(seconds=0.001)
    write_words(resources.patterns, "icedust")
    try:
        while plane.screen(batch_of("some icedust")).num_rows == 0:
            os.sched_yield()
    finally:
        stop.set()


def test_a_running_door_takes_a_changed_list_and_tells_of_one_that_it_cannot_use(
    tmp_path: Path, resources: Resources, plane: ScreeningPlane, renewal: Renewal
) -> None:
    make_keys(tmp_path / "keys")
    (tmp_path / "door.token").write_text("secret")
    settings = DoorSettings(tmp_path, "https://desk.test", tmp_path / "door.token", port=0)
    answers: list[tuple[str, int, bool]] = []

    def talk(port: int) -> None:
        def ask(step: str) -> None:
            with urlopen(f"http://127.0.0.1:{port}/metrics") as page:
                kept = b"evenhand_door_old_rules_kept 1" in page.read()
            answers.append((step, posted(port, f"some snowdust {step}"), kept))

        ask("before")
        write_words(resources.patterns, "icedust")
        settle(renewal)
        ask("renewed")
        (resources.patterns / "goods.yaml").write_text("name: [")
        settle(renewal)
        ask("broken")
        write_words(resources.patterns, "snowdust")
        settle(renewal)
        ask("mended")

    async def live() -> None:
        stop, ports = asyncio.Event(), asyncio.Queue[int]()
        door = Door(settings, plane, renewal=renewal)
        running = asyncio.create_task(door.run(stop, ready=ports.put_nowait))
        await asyncio.to_thread(talk, await ports.get())
        stop.set()
        await running

    asyncio.run(live())

    assert answers == [
        ("before", 403, False),
        ("renewed", 200, False),
        ("broken", 200, True),
        ("mended", 403, False),
    ]


def posted(port: int, text: str) -> int:
    """Asks a door about a message in a public room; gives the status of its answer."""
    event = {
        "event_id": f"${text}",
        "type": "m.room.message",
        "sender": "@a:x.test",
        "room_id": "!r:x.test",
        "content": {"body": text},
    }
    facts = {"server": "x.test", "channel": {"join_rule": "public"}}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/check_event_for_spam",
        json.dumps({"event": event, "evenhand": facts}).encode(),
        {"Authorization": "Bearer secret"},
    )
    try:
        with urlopen(request) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def in_force(content: str, terms: Terms) -> InForce:
    rule = read_rule(content, Path("goods.yaml"), all_columns(["goods"]))
    return InForce(rule.id, rule.version, terms)


def test_what_the_rulebook_says_is_in_force_counts_and_shadow_is_only_counted(
    resources: Resources, plane: ScreeningPlane
) -> None:
    assert resources.own is not None
    live = rule_text(when="matches_goods >= 1 AND word_count > 3", version="2")
    tried = rule_text(when="matches_goods >= 1", version="3")
    terms = {in_force(live, LIVE): live, in_force(tried, Terms(Acting.SHADOW, 0)): tried}
    write_in_force(resources.own / "rules", terms)
    renewal = plane.renewal(before=lambda _rules: None)
    assert renewal.look() is False  # it was there before the renewal began to follow

    fresh = ScreeningPlane.load(resources)
    event = {
        "event_id": "$1",
        "kind": "message",
        "time": NOW,
        "account": "@a:example.test",
        "channel_kind": "public",
        "text": "some snowdust",
    }
    assert fresh.screen_one(event) is None
    assert fresh.screen(event_batch([event]).batch).num_rows == 0
    ((key, count),) = fresh.shadow.take().items()
    assert (key.rule, key.version[:2], count) == ("goods", "3.", 2)
    assert fresh.shadow.take() == {}

    twice = fresh.screen_one({**event, "text": "who wants much more snowdust"})
    assert twice is not None
    assert [hit.version[:2] for hit in twice.rules] == ["2."]


def test_rules_named_for_one_run_are_judged_by_whatever_the_operator_has(
    resources: Resources,
) -> None:
    assert resources.own is not None
    write_rule(resources.own / "rules", "matches_goods >= 9", version="9")

    named = ScreeningPlane.load(replace(resources, rules_named=True))

    assert [rule.version[:2] for rule in named.rules.rules] == ["1."]


def test_what_does_not_hold_in_rehearsal_is_not_put_in_force(
    resources: Resources, plane: ScreeningPlane
) -> None:
    found: list[dict[str, object]] = [{"error": "FixtureFault", "rule": "goods"}, {}]
    renewal = Renewal(
        ResourceReader(resources),
        lambda loaded: plane.renew(loaded, before=lambda _rules: None),
        rehearse=lambda: found.pop(0),
    )

    write_rule(resources.rules, "matches_goods >= 2", version="2")
    assert not settle(renewal)

    assert renewal.fault == {"error": "FixtureFault", "rule": "goods"}
    assert flagged(plane, "some snowdust")

    write_rule(resources.rules, "matches_goods >= 2", version="3")
    assert settle(renewal)
    assert renewal.fault == {}
    assert not flagged(plane, "some snowdust")


def test_a_pattern_past_its_last_day_makes_no_rule_fire(resources: Resources) -> None:
    def flagged_at(last_day: str) -> bool:
        (resources.patterns / "goods.yaml").write_text(
            f"name: goods\nowner: us\nexpires: {last_day}\npatterns:\n  - text: snowdust\n"
        )
        return flagged(ScreeningPlane.load(resources), "some snowdust")

    assert flagged_at(NOW.date().isoformat())
    assert not flagged_at((NOW.date() - timedelta(days=1)).isoformat())


def test_a_rehearsal_runs_fixtures_and_says_in_words_what_is_wrong(resources: Resources) -> None:
    assert rehearse(resources) == {}

    write_rule(resources.rules, "matches_goods >= 9", version="2")
    fault = rehearse(resources)
    assert (fault["error"], fault["rule"]) == ("FixtureFault", "goods")

    (resources.rules / "goods.yaml").write_text("id: \x01")
    (resources.rules / "other.yaml").write_text("id: \x01")
    (resources.rules / "third.yaml").write_text("id: \x01")
    fault = rehearse(resources)
    assert fault["error"] == "RuleRefused"
    assert str(fault["also"]).startswith("other.yaml line 1: ")
    assert "; third.yaml line 1: " in str(fault["also"])


def test_files_are_rehearsed_in_another_process_and_then_put_in_force(
    resources: Resources, plane: ScreeningPlane
) -> None:
    renewal = plane.renewal(before=lambda _rules: None, rehearsed=resources)
    write_rule(resources.rules, "matches_goods >= 9", version="2")

    assert not settle(renewal)

    assert renewal.fault["error"] == "FixtureFault"
    assert flagged(plane, "some snowdust")
