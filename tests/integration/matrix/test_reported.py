"""What people report in their clients, on a real Synapse: messages, accounts, rooms."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from nacl.public import PrivateKey
from tests.conftest import Site
from tests.integration.matrix.test_directory import Proxy

from evenhand.base.clock import now
from evenhand.base.sealing import read_key, unseal
from evenhand.cases.models import Case
from evenhand.connectors.matrix.reported import SynapseReports
from evenhand.reports.messenger_steps import take_from
from evenhand.reports.models import DoorCursor, Report


@pytest.fixture
def proxy(town, committed: Site) -> Iterator[Proxy]:
    proxy = Proxy(committed.home, town.homeserver.settings.url)
    proxy.open()
    yield proxy
    proxy.close()


def test_reports_become_cases_once_and_clients_are_answered_as_by_synapse(
    town, proxy: Proxy, committed: Site
) -> None:
    owner, reporter = town.person(), town.person()
    room = owner.public_room()
    reporter.join(room)
    event = owner.send(room, "Forged papers, delivered in a day").json()["event_id"]
    reports = SynapseReports(town.client(), committed.home)

    def by_proxy(path: str, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {reporter.token}"}
        return httpx.post(f"{proxy.url}/_matrix/client/v3{path}", json=body, headers=headers)

    begun = now()
    said = {"reason": "They sell forged papers"}
    reporter.call("POST", f"/rooms/{room}/report/{event}", {**said, "score": -100})
    reporter.call("POST", f"/users/{owner.id}/report", said)
    taken = by_proxy(f"/rooms/{room}/report", said)
    for wrong in ({}, {"reason": 5}, [], {"reason": None}):
        direct = reporter.call("POST", f"/rooms/{room}/report", wrong)
        proxied = by_proxy(f"/rooms/{room}/report", wrong)
        assert (proxied.status_code, proxied.content) == (direct.status_code, direct.content)
    unknown = by_proxy("/rooms/!nowhere:evenhand.test/report", said)
    alike = reporter.call("POST", "/rooms/!nowhere:evenhand.test/report", said)

    assert (taken.status_code, taken.content) == (200, b"{}")
    assert (unknown.status_code, unknown.content) == (alike.status_code, alike.content)

    take_from(reports, now=now())
    assert take_from(reports, now=now()) == 0
    DoorCursor.objects.update(position=0)
    take_from(reports, now=now())

    mine = Report.objects.filter(at__gte=begun - timedelta(seconds=5))
    about = {one.about: one for one in mine}
    assert set(about) >= {f"event:{event}", f"account:{owner.id}", f"channel:{room}"}
    assert mine.filter(about=f"event:{event}").count() == 1
    of_event = about[f"event:{event}"]
    assert (of_event.account, of_event.channel_kind) == (owner.id, "public")
    assert len({one.reporter_id for one in about.values()}) == 1
    assert Case.objects.filter(about=f"channel:{room}").count() == 1
    assert of_event.content is not None
    key = PrivateKey(read_key(committed.home / "keys" / "opener" / "evidence.key"))
    assert b"delivered in a day" in unseal(bytes(of_event.content.sealed), key=key)
    assert list((committed.home / "door" / "room_reports").iterdir()) == []
