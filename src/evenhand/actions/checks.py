"""May it be decided, may it be undone, did it work: values in, findings out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.limits import (
    ATTEMPTS_MAX,
    BACK_OFF_SECONDS_MAX,
    BACK_OFF_SECONDS_MIN,
    ID_LENGTH_MAX,
    ORIGIN_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    TERRITORIES_MAX,
    UNREACHABLE_HOURS_MAX,
    UNREACHABLE_QUICK_ATTEMPTS,
    UNREACHABLE_SECONDS_MAX,
    UNREACHABLE_SLOW_SECONDS,
)
from evenhand.actions.lists import ActionState, Verb
from evenhand.actions.ports import InForce, Target
from evenhand.base.harms import Harm
from evenhand.base.lists import (
    AUTOMATED_KINDS,
    UNKNOWN_MARKET,
    ActionKind,
    Automation,
    Ground,
    TargetKind,
    UndoResult,
)

UNDO: Mapping[ActionKind, UndoResult] = MappingProxyType(
    {
        ActionKind.NONE: UndoResult.NOT_POSSIBLE,
        ActionKind.LABEL: UndoResult.UNDONE,
        ActionKind.WARN: UndoResult.COMPENSATED,
        ActionKind.UNLIST: UndoResult.UNDONE,
        ActionKind.DEINDEX: UndoResult.UNDONE,
        ActionKind.HOLD: UndoResult.COMPENSATED,
        ActionKind.REFUSE: UndoResult.COMPENSATED,
        ActionKind.QUARANTINE: UndoResult.UNDONE,
        ActionKind.RESTRICT: UndoResult.UNDONE,
        ActionKind.GEO_WITHHOLD: UndoResult.UNDONE,
        ActionKind.REDACT: UndoResult.COMPENSATED,
        ActionKind.SUSPEND: UndoResult.UNDONE,
        ActionKind.LOCK: UndoResult.UNDONE,
        ActionKind.BLOCK_CHANNEL: UndoResult.UNDONE,
        ActionKind.DEACTIVATE: UndoResult.NOT_POSSIBLE,
    }
)
"""What undoing returns. Compensated: the account is told that the decision does not stand, and
gets the sealed copy of what it wrote. A deactivated account has lost its keys and phone numbers.
"""

TARGETS: Mapping[ActionKind, frozenset[TargetKind]] = MappingProxyType(
    {
        ActionKind.NONE: frozenset(),
        ActionKind.LABEL: frozenset({TargetKind.ACCOUNT, TargetKind.CHANNEL}),
        ActionKind.WARN: frozenset({TargetKind.ACCOUNT}),
        ActionKind.UNLIST: frozenset({TargetKind.CHANNEL}),
        ActionKind.DEINDEX: frozenset({TargetKind.CHANNEL, TargetKind.EVENT, TargetKind.ACCOUNT}),
        ActionKind.HOLD: frozenset(
            {TargetKind.EVENT, TargetKind.CHANNEL, TargetKind.MEDIA, TargetKind.REGISTRATION}
        ),
        ActionKind.REFUSE: frozenset(
            {TargetKind.EVENT, TargetKind.CHANNEL, TargetKind.MEDIA, TargetKind.REGISTRATION}
        ),
        ActionKind.QUARANTINE: frozenset({TargetKind.MEDIA}),
        ActionKind.RESTRICT: frozenset({TargetKind.ACCOUNT, TargetKind.CHANNEL}),
        ActionKind.GEO_WITHHOLD: frozenset({TargetKind.CHANNEL}),
        ActionKind.REDACT: frozenset({TargetKind.EVENT, TargetKind.ACCOUNT}),
        ActionKind.SUSPEND: frozenset({TargetKind.ACCOUNT}),
        ActionKind.LOCK: frozenset({TargetKind.ACCOUNT}),
        ActionKind.BLOCK_CHANNEL: frozenset({TargetKind.CHANNEL}),
        ActionKind.DEACTIVATE: frozenset({TargetKind.ACCOUNT}),
    }
)
"""What each kind can be done to."""

ANSWERS = frozenset({ActionKind.REFUSE, ActionKind.HOLD})
"""Kinds that the door does by its answer; afterwards they are only read back."""

SCOPED = frozenset({ActionKind.GEO_WITHHOLD, ActionKind.DEINDEX})
"""Kinds that can be done in some countries and not in others."""

REMOVALS = frozenset(
    {
        ActionKind.REFUSE,
        ActionKind.HOLD,
        ActionKind.REDACT,
        ActionKind.QUARANTINE,
        ActionKind.UNLIST,
        ActionKind.DEINDEX,
        ActionKind.GEO_WITHHOLD,
        ActionKind.BLOCK_CHANNEL,
    }
)
"""Kinds whose aim is reached where the target no longer exists."""

DESTROYING = frozenset({ActionKind.REDACT, ActionKind.QUARANTINE, ActionKind.BLOCK_CHANNEL})
"""Kinds before which the content is put under seal: afterwards nobody could judge an objection."""

LASTING = frozenset(
    {
        ActionKind.LABEL,
        ActionKind.UNLIST,
        ActionKind.DEINDEX,
        ActionKind.QUARANTINE,
        ActionKind.RESTRICT,
        ActionKind.GEO_WITHHOLD,
        ActionKind.REDACT,
        ActionKind.SUSPEND,
        ActionKind.LOCK,
        ActionKind.BLOCK_CHANNEL,
    }
)
"""Kinds that keep something at the messenger as it is: two of one kind on one thing share it.

