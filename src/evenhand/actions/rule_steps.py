"""Rules going live: recorded once for each version of a rule by which the door judges.

The door says in a file by which rules it judges, once it has loaded them; what was not live before
is recorded at the next look. A record's id follows from rule and version: killed anywhere, the
next look adds the rest, and nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from evenhand.actions.live_rules import LiveRule, rules_file, told_rules
from evenhand.base.lists import RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append_missing


class LiveRules:
    """Follows what the door says of its rules."""

    def __init__(self, home: Path) -> None:
        self._path = rules_file(home)
        self._recorded: list[LiveRule] = []

    def look(self, *, now: datetime) -> int:
        """Records what went live since the last look."""
        rules = told_rules(self._path)
        if rules != self._recorded:
            go_live(rules, now=now)
            self._recorded = rules
        return 0


def go_live(rules: Sequence[LiveRule], *, now: datetime) -> None:
    """Records the versions of rules that were never live before."""
    with transaction.atomic():
        append_missing([_record(rule, now) for rule in rules])


def rule_subject(rule_id: str) -> UUID:
    """Gives the id under which the records of a rule are found."""
    return uuid5(NAMESPACE_URL, f"urn:evenhand:rule:{rule_id}")


def _record(rule: LiveRule, now: datetime) -> NewRecord:
    return NewRecord(
        id=uuid5(rule_subject(rule.id), rule.version),
        at=now,
        kind=RecordKind.RULE_LIVE,
        subject=rule_subject(rule.id),
        harm=rule.harm,
        body={"rule": rule.id, "version": rule.version},
    )
