"""What the screening says of text that is public already: for the audit of the search."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from evenhand.base.lists import ChannelKind, EventKind
from evenhand.events.schema import EVENT_SCHEMA
from evenhand.pipeline import Scope, ScreeningPlane

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(hours=2)
"""Time between two texts: no window of a count is as long, so each is judged by itself."""

COLUMN_OF = {
    EventKind.ROOM_PUBLICATION: "channel_name",
    EventKind.PROFILE: "display_name",
    EventKind.MESSAGE: "text",
}
"""Where the event of a kind has its words."""


class PlaneScreen:
    """The port `Screen` on the screening plane, which it has for itself."""

    def __init__(self, plane: ScreeningPlane) -> None:
        self._plane = plane
        self._seen = 0

    def flagged(self, texts: Sequence[str], kinds: Sequence[EventKind]) -> Sequence[str]:
        """Gives per text the harm that rules find in it; empty if they find none."""
        harms = [""] * len(texts)
        if not texts:
            return harms
        verdicts = self._plane.screen(self._events(texts, kinds), Scope.LIVE)
        rows, found = verdicts["row"].to_pylist(), verdicts["harm"].to_pylist()
        for row, harm in zip(rows, found, strict=True):
            harms[row] = harm
        return harms

    def _events(self, texts: Sequence[str], kinds: Sequence[EventKind]) -> pa.RecordBatch:
        """Gives texts as events of public channels, each by somebody else and long after the last.

        An account or a channel that many share would have habits here that nobody has.
        """
        numbers = range(self._seen, self._seen + len(texts))
        self._seen += len(texts)
        columns: dict[str, list[object]] = {
            "event_id": [f"audit-{number}" for number in numbers],
            "kind": [kind.value for kind in kinds],
            "time": [BEGIN + APART * number for number in numbers],
            "channel_kind": [ChannelKind.PUBLIC.value] * len(texts),
        }
        for kind, name in COLUMN_OF.items():
            columns[name] = [
                text if one is kind else None for text, one in zip(texts, kinds, strict=True)
            ]
        arrays = [
            pa.array(columns[field.name], field.type)
            if field.name in columns
            else pa.nulls(len(texts), field.type)
            for field in EVENT_SCHEMA
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)
