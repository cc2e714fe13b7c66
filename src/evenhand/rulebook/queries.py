"""The only readers of rules as stored things."""

from difflib import unified_diff
from uuid import UUID

from evenhand.base.errors import NotFound
from evenhand.rulebook.checks import VersionFacts
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion


def rule_version(version_id: UUID) -> RuleVersion:
    """Gives one version of a rule."""
    row = RuleVersion.objects.filter(pk=version_id).first()
    if row is None:
        raise NotFound(what="version of a rule", id=str(version_id))
    return row


def versions_of(rule: str) -> list[RuleVersion]:
    """Gives every version of a rule, the latest first."""
    return list(RuleVersion.objects.filter(rule=rule).order_by("-written_at", "-id"))


def all_versions() -> list[RuleVersion]:
    """Gives every version of every rule, by rule and the latest first."""
    return list(RuleVersion.objects.order_by("rule", "-written_at", "-id"))


def live_versions() -> list[RuleVersion]:
    """Gives the version of each rule that is live, by rule."""
    return list(RuleVersion.objects.filter(state=RuleState.LIVE.value).order_by("rule"))


def changed_lines(before: RuleVersion, after: RuleVersion) -> list[str]:
    """Gives what differs between two versions, as a unified diff."""
    return list(
        unified_diff(
            before.text.splitlines(),
            after.text.splitlines(),
            before.version,
            after.version,
            lineterm="",
        )
    )


def facts_of(row: RuleVersion, *, fixtures_hold: bool = False) -> VersionFacts:
    """Gives what decides whether a version may go on."""
    return VersionFacts(
        state=RuleState(row.state),
        author=row.author_id,
        backtest_at=row.backtest_at,
        fixtures_hold=fixtures_hold,
        expires_at=row.expires_at,
    )
