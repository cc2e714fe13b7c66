"""May a version of a rule go on? Pure: facts in, a refusal or nothing out."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from evenhand.actions.limits import REASON_CHARACTERS_MAX
from evenhand.base.errors import InputRefused
from evenhand.people.roles import Role
from evenhand.rulebook.limits import (
    BACKTEST_BYTES_MAX,
    BACKTEST_DAYS_MAX,
    NOTE_CHARACTERS_MAX,
    SHARE_MAX,
)
from evenhand.rulebook.lists import RuleState

BEFORE: Mapping[RuleState, frozenset[RuleState]] = {
    RuleState.DRAFT: frozenset(),
    RuleState.BACKTESTED: frozenset({RuleState.DRAFT, RuleState.BACKTESTED}),
    RuleState.SHADOW: frozenset({RuleState.BACKTESTED}),
    RuleState.STAGED: frozenset({RuleState.SHADOW, RuleState.STAGED}),
    RuleState.LIVE: frozenset({RuleState.STAGED}),
    RuleState.RETIRED: frozenset(RuleState) - {RuleState.RETIRED},
}
"""The states from which a version may come to a state; a backtest and a share may be renewed."""

AUTHORS = frozenset({Role.POLICY_AUTHOR})
"""Who writes rules and lets them go live; two different people for the latter."""

ACTED = frozenset({RuleState.STAGED, RuleState.LIVE, RuleState.RETIRED})
"""States in which a version acts, or may have acted before."""

RENEWABLE = frozenset({RuleState.SHADOW, RuleState.STAGED})
"""States in which a backtest is renewed on the way to live."""

FIGURES = ("rule", "version", "events", "hits", "accounts", "channels")
"""What a backtest must tell, as `evenhand rules backtest --json` writes it."""


class RuleStepRefused(InputRefused):
    """A version of a rule cannot go on like this."""

    remedy = "See what is missing; each state comes after the one before it."


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What decides whether a version may go on."""

    state: RuleState
    author: UUID | None
    backtest_at: datetime | None
    fixtures_hold: bool
    expires_at: datetime | None


def check_author(roles: frozenset[Role]) -> None:
    """Refuses whoever writes no rules."""
    if not roles & AUTHORS:
        raise RuleStepRefused(why="you do not work on rules")


def check_next(facts: VersionFacts, state: RuleState) -> None:
    """Refuses a state that does not follow from the one before."""
    if facts.state not in BEFORE[state]:
        raise RuleStepRefused(state=facts.state, wanted=state, why="does not follow")


def check_share(share: int) -> None:
    """Refuses a share of accounts that is none, or all."""
    if not 1 <= share <= SHARE_MAX:
        raise RuleStepRefused(share=share, why=f"from 1 to {SHARE_MAX} per cent")


def check_expiry(expires_at: datetime | None, *, now: datetime) -> None:
    """Refuses an end that has passed."""
    if expires_at is not None and expires_at <= now:
        raise RuleStepRefused(expires_at=expires_at.isoformat(), why="has passed")


def check_note(note: str) -> None:
    """Refuses more about a version than anybody reads."""
    if len(note) > NOTE_CHARACTERS_MAX:
        raise RuleStepRefused(why=f"the note is longer than {NOTE_CHARACTERS_MAX} characters")


def check_reason(reason: str) -> None:
    """Refuses to undo without a word why."""
    if not reason.strip():
        raise RuleStepRefused(why="say why; it is recorded")
    if len(reason) > REASON_CHARACTERS_MAX:
        raise RuleStepRefused(why=f"the reason is longer than {REASON_CHARACTERS_MAX} characters")


def check_roll_back(state: RuleState) -> None:
    """Refuses to undo what never acted."""
    if state not in ACTED:
        raise RuleStepRefused(state=state, why="this version never acted")


def check_sweep(state: RuleState, file: str, kept: Collection[str]) -> None:
    """Refuses to ask a rule about history that is not live, or not kept."""
    if state is not RuleState.LIVE:
        raise RuleStepRefused(state=state, why="only a live rule is asked about history")
    if file not in kept:
        raise RuleStepRefused(file=file, why="no such file in the folder of history")


def check_backtest(figures: Mapping[str, object], *, rule: str, version: str) -> None:
    """Refuses figures that are of another version, or tell too little."""
    lacking = [name for name in FIGURES if name not in figures]
    if lacking:
        raise RuleStepRefused(why=f"the backtest does not tell {', '.join(lacking)}")
    if (figures["rule"], figures["version"]) != (rule, version):
        raise RuleStepRefused(why="the backtest is of another rule or version")
    if not isinstance(figures["events"], int) or figures["events"] < 1:
        raise RuleStepRefused(why="the backtest read no events")
    if len(json.dumps(figures)) > BACKTEST_BYTES_MAX:
        raise RuleStepRefused(why=f"the backtest is larger than {BACKTEST_BYTES_MAX} bytes")


def check_live(facts: VersionFacts, *, by: UUID, now: datetime) -> None:
    """Refuses to let a version act for everybody: four eyes, fixtures, a recent backtest."""
    check_next(facts, RuleState.LIVE)
    if by == facts.author:
        raise RuleStepRefused(why="somebody else than its author lets a rule go live")
    if not facts.fixtures_hold:
        raise RuleStepRefused(why="a fixture does not hold")
    oldest = now - timedelta(days=BACKTEST_DAYS_MAX)
    if facts.backtest_at is None or facts.backtest_at < oldest:
        raise RuleStepRefused(why=f"no backtest within {BACKTEST_DAYS_MAX} days")
    check_expiry(facts.expires_at, now=now)
