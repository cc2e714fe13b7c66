"""Pure: may this market be changed, this entry be signed off, like this and by this person?"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from uuid import UUID

from evenhand.base.errors import NotAllowed
from evenhand.markets.entries import Regime, RequestKind
from evenhand.markets.limits import REASON_CHARACTERS_MAX
from evenhand.markets.lists import MarketState, RightsAnswer, RightsQuestion
from evenhand.people.roles import Role

PROPOSERS = frozenset({Role.LEGAL_OFFICER, Role.BOARD})
"""Who may assess a country's rights or propose a change; the second person is of the board."""

FOLLOWING: Mapping[MarketState | None, frozenset[MarketState]] = {
    None: frozenset({MarketState.CONTESTED, MarketState.SUSPENDED, MarketState.EXITED}),
    MarketState.OPEN: frozenset({MarketState.CONTESTED, MarketState.SUSPENDED, MarketState.EXITED}),
    MarketState.CONTESTED: frozenset({MarketState.SUSPENDED, MarketState.EXITED}),
    MarketState.SUSPENDED: frozenset({MarketState.CONTESTED, MarketState.EXITED}),
    MarketState.EXITED: frozenset(),
}
"""Which state may follow which by a proposal; back to open leads an assessment alone."""


class Finding(StrEnum):
    """Why this may not be done."""

    NOT_ITS_ROLE = "not_its_role"
    SAME_PERSON = "same_person"
    SETTLED_ALREADY = "settled_already"
    PROPOSAL_OPEN = "proposal_open"
    REASON_MISSING = "reason_missing"
    REASON_TOO_LONG = "reason_too_long"
    STATE_CANNOT_FOLLOW = "state_cannot_follow"
    ALREADY_OPEN = "already_open"
    COUNTRY_CLOSED = "country_closed"
    RIGHT_NOT_ASSESSED = "right_not_assessed"
    RIGHT_VIOLATED = "right_violated"
    ENTRY_VERIFIED = "entry_verified"
    NOT_A_REPRESENTATIVE = "not_a_representative"
    FIGURES_IMPLAUSIBLE = "figures_implausible"


class MarketRefused(NotAllowed):
    """A market, or the law as it is kept here, may not be changed like this."""

    remedy = "See the findings; somebody else may have to decide."


def refuse_if(findings: Collection[Finding]) -> None:
    """Raises what was found, if anything was."""
    if findings:
        raise MarketRefused(findings=[finding.value for finding in findings])


def check_reason(reason: str) -> list[Finding]:
    """Finds why these reasons are not enough, or too much."""
    if not reason.strip():
        return [Finding.REASON_MISSING]
    return [Finding.REASON_TOO_LONG] if len(reason) > REASON_CHARACTERS_MAX else []


def check_first(roles: Collection[Role]) -> list[Finding]:
    """Finds why somebody may not be the first of two about a market."""
    return [] if PROPOSERS & set(roles) else [Finding.NOT_ITS_ROLE]


def check_second(
    roles: Collection[Role], *, first: UUID, second: UUID, settled: bool
) -> list[Finding]:
    """Finds why somebody may not be the second of two about a market."""
    found = []
    if Role.BOARD not in roles:
        found.append(Finding.NOT_ITS_ROLE)
    if first == second:
        found.append(Finding.SAME_PERSON)
    if settled:
        found.append(Finding.SETTLED_ALREADY)
    return found


def check_assessment(
    answers: Mapping[RightsQuestion, RightsAnswer], *, regimes: Collection[Regime], country: str
) -> list[Finding]:
    """Finds why a country's market cannot be opened on these answers."""
    found = []
    if any(one.closed and country in one.jurisdictions for one in regimes):
        found.append(Finding.COUNTRY_CLOSED)
    if set(answers) != set(RightsQuestion):
        found.append(Finding.RIGHT_NOT_ASSESSED)
    if RightsAnswer.VIOLATED in answers.values():
        found.append(Finding.RIGHT_VIOLATED)
    return found


def check_following(before: MarketState | None, after: MarketState) -> list[Finding]:
    """Finds why a state may not follow another one by a proposal."""
    return [] if after in FOLLOWING[before] else [Finding.STATE_CANNOT_FOLLOW]


def check_opening(before: MarketState | None) -> list[Finding]:
    """Finds why a market cannot be opened from this state."""
    return [Finding.ALREADY_OPEN] if before is MarketState.OPEN else []


def check_sign_off(kind: RequestKind, roles: Collection[Role]) -> list[Finding]:
    """Finds why this person may not sign off this entry."""
    found = []
    if Role.LEGAL_OFFICER not in roles:
        found.append(Finding.NOT_ITS_ROLE)
    if kind.verified:
        found.append(Finding.ENTRY_VERIFIED)
    return found


def check_figures(*, daily: int, monthly: int) -> list[Finding]:
    """Finds why these numbers of users cannot be."""
    return [] if 0 <= daily <= monthly else [Finding.FIGURES_IMPLAUSIBLE]
