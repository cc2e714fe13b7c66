"""What a room says when something happened: the record to be, before it has a place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from evenhand.base.lists import (
    UNKNOWN_MARKET,
    ActionKind,
    Automation,
    ChannelKind,
    LegalLane,
    RecordKind,
    Source,
)


@dataclass(frozen=True, slots=True)
class NewRecord:
    """One thing that happened; `body` holds what the columns do not, without personal data.

    subject       the decision, case or item it is about
    regime        the law under which an authority asks, and what it asks (`request`)
    outcome       how it ended, or why: a word of the writer's own closed list
    gagged        may not be counted yet: somebody who must not know could read it from a count
    milliseconds  the duration the record speaks of; None if it speaks of none
    quantity      how many like things one record stands for (hourly counts); else 1
    """

    id: UUID
    at: datetime
    kind: RecordKind
    subject: UUID
    harm: str = ""
    action: ActionKind | None = None
    market: str = UNKNOWN_MARKET
    automation: Automation | None = None
    source: Source | None = None
    language: str = ""
    channel_kind: ChannelKind | None = None
    regime: str = ""
    request: str = ""
    outcome: str = ""
    lane: LegalLane | None = None
    gagged: bool = False
    milliseconds: int | None = None
    quantity: int = 1
    body: Mapping[str, object] = field(default_factory=dict)
