"""The one place that reads the wall clock; everything inside takes `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Gives the present moment in UTC."""
    return datetime.now(UTC)
