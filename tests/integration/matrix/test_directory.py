"""The directory proxy before a real Synapse: what is withheld somewhere is not found from there."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx
import nio
import pytest
from tests.conftest import START_SECONDS_MAX

from evenhand.base.personal import reveal
from evenhand.connectors.matrix.account_data import SynapseAccountData
from evenhand.connectors.matrix.directory import DirectorySettings, run
from evenhand.connectors.matrix.homeserver import free_port
from evenhand.legal.ports import DataClass, PurposeClass

pytestmark = pytest.mark.synapse


@dataclass
class Proxy:
    """A directory proxy in a thread of its own, and the file that the worker would write."""

    home: Path
    synapse_url: str
    port: int = field(default_factory=free_port)
    stop_event: asyncio.Event | None = None
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, withheld: dict[str, list[str]], countries: dict[str, str]) -> None:
        path = self.home / "door" / "snapshot.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"withheld": withheld, "account_countries": countries}))
        partial.replace(path)

    def open(self) -> None:
        ready = threading.Event()
        table = self.home / "places.csv"
        table.write_text(
            "kind,prefix,country\nnetwork,198.51.100.0/24,KZ\nnetwork,203.0.113.0/24,DE\n"
        )
        settings = DirectorySettings(
            home=self.home, synapse_url=self.synapse_url, port=self.port, places_file=table
        )

        async def main() -> None:
            self.stop_event, self.loop = asyncio.Event(), asyncio.get_running_loop()
            await run(settings, self.stop_event, ready=lambda _port: ready.set())

        self.thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        self.thread.start()
        assert ready.wait(START_SECONDS_MAX)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.stop_event.set)
        self.thread.join(START_SECONDS_MAX)


@pytest.fixture
def proxy(town, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy before the session's Synapse."""
    proxy = Proxy(tmp_path, town.homeserver.settings.url)
    proxy.open()
    yield proxy
    proxy.close()


@dataclass
class Place:
    """Two people placed in KZ and DE, a room withheld in KZ and one that is not."""

    proxy: Proxy
    town: object
    owner: object
    kz: object
    de: object
    withheld: str
    alias: str
    shown: str

    def get(self, who: object, path: str, **headers: str) -> httpx.Response:
        mine = {"Authorization": f"Bearer {who.token}"} if who else {}
        return httpx.get(self.proxy.url + path, headers={**mine, **headers}, timeout=20)

    def post(self, who: object, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who.token}"}
        url = f"{self.proxy.url}/_matrix/client/v3/publicRooms"
        return httpx.post(url, json=body, headers=headers, timeout=20)


@pytest.fixture
def place(town, proxy: Proxy) -> Place:
    """A town with a withheld room."""
    owner, kz, de = town.person(), town.person(), town.person()
    name = f"market{uuid4().hex[:8]}"
    withheld = owner.public_room(name=name, room_alias_name=name)
    shown = owner.public_room(name=f"park{uuid4().hex[:8]}")
    proxy.say({withheld: ["KZ"]}, {kz.id: "KZ", de.id: "DE"})
    return Place(proxy, town, owner, kz, de, withheld, f"#{name}:evenhand.test", shown)


