"""A door that opens lets nobody near what is not theirs: ids are guessed, links are mixed up.

And whoever works here stays without a name for everybody outside.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import Keys, case_draft, decided, reviewer, token_of
from tests.integration.matters_of_tests import ACCOUNT, Desk, desk, officer_for, refusal
from tests.integration.people_of_tests import member
from tests.integration.test_permissions import addresses

from evenhand.actions.models import Action
from evenhand.appeals.steps import object_to, refuse
from evenhand.authorities.machines.steps import make_token
from evenhand.base.clock import now
from evenhand.base.lists import ActionKind
from evenhand.base.sealing import make_keys, read_key
from evenhand.cases.models import Case
from evenhand.cases.steps import decide_case, open_case
from evenhand.desk.doors import PROVED_AT
from evenhand.legal.models import Matter
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import STAFF_ROLES, Role
from evenhand.records.models import Record
from evenhand.standing.models import Strike
from evenhand.standing.reactions import keep_standing

pytestmark = pytest.mark.django_db

TCO = "eu-tco-removal"
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.ALLOWED_HOSTS = ["testserver"]
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME, settings.KEYS = tmp_path, tmp_path / "keys"
    cache.clear()
    yield tmp_path
    cache.clear()


def browser(person: Person) -> Client:
    """Somebody who is signed in and has just shown their passkey."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    session = client.session
    session[PROVED_AT] = now().isoformat()
    session.save()
    return client


def tried(client: Client, path: str) -> dict[str, HttpResponse]:
    """What is answered to somebody who reads an address, or sends it an empty form."""
    cache.clear()
    return {"GET": client.get(path), "POST": client.post(path)}


def paths_below(part: str, gap: str) -> list[str]:
    """Every address of one object, with its id in the gap."""
    return [one.path.replace(NOBODY, gap) for one in addresses() if one.path.startswith(part)]


def sealed_case() -> Case:
    """A case in the sealed lane: a made-up account, and nothing to look at."""
    return open_case(
        replace(case_draft(), harm="m.child_safety.grooming", account="@sealed:example.test"),
        now=now(),
    )


def test_for_all_others_a_sealed_case_is_as_one_that_does_not_exist() -> None:
    case = sealed_case()
    before = Case.objects.filter(pk=case.pk).values().get()
    paths = paths_below(f"/staff/cases/{NOBODY}/", str(case.id))

    found = []
    for role in sorted(STAFF_ROLES - {Role.CHILD_SAFETY}):
        client = browser(member(f"Only {role}", role))
        for path in paths:
            absent = tried(client, path.replace(str(case.id), NOBODY))
            for method, answer in tried(client, path).items():
                if answer.status_code != absent[method].status_code:
                    found.append(f"{role} {method} {path}: {answer.status_code}")
        lists = ("/staff/cases/", "/staff/cases/?lane=sealed&state=all")
        shown = [client.get(path).content.decode() for path in lists]
        found += [f"{role} is shown it" for page in shown if str(case.id) in page]

    assert len(paths) >= 10
    assert found == []
    assert Case.objects.filter(pk=case.pk).values().get() == before


def test_who_works_in_the_sealed_lane_finds_it() -> None:
    case = sealed_case()

    answer = browser(member("Cleo", Role.CHILD_SAFETY)).get(f"/staff/cases/{case.id}/")

    assert answer.status_code == 200


def test_what_was_done_in_the_sealed_lane_is_seen_there_alone() -> None:
    case = sealed_case()
    cleo = member("Cleo", Role.CHILD_SAFETY)
    decision = decide_case(
        case.id, ActionKind.SUSPEND, by=cleo, reason="It is grooming, plainly.", now=now()
    )
    assert decision is not None
    action = Action.objects.get(decision=decision)

    for role in sorted(STAFF_ROLES - {Role.CHILD_SAFETY}):
        client = browser(member(f"Only {role}", role))
        for path in (f"/staff/actions/{action.id}/", f"/staff/actions/{action.id}/undo/"):
            for answer in tried(client, path).values():
                assert answer.status_code in {403, 404, 405}, (role, path)
        assert str(action.id) not in client.get("/staff/actions/").content.decode()
    there = browser(cleo)
    assert there.get(f"/staff/actions/{action.id}/").status_code == 200
    assert str(action.id) in there.get("/staff/actions/").content.decode()


def test_standing_says_nothing_of_the_sealed_lane() -> None:
    cleo = member("Cleo", Role.CHILD_SAFETY)
    decision = decide_case(
        sealed_case().id, ActionKind.SUSPEND, by=cleo, reason="It is grooming.", now=now()
    )
    assert decision is not None
    keep_standing(Record.objects.get(subject=decision.id, kind="decision"), now())
    strike = Strike.objects.get()
    sam = browser(member("Sam", Role.SENIOR, Role.REVIEWER))
    asked = {"do": "find", "account": "@sealed:example.test", "reason": "another case"}
    lift = {"do": "lift_strike", "id": str(strike.id), "reason": "as I like"}

    page = sam.post("/staff/standing/", asked).content.decode()
    lifted = sam.post("/staff/standing/", lift)

    assert "rooming" not in page
    assert str(strike.id) not in page
    assert lifted.status_code == 404
    strike.refresh_from_db()
    assert strike.lifted_at is None


