"""What stands around a message in a public channel: a case's surroundings, and who reads them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

CONTEXT_TYPE = "application/vnd.evenhand.context+json"
"""Media type of sealed surroundings."""

EACH_SIDE = 5
"""Messages before and after the one in question: a screen of talk."""


@dataclass(frozen=True, slots=True)
class Nearby:
    """One message near the one in question; `asked` is the one itself."""

    event: str
    account: str
    at: datetime
    text: str
    asked: bool = False


class Surroundings(Protocol):
    """Who reads a channel around a message (the messenger; `wiring.py` binds it)."""

    def around(self, channel: str, event: str, *, each_side: int) -> Sequence[Nearby]:
        """Gives the messages around one, the oldest first; raises `NotFound` where it is gone."""


def as_bytes(found: Sequence[Nearby]) -> bytes:
    """Gives surroundings as they are sealed."""
    rows = [asdict(one) | {"at": one.at.isoformat()} for one in found]
    return json.dumps(rows, ensure_ascii=False).encode()


def from_bytes(content: bytes) -> tuple[Nearby, ...]:
    """Gives the surroundings that were sealed."""
    return tuple(
        Nearby(**(row | {"at": datetime.fromisoformat(row["at"])})) for row in json.loads(content)
    )
