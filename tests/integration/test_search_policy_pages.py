"""The query policy's pages: who may see, write and let go live; what is refused in words."""

import pytest
from django.test import Client
from tests.integration.pages import faults
from tests.integration.people_of_tests import member
from tests.integration.test_search_policy import BROKEN, TEXT, draft, live

from evenhand.base.clock import now
from evenhand.desk.doors import PROVED_AT
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.search.models import PolicyVersion
from evenhand.search.queries import policy_in_force

pytestmark = pytest.mark.django_db


def come(client: Client, name: str, *, proved: bool = False) -> None:
    client.force_login(member(name, Role.POLICY_AUTHOR), backend=BACKEND)
    if proved:
        session = client.session
        session[PROVED_AT] = now().isoformat()
        session.save()


def shown(client: Client, address: str, data: dict[str, str] | None = None) -> str:
    answer = client.post(address, data, follow=True) if data else client.get(address)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    assert faults(text) == []
    return text


def test_a_version_is_checked_tried_and_kept_as_a_draft(client: Client) -> None:
    come(client, "Pia Policy")

    tried = shown(
        client,
        "/staff/search-policy/next/",
        {"text": TEXT, "query": "buy un0btainium", "do": "check"},
    )
    assert not PolicyVersion.objects.exists()
    kept = shown(
        client, "/staff/search-policy/next/", {"text": TEXT, "note": "A try.", "do": "keep"}
    )

    assert "answered with help: trade" in tried
    assert "its fixtures hold" in tried
    assert "A try." in kept
    assert "unobtainium" in kept
    assert "Somebody else than its author" in kept
    assert PolicyVersion.objects.get().author.name == "Pia Policy"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: [", "This is no policy: line"),
        (TEXT.replace("harm: m.tos.prohibited.drugs", "harm: nothing"), "line 5"),
        (BROKEN, "Its fixtures do not hold"),
    ],
)
def test_what_is_no_policy_is_said_with_its_line(client: Client, text: str, said: str) -> None:
    come(client, "Pia Policy")

    page = shown(client, "/staff/search-policy/next/", {"text": text, "do": "check"})

    assert said.split(":", maxsplit=1)[0] in page
    assert "line" in page
    assert not PolicyVersion.objects.exists()


def test_its_author_cannot_let_it_go_live_and_a_second_person_can(client: Client) -> None:
    row = draft()
    address = f"/staff/search-policy/{row.id}/live/"
    come(client, "Pia Policy", proved=True)
    refused = shown(client, address, {"x": "1"})
    before = policy_in_force()[0]

    come(client, "Quentin Policy", proved=True)
    page = shown(client, address, {"x": "1"})

    assert "Somebody else than its author" in refused
    assert before.startswith("shipped")
    assert "It is live" in page
    assert policy_in_force()[0] == "1"


def test_a_version_is_retired_for_a_reason_alone(client: Client) -> None:
    row = live()
    come(client, "Pia Policy")
    address = f"/staff/search-policy/{row.id}/retire/"

    without = shown(client, address, {"reason": " "})
    still = policy_in_force()[0]
    page = shown(client, address, {"reason": "It hid too much."})
    listed = shown(client, "/staff/search-policy/")

    assert "Please give your reasons" in without
    assert still == "1"
    assert "It counts no more" in page
    assert "It hid too much." in listed
    assert "comes with Evenhand counts" in listed
    assert "nobody has checked" in listed


def test_a_version_is_compared_with_the_one_in_force(client: Client) -> None:
    live()
    row = draft(TEXT.replace("unobtainium", "mithril"))
    come(client, "Quentin Policy")

    page = shown(client, f"/staff/search-policy/{row.id}/")

    assert "<ins>" in page
    assert "mithril" in page
    assert "<del>" in page
