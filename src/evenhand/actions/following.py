"""What follows from a decision, and what becomes of it when the decision falls: one table.

Rooms above react to the records `effect_undone`, `effect_compensated` and `objection_upheld`; a
test walks every row from the decision to its undo.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from evenhand.base.lists import ActionKind


class Following(StrEnum):
    """One thing that follows from a decision.

    EFFECT    what was done at the messenger: undone, or compensated (`checks.UNDO`)
    DOOR      channels that the door keeps closed: open again
    STRIKE    what a person's decision counts against an account: lifted
    ENTRY     the entry for the DSA Transparency Database: marked as reversed
    LABEL     what rules and models learn from it: says that it does not stand
    """

    EFFECT = "effect"
    DOOR = "door"
    STRIKE = "strike"
    ENTRY = "entry"
    LABEL = "label"


_JUDGED = frozenset({Following.EFFECT, Following.STRIKE, Following.LABEL})
_RESTRICTS = _JUDGED | {Following.ENTRY}
_CLOSES = _RESTRICTS | {Following.DOOR}

FOLLOWS: Mapping[ActionKind, frozenset[Following]] = MappingProxyType(
    {
        ActionKind.NONE: frozenset(),
        ActionKind.LABEL: _RESTRICTS,
        ActionKind.WARN: _JUDGED,
        ActionKind.UNLIST: _RESTRICTS,
        ActionKind.DEINDEX: _RESTRICTS,
        ActionKind.HOLD: _RESTRICTS,
        ActionKind.REFUSE: _RESTRICTS,
        ActionKind.QUARANTINE: _RESTRICTS,
        ActionKind.RESTRICT: _RESTRICTS,
        ActionKind.GEO_WITHHOLD: _CLOSES,
        ActionKind.REDACT: _RESTRICTS,
        ActionKind.SUSPEND: _RESTRICTS,
        ActionKind.LOCK: _RESTRICTS,
        ActionKind.BLOCK_CHANNEL: _CLOSES,
        ActionKind.DEACTIVATE: frozenset(),
    }
)
"""What of a person's decision is undone or compensated with it. Empty: nothing was done, or (a
closed account) nothing can be undone; an objection that is upheld lifts the strike even then. A
warning restricts nothing, so it has no entry.
"""
