"""What the door is told of accounts and channels, and how it is found in links."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evenhand.base.lists import TargetKind
from evenhand.connectors.subjects_file import addresses, subjects
from evenhand.events.batch import event_batch
from evenhand.signals.channel_habits import BLOCKED_CHANNELS
from evenhand.signals.domains import read_host_table
from evenhand.signals.engine import see
from evenhand.signals.links import LinkFinder
from evenhand.signals.scope import Scope
from evenhand.signals.subjects import Subjects
from evenhand.standing.queries import LabelInForce

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADA = "@ada:x"


def label(harm: str, severity: int, days: int) -> LabelInForce:
    return LabelInForce(TargetKind.ACCOUNT, ADA, harm, severity, NOW + timedelta(days=days))


def test_the_gravest_label_is_told_with_its_own_end_and_all_are_counted() -> None:
    (row,) = subjects(
        [label("m.spam", 1, 90), label("m.violence", 3, 5), label("m.spam", 1, 2)], [], {}
    )

    assert (row.name, row.label, row.labels) == (ADA, "m.violence", 3)
    assert row.expires == NOW + timedelta(days=5)


def test_a_channel_is_told_once_whatever_is_known_of_it() -> None:
    rows = subjects([], ["!a:x", "!b:x"], {"!b:x": 4, "!c:x": 1})

    assert [(row.name, row.blocked, row.reports) for row in rows] == [
        ("!a:x", True, 0),
        ("!b:x", True, 4),
        ("!c:x", False, 1),
    ]
    assert len(Subjects.of(rows, seed=1).blocked) == 2


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("join https://matrix.to/#/!Room:x.example?via=x.example now", True),
        ("matrix.to/#/%21Room%3Ax.example", True),
        ("see https://matrix.to/#/#bad:x.example", True),
        ("see https://matrix.to/#/#good:x.example", False),
        ("https://matrix.to/#/!Rooms:x.example", False),
    ],
)
def test_links_to_a_blocked_channel_are_found_however_they_are_written(
    tmp_path: Path, text: str, leads: bool
) -> None:
    file = tmp_path / f"{BLOCKED_CHANNELS}.json"
    file.write_text(json.dumps(sorted(addresses(["!Room:x.example", "#bad:x.example", ""]))))
    finder = LinkFinder(read_host_table([file], folder=tmp_path))
    row = {"event_id": "1", "kind": "message", "time": NOW, "channel_kind": "public", "text": text}
    seen = see(event_batch([row]).batch, Scope.LIVE)

    listed = finder.columns(seen.batch, seen.views)["domain_exact_list"]

    assert listed.known is None or bool(listed.known[0]) == leads
    assert not leads or listed.words[listed.values[0]] == BLOCKED_CHANNELS
