"""The closed lists of the room."""

from enum import StrEnum


class RuleState(StrEnum):
    """How far a version of a rule has come.

    BACKTESTED  it was tried on history
    SHADOW      it is to be asked, and nothing follows
    STAGED      it is to act for a share of accounts
    RETIRED     it acts no more, or never did
    """

    DRAFT = "draft"
    BACKTESTED = "backtested"
    SHADOW = "shadow"
    STAGED = "staged"
    LIVE = "live"
    RETIRED = "retired"


IN_FORCE = (RuleState.SHADOW, RuleState.STAGED, RuleState.LIVE)
"""States in which a version is asked about what is posted."""
