"""The shape of verdicts: a batch of them, and one for doors that answer single events."""

from dataclasses import dataclass

import pyarrow as pa

from evenhand.base.lists import ActionKind
from evenhand.rules.noticed import Noticed

RULE_STRUCT = pa.struct([pa.field("id", pa.string()), pa.field("version", pa.string())])

VERDICT_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("account", pa.string()),
        pa.field("channel", pa.string()),
        pa.field("harm", pa.string(), nullable=False),
        pa.field("severity", pa.int8(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("rules", pa.list_(RULE_STRUCT), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("exact", pa.bool_(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""One row per flagged event of a batch.

row       the event's row in its batch
harm      a code of `base/harms.csv`; severity 1 to 4 comes with it
score     0 to 1, calibrated; 1.0 when exact
rules     the rules that fired, the deciding one first, each with its version
action    a member of `ActionKind`: what the deciding rule proposes
exact     true if an exact list or hash match decided (DESIGN decision 5)
language  ISO 639-1 code, stated or detected; null if neither
reason    one sentence that says why
"""


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that fired, with the version of its text."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the screening says of one event; fields as in `VERDICT_SCHEMA`.

    over_budget  its rule acted as often as it may: what it proposed is left to a person
    noticed      what rules about habits saw of the account and the channel
    """

    event_id: str
    harm: str
    severity: int
    score: float
    rules: tuple[RuleHit, ...]
    action: ActionKind
    exact: bool
    language: str | None
    reason: str
    over_budget: bool = False
    noticed: Noticed = ()
