"""The reviewers' pages: what they show, what each form does, and what they keep to themselves."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import NOW, Keys, case_draft, reviewer
from tests.integration.pages import faults

from evenhand.actions.models import Action
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, Language, RecordKind
from evenhand.base.sealing import make_keys
from evenhand.cases import steps
from evenhand.cases.bulk_steps import run_bulks
from evenhand.cases.checks import Finding
from evenhand.cases.claim_steps import claim
from evenhand.cases.context import CONTEXT_TYPE
from evenhand.cases.context_steps import CONTEXT_OF_CLOSED, context_asked
from evenhand.cases.models import Case, CaseNote
from evenhand.cases.quality_steps import mix_golden
from evenhand.connectors.memory import MemoryMessenger, MemorySurroundings
from evenhand.desk.words import FINDINGS
from evenhand.evidence.models import SealedItem
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

REASON = "The post names a whole group as vermin."


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A state folder of the test's own."""
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield tmp_path
    cache.clear()


@pytest.fixture
def signed_in(client: Client) -> Callable[..., Person]:
    """Signs a member of staff in."""

    def sign_in(*roles: Role, name: str = "Ada Example") -> Person:
        member = reviewer(name, *roles)
        client.force_login(member, backend=BACKEND)
        return member

    return sign_in


def opened(event: str = "$event1", **changes: object) -> Case:
    return steps.open_case(replace(case_draft(Keys.fresh(), event=event), **changes), now=NOW)  # type: ignore[arg-type]


def post(client: Client, case: Case, what: str, **fields: str) -> str:
    response: HttpResponse = client.post(f"/staff/cases/{case.id}/{what}/", fields, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_the_most_urgent_case_is_given_and_then_nobody_elses(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    mild = opened("$mild", severity=1, harm="m.spam")
    grave = opened("$grave", severity=3)
    member = signed_in()

    first = client.post("/staff/cases/next/", {})
    second = client.post("/staff/cases/next/", {})
    third = client.post("/staff/cases/next/", {}, follow=True)

    assert first.url == f"/staff/cases/{grave.id}/"
    assert second.url == f"/staff/cases/{mild.id}/"
    assert "Nothing waits for you here." in third.content.decode()
    assert set(Case.objects.values_list("claimed_by", flat=True)) == {member.id}


def test_what_a_colleague_has_in_hand_is_said_and_cannot_be_decided(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened()
    claim(case.id, by=reviewer("Ben Example"), now=datetime.now(UTC))
    signed_in()

    page = client.get(f"/staff/cases/{case.id}/").content.decode()
    said = post(client, case, "decide", kind="none", reason=REASON)

    assert "Ben Example has it in hand" in page
    assert "Somebody else has this case in hand." in said
    case.refresh_from_db()
    assert case.state == "open"


def test_a_decision_names_policy_countries_and_end(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened(channel="!room:example.test", reach=40_000)
    signed_in()

    page = client.get(f"/staff/cases/{case.id}/").content.decode()
    post(
        client, case, "decide", kind="geo_withhold", reason=REASON,
        harm="m.harassment.hate", territory="kz, DE", days="30", then="queue",
    )  # fmt: skip

    assert "A channel of 40,000 members." in page
    action = Action.objects.get(decision__case=case.id)
    assert action.territory == ["KZ", "DE"]
    assert action.ends_at is not None
    assert timedelta(days=29) < action.ends_at - datetime.now(UTC) < timedelta(days=31)


@pytest.mark.parametrize("searched", [True, False])
def test_a_channel_is_taken_out_of_search_where_there_is_one(
    client: Client, signed_in: Callable[..., Person], settings: Settings, searched: bool
) -> None:
    settings.SEARCH_TOKEN_FILE = "token" if searched else ""
    case = opened(channel="!room:example.test")
    signed_in()

    page = client.get(f"/staff/cases/{case.id}/").content.decode()
    post(
        client, case, "decide", kind="deindex", reason=REASON, harm="m.harassment.hate",
        territory="kz", then="queue",
    )  # fmt: skip

    assert ('value="deindex"' in page) is searched
    decided = [one.territory for one in Action.objects.filter(decision__case=case.id)]
    assert decided == ([["KZ"]] if searched else [])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "geo_withhold"}, Finding.TERRITORY_MISSING),
        ({"kind": "geo_withhold", "territory": "Kazakhstan"}, Finding.TERRITORY_INVALID),
        ({"kind": "redact", "territory": "KZ"}, Finding.TERRITORY_NOT_POSSIBLE),
        ({"kind": "redact", "days": "7"}, Finding.END_NOT_POSSIBLE),
        ({"kind": "dance"}, Finding.KIND_NOT_OFFERED),
        ({"kind": "warn", "harm": "m.nothing"}, Finding.HARM_UNKNOWN),
        ({"kind": "warn", "reason": " "}, Finding.REASON_MISSING),
    ],
)
def test_a_decision_that_does_not_fit_is_refused_in_words(
    client: Client, signed_in: Callable[..., Person], fields: dict[str, str], said: Finding
) -> None:
    case = opened(channel="!room:example.test", account="@sender:example.test")
    signed_in()

    page = post(client, case, "decide", **({"reason": REASON} | fields))

    assert escape(FINDINGS[said]) in page
    assert not Action.objects.exists()


