"""Closed lists of the cases room."""

from enum import StrEnum


class CaseKind(StrEnum):
    """Why a person has to look."""

    REVIEW = "review"
    OBJECTION = "objection"
    FAILED_EFFECT = "failed_effect"


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a person closed a case."""

    ACTED = "acted"
    NO_ACTION = "no_action"
    UPHELD = "upheld"
    REFUSED = "refused"
