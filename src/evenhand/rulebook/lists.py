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


class FileState(StrEnum):
    """What a rule's file is to the rulebook.

    SAME           as the version that stands there
    NEW            a rule that it does not know
    CHANGED        the next version
    BEHIND         a version that stands, or was exported; another came after it
    OVERTAKEN      somebody wrote another version since the file was exported
    NOT_EXPORTED   the rulebook has this rule, and the file did not go out from it
    EARLIER        a version that was retired
    VERSION_TAKEN  another text bears this version
    """

    SAME = "same"
    NEW = "new"
    CHANGED = "changed"
    BEHIND = "behind"
    OVERTAKEN = "overtaken"
    NOT_EXPORTED = "not_exported"
    EARLIER = "earlier"
    VERSION_TAKEN = "version_taken"


TAKEN_IN = (FileState.NEW, FileState.CHANGED)
"""States in which a file becomes a draft."""

LEFT = (FileState.SAME, FileState.BEHIND)
"""States in which nothing is to be done; in all others the files are refused."""
