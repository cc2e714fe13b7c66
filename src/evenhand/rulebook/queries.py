"""The only readers of rules as stored things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Sum, When

from evenhand.actions.checks import UNDO, UNDOABLE_STATES
from evenhand.actions.models import Action, Decision
from evenhand.actions.rule_steps import rule_subject
from evenhand.base.errors import NotFound
from evenhand.base.lists import Ground, RecordKind, UndoResult
from evenhand.cases.lists import CaseKind, CaseLane, CaseOutcome, CaseState
from evenhand.cases.models import Case as PersonsCase
from evenhand.records.models import Record
from evenhand.rulebook.checks import VersionFacts
from evenhand.rulebook.lists import IN_FORCE, RuleState
from evenhand.rulebook.models import RetroSweep, Rollback, RuleVersion
from evenhand.rules.limits import BACKTEST_JUDGED_MAX
from evenhand.rules.precision import Precision, precision

COMPENSATED = [kind for kind, result in UNDO.items() if result is UndoResult.COMPENSATED]
"""Kinds that can only be made up for."""

COUNTED = (RecordKind.RULE_SHADOWED, RecordKind.RULE_OVER_BUDGET)
"""Records that count hits of which no decision tells."""

CHANGES = (
    RecordKind.RULE_CHANGED,
    RecordKind.RULE_LIVE,
    RecordKind.RULE_ROLLED_BACK,
    RecordKind.RULE_SWEPT,
)
"""Records that tell the life of a rule."""


def rule_version(version_id: UUID) -> RuleVersion:
    """Gives one version of a rule."""
    row = RuleVersion.objects.filter(pk=version_id).first()
    if row is None:
        raise NotFound(what="version of a rule", id=str(version_id))
    return row


def versions_of(rule: str) -> list[RuleVersion]:
    """Gives every version of a rule, the latest first."""
    return list(RuleVersion.objects.filter(rule=rule).order_by("-written_at", "-id"))


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


def version_named(rule: str, version: str) -> RuleVersion | None:
    """Gives one version of a rule by its name; None if the rulebook does not hold it."""
    known = RuleVersion.objects.select_related("author", "approver")
    return known.filter(rule=rule, version=version).first()


def versions_in_force() -> list[RuleVersion]:
    """Gives every version that is asked about what is posted, by rule and version."""
    rows = RuleVersion.objects.filter(state__in=[state.value for state in IN_FORCE])
    return list(rows.order_by("rule", "version"))


def heads() -> list[RuleVersion]:
    """Gives the version of each rule that was written last and is not retired, by rule."""
    rows = RuleVersion.objects.select_related("author", "approver")
    living = rows.exclude(state=RuleState.RETIRED.value)
    return list(living.order_by("rule", "-written_at", "-id").distinct("rule"))


def versions_to_export() -> list[RuleVersion]:
    """Gives the version of each rule that stands in files: the one that was written last.

    A version of a later Evenhand that nobody took up does not stand before one's own.
    """
    rows = RuleVersion.objects.exclude(state=RuleState.RETIRED.value)
    own = rows.exclude(shipped=True, state=RuleState.DRAFT.value)
    return list(own.order_by("rule", "-written_at", "-id").distinct("rule"))


def rules_known() -> list[RuleVersion]:
    """Gives one version of every rule: the live one, else the one that was written last."""
    rows = RuleVersion.objects.select_related("author", "approver")
    live_first = Case(When(state=RuleState.LIVE.value, then=0), default=1)
    return list(rows.order_by("rule", live_first, "-written_at", "-id").distinct("rule"))


@dataclass(frozen=True, slots=True)
class Hits:
    """What one version of a rule did in a time.

    shadow     events for which it fired without anything that followed
    decisions  what it decided
    cases      what it had a person look at
    held_back  what it would have done beyond its budget
    """

    shadow: int = 0
    decisions: int = 0
    cases: int = 0
    held_back: int = 0


def hits_of(rule: str, version: str, *, since: datetime) -> Hits:
    """Gives what a version did since a time."""
    told = Record.objects.filter(
        subject=rule_subject(rule),
        kind__in=[kind.value for kind in COUNTED],
        at__gte=since,
        opening__body__version=version,
    )
    counts = dict(told.values_list("kind").annotate(quantity=Sum("quantity")))
    decided = Decision.objects.filter(rule_id=rule, rule_version=version, at__gte=since)
    looked_at = PersonsCase.objects.filter(
        rules__contains=[[rule, version]], opened_at__gte=since, golden=False
    )
    return Hits(
        shadow=counts.get(RecordKind.RULE_SHADOWED.value, 0),
        decisions=decided.filter(ground=Ground.RULE.value).count(),
        cases=looked_at.count(),
        held_back=counts.get(RecordKind.RULE_OVER_BUDGET.value, 0),
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """What rolling a version back would touch.

    by_kind    actions that would be undone, by kind
    undone     how many of them leave nothing behind
    told       how many can only be made up for: the account is told, and given back what it wrote
    for_ever   actions that nothing undoes
    accounts   accounts concerned
    """

    decisions: int
    accounts: int
    by_kind: Mapping[str, int]
    undone: int
    told: int
    for_ever: int


def reach_of(row: RuleVersion) -> Reach:
    """Gives what rolling a version back would touch."""
    decisions = decided_by(row)
    undoable = actions_to_undo(row).values_list("kind").annotate(quantity=Count("id"))
    by_kind = dict(undoable.order_by("kind"))
    told = sum(by_kind.get(kind.value, 0) for kind in COMPENSATED)
    return Reach(
        decisions=decisions.count(),
        accounts=decisions.exclude(account="").values("account").distinct().count(),
        by_kind=by_kind,
        undone=sum(by_kind.values()) - told,
        told=told,
        for_ever=standing_actions(row).count() - sum(by_kind.values()),
    )


def decided_by(row: RuleVersion) -> QuerySet[Decision]:
    """Gives what a version decided by itself; what a person decided is a person's."""
    return Decision.objects.filter(
        rule_id=row.rule, rule_version=row.version, ground=Ground.RULE.value
    )


