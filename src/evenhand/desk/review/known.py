"""What the page of a case shows of what is known besides, each thing read once.

A case that only measures (golden, second look) shows what its original did before anybody decided
it: later decisions, strikes and answers would give the answer away, and so would an empty page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evenhand.actions import queries as actions
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision
from evenhand.actions.policies import CHILD_SAFETY
from evenhand.base.lists import Ground
from evenhand.cases import queries
from evenhand.cases.models import Case, CaseStep
from evenhand.reports.models import Report
from evenhand.reports.queries import reports_of
from evenhand.standing.queries import Outlook, outlook

UNSEEN = frozenset({ActionState.UNDOING, ActionState.UNDONE, ActionState.COMPENSATED})
"""What became of a rule's actions after the case was first decided."""


@dataclass(frozen=True, slots=True)
class Known:
    """A case's surroundings as of the moment that its page stands for.

    before    the moment after which nothing is shown; None for a usual case
    later     by how much dates of the original are moved, so that it looks as fresh as any other
    decision  what was decided before a person looked, with what was done for it
    """

    before: datetime | None
    later: timedelta
    reports: Sequence[Report]
    history: Sequence[CaseStep]
    decision: Decision | None
    done: Sequence[Action]
    against: Sequence[Action]
    in_channel: Sequence[Action]
    similar: Sequence[Case]
    outlook: Outlook | None


def known_of(case: Case, *, sees_sealed: bool, now: datetime) -> Known:
    """Gives what the page of a case shows besides the case itself.

    What lies in the sealed lane is shown to nobody but its people, whichever case leads there.
    """
    original = queries.original_of(case)
    before = original.opened_at if original is not None else None
    later = moved_by(case, original)
    decision = case.decision if original is None else _decided_before(original, later, now=now)
    against, inside = actions.actions_around(
        case.account,
        case.channel,
        before=before,
        without_harm="" if sees_sealed else CHILD_SAFETY,
    )
    done = actions.actions_of(decision.id) if decision is not None else []
    return Known(
        before=before,
        later=later,
        reports=reports_seen(case, original, now=now),
        history=_history(case, original, now=now),
        decision=decision,
        done=done if original is None else [_as_it_stood(action) for action in done],
        against=against,
        in_channel=inside,
        similar=queries.similar_cases(case, before=before),
        outlook=outlook(
            case.account,
            case.harm,
            done_at=before or case.opened_at,
            at=before or now,
            without_harm="" if sees_sealed else CHILD_SAFETY,
        ),
    )


def reports_seen(case: Case, original: Case | None, *, now: datetime) -> list[Report]:
    """Gives the reports of a case; those of its original as if they had come to this one."""
    if not case.reports_received:
        return []
    reports = reports_of(case.id if original is None else original.id)
    if original is not None:
        for report in reports:
            report.at = _moved(report.at, moved_by(case, original), now=now)
    return reports


def _history(case: Case, original: Case | None, *, now: datetime) -> list[CaseStep]:
    own = queries.history_of(case.id)
    if original is None:
        return own
    moved = [step for step in queries.history_of(original.id) if step.by_id is None]
    for step in moved:
        step.at = _moved(step.at, moved_by(case, original), now=now)
    return [*moved, *own]


def moved_by(case: Case, original: Case | None) -> timedelta:
    """Gives by how much later a case that only measures was opened than what it stands for."""
    return timedelta() if original is None else case.opened_at - original.opened_at


def _moved(at: datetime, by: timedelta, *, now: datetime) -> datetime:
    return min(at + by, now)


def _decided_before(original: Case, later: timedelta, *, now: datetime) -> Decision | None:
    decision = original.decision
    if decision is None or decision.ground != Ground.RULE:
        return None
    decision.at = _moved(decision.at, later, now=now)
    return decision


def _as_it_stood(action: Action) -> Action:
    if ActionState(action.state) in UNSEEN:
        action.state = ActionState.IN_FORCE.value
    return action
