"""Pure: what follows from these strikes, and from these unfounded filings?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from evenhand.base.errors import NotAllowed
from evenhand.base.lists import ActionKind
from evenhand.standing.limits import REASON_CHARACTERS_MAX
from evenhand.standing.lists import MisuseStep
from evenhand.standing.policy import MisusePolicy, Penalties, Step


class Finding(StrEnum):
    """Why something may not be lifted."""

    ROLE_MISSING = "role_missing"
    REASON_MISSING = "reason_missing"
    REASON_TOO_LONG = "reason_too_long"
    LIFTED_ALREADY = "lifted_already"


class NotLifted(NotAllowed):
    """A strike or a suspension may not be lifted like this."""

    remedy = "See the findings; a senior reviewer lifts, with a reason."


@dataclass(frozen=True, slots=True)
class CountedStrikes:
    """So many strikes, given then, that count until then."""

    count: int
    given_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """A penalty that stands: what it does, since when and until when (None: no end)."""

    does: ActionKind
    given_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """One filing found unfounded: how grave a harm it claimed, and whether with an intention.

    filed_at  when it came in
    at        when a person found it unfounded
    """

    filed_at: datetime
    at: datetime
    severity: int
    intended: bool


@dataclass(frozen=True, slots=True)
class Led:
    """What unfounded filings led to before, and when it stopped."""

    step: MisuseStep
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MisuseFacts:
    """What is weighed (DSA Art. 23(3)): number, share, gravity, intention."""

    unfounded: int
    judged: int
    weight: int
    severity: int
    intended: int

    @property
    def share(self) -> float:
        """Gives the share of the unfounded in what was judged."""
        return self.unfounded / max(self.judged, self.unfounded, 1)


def counted(strikes: Sequence[CountedStrikes], *, days: int, now: datetime) -> int:
    """Gives how many strikes count that were given within so many days."""
    since = now - timedelta(days=days)
    return sum(one.count for one in strikes if since < one.given_at <= now < one.expires_at)


def next_penalty(
    policy: Penalties,
    strikes: Sequence[CountedStrikes],
    given: Sequence[Given],
    *,
    done_at: datetime,
    now: datetime,
) -> Step | None:
    """Gives what a new strike brings; None if it only counts.

    Nobody is suspended without a warning that stands (DSA Art. 23(1)), and what came to the desk
    before that warning was given leads no further: it could not be heeded yet.
    """
    reached = [
        step for step in policy.ladder if counted(strikes, days=step.days, now=now) >= step.strikes
    ]
    if not reached:
        return None
    since = now - timedelta(days=policy.warning_days)
    warnings = [
        one.given_at for one in given if one.does is ActionKind.WARN and one.given_at > since
    ]
    if warnings and done_at <= max(warnings):
        return None
    step = reached[-1] if warnings else policy.ladder[0]
    return None if _covered(step, given, now=now) else step


def ends_of(step: Step, *, now: datetime) -> datetime | None:
    """Gives when a step ends by itself; None if somebody has to end it."""
    if step.ends_after_days is None:
        return None
    return now + timedelta(days=step.ends_after_days)


def weigh(policy: MisusePolicy, filed: Sequence[Filed], *, judged: int) -> MisuseFacts:
    """Gives what is weighed of filings that were found unfounded."""
    return MisuseFacts(
        unfounded=len(filed),
        judged=max(judged, len(filed)),
        weight=sum(_weight(policy, one) for one in filed),
        severity=max((one.severity for one in filed), default=0),
        intended=sum(one.intended for one in filed),
    )


def next_misuse(
    policy: MisusePolicy,
    filed: Sequence[Filed],
    led: Sequence[Led],
    *,
    judged: int,
    now: datetime,
) -> MisuseStep | None:
    """Gives what one more unfounded filing leads to: a warning first, then a suspension.

    What was filed before the warning counts, but it takes more that was filed after it.
    """
    since = now - timedelta(days=policy.days)
    recent = [one for one in filed if since < one.at <= now]
    facts = weigh(policy, recent, judged=judged)
    if facts.share < policy.share:
        return None
    before = [one for one in led if (one.until or one.at) > since]
    if any(one.until is not None and one.until > now for one in before):
        return None
    if not any(one.step is MisuseStep.WARNED for one in before):
        return MisuseStep.WARNED if facts.weight >= policy.warn_at else None
    last = max(one.at for one in before)
    after = sum(_weight(policy, one) for one in recent if one.filed_at > last)
    if facts.weight >= policy.suspend_at and after >= policy.after_warning:
        return MisuseStep.SUSPENDED
    return None


def suspended_days(policy: MisusePolicy, led: Sequence[Led], *, now: datetime) -> int:
    """Gives for how long: longer for who was suspended within the policy's days before."""
    since = now - timedelta(days=policy.days)
    again = any(one.step is MisuseStep.SUSPENDED and (one.until or one.at) > since for one in led)
    return policy.suspend_days_again if again else policy.suspend_days


def check_lift(*, senior: bool, lifted: bool, reason: str) -> list[Finding]:
    """Finds why something may not be lifted by this person, for this reason."""
    found = []
    if not senior:
        found.append(Finding.ROLE_MISSING)
    if lifted:
        found.append(Finding.LIFTED_ALREADY)
    if not reason.strip():
        found.append(Finding.REASON_MISSING)
    if len(reason) > REASON_CHARACTERS_MAX:
        found.append(Finding.REASON_TOO_LONG)
    return found


def _covered(step: Step, given: Sequence[Given], *, now: datetime) -> bool:
    """Tells whether a suspension that stands lasts as long as this step would."""
    if step.does is not ActionKind.SUSPEND:
        return False
    ends = ends_of(step, now=now)
    return any(
        one.does is ActionKind.SUSPEND
        and (one.ends_at is None or (ends is not None and one.ends_at >= ends))
        for one in given
    )


def _weight(policy: MisusePolicy, filed: Filed) -> int:
    grave = policy.grave_weight if filed.severity >= policy.grave_severity else 1
    return max(grave, policy.intended_weight if filed.intended else 1)