def test_an_officer_reaches_nobody_elses_request() -> None:
    office = desk(now=now())
    matter = office.received(TCO, now())
    other = officer_for(office.authority, "Olaf Other", office.lawyer, office.approver, now=now())
    before = Matter.objects.filter(pk=matter.pk).values().get()
    program = make_token(other, "theirs", by=other.person, now=now()).text
    token = Client(headers={"authorization": f"Bearer {program}"})
    client = browser(other.person)

    paths = paths_below("/authorities/portal/requests/", str(matter.id))
    calls = paths_below("/api/v1/requests/", NOBODY)
    calls = [path.replace("/requests/x", f"/requests/{matter.id}") for path in calls]
    answers = {path: tried(client, path) for path in paths}
    answers |= {path: tried(token, path) for path in calls}

    assert len(paths) >= 5
    assert len(calls) >= 5
    for path, came in answers.items():
        for answer in came.values():
            assert answer.status_code in {400, 403, 404, 405, 422}, path
            assert matter.number not in answer.content.decode(), path
    assert Matter.objects.filter(pk=matter.pk).values().get() == before


def test_what_a_request_names_is_hidden_from_who_did_not_take_it() -> None:
    office = desk(now=now())
    matter = office.received(TCO, now())
    stranger = browser(member("Lea Lawyer", Role.LEGAL_OFFICER))
    paths = paths_below(f"/staff/legal/{NOBODY}/", str(matter.id))
    before = Matter.objects.filter(pk=matter.pk).values().get()

    for path in paths:
        if path.endswith("/take/"):
            continue
        for answer in tried(stranger, path).values():
            text = answer.content.decode(errors="replace")
            assert ACCOUNT not in text, path
            assert "!channel:example.test" not in text, path

    assert len(paths) >= 20
    assert Matter.objects.filter(pk=matter.pk).values().get() == before


def test_a_link_opens_one_decision_and_no_other(home: Path) -> None:
    keys = Keys.fresh()
    key = read_key(home / "keys" / "token.key")
    mine, theirs = decided(keys, event="$mine"), decided(keys, event="$theirs")
    token = token_of(mine.id, key=key)

    own = Client().get(f"/objection/{mine.id}/{token}/")
    for path in (
        f"/objection/{theirs.id}/{token}/",
        f"/objection/{mine.id}/{token_of(theirs.id, key=key)}/",
        f"/objection/{mine.id}/{token[:-1]}/",
        f"/objection/{mine.id}/{token_of(mine.id, key=b'x' * 32)}/",
    ):
        for answer in tried(Client(), path).values():
            assert answer.status_code in {403, 404}, path

    assert own.status_code == 200
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        f"/concerned/@sender:example.test/2126-11-21/{'A' * 24}/",
        f"/complaint/{NOBODY}/{NOBODY}/{'A' * 24}/",
        f"/staff/enrol/{'A' * 43}/",
        f"/authorities/enrol/{'A' * 43}/",
    ],
)
def test_a_guessed_code_opens_nothing(path: str) -> None:
    for answer in tried(Client(), path).values():
        assert answer.status_code in {403, 404, 405}


def outsiders_see(office: Desk, matter: Matter, home: Path) -> dict[str, str]:
    """Every page and answer that somebody outside gets about what staff did."""
    officer = browser(office.officer.person)
    token = make_token(office.officer, "theirs", by=office.officer.person, now=now()).text
    program = Client(headers={"authorization": f"Bearer {token}"})
    calls = f"/api/v1/requests/{matter.id}"
    papers = json.loads(program.get(f"{calls}/papers").content)
    names = [one["name"] for one in papers]
    return {
        **{
            path: officer.get(path).content.decode()
            for path in (
                "/authorities/portal/",
                f"/authorities/portal/requests/{matter.id}/",
                "/authorities/portal/colleagues/",
                "/authorities/portal/keys/",
            )
        },
        **{
            path: program.get(path).content.decode()
            for path in (
                "/api/v1/requests",
                calls,
                f"{calls}/papers",
                *(f"{calls}/papers/{name}" for name in names),
            )
        },
        **{
            path: Client().get(path).content.decode()
            for path in ("/", "/authorities/", "/authorities/de/", reverse("authority_contact"))
        },
    }


def test_staff_have_no_name_for_an_authority(home: Path) -> None:
    office = desk(now=now())
    matter = office.released(TCO, refusal(), now())
    staff = [person for person in Person.objects.all() if person.is_staff_member]

    pages = outsiders_see(office, matter, home)

    assert len(staff) >= 5
    assert matter.number in pages[f"/api/v1/requests/{matter.id}"]
    for path, page in pages.items():
        for person in staff:
            assert person.name not in page, path
            assert str(person.id) not in page, path


def test_staff_have_no_name_for_who_objected(home: Path) -> None:
    keys = Keys.fresh()
    key = read_key(home / "keys" / "token.key")
    decider = reviewer("Zelda Decider")
    judge = reviewer("Quentin Judge")
    opened = open_case(case_draft(keys), now=now())
    decision = decide_case(
        opened.id, ActionKind.WARN, by=decider, reason="It is hate, plainly.", now=now()
    )
    assert decision is not None
    token = token_of(decision.id, key=key)
    path = f"/objection/{decision.id}/{token}/"
    pages = [Client().get(path).content.decode()]
    case = object_to(
        decision.id, token, "I meant it as a joke among friends.",
        token_key=key, evidence_key=keys.evidence.public_key, now=now(),
    )  # fmt: skip
    pages.append(Client().get(path).content.decode())
    refuse(case.id, by=judge, reason="A joke it may be; it says to hurt them.", now=now())
    pages.append(Client().get(path).content.decode())
    pages.append(repr(list(decision.statement_set.values()) if hasattr(decision, "statement_set")
                      else ""))  # fmt: skip

    for page in pages:
        for person in (decider, judge):
            assert person.name not in page
            assert str(person.id) not in page
