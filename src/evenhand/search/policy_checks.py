"""May a version of the query policy go on? Pure: facts in, a refusal or nothing out."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from evenhand.base.errors import InputRefused
from evenhand.people.powers import POWERS, Power
from evenhand.people.roles import Role
from evenhand.search.lists import PolicyState
from evenhand.search.policy_limits import NOTE_CHARACTERS_MAX

BEFORE: Mapping[PolicyState, frozenset[PolicyState]] = {
    PolicyState.DRAFT: frozenset(),
    PolicyState.LIVE: frozenset({PolicyState.DRAFT}),
    PolicyState.RETIRED: frozenset({PolicyState.DRAFT, PolicyState.LIVE}),
}
"""The states from which a version may come to a state."""


class PolicyStepRefused(InputRefused):
    """A version of the query policy cannot go on like this."""

    remedy = "See what is missing; two people let a version go live."


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What decides whether a version may go live."""

    state: PolicyState
    author: UUID
    fixtures_hold: bool


def check_author(roles: frozenset[Role]) -> None:
    """Refuses whoever does not work on the query policy."""
    if not any(Power.WORK_ON_SEARCH_POLICY in POWERS[role] for role in roles & POWERS.keys()):
        raise PolicyStepRefused(why="you do not work on the query policy")


def check_next(state: PolicyState, wanted: PolicyState) -> None:
    """Refuses a state that does not follow from the one before."""
    if state not in BEFORE[wanted]:
        raise PolicyStepRefused(state=state, wanted=wanted, why="does not follow")


def check_note(note: str) -> None:
    """Refuses more about a version than anybody reads."""
    if len(note) > NOTE_CHARACTERS_MAX:
        raise PolicyStepRefused(why=f"the note is longer than {NOTE_CHARACTERS_MAX} characters")


def check_reason(reason: str) -> None:
    """Refuses to retire a version without a word why."""
    if not reason.strip():
        raise PolicyStepRefused(why="say why; it is recorded")
    check_note(reason)


def check_live(facts: PolicyFacts, *, by: UUID) -> None:
    """Refuses to let a version be asked of every query: four eyes, and fixtures that hold."""
    check_next(facts.state, PolicyState.LIVE)
    if by == facts.author:
        raise PolicyStepRefused(why="somebody else than its author lets a version go live")
    if not facts.fixtures_hold:
        raise PolicyStepRefused(why="a fixture does not hold")
