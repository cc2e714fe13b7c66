import random
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pyarrow as pa
import pytest

from evenhand.base.errors import InputRefused
from evenhand.base.turns import Turns
from evenhand.events.batch import event_batch
from evenhand.lanes import screen_all
from evenhand.pipeline import Resources, Scope, ScreeningPlane

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LISTED = bytes(range(32))
ROWS, BATCHES = 300, 21

RULE = """\
id: {id}
version: "1"
title: {id}
harm: m.spam
proposes: {proposes}
opens_case: true
score: 0.9
owner: policy
author: founding team
false_positives: [none]
references: [none]
says: {{en: x, de: x, fr: x, ru: x, kk: x}}
when: {when}
fixtures:
  hits: [{{text: hi}}]
  passes: [{{text: good morning}}]
"""
CONDITIONS = {
    "goods": "matches_goods >= 1",
    "asks": "matches_asks >= 1",
    "busy": "account_posts_10m = 7",
    "copies": "near_duplicate_accounts_10m >= 5",
    "picture": "media_near_distance <= 8",
    "file": "media_listed >= 1",
}


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resources")
    for name in ("rules", "patterns", "hashes", "cache"):
        (folder / name).mkdir()
    for id_, when in CONDITIONS.items():
        (folder / "rules" / f"{id_}.yaml").write_text(
            RULE.format(id=id_, when=when, proposes="none" if id_ == "asks" else "hold")
        )
    patterns = "name: goods\npatterns:\n  - text: snowdust\n  - regex: 'snow\\s+dust'\n"
    (folder / "patterns" / "goods.yaml").write_text(patterns)
    (folder / "patterns" / "asks.yaml").write_text("name: asks\npatterns:\n  - text: mudpie\n")
    for suffix in ("sha256", "pdq"):
        (folder / "hashes" / f"known.{suffix}").write_text(LISTED.hex() + "\n")
    return Resources(
        rules=folder / "rules",
        patterns=folder / "patterns",
        domains=(),
        hashes=folder / "hashes",
        cache=folder / "cache",
        seed=7,
    )


@pytest.fixture(scope="module")
def batches():
    chance = random.Random(5)
    return [_batch(number, chance) for number in range(BATCHES)]


def _batch(number, chance):
    events = []
    for row in range(ROWS):
        words = chance.choices(["snow", "dust", "snowdust", "hello", "привет", "мир", "bye"], k=9)
        file = LISTED if chance.random() < 0.02 else chance.randbytes(32)
        events.append(
            {
                "event_id": f"${number}-{row}",
                "kind": "message",
                "time": NOW + timedelta(milliseconds=50 * (number * ROWS + row)),
                "account": f"@{chance.randrange(800)}:example.test",
                "channel_kind": "public",
                "text": " ".join(words) if chance.random() < 0.9 else "the same long text " * 4,
                "media_sha256": [file],
                "media_pdq": [file],
            }
        )
    return event_batch(events).batch


def _by_row(verdicts):
    return [
        (one["row"], one["event_id"], [rule["id"] for rule in one["rules"]])
        for one in verdicts.to_pylist()
    ]


@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_batches_side_by_side_are_judged_like_one_after_another(resources, batches, lanes):
    alone = ScreeningPlane.load(resources)
    expected = [_by_row(alone.screen(batch)) for batch in batches]

    plane = ScreeningPlane.load(resources)
    found = list(screen_all(plane, batches, lanes=lanes, together=4))

    assert [batch for batch, _ in found] == batches
    assert [_by_row(verdicts) for _, verdicts in found] == expected
    fired = {id_ for one in expected for _, _, ids in one for id_ in ids}
    assert fired == set(CONDITIONS) - {"asks"}