A warning and the door's answer are over once they are given; a closed account stays closed.
"""

UNDOABLE_STATES = frozenset({ActionState.PENDING, ActionState.IN_FORCE})


class Finding(StrEnum):
    """Why something may not be decided or undone."""

    ID_NOT_MINTED = "id_not_minted"
    TIME_WITHOUT_ZONE = "time_without_zone"
    ORIGIN_MISSING = "origin_missing"
    REASON_MISSING = "reason_missing"
    TOO_LONG = "too_long"
    HARM_UNKNOWN = "harm_unknown"
    SEVERITY_WRONG = "severity_wrong"
    SCORE_OUT_OF_RANGE = "score_out_of_range"
    EXACT_BELOW_ONE = "exact_below_one"
    MARKET_INVALID = "market_invalid"
    RULE_MISSING = "rule_missing"
    PERSON_BEHIND_RULE = "person_behind_rule"
    PERSON_MISSING = "person_missing"
    CASE_MISSING = "case_missing"
    TOO_GRAVE_FOR_RULE = "too_grave_for_rule"
    KIND_NONE = "kind_none"
    TARGET_WRONG = "target_wrong"
    TARGET_UNNAMED = "target_unnamed"
    TERRITORY_INVALID = "territory_invalid"
    TERRITORY_MISSING = "territory_missing"
    TERRITORY_NOT_POSSIBLE = "territory_not_possible"
    END_BEFORE_BEGINNING = "end_before_beginning"
    END_NOT_POSSIBLE = "end_not_possible"
    ANSWER_NOT_POSSIBLE = "answer_not_possible"
    ANSWER_MISSING = "answer_missing"
    SAME_MEASURE_TWICE = "same_measure_twice"
    NOT_UNDOABLE = "not_undoable"
    NOT_IN_FORCE = "not_in_force"
    NOBODY_TO_COMPENSATE = "nobody_to_compensate"


def check_decision(draft: DecisionDraft, harms: Mapping[str, Harm]) -> tuple[Finding, ...]:
    """Gives every reason why this may not be decided; none means that it may."""
    return (
        *_check_words(draft),
        *_check_harm(draft, harms),
        *_check_ground(draft),
        *_check_measures(draft),
    )


def check_undo(
    kind: ActionKind, state: ActionState, *, account: str, reason: str
) -> tuple[Finding, ...]:
    """Gives every reason why an action may not be undone."""
    found = []
    if UNDO[kind] is UndoResult.NOT_POSSIBLE:
        found.append(Finding.NOT_UNDOABLE)
    if state not in UNDOABLE_STATES:
        found.append(Finding.NOT_IN_FORCE)
    if UNDO[kind] is UndoResult.COMPENSATED and not account:
        found.append(Finding.NOBODY_TO_COMPENSATE)
    if not reason.strip():
        found.append(Finding.REASON_MISSING)
    if len(reason) > REASON_CHARACTERS_MAX:
        found.append(Finding.TOO_LONG)
    return tuple(found)


def automation_of(ground: Ground, *, flagged_by_rule: bool) -> Automation:
    """Gives how far a decision was automated (DSA Art. 17(3)(c)), from where it came."""
    match ground:
        case Ground.RULE:
            return Automation.FULL
        case Ground.CASE:
            return Automation.PARTIAL if flagged_by_rule else Automation.NONE
        case Ground.ORDER:
            return Automation.NONE
        case _:
            assert_never(ground)


def detected_by_machine(ground: Ground, *, flagged_by_rule: bool) -> bool:
    """Tells whether a machine drew attention to it (DSA Art. 17(3)(c))."""
    match ground:
        case Ground.RULE:
            return True
        case Ground.CASE:
            return flagged_by_rule
        case Ground.ORDER:
            return False
        case _:
            assert_never(ground)


def owes_statement(draft: DecisionDraft) -> bool:
    """Tells whether the account concerned is owed a statement of reasons (DSA Art. 17(1)).

    A refused registration leaves no account that could be told. An order is told by the rule of
    its own law, which may forbid it (DSA Art. 17(5): not for orders under Art. 9).
    """
    if draft.ground is Ground.ORDER:
        return False
    return bool(draft.account) and any(
        measure.target.kind is not TargetKind.REGISTRATION for measure in draft.measures
    )


def lasting_on(kind: ActionKind, target: Target) -> str:
    """Gives what a lasting effect is on; empty if nothing lasts.

    Actions of one kind on the same share one effect, whoever decided them.
    """
    if kind not in LASTING:
        return ""
    if kind is ActionKind.RESTRICT:
        return f"{target.channel} {target.account}"
    match target.kind:
        case TargetKind.EVENT:
            return target.event
        case TargetKind.ACCOUNT | TargetKind.REGISTRATION:
            return target.account
        case TargetKind.CHANNEL:
            return target.channel
        case TargetKind.MEDIA:
            return target.media
        case _:
            assert_never(target.kind)


def overlap(one: Collection[str], other: Collection[str]) -> bool:
    """Tells whether two territories have a country in common; an empty one is the whole world."""
    return not one or not other or not set(one).isdisjoint(other)


def still_needed(
    territory: Collection[str], others: Collection[Collection[str]]
) -> tuple[str, ...] | None:
    """Gives the countries of a territory in which others need the same effect.

    None means nowhere, an empty territory means everywhere: nothing of it may be lifted.
    """
    met = [other for other in others if overlap(territory, other)]
    if not met:
        return None
    if not all(met):
        return ()
    needed = {country for other in met for country in other}
    if not territory:
        return tuple(sorted(needed))
    return () if needed >= set(territory) else tuple(sorted(needed.intersection(territory)))


def memory_of_both(
    first: Mapping[str, object] | None, second: Mapping[str, object] | None
) -> dict[str, object]:
    """Gives what undoing needs once one of two actions on the same thing is left.

    What was before the first is what is given back; who had to leave at either comes back.
    """
    both = {**(second or {}), **(first or {})}
    for name, value in both.items():
        added = (second or {}).get(name)
        if isinstance(value, list) and isinstance(added, list):
            both[name] = [*value, *(one for one in added if one not in value)]
    return both


def _check_words(draft: DecisionDraft) -> list[Finding]:
    found = []
    if draft.id.version != 7:
        found.append(Finding.ID_NOT_MINTED)
    if draft.at.tzinfo is None:
        found.append(Finding.TIME_WITHOUT_ZONE)
    if not draft.origin.strip():
        found.append(Finding.ORIGIN_MISSING)
    if not draft.reason.strip():
        found.append(Finding.REASON_MISSING)
    ids = (draft.account, draft.channel, draft.event)
    if (
        len(draft.origin) > ORIGIN_CHARACTERS_MAX
        or len(draft.reason) > REASON_CHARACTERS_MAX
        or any(len(name) > ID_LENGTH_MAX for name in ids)
    ):
        found.append(Finding.TOO_LONG)
    if not is_country(draft.market) and draft.market != UNKNOWN_MARKET:
        found.append(Finding.MARKET_INVALID)
    return found


def _check_harm(draft: DecisionDraft, harms: Mapping[str, Harm]) -> list[Finding]:
    found = []
    harm = harms.get(draft.harm)
    if harm is None:
        found.append(Finding.HARM_UNKNOWN)
    elif harm.severity != draft.severity:
        found.append(Finding.SEVERITY_WRONG)
    if not 0.0 <= draft.score <= 1.0:
        found.append(Finding.SCORE_OUT_OF_RANGE)
    elif draft.exact and draft.score != 1.0:
        found.append(Finding.EXACT_BELOW_ONE)
    return found


def _check_ground(draft: DecisionDraft) -> list[Finding]:
    match draft.ground:
        case Ground.RULE:
            return _check_rule_ground(draft)
        case Ground.CASE:
            missing = []
            if draft.staff is None:
                missing.append(Finding.PERSON_MISSING)
            if draft.case is None:
                missing.append(Finding.CASE_MISSING)
            return missing
        case Ground.ORDER:
            return [Finding.PERSON_MISSING] if draft.staff is None else []
        case _:
            assert_never(draft.ground)


def _check_rule_ground(draft: DecisionDraft) -> list[Finding]:
    found = []
    if draft.rule is None or not draft.rule.id or not draft.rule.version:
        found.append(Finding.RULE_MISSING)
    if draft.staff is not None or draft.case is not None:
        found.append(Finding.PERSON_BEHIND_RULE)
    if not all(rule_may_do(measure, exact=draft.exact) for measure in draft.measures):
        found.append(Finding.TOO_GRAVE_FOR_RULE)
    return found


def rule_may_do(measure: Measure, *, exact: bool) -> bool:
    """Tells whether a rule alone may do this: what can be undone, or an exact match's event."""
    if measure.kind is ActionKind.REDACT:
        return exact and measure.target.kind is TargetKind.EVENT
    return measure.kind in AUTOMATED_KINDS


