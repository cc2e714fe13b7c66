"""What the plane counts of channels: what it flagged itself, kept over a restart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evenhand.base.sealing import make_keys
from evenhand.events.batch import event_batch
from evenhand.pipeline import Resources, ScreeningPlane

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

RULE = """\
id: {id}
version: "1"
title: "Invented"
harm: m.spam
proposes: none
opens_case: true
score: 0.5
owner: policy
author: tests
false_positives: ["none known"]
references: ["none"]
says: {{en: "Said.", de: "Gesagt.", fr: "Dit.", ru: "Сказано.", kk: "Айтылды."}}
when: |
  {when}
fixtures:
  hits:
    - {{text: "x", lang: en}}
  passes:
    - {{text: "y", lang: en}}
"""


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    rules, patterns = tmp_path / "rules", tmp_path / "patterns"
    rules.mkdir()
    patterns.mkdir()
    (patterns / "bad.yaml").write_text("name: bad\npatterns:\n  - text: badword\n")
    (rules / "word.yaml").write_text(RULE.format(id="word", when="matches_bad >= 1"))
    (rules / "channel.yaml").write_text(
        RULE.format(id="channel", when="channel_flagged_share >= 0.4")
    )
    return replace(
        Resources.default(rules=rules), patterns=patterns, own=None, seed=5, subjects=None
    )


def posted(plane: ScreeningPlane, *texts: str, minute: int) -> list[tuple[int, str]]:
    """Gives which posts of a channel were flagged, and by which rule first."""
    rows = [
        {
            "event_id": f"{minute}-{number}",
            "kind": "message",
            "time": NOW + timedelta(minutes=minute),
            "account": f"@{number}:x",
            "channel": "!room:x",
            "channel_kind": "public",
            "text": text,
        }
        for number, text in enumerate(texts)
    ]
    verdicts = plane.screen(event_batch(rows).batch).to_pylist()
    return [(one["row"], one["rules"][0]["id"]) for one in verdicts]


def test_a_channel_is_known_by_what_was_flagged_in_it_and_still_after_a_restart(
    resources: Resources, tmp_path: Path
) -> None:
    file = tmp_path / "habits.npz"
    plane = ScreeningPlane.load(resources)
    kept = plane.remember(file)

    first = posted(plane, *["badword"] * 10, *["fine"] * 10, minute=0)
    second = posted(plane, "fine", minute=1)
    kept.keep()
    after = ScreeningPlane.load(resources)
    after.remember(file)
    third = posted(after, "fine", minute=2)
    fresh = posted(ScreeningPlane.load(resources), "fine", minute=2)

    assert first == [(number, "word") for number in range(10)]
    assert second == [(0, "channel")]
    assert third == [(0, "channel")]
    assert fresh == []


def test_a_rule_about_channels_does_not_feed_itself(resources: Resources) -> None:
    plane = ScreeningPlane.load(resources)
    posted(plane, *["badword"] * 10, *["fine"] * 10, minute=0)

    shares = [posted(plane, *["fine"] * 5, minute=1 + number) for number in range(4)]

    assert shares[0] == [(number, "channel") for number in range(5)]
    assert shares[-1] == []


def test_a_verdict_says_what_a_rule_about_habits_saw_and_of_no_other(
    resources: Resources,
) -> None:
    many = RULE.format(id="many", when="account_channels_1h >= 2")
    (resources.rules / "many.yaml").write_text(many)
    plane = ScreeningPlane.load(resources)
    row: dict[str, object] = {
        "event_id": "1",
        "kind": "message",
        "time": NOW,
        "account": "@a:x",
        "account_created": NOW - timedelta(hours=6),
        "channel_kind": "public",
    }

    other = plane.screen_one({**row, "text": "badword", "channel": "!1:x"})
    found = plane.screen_one({**row, "text": "fine", "channel": "!2:x", "event_id": "2"})

    assert other is not None
    assert other.noticed == ()
    assert found is not None
    assert dict(found.noticed) == {
        "fake_account_score": 0.15,
        "fake_account_facts": "new",
        "account_age_hours": 6.0,
        "account_burst": 0.0,
        "account_cluster": 0.0,
        "account_channels_1h": 2.0,
        "account_posts_10m": 2.0,
        "account_links_10m": 0.0,
    }


def test_an_installation_keeps_its_seed_and_what_has_no_key_gets_one_of_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_keys(tmp_path / "keys")
    monkeypatch.setenv("EVENHAND_HOME", str(tmp_path))
    first, second = Resources.default(), Resources.default()
    (tmp_path / "no_keys").mkdir()
    monkeypatch.setenv("EVENHAND_HOME", str(tmp_path / "no_keys"))
    third, fourth = Resources.default(), Resources.default()

    assert first.seed == second.seed
    assert len({first.seed, third.seed, fourth.seed}) == 3
    assert first.subjects == tmp_path / "door" / "subjects.arrow"
