"""Writers of the rules that come with Evenhand: they are versions like any other, and live at once.

Whoever changes one writes a version of their own; from then on an upgrade of Evenhand brings its
version as a draft, to be looked at, and leaves theirs live.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from evenhand.base.ids import new_id
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.steps import move, record_change
from evenhand.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule, and its file as it was read."""

    rule: Rule
    text: str


def take_in(shipped: Sequence[RuleText], *, now: datetime) -> int:
    """Takes in the rules that come with this Evenhand; gives how many versions are new.

    One that no longer comes with it is retired, unless it is the operator's own by now.
    """
    with transaction.atomic():
        known = set(RuleVersion.objects.values_list("rule", "version"))
        new = [one for one in shipped if (one.rule.id, one.rule.version) not in known]
        for one in new:
            _take_in(one, now=now)
        gone = RuleVersion.objects.select_for_update().filter(
            shipped=True, state=RuleState.LIVE.value
        )
        for row in gone.exclude(rule__in=[one.rule.id for one in shipped]):
            move(row, RuleState.RETIRED, by=None, now=now, why="no longer comes with Evenhand")
    return len(new)


def _take_in(one: RuleText, *, now: datetime) -> None:
    """Keeps a version: live if the rule is new, or the one before it came with Evenhand too."""
    rule = one.rule
    written = RuleVersion.objects.filter(rule=rule.id)
    former = written.select_for_update().filter(state=RuleState.LIVE.value, shipped=True).first()
    if former is not None:
        move(former, RuleState.RETIRED, by=None, now=now, why="a new one comes with Evenhand")
    live = former is not None or not written.exists()
    row = RuleVersion.objects.create(
        id=new_id(now=now),
        rule=rule.id,
        version=rule.version,
        text=one.text,
        harm=rule.harm,
        owner=rule.owner,
        shipped=True,
        state=(RuleState.LIVE if live else RuleState.DRAFT).value,
        written_at=now,
        state_at=now,
        former=former,
        note="It comes with Evenhand.",
    )
    record_change(row, by=None, now=now, why="comes with Evenhand")