def rooms(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {one["room_id"] for one in answer.json()["chunk"]}


def asked_by_nio(place: Place, who: object) -> tuple[set[str], str]:
    """Gives the rooms that matrix-nio lists, and the room that it finds by the address."""

    async def ask() -> tuple[set[str], str]:
        client = nio.AsyncClient(place.proxy.url, who.id)
        client.access_token, client.user_id = who.token, who.id
        try:
            found, since = set(), None
            while True:
                page = await client.list_public_rooms(limit=3, since=since)
                assert not isinstance(page, nio.ErrorResponse), page
                found |= {room.room_id for room in page.public_rooms}
                since = page.next_batch
                if not since:
                    break
            resolved = await client.room_resolve_alias(place.alias)
            return found, getattr(resolved, "room_id", "")
        finally:
            await client.close()

    return asyncio.run(ask())


def test_a_client_placed_there_does_not_find_the_room_and_one_elsewhere_does(place: Place):
    kz_rooms, kz_found = asked_by_nio(place, place.kz)
    de_rooms, de_found = asked_by_nio(place, place.de)

    assert place.withheld not in kz_rooms
    assert kz_found == ""
    assert place.withheld in de_rooms
    assert de_found == place.withheld
    assert place.shown in kz_rooms & de_rooms
    assert de_rooms - kz_rooms == {place.withheld}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_are_full_and_neither_repeat_nor_reveal(place: Place, limit: int):
    withheld = [place.owner.public_room(name=f"w{n}{uuid4().hex[:5]}") for n in range(3)]
    [place.owner.public_room(name=f"o{n}{uuid4().hex[:5]}") for n in range(4)]
    hidden = {*withheld, place.withheld}
    place.proxy.say({one: ["KZ"] for one in hidden}, {place.kz.id: "KZ", place.de.id: "DE"})
    direct = place.owner.call("GET", "/publicRooms?limit=1000").json()

    pages, since = [], ""
    while True:
        paging = f"&since={quote(since)}" if since else ""
        path = f"/_matrix/client/v3/publicRooms?limit={limit}{paging}"
        page = place.get(place.kz, path).json()
        pages.append([one["room_id"] for one in page["chunk"]])
        assert "total_room_count_estimate" not in page
        assert not [one for one in hidden if one[1:12] in page.get("next_batch", "")]
        since = page.get("next_batch", "")
        if not since:
            break

    got = [room for page in pages for room in page]
    assert len(got) == len(set(got))
    assert set(got) == {one["room_id"] for one in direct["chunk"]} - hidden
    assert all(len(page) == limit for page in pages[:-1])


def test_one_can_page_back(place: Place):
    first = place.get(place.de, "/_matrix/client/v3/publicRooms?limit=1").json()
    second = place.post(place.de, {"limit": 1, "since": first["next_batch"]}).json()
    back = place.post(place.de, {"limit": 1, "since": second["prev_batch"]}).json()

    assert back["chunk"] == first["chunk"]
    assert "total_room_count_estimate" not in first


def test_a_search_by_name_does_not_find_it(place: Place):
    wanted = {"filter": {"generic_search_term": place.alias[1:].split(":")[0]}, "limit": 10}

    assert rooms(place.post(place.kz, wanted)) == set()
    assert rooms(place.post(place.de, wanted)) == {place.withheld}


def test_the_address_answers_as_if_nothing_were_there(place: Place):
    path = "/_matrix/client/v3/directory/room/"
    unknown = quote(f"#nothing{uuid4().hex[:6]}:evenhand.test")

    hidden = place.get(place.kz, path + quote(place.alias))
    nothing = place.get(place.kz, path + unknown)

    assert hidden.status_code == nothing.status_code == 404
    assert hidden.json()["errcode"] == nothing.json()["errcode"] == "M_NOT_FOUND"
    assert hidden.json()["error"] == f"Room alias {place.alias} not found"
    assert nothing.json()["error"].endswith("not found")


@pytest.mark.parametrize(
    "path",
    [
        "/_matrix/client/v3/directory/room/{alias}",
        "/_matrix/client/v1/room_summary/{room}",
        "/_matrix/client/v1/room_summary/{room}?via=nowhere.invalid",
        "/_matrix/client/v1/room_summary/{alias}",
        "/_matrix/client/v1/rooms/{room}/hierarchy",
    ],
)
def test_what_is_hidden_is_answered_byte_for_byte_as_what_is_not_there(place: Place, path: str):
    other = f"nothing{uuid4().hex[:6]}"
    absent = {"room": f"!{other}:evenhand.test", "alias": f"#{other}:evenhand.test"}
    hidden = {"room": place.withheld, "alias": place.alias}
    answers = []
    for named in (absent, hidden):
        quoted = {name: quote(value) for name, value in named.items()}
        answer = place.get(place.kz, path.format(**quoted))
        body = answer.text
        for name, value in named.items():
            body = body.replace(value, name)
        answers.append((answer.status_code, answer.headers["content-type"], body))

    assert answers[0] == answers[1]


def test_a_summary_is_hidden_by_id_and_by_address(place: Place):
    for path in (
        f"/_matrix/client/v1/room_summary/{quote(place.withheld)}",
        f"/_matrix/client/v1/room_summary/{quote(place.alias)}",
        f"/_matrix/client/unstable/im.nheko.summary/summary/{quote(place.withheld)}",
        f"/_matrix/client/unstable/im.nheko.summary/rooms/{quote(place.withheld)}/summary",
    ):
        assert place.get(place.kz, path).status_code in {400, 404}, path
        assert place.get(place.de, path).json()["room_id"] == place.withheld, path
    shown = place.get(place.kz, f"/_matrix/client/v1/room_summary/{quote(place.shown)}")
    assert shown.json()["room_id"] == place.shown


def test_a_space_shows_neither_the_room_nor_the_link_to_it(place: Place):
    space = place.owner.public_room(
        name="Town", creation_content={"type": "m.space"}, power_level_content_override={}
    )
    for child in (place.withheld, place.shown):
        said = place.owner.call(
            "PUT", f"/rooms/{space}/state/m.space.child/{child}", {"via": ["evenhand.test"]}
        )
        assert said.status_code == 200
    path = f"/_matrix/client/v1/rooms/{quote(space)}/hierarchy"

    kz, de = place.get(place.kz, path), place.get(place.de, path)

    assert {one["room_id"] for one in kz.json()["rooms"]} == {space, place.shown}
    assert place.withheld not in kz.text
    assert {one["room_id"] for one in de.json()["rooms"]} == {space, place.shown, place.withheld}
    own = f"/_matrix/client/v1/rooms/{quote(place.withheld)}/hierarchy"
    assert place.get(place.kz, own).status_code == 403
    assert place.get(place.de, own).status_code == 200


def test_who_cannot_be_placed_is_shown_nothing_withheld_and_everything_else(place: Place):
    path = "/_matrix/client/v3/directory/room/" + quote(place.alias)

    assert place.get(None, path).status_code == 404
    assert place.get(None, path, **{"X-Forwarded-For": "198.51.100.7"}).status_code == 404
    assert place.get(None, path, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 200

    invalid = {"Authorization": "Bearer syt_nobody"}
    said = httpx.get(place.proxy.url + path, headers=invalid)
    assert said.status_code == 404


def test_a_signed_in_account_in_no_country_sees_the_room(place: Place):
    stranger = place.town.person()

    assert place.get(stranger, "/_matrix/client/v3/directory/room/" + quote(place.alias)).is_success


def test_an_end_of_withholding_is_seen_at_once(place: Place):
    place.proxy.say({}, {place.kz.id: "KZ"})

    assert place.get(place.kz, "/_matrix/client/v3/directory/room/" + quote(place.alias)).is_success


def test_nothing_is_said_before_it_is_known_what_is_withheld(town, proxy: Proxy):
    answer = httpx.get(proxy.url + "/_matrix/client/v3/publicRooms")

    assert answer.status_code == 503
    assert httpx.get(proxy.url + "/health").status_code == 503


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/_matrix/client/v3/sync",
        "/_matrix/client/v3/publicRooms/",
        "/_matrix/client/v3/publicRoom%73",
        "/_matrix/client/v3/directory/room/a/b",
        "/_matrix/client/v3/directory/list/room/x",
        "/_synapse/admin/v2/users",
    ],
)
def test_what_is_not_ours_is_not_handed_on(place: Place, path: str):
    answer = place.get(place.owner, path)

    assert answer.status_code == 404
    assert answer.json()["errcode"] == "M_UNRECOGNIZED"


