"""What the desk knows of accounts and channels, as files: the door has no database.

`door/subjects.arrow` holds labels, blocked channels and how often channels were reported;
`lists/domains/blocked_channels.json` the addresses under which blocked channels were known.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from evenhand.actions.queries import closed_channels
from evenhand.base.lists import TargetKind
from evenhand.reports.queries import reports_by_channel
from evenhand.signals.channel_habits import BLOCKED_CHANNELS
from evenhand.signals.subjects import Subject, write_subjects
from evenhand.standing.queries import LabelInForce, labels_in_force

REPORTED_DAYS = 7
"""Days within which reports speak of how a channel is now."""

Key = tuple[TargetKind, str]


@dataclass
class SubjectFiles:
    """The two files below EVENHAND_HOME; a reader sees the old or the new one whole."""

    home: Path
    _written: list[Subject] | None = field(default=None, init=False)
    _addresses: str = field(default="", init=False)

    def write(self, *, now: datetime) -> int:
        """Writes what has changed; gives how many files that were."""
        closed = closed_channels()
        blocked, aliases = closed["blocked_channels"], closed["blocked_aliases"]
        assert isinstance(blocked, list)
        assert isinstance(aliases, list)
        rows = subjects(
            labels_in_force(now),
            blocked,
            reports_by_channel(since=now - timedelta(days=REPORTED_DAYS)),
        )
        written = self._write_addresses(addresses([*blocked, *aliases]))
        path = self.home / "door" / "subjects.arrow"
        if rows == self._written and path.exists():
            return written
        write_subjects(path, rows)
        self._written = rows
        return written + 1

    def _write_addresses(self, entries: Iterable[str]) -> int:
        content = json.dumps(sorted(entries))
        path = self.home / "lists" / "domains" / f"{BLOCKED_CHANNELS}.json"
        if content == self._addresses or (content == "[]" and not path.exists()):
            return 0
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(content, encoding="utf-8")
        partial.replace(path)
        self._addresses = content
        return 1


def subjects(
    labels: Iterable[LabelInForce], blocked: Iterable[str], reported: Mapping[str, int]
) -> list[Subject]:
    """Gives one row for each account or channel of which something is known, by name."""
    rows: dict[Key, Subject] = {}
    gravest: dict[Key, tuple[int, datetime]] = {}

    def known(kind: TargetKind, name: str) -> Subject:
        return rows.setdefault((kind, name), Subject(kind, name))

    for label in labels:
        key, weight = (label.target_kind, label.target), (label.severity, label.expires_at)
        row = known(*key)
        if weight > gravest.get(key, (0, label.expires_at)):
            gravest[key] = weight
            row = replace(row, label=label.harm, expires=label.expires_at)
        rows[key] = replace(row, labels=row.labels + 1)
    for name in blocked:
        rows[TargetKind.CHANNEL, name] = replace(known(TargetKind.CHANNEL, name), blocked=True)
    for name, reports in reported.items():
        rows[TargetKind.CHANNEL, name] = replace(known(TargetKind.CHANNEL, name), reports=reports)
    return [rows[key] for key in sorted(rows)]


def addresses(names: Iterable[str]) -> set[str]:
    """Gives the links that lead to rooms by their ids and addresses, as they are and encoded."""
    return {
        f"matrix.to/#/{written}" for name in names if name for written in (name, quote(name, ""))
    }
