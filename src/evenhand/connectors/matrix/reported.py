"""What people report in their clients, as Synapse keeps it: of messages, of accounts, of rooms.

Messages and accounts are read from the admin API beyond a durable cursor; rooms come by way of the
directory proxy's spool, since Synapse keeps them where no interface reads them.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.lists import ChannelKind
from evenhand.base.personal import MessageText
from evenhand.connectors.matrix.client import Content, MatrixClient
from evenhand.connectors.matrix.spool import waiting
from evenhand.reports.ports import MessengerReport, ReportDoor

PAGE_ROWS = 100
"""Reports on one page of the admin API, its own default."""

_KINDS = {ReportDoor.EVENT: "event_reports", ReportDoor.ACCOUNT: "user_reports"}


class SynapseReports:
    """The port `MessengerReports` on Synapse; `home` is where the proxy's spool lies."""

    def __init__(self, client: MatrixClient, home: Path) -> None:
        self._client = client
        self._home = home

    def after(
        self, door: ReportDoor, position: int, *, but: Collection[int], rows_max: int
    ) -> Sequence[MessengerReport]:
        """Gives reports with greater numbers than `position`, the smallest first."""
        fresh = (row for row in self._rows(_KINDS[door], position) if _number(row) not in but)
        rows = sorted(fresh, key=_number)[:rows_max]
        read = self._of_event if door is ReportDoor.EVENT else self._of_account
        return [read(row) for row in rows]

    def spooled(self) -> Iterator[tuple[MessengerReport, Path]]:
        """Gives reports of rooms with the file to be deleted once each is kept."""
        for path, one in waiting(self._home):
            report = MessengerReport(
                key=one.id,
                number=0,
                at=one.at,
                reporter=one.account,
                reason=MessageText(one.reason),
                channel=one.room,
                channel_kind=self._kind_of(one.room),
            )
            yield report, path

    def _rows(self, kind: str, position: int) -> list[Content]:
        """Reads pages, the newest first, until one reaches back to the position."""
        found: list[Content] = []
        start: int | None = 0
        while start is not None:
            rows, start = self._client.report_page(kind, start=start, limit=PAGE_ROWS)
            fresh = [row for row in rows if _number(row) > position]
            found += fresh
            if len(fresh) < len(rows):
                break
        return list({_number(row): row for row in found}.values())

    def _of_event(self, row: Content) -> MessengerReport:
        room = str(row.get("room_id") or "")
        return MessengerReport(
            key=str(_number(row)),
            number=_number(row),
            at=_moment(row),
            reporter=str(row.get("user_id") or ""),
            reason=MessageText(str(row.get("reason") or "")),
            account=str(row.get("sender") or ""),
            channel=room,
            event=str(row.get("event_id") or ""),
            channel_kind=self._kind_of(room),
            content=self._content(row),
        )

    def _of_account(self, row: Content) -> MessengerReport:
        return MessengerReport(
            key=str(_number(row)),
            number=_number(row),
            at=_moment(row),
            reporter=str(row.get("user_id") or ""),
            reason=MessageText(str(row.get("reason") or "")),
            account=str(row.get("target_user_id") or ""),
        )

    def _content(self, row: Content) -> bytes:
        """Gives what was reported, which a member showed us by reporting it."""
        try:
            event = self._client.event_report(_number(row)).get("event_json")
        except (NotFound, NotAllowed):
            return b""
        content = event.get("content") if isinstance(event, dict) else None
        if not isinstance(content, dict):
            return b""
        shown = {"text": content.get("body"), "sender": row.get("sender"), "content": content}
        return json.dumps(shown, ensure_ascii=False).encode(errors="replace")

    def _kind_of(self, room: str) -> ChannelKind:
        try:
            found = self._client.room(room)
        except (NotFound, NotAllowed):
            return ChannelKind.PRIVATE
        public = found.join_rule == "public" and not found.encrypted
        return ChannelKind.PUBLIC if public else ChannelKind.PRIVATE


def _number(row: Content) -> int:
    return int(str(row["id"]))


def _moment(row: Content) -> datetime:
    return datetime.fromtimestamp(int(str(row["received_ts"])) / 1000, tz=UTC)
