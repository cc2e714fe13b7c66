"""The only writers: versions of rules and the states they go through. Each leaves a record."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.actions.rule_steps import rule_subject
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.rulebook.checks import (
    RuleStepRefused,
    check_author,
    check_backtest,
    check_expiry,
    check_live,
    check_next,
    check_share,
)
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.queries import facts_of
from evenhand.rules.rule import Rule

FixturesHold = Callable[[RuleVersion], bool]
"""Tells whether every fixture of a version holds; whoever has a screening plane provides it."""


def write_version(
    rule: Rule, text: str, *, by: Person, now: datetime, expires_at: datetime | None = None
) -> RuleVersion:
    """Keeps a version of a rule as a draft; the same version is kept once."""
    check_author(_roles(by))
    check_expiry(expires_at, now=now)
    with transaction.atomic():
        known = RuleVersion.objects.filter(rule=rule.id, version=rule.version).first()
        if known is not None:
            if known.text != text:
                raise RuleStepRefused(
                    rule=rule.id, version=rule.version, why="this version has another text already"
                )
            return known
        row = RuleVersion.objects.create(
            id=new_id(now=now),
            rule=rule.id,
            version=rule.version,
            text=text,
            harm=rule.harm,
            owner=rule.owner,
            author=by,
            written_at=now,
            state_at=now,
            expires_at=expires_at,
        )
        _recorded(row, by=by, now=now)
    return row


def keep_backtest(
    version_id: UUID, figures: Mapping[str, object], *, by: Person, now: datetime
) -> RuleVersion:
    """Keeps what a backtest found, without its sample: that one names events."""
    check_author(_roles(by))
    with transaction.atomic():
        row = _locked(version_id)
        check_next(facts_of(row), RuleState.BACKTESTED)
        check_backtest(figures, rule=row.rule, version=row.version)
        row.backtest = {name: value for name, value in figures.items() if name != "sample"}
        row.backtest_at = now
        _moved(row, RuleState.BACKTESTED, by=by, now=now)
    return row


def put_in_shadow(version_id: UUID, *, by: Person, now: datetime) -> RuleVersion:
    """Lets a version be asked without anything that follows."""
    check_author(_roles(by))
    with transaction.atomic():
        row = _locked(version_id)
        check_next(facts_of(row), RuleState.SHADOW)
        _moved(row, RuleState.SHADOW, by=by, now=now)
    return row


def stage(version_id: UUID, share: int, *, by: Person, now: datetime) -> RuleVersion:
    """Lets a version act for a share of accounts, or for another share."""
    check_author(_roles(by))
    check_share(share)
    with transaction.atomic():
        row = _locked(version_id)
        check_next(facts_of(row), RuleState.STAGED)
        _moved(row, RuleState.STAGED, by=by, now=now, share=share)
    return row


def go_live(
    version_id: UUID, *, by: Person, now: datetime, fixtures_hold: FixturesHold
) -> RuleVersion:
    """Lets a version act for everybody; the one that did so far is retired with it."""
    check_author(_roles(by))
    with transaction.atomic():
        row = _locked(version_id)
        check_live(facts_of(row, fixtures_hold=fixtures_hold(row)), by=by.id, now=now)
        for former in RuleVersion.objects.select_for_update().filter(
            rule=row.rule, state=RuleState.LIVE.value
        ):
            _moved(former, RuleState.RETIRED, by=by, now=now)
        row.approver = by
        _moved(row, RuleState.LIVE, by=by, now=now)
    return row


def retire(version_id: UUID, *, by: Person, now: datetime) -> RuleVersion:
    """Takes a version out of force, or gives up a draft."""
    check_author(_roles(by))
    with transaction.atomic():
        row = _locked(version_id)
        check_next(facts_of(row), RuleState.RETIRED)
        _moved(row, RuleState.RETIRED, by=by, now=now)
    return row


def _moved(
    row: RuleVersion, state: RuleState, *, by: Person, now: datetime, share: int | None = None
) -> None:
    row.state, row.state_at, row.share = state.value, now, share
    row.save()
    _recorded(row, by=by, now=now)


def _recorded(row: RuleVersion, *, by: Person, now: datetime) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.RULE_CHANGED,
            subject=rule_subject(row.rule),
            harm=row.harm,
            outcome=row.state,
            body={
                "rule": row.rule,
                "version": row.version,
                "by": str(by.id),
                **({} if row.share is None else {"share": row.share}),
            },
        )
    )


def _locked(version_id: UUID) -> RuleVersion:
    row = RuleVersion.objects.select_for_update().filter(pk=version_id).first()
    if row is None:
        raise NotFound(what="version of a rule", id=str(version_id))
    return row


def _roles(person: Person) -> frozenset[Role]:
    return frozenset(Role(role) for role in person.roles) if person.is_active else frozenset()