def test_an_address_can_still_be_made_and_taken_away(place: Place):
    path = "/_matrix/client/v3/directory/room/" + quote(f"#n{uuid4().hex[:6]}:evenhand.test")
    headers = {"Authorization": f"Bearer {place.owner.token}"}

    made = httpx.put(place.proxy.url + path, json={"room_id": place.shown}, headers=headers)
    found = place.get(place.kz, path)
    gone = httpx.delete(place.proxy.url + path, headers=headers)

    assert (made.status_code, gone.status_code) == (200, 200)
    assert found.json()["room_id"] == place.shown


def test_a_token_of_somebody_elses_making_is_refused(place: Place):
    answer = place.get(place.kz, "/_matrix/client/v3/publicRooms?limit=1&since=AAAA")

    assert answer.status_code == 400
    assert place.post(place.kz, {"limit": "many"}).status_code == 400
    assert place.post(place.kz, ["no", "object"]).status_code == 400


def test_synapse_writes_down_the_clients_address_and_not_ours(place: Place):
    asker = place.town.register(ip="203.0.113.9").json()
    headers = {"Authorization": f"Bearer {asker['access_token']}", "X-Forwarded-For": "203.0.113.9"}

    said = httpx.get(place.proxy.url + "/_matrix/client/v3/publicRooms", headers=headers)
    facts = SynapseAccountData(place.town.client()).read(
        asker["user_id"],
        want=frozenset(DataClass),
        since=None,
        until=None,
        purpose=PurposeClass.OTHER,
    )

    assert said.status_code == 200
    assert {reveal(one.address) for one in facts.connections} == {"203.0.113.9"}


def test_browsers_are_told_that_they_may_ask(place: Place):
    answer = httpx.options(place.proxy.url + "/_matrix/client/v3/publicRooms")

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
