"""What people report in their clients is taken once, in whatever order the messenger commits it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.integration.cases_of_tests import NOW
from tests.integration.test_reports_received import keys  # noqa: F401  a fixture

from evenhand.base.personal import MessageText
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.reported import PAGE_ROWS, SynapseReports
from evenhand.reports.limits import NUMBERS_READ_AGAIN
from evenhand.reports.messenger_steps import take_from
from evenhand.reports.models import DoorCursor, Report
from evenhand.reports.ports import MessengerReport, ReportDoor

pytestmark = pytest.mark.django_db


@dataclass
class Kept:
    """A messenger that keeps reports by number, and notes which of them it was asked to read."""

    numbers: set[int] = field(default_factory=set)
    read: list[int] = field(default_factory=list)

    def after(
        self, door: ReportDoor, position: int, *, but: Collection[int], rows_max: int
    ) -> Sequence[MessengerReport]:
        if door is not ReportDoor.EVENT:
            return []
        fresh = sorted(one for one in self.numbers if one > position and one not in but)
        self.read += fresh[:rows_max]
        return [
            MessengerReport(
                key=str(number), number=number, at=NOW, reporter="@ada:example.test",
                reason=MessageText("It threatens."), account="@sender:example.test",
                channel="!r:example.test", event=f"$e{number}",
            )
            for number in fresh[:rows_max]
        ]  # fmt: skip

    def spooled(self) -> Iterator[tuple[MessengerReport, Path]]:
        return iter(())


@pytest.mark.usefixtures("keys")
def test_a_report_that_is_committed_late_is_not_passed_over() -> None:
    messenger = Kept({1, 2, 5})
    assert take_from(messenger, now=NOW) == 3
    messenger.numbers |= {3, 6}

    assert take_from(messenger, now=NOW) == 2
    assert take_from(messenger, now=NOW) == 0

    assert Report.objects.count() == 5
    assert messenger.read == [1, 2, 5, 3, 6]
    cursor = DoorCursor.objects.get(door="matrix:event")
    assert (cursor.position, cursor.recent) == (6, [1, 2, 3, 5, 6])


@pytest.mark.usefixtures("keys")
def test_what_is_remembered_stays_small() -> None:
    messenger = Kept(set(range(1, NUMBERS_READ_AGAIN * 2)))
    while take_from(messenger, now=NOW):
        pass

    cursor = DoorCursor.objects.get(door="matrix:event")
    assert len(cursor.recent) == NUMBERS_READ_AGAIN
    assert len(messenger.read) == len(messenger.numbers)


def test_pages_are_read_back_to_the_position_and_known_reports_are_left_alone(
    tmp_path: Path,
) -> None:
    numbers = list(range(1, 3 * PAGE_ROWS))
    asked: list[str] = []

    def synapse(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if not request.url.path.endswith("/user_reports"):
            return httpx.Response(404, json={"errcode": "M_NOT_FOUND"})
        start = int(request.url.params["from"])
        shown = sorted(numbers, reverse=True)[start : start + PAGE_ROWS]
        rows = [{"id": one, "received_ts": 1, "user_id": "@a:x", "reason": ""} for one in shown]
        more = {"next_token": start + PAGE_ROWS} if start + PAGE_ROWS < len(numbers) else {}
        return httpx.Response(200, json={"user_reports": rows, **more})

    client = MatrixClient("http://x.test", "t", transport=httpx.MockTransport(synapse))
    reports = SynapseReports(client, tmp_path)
    known = set(numbers) - {120, 299}

    found = reports.after(ReportDoor.ACCOUNT, 110, but=known, rows_max=50)

    assert [one.number for one in found] == [120, 299]
    assert len(asked) == 2