def test_notes_opinions_and_hand_over_stand_on_the_page(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened(account="@sender:example.test")
    other = reviewer("Ben Example")
    signed_in()

    post(client, case, "claim")
    post(client, case, "note", text="Seen the like <b>yesterday</b>.")
    post(client, case, "ask-opinion")
    client.force_login(other, backend=BACKEND)
    asked = client.get("/staff/cases/").content.decode()
    post(client, case, "opinion", kind="warn", reason="A quotation, not an insult.")
    client.force_login(Person.objects.get(name="Ada Example"), backend=BACKEND)
    page = post(
        client, case, "hand-over", to=str(reviewer("Cleo Example").id), reason="My shift ends."
    )

    assert "Colleagues ask what you think" in asked
    assert CaseNote.objects.get(case=case).text in "Seen the like <b>yesterday</b>."
    assert "<b>yesterday</b>" not in page
    assert "A quotation, not an insult." in page
    assert "My shift ends." in page
    assert faults(page) == []
    case.refresh_from_db()
    assert case.claimed_by is not None
    assert case.claimed_by.name == "Cleo Example"


def test_a_note_without_text_is_not_kept(client: Client, signed_in: Callable[..., Person]) -> None:
    case = opened()
    signed_in()

    assert "The note is empty or too long" in post(client, case, "note", text="  ")
    assert not CaseNote.objects.exists()


def test_passing_up_gives_the_case_to_seniors(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened()
    signed_in()
    post(client, case, "claim")

    page = post(client, case, "escalate", where="senior", reason="Touches an election.")
    refused = post(client, case, "decide", kind="none", reason=REASON)

    assert "Touches an election." in page
    assert escape(FINDINGS[Finding.NEEDS_A_SENIOR]) in refused
    signed_in(Role.SENIOR, name="Dora Example")
    post(client, case, "decide", kind="none", reason=REASON)
    case.refresh_from_db()
    assert case.outcome == "no_action"


@pytest.mark.parametrize(
    "what",
    ["", "evidence/", "around/", "decide/", "judge/", "claim/", "let-go/", "hand-over/",
     "escalate/", "note/", "ask-opinion/", "opinion/"],
)  # fmt: skip
def test_the_sealed_lane_does_not_exist_for_others(
    client: Client, signed_in: Callable[..., Person], what: str
) -> None:
    case = opened(harm="m.child_safety", severity=4)
    signed_in(Role.REVIEWER, Role.SENIOR)
    path = f"/staff/cases/{case.id}/{what}"
    body = {"reason": REASON, "kind": "none", "item": "evidence", "to": str(new_id(now=NOW))}

    response = client.post(path, body) if what else client.get(path)

    # A colleague that does not exist is said before the case is looked at; nothing else is.
    assert response.status_code == (302 if what == "hand-over/" else 404)
    assert str(case.id) not in client.get("/staff/cases/?lane=sealed").content.decode()


def test_what_the_sealed_lane_decided_shows_on_no_other_case(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    known: dict[str, object] = {"account": "@one:example.test", "channel": "!one:example.test"}
    sealed = opened("$sealed", harm="m.child_safety", severity=4, **known)
    keeper = signed_in(Role.CHILD_SAFETY, name="Kim Example")
    steps.decide_case(sealed.id, ActionKind.SUSPEND, by=keeper, reason=REASON, now=NOW)
    action = Action.objects.get(decision__case=sealed.id)
    usual = opened("$usual", **known)

    signed_in()
    seen_by_reviewer = client.get(f"/staff/cases/{usual.id}/").content.decode()
    client.force_login(reviewer("Ola Example", Role.CHILD_SAFETY, Role.REVIEWER), backend=BACKEND)
    seen_by_keeper = client.get(f"/staff/cases/{usual.id}/").content.decode()

    assert str(action.id) not in seen_by_reviewer
    assert str(action.id) in seen_by_keeper


def test_a_length_that_is_not_offered_decides_nothing(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened(account="@sender:example.test")
    signed_in()

    said = post(client, case, "decide", kind="warn", reason=REASON, days="14")

    assert escape(FINDINGS[Finding.KIND_NOT_OFFERED]) in said
    assert not Action.objects.exists()


def test_those_of_the_sealed_lane_see_it_apart(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened(harm="m.child_safety", severity=4)
    signed_in(Role.CHILD_SAFETY)

    assert str(case.id) not in client.get("/staff/cases/").content.decode()
    assert str(case.id) in client.get("/staff/cases/?lane=sealed").content.decode()
    assert client.get(f"/staff/cases/{case.id}/").status_code == 200


def test_surroundings_are_read_by_the_worker_and_emptied_with_the_case(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    keys, twin = Keys.fresh(), MemoryMessenger()
    twin.register("@w:twin.test")
    twin.create_room("!r:twin.test", "@w:twin.test")
    for number in range(3):
        twin.post(f"$e{number}", "!r:twin.test", "@w:twin.test", f"line {number}")
    case = opened("$e1", channel="!r:twin.test")
    signed_in()

    said = post(client, case, "around", reason="Is it a quotation?")
    asked = Record.objects.get(kind=RecordKind.PERSONAL_DATA_READ, subject=case.id)
    reading = context_asked(MemorySurroundings(twin), keys.evidence.public_key)
    with transaction.atomic():
        reading.react(asked, NOW)

    assert "It is being read." in said
    item = SealedItem.objects.get(subject=case.id, media_type=CONTEXT_TYPE)
    assert "line 0" not in client.get(f"/staff/cases/{case.id}/").content.decode()
    post(client, case, "decide", kind="none", reason=REASON)
    closed = Record.objects.get(kind=RecordKind.CASE_CLOSED, subject=case.id)
    with transaction.atomic():
        CONTEXT_OF_CLOSED.react(closed, NOW)
    item.refresh_from_db()
    assert bytes(item.sealed) == b""


def test_nothing_around_a_private_message_is_read(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened("$e1", channel="!r:twin.test", channel_kind=ChannelKind.PRIVATE)
    signed_in()

    assert "it is not public" in post(client, case, "around", reason="Is it a quotation?")
    assert not Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ).exists()


@pytest.mark.parametrize("language", list(Language))
def test_the_pages_are_usable_in_every_language(
    client: Client, signed_in: Callable[..., Person], language: Language
) -> None:
    case = opened(channel="!room:example.test", account="@sender:example.test", reach=5)
    signed_in(Role.REVIEWER, Role.CHILD_SAFETY)

    for path in ("/staff/cases/", f"/staff/cases/{case.id}/"):
        html = client.get(path, headers={"accept-language": language.value}).content.decode()
        assert f'<html lang="{language.value}">' in html
        assert faults(html) == []


def test_every_kind_that_can_be_decided_has_a_key_of_its_own(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    case = opened(channel="!room:example.test", account="@sender:example.test")
    signed_in()

    html = client.get(f"/staff/cases/{case.id}/").content.decode()

    offered = [kind for kind in ActionKind if f'id="kind-{kind.value}"' in html]
    keys = [number for number in range(1, 10) if f'data-key="{number}"' in html]
    assert len(offered) == len(keys) >= 6
    assert json.dumps(keys) == json.dumps(list(range(1, len(keys) + 1)))


def test_a_wave_is_decided_by_its_sample_and_then_together(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    cases = [opened(f"$wave{number}", channel="!wave:example.test") for number in range(12)]
    opened("$other", channel="!calm:example.test")
    signed_in(Role.SENIOR)
    found = client.get(
        "/staff/cases/bulk/", {"harm": "m.harassment.hate", "channel": "!wave:example.test"}
    ).content.decode()
    fields = {"harm": "m.harassment.hate", "channel": "!wave:example.test", "kind": "redact"}

    made = client.post("/staff/cases/bulk/propose/", fields | {"reason": REASON})
    page = client.get(made.url).content.decode()
    sample = [case for case in cases if str(case.id) in page]
    early = client.post(f"{made.url}start/", follow=True).content.decode()
    for case in sample:
        post(client, case, "decide", kind="redact", reason=REASON)
    client.post(f"{made.url}start/")
    run_bulks(now=datetime.now(UTC))

    assert "12 open cases" in found
    assert faults(found) == faults(page) == []
    assert escape(FINDINGS[Finding.BULK_SAMPLE_OPEN]) in early
    assert 0 < len(sample) < 12
    assert Case.objects.filter(state="closed", outcome="acted").count() == 12
    assert "All is decided" in client.get(made.url).content.decode()


def test_a_wave_whose_sample_was_decided_otherwise_does_not_follow(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    cases = [opened(f"$wave{number}", channel="!wave:example.test") for number in range(12)]
    signed_in(Role.SENIOR)
    fields = {"harm": "m.harassment.hate", "kind": "redact", "reason": REASON}
    made = client.post("/staff/cases/bulk/propose/", fields)
    page = client.get(made.url).content.decode()
    for case in cases:
        if str(case.id) in page:
            post(client, case, "decide", kind="none", reason=REASON)

    said = client.post(f"{made.url}start/", follow=True).content.decode()
    run_bulks(now=datetime.now(UTC))

    assert "The sample was not decided alike" in said
    assert not Action.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"kind": "redact"}, {"harm": "m.spam", "kind": "dance"}, {"harm": "m.spam"}]
)
def test_a_bulk_that_names_nothing_is_refused(
    client: Client, signed_in: Callable[..., Person], fields: dict[str, str]
) -> None:
    signed_in(Role.SENIOR)

    said = client.post("/staff/cases/bulk/propose/", fields, follow=True).content.decode()

    assert "Please choose one of the decisions offered." in said


def test_agreement_is_shown_by_harm_and_names_nobody(
    client: Client, signed_in: Callable[..., Person]
) -> None:
    first = reviewer("Ben Example")
    case = opened()
    steps.decide_case(case.id, ActionKind.NONE, by=first, reason=REASON, now=NOW)
    signed_in(Role.SENIOR, name="Dora Example")
    post(client, case, "golden", kind="none", reason="A textbook example.")
    golden = mix_golden(reviewer("Cleo Example"), chance=0.0, now=datetime.now(UTC))
    assert golden is not None
    steps.decide_case(
        golden.id, ActionKind.WARN, by=Person.objects.get(name="Cleo Example"),
        reason=REASON, now=datetime.now(UTC),
    )  # fmt: skip

    page = client.get("/staff/cases/quality/").content.decode()

    assert "0 %" in page
    assert "Cleo Example" not in page
    assert faults(page) == []