def _check_measures(draft: DecisionDraft) -> list[Finding]:
    found = [
        finding for measure in draft.measures for finding in _check_measure(measure, at=draft.at)
    ]
    pairs = {(measure.kind, measure.target) for measure in draft.measures}
    if len(pairs) != len(draft.measures):
        found.append(Finding.SAME_MEASURE_TWICE)
    return found


def _check_measure(measure: Measure, *, at: datetime) -> list[Finding]:
    if measure.kind is ActionKind.NONE:
        return [Finding.KIND_NONE]
    return [
        *_check_target(measure),
        *_check_territory(measure),
        *_check_end(measure, at=at),
        *_check_answer(measure),
    ]


def _check_target(measure: Measure) -> list[Finding]:
    found = []
    target = measure.target
    if target.kind not in TARGETS[measure.kind]:
        found.append(Finding.TARGET_WRONG)
    if not _is_named(target):
        found.append(Finding.TARGET_UNNAMED)
    ids = (target.account, target.channel, target.event, target.media)
    if any(len(name) > ID_LENGTH_MAX for name in ids):
        found.append(Finding.TOO_LONG)
    return found


def _is_named(target: Target) -> bool:
    match target.kind:
        case TargetKind.EVENT:
            return bool(target.event)
        case TargetKind.ACCOUNT | TargetKind.REGISTRATION:
            return bool(target.account)
        case TargetKind.CHANNEL:
            return bool(target.channel)
        case TargetKind.MEDIA:
            return bool(target.media)
        case _:
            assert_never(target.kind)