def standing_actions(row: RuleVersion) -> QuerySet[Action]:
    """Gives the actions of a version that are in force, or on their way, and nobody took back."""
    return Action.objects.filter(
        decision__in=decided_by(row),
        state__in=[state.value for state in UNDOABLE_STATES],
        undo_by=None,
    )


def actions_to_undo(row: RuleVersion) -> QuerySet[Action]:
    """Gives those of them that can be undone, or made up for to somebody."""
    lasting = [kind.value for kind, result in UNDO.items() if result is not UndoResult.NOT_POSSIBLE]
    nobody = Q(kind__in=[kind.value for kind in COMPENSATED], decision__account="")
    return standing_actions(row).filter(kind__in=lasting).exclude(nobody)


def precision_of(rule: str, version: str) -> Precision:
    """Gives how often people agreed with a version, in the reviews of its hits that they closed.

    Agreed: something was done. Second looks and known answers are left out.
    """
    rows = _judged().filter(rules__contains=[[rule, version]])
    right = rows.filter(outcome=CaseOutcome.ACTED.value).count()
    return precision(right=right, judged=rows.count())


def judged_events() -> dict[str, bool]:
    """Gives the events that people judged last, and whether something was done about each.

    What is in the sealed lane is not among them.
    """
    rows = _judged().filter(lane=CaseLane.OPEN.value).exclude(event="").order_by("-closed_at")
    told = list(rows.values_list("event", "outcome")[:BACKTEST_JUDGED_MAX])
    return {event: outcome == CaseOutcome.ACTED.value for event, outcome in reversed(told)}


def _judged() -> QuerySet[PersonsCase]:
    """Gives the reviews that people closed; second looks and known answers are left out."""
    return PersonsCase.objects.filter(
        kind=CaseKind.REVIEW.value, state=CaseState.CLOSED.value, golden=False, sampled_of=None
    )


def rollbacks_of(row: RuleVersion) -> list[Rollback]:
    """Gives the rollbacks of a version, the latest first."""
    return list(row.rollbacks.select_related("by", "restored").order_by("-at"))


def sweeps_of(row: RuleVersion) -> list[RetroSweep]:
    """Gives where a version was asked about history, the latest first."""
    return list(row.sweeps.select_related("by").order_by("-at"))


def sweeps_waiting() -> list[RetroSweep]:
    """Gives the sweeps that have not ended, the first first."""
    return list(RetroSweep.objects.select_related("version").filter(ended_at=None).order_by("at"))


def changes_of(rule: str) -> list[Mapping[str, object]]:
    """Gives what happened to a rule, the first first: what its records say, with time and state."""
    rows = Record.objects.filter(subject=rule_subject(rule), kind__in=CHANGES).order_by("serial")
    told = rows.values_list("at", "kind", "outcome", "opening__body")
    return [
        {"at": at, "kind": kind, "state": state, **(body or {})} for at, kind, state, body in told
    ]


def facts_of(row: RuleVersion, *, fixtures_hold: bool = False) -> VersionFacts:
    """Gives what decides whether a version may go on."""
    return VersionFacts(
        state=RuleState(row.state),
        author=row.author_id,
        backtest_at=row.backtest_at,
        fixtures_hold=fixtures_hold,
        expires_at=row.expires_at,
    )
