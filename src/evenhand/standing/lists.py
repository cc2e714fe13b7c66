"""Closed lists of the standing room."""

from enum import StrEnum


class LiftedWhy(StrEnum):
    """Why a strike or a penalty does not count any more."""

    UNDONE = "undone"
    OBJECTION_UPHELD = "objection_upheld"
    STRIKES_LIFTED = "strikes_lifted"
    BY_STAFF = "by_staff"


class MisuseKind(StrEnum):
    """What is misused (DSA Art. 23(2))."""

    REPORT = "report"
    APPEAL = "appeal"


class MisuseStep(StrEnum):
    """What misuse led to; a suspension never comes without a warning before it."""

    WARNED = "warned"
    SUSPENDED = "suspended"