def _check_territory(measure: Measure) -> list[Finding]:
    territory = measure.territory
    if territory and measure.kind not in SCOPED:
        return [Finding.TERRITORY_NOT_POSSIBLE]
    if not territory and measure.kind is ActionKind.GEO_WITHHOLD:
        return [Finding.TERRITORY_MISSING]
    if (
        len(territory) > TERRITORIES_MAX
        or len(set(territory)) != len(territory)
        or not all(is_country(code) for code in territory)
    ):
        return [Finding.TERRITORY_INVALID]
    return []


def _check_end(measure: Measure, *, at: datetime) -> list[Finding]:
    if measure.ends_at is None:
        return []
    if UNDO[measure.kind] is not UndoResult.UNDONE:
        return [Finding.END_NOT_POSSIBLE]
    if measure.ends_at.tzinfo is None or at.tzinfo is None:
        return [Finding.TIME_WITHOUT_ZONE]
    return [] if measure.ends_at > at else [Finding.END_BEFORE_BEGINNING]


def _check_answer(measure: Measure) -> list[Finding]:
    if measure.answered and measure.kind not in ANSWERS:
        return [Finding.ANSWER_NOT_POSSIBLE]
    if not measure.answered and measure.kind in ANSWERS:
        return [Finding.ANSWER_MISSING]
    return []