def test_a_large_batch_is_judged_like_its_parts(resources, batches):
    plane = ScreeningPlane.load(resources)
    expected = [_by_row(plane.screen(batch)) for batch in batches]

    whole = pa.concat_batches(batches * 3)
    verdicts = _by_row(ScreeningPlane.load(resources).screen(whole))

    first = [one for one in verdicts if one[0] < ROWS * BATCHES]
    assert [(row % ROWS, *rest) for row, *rest in first] == [
        one for batch in expected for one in batch
    ]
    assert {whole["event_id"][row].as_py() for row, *_ in verdicts} == {
        event_id for _, event_id, _ in verdicts
    }


def test_a_batch_that_is_refused_ends_the_run_and_holds_up_nobody(resources, batches):
    plane = ScreeningPlane.load(resources)
    spoilt = batches[0].drop_columns(["text"])

    run = screen_all(plane, [*batches[:5], spoilt, *batches[:9]], lanes=2, together=2)

    judged = []
    with pytest.raises(InputRefused):
        judged.extend(batch for batch, _ in run)
    assert judged == batches[:4], "those of the spoilt one's group are lost with it"


def test_a_source_that_fails_does_so_once_all_before_it_is_judged(resources, batches):
    def source():
        yield from batches[:5]
        raise OSError("gone")

    judged = []
    with pytest.raises(OSError, match="gone"):
        judged.extend(
            batch for batch, _ in screen_all(ScreeningPlane.load(resources), source(), together=2)
        )

    assert judged == batches[:5]


def test_who_stops_asking_waits_for_what_is_under_way_alone(resources, batches):
    plane = ScreeningPlane.load(resources)
    taken = []

    def source():
        for batch in batches:
            taken.append(batch)
            yield batch

    run = screen_all(plane, source(), lanes=2, together=2)
    next(run)
    run.close()

    assert len(taken) < len(batches)


def test_no_batch_gives_no_verdicts(resources):
    assert list(screen_all(ScreeningPlane.load(resources), [], Scope.LIVE)) == []


def test_turns_are_taken_in_order_whoever_comes_first():
    turns, order, may_go = Turns(), [], Event()

    def take(number):
        with turns.of(number):
            may_go.wait()
            order.append(number)

    threads = [Thread(target=take, args=(number,)) for number in (3, 1, 0, 4)]
    for thread in threads:
        thread.start()
    turns.give_up(2)
    may_go.set()
    for thread in threads:
        thread.join()

    assert order == [0, 1, 3, 4]


def test_a_turn_that_fails_lets_the_next_in():
    turns = Turns()
    with pytest.raises(ValueError, match="spoilt"), turns.of(0):
        raise ValueError("spoilt")
    with turns.of(1):
        pass


@pytest.mark.parametrize("stated", [None, "fr"])
def test_a_batch_tells_the_languages_that_single_events_are_told(resources, stated):
    texts = ("Ich habe snowdust und komme heute nicht", "у меня есть snowdust и ты", "snowdust")
    events = [
        {
            "event_id": f"${number}",
            "kind": "message",
            "time": NOW,
            "channel_kind": "public",
            "text": text,
            "language": stated if number else None,
        }
        for number, text in enumerate(texts)
    ]
    plane = ScreeningPlane.load(resources)

    verdicts = plane.screen(event_batch(events).batch)

    alone = [plane.screen_one(event) for event in events]
    assert verdicts["language"].to_pylist() == [one and one.language for one in alone]
    assert verdicts["language"][0].as_py() == "de"


def test_a_batch_asks_the_slow_detector_only_of_whom_somebody_is_told(resources):
    texts = ("Regenschirm vergessen snowdust", "Regenschirm vergessen mudpie")
    events = [
        {"event_id": text, "kind": "message", "time": NOW, "channel_kind": "public", "text": text}
        for text in texts
    ]
    plane = ScreeningPlane.load(resources)

    verdicts = plane.screen(event_batch(events).batch)

    assert verdicts["language"].to_pylist() == ["de", None]
    # At a door a case follows from it, and whoever decides that tells somebody.
    assert [plane.screen_one(event).language for event in events] == ["de", "de"]
