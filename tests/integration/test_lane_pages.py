"""The sealed lane's page: its role alone, two people, nothing shown without a recorded reason."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.pages import faults
from tests.integration.people_of_tests import member
from tests.integration.test_childsafety import sealed_case

from evenhand.base.clock import now
from evenhand.base.lists import ChannelKind, RecordKind
from evenhand.base.sealing import make_keys
from evenhand.childsafety.checks import FileHash
from evenhand.childsafety.lists import Algorithm
from evenhand.childsafety.models import CyberTip, FalseMatch, HashFeed
from evenhand.childsafety.ports import FeedEntry, FeedPage
from evenhand.childsafety.steps import SeenFiles, keep_page, look_up
from evenhand.desk.doors import PROVED_AT
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import STAFF_ROLES, Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db
PAGE = "/staff/child-safety/"
FEED = {"do": "propose", "name": "own", "kind": "file", "harm": "m.child_safety.csam",
        "place": "feeds/own.csv", "owner": "Safety office", "days": "180"}  # fmt: skip


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"


def fresh(name: str, *roles: Role) -> Client:
    client = Client()
    client.force_login(member(name, *roles), backend=BACKEND)
    session = client.session
    session[PROVED_AT] = now().isoformat()
    session.save()
    return client


def sent(client: Client, **fields: str) -> str:
    return client.post(PAGE, fields, follow=True).content.decode()


@pytest.mark.parametrize("role", sorted(STAFF_ROLES - {Role.CHILD_SAFETY}))
def test_the_lane_is_closed_to_every_other_role(role: Role) -> None:
    client = fresh("Olaf", role)

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, FEED).status_code == 403
    assert HashFeed.objects.count() == 0


def test_two_people_connect_a_feed_by_the_page() -> None:
    ann, bob = fresh("Ann", Role.CHILD_SAFETY), fresh("Bob", Role.CHILD_SAFETY)
    sent(ann, **FEED)
    feed = HashFeed.objects.get()
    assert "Activate it" not in ann.get(PAGE).content.decode()

    assert "A second person" in sent(ann, do="activate", id=str(feed.id))
    text = sent(bob, do="activate", id=str(feed.id))

    feed.refresh_from_db()
    assert feed.state == "active"
    assert "is read" in text
    assert "Safety office" in text
    assert faults(text) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Own!"}, "small letters"),
        ({"place": "../keys/token.key"}, "no such place"),
        ({"kind": "elsewhere"}, "no such place"),
        ({"kind": "ncmec"}, "no such place"),
        ({"harm": "m.spam"}, "another harm"),
        ({"owner": " "}, "who answers for the feed"),
        ({"owner": "x" * 65}, "who answers for the feed"),
        ({"days": "4000"}, "for how long"),
        ({"days": "soon"}, "for how long"),
    ],
)
def test_a_wrong_feed_is_refused_in_words(fields: dict[str, str], said: str) -> None:
    assert said in sent(fresh("Ann", Role.CHILD_SAFETY), **{**FEED, **fields})
    assert HashFeed.objects.count() == 0


def test_a_report_is_drafted_read_and_confirmed_by_the_page() -> None:
    ann, bob = fresh("Ann", Role.CHILD_SAFETY), fresh("Bob", Role.CHILD_SAFETY)
    case = sealed_case()
    page = sent(ann, do="draft", id=str(case.id), incident="enticement", text="Placeholder <b>.")
    tip = CyberTip.objects.get()
    assert faults(page) == []
    assert "Placeholder" not in page

    assert "Give a reason" in sent(bob, do="read", id=str(tip.id), reason=" ")
    read = sent(bob, do="read", id=str(tip.id), reason="Before confirming.")
    assert "Placeholder &amp;lt;b" in read
    assert faults(read) == []
    assert Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ).count() == 1

    assert "A second person" in sent(ann, do="confirm", id=str(tip.id))
    sent(bob, do="confirm", id=str(tip.id))
    tip.refresh_from_db()
    assert tip.state == "confirmed"


def test_an_empty_report_is_refused_in_words() -> None:
    ann, case = fresh("Ann", Role.CHILD_SAFETY), sealed_case()

    assert "say what happened" in sent(ann, do="draft", id=str(case.id), incident="", text="x")
    assert "say what happened" in sent(
        ann, do="draft", id=str(case.id), incident="material", text=" "
    )
    assert CyberTip.objects.count() == 0


def test_the_page_says_when_a_feed_ends_and_one_person_renews_it() -> None:
    ann, bob = fresh("Ann", Role.CHILD_SAFETY), fresh("Bob", Role.CHILD_SAFETY)
    sent(ann, **{**FEED, "harm": "m.violence.extremist"})
    feed = HashFeed.objects.get()
    assert "Renew it</button>" not in ann.get(PAGE).content.decode()
    sent(bob, do="activate", id=str(feed.id))
    assert "or it ends" not in ann.get(PAGE).content.decode()

    HashFeed.objects.update(expires_at=now() + timedelta(days=9))
    assert "or it ends" in ann.get(PAGE).content.decode()
    HashFeed.objects.update(expires_at=now())
    assert "it matches nothing until it is renewed" in ann.get(PAGE).content.decode()
    HashFeed.objects.update(harm="m.child_safety.csam")
    text = ann.get(PAGE).content.decode()
    assert "It goes on matching" in text
    assert faults(text) == []

    assert "for how long" in sent(ann, do="renew", id=str(feed.id), days="1")
    renewed = sent(ann, do="renew", id=str(feed.id), days="90")

    assert "Its time is over" not in renewed
    feed.refresh_from_db()
    assert feed.expires_at is not None
    assert timedelta(days=89) < feed.expires_at - now() <= timedelta(days=90)


STEPS_OF_ONE = ("activate", "renew", "stop", "draft", "confirm", "withdraw", "read",
                "call_false", "lift", "match_again")  # fmt: skip


@pytest.mark.parametrize("do", STEPS_OF_ONE)
@pytest.mark.parametrize("id_", ["x", "01a1fdfa-4600-7b6d-88f5-4c3ed1faf7ab"])
def test_what_does_not_exist_is_not_found(do: str, id_: str) -> None:
    fields = {"do": do, "id": id_, "incident": "material", "text": "x", "reason": "A look."}

    assert fresh("Ann", Role.CHILD_SAFETY).post(PAGE, fields).status_code == 404


def test_a_false_match_is_lifted_by_two_people_by_the_page() -> None:
    ann, bob = fresh("Ann", Role.CHILD_SAFETY), fresh("Bob", Role.CHILD_SAFETY)
    sent(ann, **FEED)
    feed = HashFeed.objects.get()
    sent(bob, do="activate", id=str(feed.id))
    value = os.urandom(32)
    like = FileHash(Algorithm.PDQ, (int.from_bytes(value, "big") ^ 1).to_bytes(32, "big"))
    page = FeedPage((FeedEntry("17", (FileHash(Algorithm.PDQ, value),)),), cursor="c")
    keep_page(feed.id, page, now=now())
    seen = SeenFiles("$file", "@poster:x", "!room:x", ChannelKind.PUBLIC, (like,))
    (match,) = look_up([seen], now=now())

    assert "1 bit of 256 differs" in ann.get(PAGE).content.decode()
    assert "Please say what happened" in sent(ann, do="call_false", id=str(match.id), reason=" ")
    called = sent(ann, do="call_false", id=str(match.id), reason="A bridge <b>.")
    found = FalseMatch.objects.get()
    assert "Confirm it" not in called
    assert "A bridge &lt;b&gt;." in called
    assert faults(called) == []
    assert "A second person" in sent(ann, do="lift", id=str(found.id))

    text = sent(bob, do="lift", id=str(found.id))
    assert "matches no more" in text
    assert faults(text) == []
    sent(bob, do="match_again", id=str(found.id))
    found.refresh_from_db()
    assert found.state == "withdrawn"