def is_country(code: str) -> bool:
    """Tells whether this has the form of an ISO 3166-1 alpha-2 code of a country."""
    return len(code) == 2 and code.isascii() and code.isupper() and code != UNKNOWN_MARKET


class Step(StrEnum):
    """What follows from one attempt at a delivery."""

    CONFIRMED = "confirmed"
    AGAIN = "again"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt at a delivery found.

    found        what reading back said; None if that did not come about
    unreachable  True: the messenger did not answer at all
    refused      True: it said that this can never be done
    kept         True: an undo left the effect to another action that needs all of it
    error        a constant name of what went wrong; empty if nothing did
    """

    found: InForce | None
    unreachable: bool = False
    refused: bool = False
    kept: bool = False
    error: str = ""


def judge(
    verb: Verb, kind: ActionKind, attempt: Attempt, *, attempts: int, waited: timedelta
) -> Step:
    """Gives what follows from an attempt: the effect stands, is tried again, or is given up.

    `attempts` counts this one; `waited` is the time since the delivery was made.
    """
    if attempt.kept:
        return Step.CONFIRMED
    if attempt.refused:
        return Step.GIVEN_UP
    if attempt.unreachable:
        given_up = waited > timedelta(hours=UNREACHABLE_HOURS_MAX)
        return Step.GIVEN_UP if given_up else Step.AGAIN
    if attempt.found is not None:
        if _stands(verb, kind, attempt.found):
            return Step.CONFIRMED
        if _hopeless(verb, attempt.found):
            return Step.GIVEN_UP
    return Step.GIVEN_UP if attempts >= ATTEMPTS_MAX else Step.AGAIN


def _stands(verb: Verb, kind: ActionKind, found: InForce) -> bool:
    match verb:
        case Verb.APPLY | Verb.CONFIRM:
            return found is InForce.YES or (found is InForce.GONE and kind in REMOVALS)
        case Verb.UNDO:
            return found is InForce.NO
        case Verb.NOTIFY | Verb.ANSWER:
            return found is InForce.YES
        case _:
            assert_never(verb)


def _hopeless(verb: Verb, found: InForce) -> bool:
    """Tells what no further attempt can change.

    What was refused and is there all the same got past the door: a person must look. What is
    gone cannot be given back.
    """
    match verb:
        case Verb.CONFIRM:
            return found in (InForce.NO, InForce.PARTLY)
        case Verb.UNDO:
            return found is InForce.GONE
        case Verb.APPLY | Verb.NOTIFY | Verb.ANSWER:
            return False
        case _:
            assert_never(verb)


def back_off(attempts: int, *, unreachable: bool, jitter: float) -> timedelta:
    """Gives the pause after the attempt numbered `attempts`; `jitter` is chance from 0 to 1."""
    assert attempts >= 1
    assert 0.0 <= jitter <= 1.0
    if unreachable and attempts > UNREACHABLE_QUICK_ATTEMPTS:
        seconds = UNREACHABLE_SLOW_SECONDS
    else:
        seconds_max = UNREACHABLE_SECONDS_MAX if unreachable else BACK_OFF_SECONDS_MAX
        # The exponent is bounded so that the power stays a number; the limit binds long before.
        seconds = min(BACK_OFF_SECONDS_MIN * 2.0 ** min(attempts - 1, 32), seconds_max)
    return timedelta(seconds=seconds * (0.5 + jitter / 2))


def undo_shows(kind: ActionKind, memory: Mapping[str, object]) -> bool:
    """Tells whether reading back can show an undo.

    What was unlisted, silent or empty of such members before the action is so after its undo.
    """
    match kind:
        case ActionKind.UNLIST:
            return memory.get("listed") is True
        case ActionKind.GEO_WITHHOLD:
            return bool(memory.get("members"))
        case ActionKind.RESTRICT:
            level = memory.get("level")
            return not (isinstance(level, int) and level < 0)
        case _:
            return True
