"""Steps that have a page: each is done through the web, and the database says that it was done."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import Keys, case_draft
from tests.integration.matters_of_tests import (
    ACCOUNT,
    Desk,
    authority,
    desk,
    officer_for,
    withhold,
)
from tests.integration.pages import faults
from tests.integration.people_of_tests import member, options_on

from evenhand.authorities import queries as registry_queries
from evenhand.authorities import steps as registry
from evenhand.authorities.lists import CallBackAbout, CallBackSaid
from evenhand.authorities.models import Filing, Officer
from evenhand.base.clock import now
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import make_keys
from evenhand.cases import steps as cases
from evenhand.cases.models import Case
from evenhand.desk.doors import PROVED_AT
from evenhand.legal import steps
from evenhand.legal.drafts import NoticeDecision
from evenhand.legal.lists import DangerLaw
from evenhand.legal.models import DangerReport, Disclosure, Matter, Preservation
from evenhand.markets.lists import AuthorityKind
from evenhand.markets.models import MarketFigures, Representative
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
TCO = "eu-tco-removal"
PRESERVATION = "eu-epoc-pr"
PORTAL = "/authorities/portal/"


def nobody() -> Any:
    """What the settings of these tests name: nobody broke a rule."""
    from tests.integration.matters_of_tests import Upheld

    return Upheld()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    from evenhand import wiring

    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.PUBLIC_URL = "http://localhost:8600"
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.VIOLATIONS = "tests.integration.test_desk_steps.nobody"
    cache.clear()
    wiring.pager.cache_clear()
    yield tmp_path
    cache.clear()
    wiring.pager.cache_clear()


@pytest.fixture
def office() -> Desk:
    return desk(now=now())


def signed_in(person: Person, *, fresh: bool = True) -> Client:
    """Somebody who is signed in, and who has just shown their passkey unless told otherwise."""
    client = Client(HTTP_HOST="localhost:8600")
    client.force_login(person, backend=BACKEND)
    if fresh:
        session = client.session
        session[PROVED_AT] = now().isoformat()
        session.save()
    return client


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def colleague_of(office: Desk, name: str = "Cora Colleague") -> Officer:
    return officer_for(office.authority, name, office.lawyer, office.approver, now=now())


def invited(office: Desk, name: str = "Nora New") -> Officer:
    mailbox = f"{name.split(maxsplit=1)[0].lower()}@example.test"
    made = registry.invite_officer(
        office.authority.id, name=name, mailbox=mailbox, by=office.lawyer, now=now()
    )
    return registry_queries.officer(made.officer)


def test_a_request_is_handed_over_to_a_colleague(office: Desk) -> None:
    matter, other = office.received(EPOC, now()), colleague_of(office)
    path = f"{PORTAL}requests/{matter.id}/"
    client = signed_in(office.officer.person)
    page = text_of(client.get(path))
    assert faults(page) == []
    assert "Cora Colleague" in page

    client.post(f"{path}hand-over/", {"officer": str(other.id)})

    matter.refresh_from_db()
    assert matter.officer_id == other.id
    assert client.get(path).status_code == 404
    assert signed_in(other.person).get(path).status_code == 200


def test_a_request_goes_to_nobody_of_another_authority_or_without_standing(office: Desk) -> None:
    matter = office.received(EPOC, now())
    house = authority(
        office.lawyer,
        office.approver,
        country="DE",
        kind=AuthorityKind.COURT,
        name="Court of Example",
        now=now(),
    )
    stranger = officer_for(house, "Stan Stranger", office.lawyer, office.approver, now=now())
    new = invited(office)
    client = signed_in(office.officer.person)
    path = f"{PORTAL}requests/{matter.id}/"

    elsewhere = client.post(f"{path}hand-over/", {"officer": str(stranger.id)})
    refused = client.post(f"{path}hand-over/", {"officer": str(new.id)}, follow=True)
    stale = signed_in(office.officer.person, fresh=False)
    asked = stale.post(f"{path}hand-over/", {"officer": str(colleague_of(office).id)})

    matter.refresh_from_db()
    assert matter.officer_id == office.officer.id
    assert elsewhere.status_code == 404
    assert "may not file at the moment" in text_of(refused)
    assert "step-up" in asked.headers["Location"]


def test_a_colleague_is_vouched_for_and_verified_anew(office: Desk) -> None:
    new = invited(office)
    client = signed_in(office.officer.person)
    page = text_of(client.get(f"{PORTAL}colleagues/"))
    assert faults(page) == []
    assert "Vouch for Nora New" in page

    client.post(f"{PORTAL}colleagues/", {"officer": str(new.id), "step": "vouch"})
    new.refresh_from_db()
    assert (new.vouched, new.vouched_by) == ("colleague", office.officer.person)
    Officer.objects.filter(pk=new.pk).update(verified_until=now() + timedelta(days=3))
    assert "Verify Nora New" in text_of(client.get(f"{PORTAL}colleagues/"))
    client.post(f"{PORTAL}colleagues/", {"officer": str(new.id), "step": "reverify"})

    new.refresh_from_db()
    assert new.verified_until is not None
    assert new.verified_until > now() + timedelta(days=80)


def test_who_does_not_stand_sees_no_colleague_and_vouches_for_nobody(office: Desk) -> None:
    one, other = invited(office), invited(office, "Olaf Other")
    client = signed_in(one.person)

    page = text_of(client.get(f"{PORTAL}colleagues/"))
    answer = client.post(
        f"{PORTAL}colleagues/", {"officer": str(other.id), "step": "vouch"}, follow=True
    )

    other.refresh_from_db()
    assert other.vouched_at is None
    assert "Olaf Other" not in page
    assert "Nobody has vouched for you yet." in text_of(answer)


def test_a_gag_is_lifted_for_a_reason(office: Desk) -> None:
    until = now() + timedelta(days=30)
    matter = office.released(
        TCO, withhold("DE"), now(), gagged_until=until, gag_basis="TCO Art. 11(3)"
    )
    decision = NoticeDecision(ACCOUNT, "TCO Art. 11(3)", "en", until=until)
    steps.decide_notice(matter.id, decision, by=office.lawyer, now=now())
    client, path = signed_in(office.lawyer), f"/staff/legal/{matter.id}/"
    page = text_of(client.get(path))
    assert faults(page) == []
    assert "What keeps the user from being told" in page

    signed_in(office.lawyer, fresh=False).post(f"{path}gag/lift/", {"reason": "They said so."})
    client.post(f"{path}gag/lift/", {"reason": ""})
    matter.refresh_from_db()
    assert matter.gagged_until is not None
    client.post(f"{path}gag/lift/", {"reason": "The authority lifted it by letter."})

    matter.refresh_from_db()
    assert matter.gagged_until is None
    assert matter.notices.get().state == "due_now"


def test_an_effect_in_part_is_concluded_with_its_reason(office: Desk) -> None:
    matter = office.released(TCO, withhold("DE"), now())
    client, path = signed_in(office.lawyer), f"/staff/legal/{matter.id}/"
    assert "Carried out in part" in text_of(client.get(path))

    client.post(f"{path}conclude/", {"reason": "Copies stay in rooms of other servers."})

    matter.refresh_from_db()
    assert matter.state == "executed"
    assert matter.history.get(what="executed").facts["whole"] is False


def handed_out(office: Desk) -> Matter:
    from tests.integration.test_legal_pages import matter_window

    matter = office.prepared(EPOC, now=now())
    matter_window(matter, office)
    office.release(matter, now=now())
    steps.hand_out(matter.disclosures.get().id, to=office.officer, now=now())
    matter.refresh_from_db()
    return matter


def test_a_new_copy_needs_a_new_approval(office: Desk) -> None:
    matter = handed_out(office)
    path = f"/staff/legal/{matter.id}/"
    lawyer, approver = signed_in(office.lawyer), signed_in(office.approver)
    first = matter.disclosures.get()
    assert "A new copy of the package" in text_of(lawyer.get(path))

    lawyer.post(f"{path}copies/prepare/", {"package": str(first.id), "reason": "Their disk broke."})
    copy = Disclosure.objects.get(copy_of=first)
    office.collect(copy, now=now())
    seen = text_of(lawyer.get(path))
    assert "Sign and release the copy" not in seen
    page = approver.get(path)
    assert faults(text_of(page)) == []
    credential = office.keys[office.approver.id].sign_in(options_on(page))
    approver.post(
        f"{path}copies/release/", {"package": str(copy.id), "credential": json.dumps(credential)}
    )

    copy.refresh_from_db()
    assert (copy.state, copy.prepared_by, copy.released_by) == (
        "released",
        office.lawyer,
        office.approver,
    )
    assert bytes(copy.digest or b"").hex() in text_of(page)


def test_a_copy_is_not_released_by_who_prepared_it_or_without_signature(office: Desk) -> None:
    matter = handed_out(office)
    path, first = f"/staff/legal/{matter.id}/", matter.disclosures.get()
    lawyer, approver = signed_in(office.lawyer), signed_in(office.approver)
    lawyer.post(f"{path}copies/prepare/", {"package": str(first.id), "reason": "Their disk broke."})
    copy = office.collect(Disclosure.objects.get(copy_of=first), now=now())

    for client in (lawyer, approver):
        for credential in ("", "{}", "[]"):
            client.post(
                f"{path}copies/release/", {"package": str(copy.id), "credential": credential}
            )

    copy.refresh_from_db()
    assert copy.state == "collected"


def preserved(office: Desk) -> Preservation:
    matter = office.released(PRESERVATION, now=now())
    return Preservation.objects.get(matter=matter)


def test_a_preservation_is_extended_once_held_and_let_go(office: Desk) -> None:
    one = preserved(office)
    path = f"/staff/legal/{one.matter_id}/"
    client, before = signed_in(office.lawyer), one.expires_at
    assert faults(text_of(client.get(path))) == []
    form = {"preservation": str(one.id), "reason": "Asked for by letter of today."}

    client.post(f"{path}preservations/extend/", form)
    again = client.post(f"{path}preservations/extend/", form, follow=True)
    client.post(f"{path}preservations/hold/", form)

    one.refresh_from_db()
    assert (one.extended, one.legal_hold) == (1, True)
    assert one.expires_at > before
    assert "It cannot be extended again." in text_of(again)
    assert "Lift the hold" in text_of(client.get(path))
    signed_in(office.lawyer, fresh=False).post(f"{path}preservations/lift/", form)
    one.refresh_from_db()
    assert one.legal_hold
    client.post(f"{path}preservations/lift/", form)
    one.refresh_from_db()
    assert not one.legal_hold


def test_a_certificate_of_destruction_is_shown(office: Desk) -> None:
    one = preserved(office)
    steps.sweep_preservations(now=one.expires_at + timedelta(days=1))

    page = text_of(signed_in(office.lawyer).get(f"/staff/legal/{one.matter_id}/"))

    one.refresh_from_db()
    assert one.certificate is not None
    assert "Certificate of destruction" in page
    assert one.certificate["destroyed_at"] in page
    assert faults(page) == []


def test_the_preservation_of_another_matter_is_not_touched(office: Desk) -> None:
    one, other = preserved(office), office.received(TCO, now())
    client = signed_in(office.lawyer)

    answer = client.post(
        f"/staff/legal/{other.id}/preservations/hold/",
        {"preservation": str(one.id), "reason": "A wrong one."},
        follow=True,
    )

    one.refresh_from_db()
    assert not one.legal_hold
    assert "belongs to another matter" in text_of(answer)


def review() -> Case:
    return cases.open_case(case_draft(Keys.fresh()), now=now())


def test_a_danger_is_told_from_a_case_and_its_receipt_is_kept(office: Desk) -> None:
    case, reviewer = review(), member("Rita Reviewer", Role.REVIEWER)
    client, path = signed_in(reviewer), f"/staff/cases/{case.id}/"
    page = text_of(client.get(path))
    assert faults(page) == []
    form = {
        "law": "dsa_18",
        "authority": str(office.authority.id),
        "text": "A person says that they will shoot at a school tomorrow.",
        "evidence": "yes",
    }

    signed_in(reviewer, fresh=False).post(f"{path}danger/", form)
    assert not DangerReport.objects.exists()
    client.post(f"{path}danger/", form)
    told = DangerReport.objects.get()
    board = text_of(signed_in(office.lawyer).get("/staff/legal/emergencies/"))
    assert (told.case, told.authority, told.reported_by) == (case.id, office.authority, reviewer)
    assert office.authority.switchboard in board
    assert faults(board) == []
    assert faults(text_of(client.get(path))) == []
    receipt = f"/staff/legal/emergencies/{told.id}/receipt/"
    client.post(receipt, {"receipt": "Log 4711, duty officer", "case": str(case.id)})

    told.refresh_from_db()
    assert told.receipt == "Log 4711, duty officer"
    assert "Log 4711" in text_of(signed_in(office.lawyer).get("/staff/legal/emergencies/"))
    assert Record.objects.filter(kind=RecordKind.DANGER_REPORTED, subject=told.id).count() == 2


def test_a_danger_of_the_sealed_lane_is_not_there_for_anybody_else(office: Desk) -> None:
    grooming = replace(case_draft(Keys.fresh()), harm="m.child_safety.grooming", severity=4)
    case = cases.open_case(grooming, now=now())
    kim = member("Kim Keeper", Role.CHILD_SAFETY)
    told = steps.report_danger(
        case.id,
        law=DangerLaw.DSA_18,
        authority=office.authority.id,
        text="A child is to be met tomorrow.",
        evidence=None,
        by=kim,
        now=now(),
    )
    receipt = f"/staff/legal/emergencies/{told.id}/receipt/"
    form = {"receipt": "Log 4711", "case": str(case.id)}

    for role in (Role.REVIEWER, Role.SENIOR, Role.LEGAL_OFFICER, Role.APPROVER):
        answer = signed_in(member(f"R {role.value}", role)).post(receipt, form)
        assert answer.status_code in {403, 404}, role
    board = text_of(signed_in(office.lawyer).get("/staff/legal/emergencies/"))
    assert str(told.id) not in board
    assert str(case.id) not in board
    told.refresh_from_db()
    assert told.receipt == ""
    signed_in(kim).post(receipt, form)

    told.refresh_from_db()
    assert told.receipt == "Log 4711"


def test_a_danger_wants_a_law_an_authority_and_words(office: Desk) -> None:
    case = review()
    client = signed_in(member("Rita Reviewer", Role.REVIEWER))
    good = {"law": "dsa_18", "authority": str(office.authority.id), "text": "A life is in danger."}

    for wrong in ({"law": "none"}, {"authority": "?"}, {"text": ""}):
        answer = client.post(f"/staff/cases/{case.id}/danger/", good | wrong, follow=True)
        assert "alert" in text_of(answer)

    assert not DangerReport.objects.exists()


def test_a_representative_is_named_and_dismissed(office: Desk) -> None:
    person, path = member("Rena Representative", Role.REPRESENTATIVE), "/staff/legal/markets/kz/"
    client = signed_in(office.lawyer)
    assert "Rena Representative" in text_of(client.get(path))
    form = {
        "step": "name",
        "person": str(person.id),
        "office": "Astana, Example St 1",
        "language": ["kk", "ru"],
    }

    client.post(f"{path}change/", {**form, "language": []})
    client.post(f"{path}change/", {**form, "person": str(office.approver.id)})
    assert not Representative.objects.exists()
    client.post(f"{path}change/", form)
    one = Representative.objects.get()
    page = text_of(client.get(path))
    assert (one.person, one.country, one.languages) == (person, "KZ", ["kk", "ru"])
    assert faults(page) == []
    client.post(f"{path}change/", {"step": "dismiss", "id": str(one.id)})

    one.refresh_from_db()
    assert one.until is not None


def test_figures_bring_a_warning_from_four_fifths_of_a_threshold(office: Desk) -> None:
    path, client = "/staff/legal/markets/kz/", signed_in(office.lawyer)
    form = {"step": "figures", "month": "2026-10", "monthly": "300000", "daily": "81000"}

    said = text_of(client.post(f"{path}change/", form, follow=True))
    wrong = text_of(client.post(f"{path}change/", form | {"daily": "400000"}, follow=True))
    unread = text_of(client.post(f"{path}change/", form | {"month": "soon"}, follow=True))

    row = MarketFigures.objects.get()
    assert (row.country, row.daily) == ("KZ", 81_000)
    assert "More than 80 % of the threshold" in said
    assert "These numbers cannot be right." in wrong
    assert "Write the month like this" in unread
    assert faults(said) == []


def entry_form(office: Desk, **changes: str) -> dict[str, str]:
    house = office.authority
    return {
        "name": house.name,
        "country": house.country,
        "kind": house.kind,
        "domains": " ".join(house.domains),
        "switchboard": house.switchboard,
        "head_office": house.head_office,
        "language": house.language,
        "source": house.source,
        **changes,
    }


def test_an_entry_is_altered_and_waits_for_a_second_person(office: Desk) -> None:
    path = f"/staff/legal/authorities/{office.authority.id}/"
    client = signed_in(office.lawyer)
    page = text_of(client.get(f"{path}alter/"))
    assert faults(page) == []
    assert office.authority.switchboard in page

    wrong = client.post(f"{path}alter/", entry_form(office, switchboard="12"))
    client.post(f"{path}alter/", entry_form(office, switchboard="+49 30 999999"))

    office.authority.refresh_from_db()
    assert wrong.status_code == 422
    assert (office.authority.switchboard, office.authority.is_confirmed) == ("+4930999999", False)
    signed_in(office.approver, fresh=False).post(f"{path}change/", {"step": "confirm"})
    office.authority.refresh_from_db()
    assert not office.authority.is_confirmed
    signed_in(office.approver).post(f"{path}change/", {"step": "confirm"})
    office.authority.refresh_from_db()
    assert office.authority.is_confirmed


def test_an_authority_for_drills_is_marked(office: Desk) -> None:
    path = f"/staff/legal/authorities/{office.authority.id}/"
    client = signed_in(office.lawyer)
    assert "for drills" not in text_of(client.get(path))

    client.post(f"{path}alter/", entry_form(office, for_drills="yes"))
    signed_in(office.approver).post(f"{path}change/", {"step": "confirm"})
    matter = office.received(TCO, now())

    office.authority.refresh_from_db()
    assert office.authority.for_drills
    for page in (path, "/staff/legal/authorities/", "/staff/legal/", f"/staff/legal/{matter.id}/"):
        assert "for drills" in text_of(client.get(page)), page
    assert "for drills" in text_of(signed_in(office.officer.person).get(PORTAL))


def test_staff_end_a_key_that_belongs_to_the_officer(office: Desk) -> None:
    path, one = f"/staff/legal/authorities/{office.authority.id}/", office.officer
    (held,) = registry_queries.keys(one.id)
    client, form = signed_in(office.lawyer), {"step": "end_key", "id": str(one.id)}
    assert held.recipient in text_of(client.get(path))

    foreign = client.post(f"{path}change/", form | {"key": str(uuid4())})
    client.post(f"{path}change/", form | {"key": str(held.id)})

    assert foreign.status_code == 404
    assert registry_queries.usable_key(one.id, now=now()) is None
    assert held.recipient not in text_of(client.get(path))


def test_a_suspended_officer_is_restored_after_a_call(office: Desk) -> None:
    path, one = f"/staff/legal/authorities/{office.authority.id}/change/", office.officer
    registry.suspend(one.id, by=office.lawyer, why="The head office doubted it.", now=now())
    client, form = signed_in(office.approver), {"step": "restore", "id": str(one.id)}
    before = text_of(client.post(path, form, follow=True))
    one.refresh_from_db()
    assert one.suspended_at is not None
    assert "Call again." in before
    registry.call_back(
        office.authority.id,
        CallBackAbout.OFFICER,
        CallBackSaid.CONFIRMED,
        officer=one.id,
        by=office.approver,
        now=now(),
    )

    signed_in(office.approver, fresh=False).post(path, form)
    one.refresh_from_db()
    assert one.suspended_at is not None
    client.post(path, form)

    one.refresh_from_db()
    assert one.suspended_at is None


def test_a_mailbox_is_shown_once_for_a_reason(office: Desk) -> None:
    path, one = f"/staff/legal/authorities/{office.authority.id}/", office.officer
    client = signed_in(office.lawyer)
    assert "otto@example.test" not in text_of(client.get(path))

    without = client.post(f"{path}mailbox/", {"id": str(one.id), "reason": ""}, follow=True)
    shown = client.post(f"{path}mailbox/", {"id": str(one.id), "reason": "To write to them."})

    assert "otto@example.test" not in text_of(without)
    assert "otto@example.test" in text_of(shown)
    assert shown["Cache-Control"] == "no-store"
    assert faults(text_of(shown)) == []
    assert Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ, subject=one.id).count() == 1


def test_a_letter_and_its_receipt_are_kept(office: Desk) -> None:
    path = f"/staff/legal/authorities/{office.authority.id}/"
    client = signed_in(office.lawyer)
    letter = {"step": "file", "direction": "in", "subject": "Users?", "text": "How many users?"}
    client.post(f"{path}change/", letter)
    theirs = Filing.objects.get()

    client.post(
        f"{path}change/",
        letter | {"direction": "out", "subject": "Answer", "answers": str(theirs.id)},
    )
    ours = Filing.objects.get(direction="out")
    page = text_of(client.get(path))
    client.post(f"{path}change/", {"step": "receipt", "id": str(ours.id), "receipt": "IN-77"})
    again = client.post(
        f"{path}change/", {"step": "receipt", "id": str(ours.id), "receipt": "IN-78"}, follow=True
    )

    assert ours.answers_id == theirs.id
    assert faults(page) == []
    assert ours.receipt.receipt == "IN-77"
    assert "This letter has its receipt already." in text_of(again)
    assert faults(text_of(again)) == []


@pytest.mark.parametrize("step", ["confirm", "vouch", "reverify", "restore", "link", "invite"])
def test_who_gives_trust_shows_their_passkey_first(office: Desk, step: str) -> None:
    path = f"/staff/legal/authorities/{office.authority.id}/change/"

    answer = signed_in(office.approver, fresh=False).post(
        path, {"step": step, "id": str(office.officer.id)}
    )

    assert "step-up" in answer.headers["Location"]


@pytest.mark.parametrize("name", ["change", "mailbox"])
def test_who_comes_back_from_the_passkeys_page_finds_the_authority(office: Desk, name: str) -> None:
    path = f"/staff/legal/authorities/{office.authority.id}/"

    answer = signed_in(office.lawyer).get(f"{path}{name}/")

    assert answer.headers["Location"] == path


def test_an_officer_can_show_the_passkey_again(office: Desk) -> None:
    client = signed_in(office.officer.person, fresh=False)
    new = invited(office)

    asked = client.post(f"{PORTAL}colleagues/", {"officer": str(new.id), "step": "vouch"})

    new.refresh_from_db()
    assert new.vouched_at is None
    assert client.get(asked.headers["Location"]).status_code == 200
