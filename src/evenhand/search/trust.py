"""What speaks against rooms in the order of hits: decisions that closed them, and nothing else.

The rule is public (`/search/about/`, DSA Art. 27): one decision in twelve months that closed a room
everywhere lowers its hits by three tenths, more than one by half. What somebody took back, or an
appeal undid, does not count; nor does what holds in single countries, or stood against single
posts: a room is not made to pay for each who writes in it. Nothing raises a room.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from evenhand.actions.queries import decisions_against_channels
from evenhand.search.asking import Trust

COUNTED_DAYS = 365
"""Days for which a decision counts."""

ONCE, OFTEN = 0.7, 0.5
"""By what the relevance of a room's hits is multiplied after one decision, and after more."""


def factor_of(decisions: int) -> float:
    """Gives by what the relevance of a room's hits is multiplied after so many decisions."""
    if decisions <= 0:
        return 1.0
    return ONCE if decisions == 1 else OFTEN


class Standings:
    """How decisions made rooms stand; one thread reads, many look."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._factors: dict[str, float] = {}

    def read(self, rooms: Collection[str] | None) -> Trust:
        """Reads what counts against rooms; None: against all."""
        if rooms is not None and not rooms:
            return Trust(self._factors)
        since = self._clock() - timedelta(days=COUNTED_DAYS)
        found = decisions_against_channels(since=since, channels=rooms)
        factors = {room: factor_of(decisions) for room, decisions in found.items()}
        if rooms is None:
            self._factors = factors
        else:
            # Each as it was or as it is: whoever ranks meanwhile misses none.
            self._factors.update(factors)
            for room in set(rooms) - factors.keys():
                self._factors.pop(room, None)
        return Trust(self._factors)
