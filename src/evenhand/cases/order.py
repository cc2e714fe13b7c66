"""Pure: by when somebody should look at a case; the order of every queue."""

from datetime import datetime, timedelta
from math import log2, log10

from evenhand.cases.limits import SERVE_HOURS, SERVE_SPEEDS_MAX


def serve_by(
    opened_at: datetime, *, severity: int, reach: int, raising: int, due_at: datetime | None
) -> datetime:
    """Gives the moment by which somebody should look: by harm, reach and the clock.

    A severity has its hours; reach and reports that count shorten them. A clock that runs out
    earlier wins, so that nothing mild waits for ever behind what is grave.
    """
    speed = 1 + log10(1 + max(0, reach)) + log2(1 + max(0, raising)) / 2
    hours = SERVE_HOURS[severity] / min(speed, SERVE_SPEEDS_MAX)
    moment = opened_at + timedelta(hours=hours)
    return moment if due_at is None else min(moment, due_at)
