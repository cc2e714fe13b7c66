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
    RENEWABLE,
    RuleStepRefused,
    check_author,
    check_backtest,
    check_expiry,
    check_live,
    check_next,
    check_note,
    check_share,
)
from evenhand.rulebook.lists import IN_FORCE, RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.queries import facts_of
from evenhand.rules.rule import Rule

FixturesHold = Callable[[RuleVersion], bool]
"""Tells whether every fixture of a version holds; whoever has a screening plane provides it."""


def write_version(
    rule: Rule,
    text: str,
    *,
    by: Person,
    now: datetime,
    expires_at: datetime | None = None,
    note: str = "",
    imported: bool = False,
) -> RuleVersion:
    """Keeps a version of a rule as a draft; the same version is kept once."""
    check_author(roles_of(by))
    check_expiry(expires_at, now=now)
    check_note(note)
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
            note=note.strip(),
            imported=imported,
        )
        record_change(row, by=by, now=now, why="imported from files" if imported else "")
    return row


def keep_backtest(
    version_id: UUID, figures: Mapping[str, object], *, by: Person, now: datetime
) -> RuleVersion:
    """Keeps what a backtest found, without its sample: that one names events.

    A version in shadow, or staged, stays there: its backtest is renewed.
    """
    check_author(roles_of(by))
    with transaction.atomic():
        row = locked(version_id)
        state = RuleState(row.state)
        if state not in RENEWABLE:
            check_next(facts_of(row), RuleState.BACKTESTED)
        check_backtest(figures, rule=row.rule, version=row.version)
        row.backtest = {name: value for name, value in figures.items() if name != "sample"}
        row.backtest_at = now
        if state in RENEWABLE:
            row.save(update_fields=["backtest", "backtest_at"])
            record_change(row, by=by, now=now, why="backtested again")
        else:
            move(row, RuleState.BACKTESTED, by=by, now=now)
    return row


def put_in_shadow(version_id: UUID, *, by: Person, now: datetime) -> RuleVersion:
    """Lets a version be asked without anything that follows."""
    check_author(roles_of(by))
    with transaction.atomic():
        row = locked(version_id)
        check_next(facts_of(row), RuleState.SHADOW)
        _check_alone(row, RuleState.SHADOW)
        move(row, RuleState.SHADOW, by=by, now=now)
    return row


def stage(version_id: UUID, share: int, *, by: Person, now: datetime) -> RuleVersion:
    """Lets a version act for a share of accounts, or for another share."""
    check_author(roles_of(by))
    check_share(share)
    with transaction.atomic():
        row = locked(version_id)
        check_next(facts_of(row), RuleState.STAGED)
        _check_alone(row, RuleState.STAGED)
        move(row, RuleState.STAGED, by=by, now=now, share=share)
    return row


def go_live(
    version_id: UUID, *, by: Person, now: datetime, fixtures_hold: FixturesHold
) -> RuleVersion:
    """Lets a version act for everybody; the one that did so far is retired with it."""
    check_author(roles_of(by))
    with transaction.atomic():
        row = locked(version_id)
        check_live(facts_of(row, fixtures_hold=fixtures_hold(row)), by=by.id, now=now)
        for former in RuleVersion.objects.select_for_update().filter(
            rule=row.rule, state=RuleState.LIVE.value
        ):
            move(former, RuleState.RETIRED, by=by, now=now)
            row.former = former
        row.approver = by
        move(row, RuleState.LIVE, by=by, now=now)
    return row


def retire(version_id: UUID, *, by: Person, now: datetime) -> RuleVersion:
    """Takes a version out of force, or gives up a draft; what it did stays."""
    check_author(roles_of(by))
    with transaction.atomic():
        row = locked(version_id)
        check_next(facts_of(row), RuleState.RETIRED)
        move(row, RuleState.RETIRED, by=by, now=now)
    return row


def end_expired(*, now: datetime) -> int:
    """Retires the versions whose end has come, and gives how many those were."""
    with transaction.atomic():
        due = list(
            RuleVersion.objects.select_for_update()
            .filter(state__in=[state.value for state in IN_FORCE], expires_at__lte=now)
            .order_by("expires_at")
        )
        for row in due:
            move(row, RuleState.RETIRED, by=None, now=now, why="expired")
    return len(due)


def _check_alone(row: RuleVersion, state: RuleState) -> None:
    """Refuses a second version of one rule in shadow, or staged."""
    other = RuleVersion.objects.filter(rule=row.rule, state=state.value).exclude(pk=row.pk).first()
    if other is not None:
        raise RuleStepRefused(
            rule=row.rule, why=f"version {other.version} is {state} already: retire it first"
        )


def move(
    row: RuleVersion,
    state: RuleState,
    *,
    by: Person | None,
    now: datetime,
    share: int | None = None,
    why: str = "",
) -> None:
    """Puts a version into a state, and records it; `by` is None where time or an upgrade did."""
    row.state, row.state_at, row.share = state.value, now, share
    row.save()
    record_change(row, by=by, now=now, why=why)


def record_change(row: RuleVersion, *, by: Person | None, now: datetime, why: str = "") -> None:
    """Records the state in which a version is now."""
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
                **({} if by is None else {"by": str(by.id)}),
                **({} if row.share is None else {"share": row.share}),
                **({"why": why} if why else {}),
            },
        )
    )


def locked(version_id: UUID) -> RuleVersion:
    """Gives a version that nobody else changes until the transaction ends."""
    row = RuleVersion.objects.select_for_update().filter(pk=version_id).first()
    if row is None:
        raise NotFound(what="version of a rule", id=str(version_id))
    return row


def roles_of(person: Person) -> frozenset[Role]:
    """Gives the roles in which somebody acts; none for who has left."""
    return frozenset(Role(role) for role in person.roles) if person.is_active else frozenset()
