"""Registry, officers, call-backs, keys, filings: what the steps do, and what the database bars."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pyrage
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from tests.integration.people_of_tests import NOW, enrolled, member, passkey

from evenhand.authorities import queries, steps
from evenhand.authorities.checks import (
    AgeKeyRefused,
    AuthorityDraft,
    CallRefused,
    OfficerRefused,
    RegistryRefused,
    VouchRefused,
    may_receive,
    standing,
)
from evenhand.authorities.limits import KEY_WAIT_HOURS, VERIFIED_DAYS
from evenhand.authorities.lists import CallBackAbout, CallBackSaid, Direction, Finding
from evenhand.authorities.models import (
    Authority,
    AuthorityChange,
    CallBack,
    FilingReceipt,
    Officer,
    OfficerChange,
    OfficerKey,
)
from evenhand.base.errors import NotFound
from evenhand.base.lists import Language, RecordKind
from evenhand.base.personal import PhoneNumber, reveal
from evenhand.markets.lists import AuthorityKind
from evenhand.people.checks import InvitationRefused, ReasonMissing
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

NUMBER = "+77172000000"
DRAFT = AuthorityDraft(
    name="Полиция Примерограда",
    country="KZ",
    kind=AuthorityKind.POLICE,
    domains=("police.example.kz",),
    switchboard=PhoneNumber("+7 7172 000000"),
    head_office="head@police.example.kz",
    language=Language.RU,
    source="The government's printed directory.",
    statutes=("Art. 41-1 of Law 567-II",),
)
CONFIRMED, DENIED, SILENT = (
    CallBackSaid.CONFIRMED,
    CallBackSaid.DENIED,
    CallBackSaid.NO_ANSWER,
)
LATER = NOW + timedelta(hours=1)


def clerk() -> Person:
    return member("Lea Legal", Role.LEGAL_OFFICER)


def second() -> Person:
    return member("Ann Approver", Role.APPROVER)


def authority(draft: AuthorityDraft = DRAFT, *, confirmed: bool = True) -> Authority:
    row = steps.register_authority(draft, by=clerk(), now=NOW)
    return steps.confirm_authority(row.id, by=second(), now=NOW) if confirmed else row


def invited(house: Authority, name: str = "Ivo Officer") -> Officer:
    mailbox = f"{name.split(maxsplit=1)[0].lower()}@{house.domains[0]}"
    made = steps.invite_officer(house.id, name=name, mailbox=mailbox, by=clerk(), now=NOW)
    return queries.officer(made.officer)


def called(
    officer: Officer, said: CallBackSaid = CONFIRMED, *, now=NOW, by: Person | None = None
) -> CallBack:
    return steps.call_back(
        officer.authority_id,
        CallBackAbout.OFFICER,
        said,
        by=by or second(),
        now=now,
        officer=officer.id,
    )


def vouched(house: Authority, name: str = "Ivo Officer") -> Officer:
    officer = invited(house, name)
    call = called(officer)
    steps.vouch(officer.id, by=second(), now=NOW, call_back=call.id)
    return queries.officer(officer.id)


def recipient() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


def keyed(officer: Officer) -> OfficerKey:
    return steps.add_key(officer.id, recipient(), by=officer.person, now=NOW)


def key_called(key: OfficerKey, said: CallBackSaid = CONFIRMED, *, now=NOW) -> CallBack:
    return steps.call_back(
        key.officer.authority_id, CallBackAbout.KEY, said, by=second(), now=now, key=key.id
    )


def bodies(kind: RecordKind, subject: UUID) -> list[dict[str, object]]:
    rows = Record.objects.filter(kind=kind, subject=subject).select_related("opening")
    return [row.opening.body for row in rows.order_by("serial")]


def standing_of(officer: Officer, *, now=NOW) -> tuple[Finding, ...]:
    return standing(queries.facts_of(queries.officer(officer.id)), now=now)


# The registry


def test_an_entry_counts_once_a_second_person_confirmed_it() -> None:
    row = authority(confirmed=False)

    with pytest.raises(RegistryRefused):
        steps.confirm_authority(row.id, by=clerk(), now=NOW)
    assert not queries.authority_of(row.id).is_confirmed
    assert steps.confirm_authority(row.id, by=second(), now=NOW).is_confirmed
    assert [body["change"] for body in bodies(RecordKind.AUTHORITY_CHANGED, row.id)] == [
        "registered",
        "confirmed",
    ]


def test_the_database_takes_no_confirmation_by_the_same_person() -> None:
    row = authority(confirmed=False)

    with pytest.raises(IntegrityError), transaction.atomic():
        Authority.objects.filter(pk=row.id).update(confirmed_by=clerk(), confirmed_at=NOW)


def test_a_change_wants_to_be_confirmed_anew_and_stays_in_the_history() -> None:
    row = authority()
    other = replace(DRAFT, switchboard=PhoneNumber("+77172000001"))

    steps.alter_authority(row.id, other, by=second(), now=LATER)

    altered = queries.authority_of(row.id)
    assert not altered.is_confirmed
    assert reveal(altered.number) == "+77172000001"
    with pytest.raises(RegistryRefused):
        steps.confirm_authority(row.id, by=second(), now=LATER)
    change = queries.changes_of_authority(row.id)[0]
    assert change.fields == {"switchboard": [NUMBER, "+77172000001"]}
    assert change.by == second()
    recorded = bodies(RecordKind.AUTHORITY_CHANGED, row.id)[-1]
    assert recorded["fields"] == ["switchboard"]
    assert NUMBER not in str(recorded)


def test_writing_the_same_again_changes_nothing() -> None:
    row = authority()

    steps.alter_authority(row.id, DRAFT, by=second(), now=LATER)

    assert queries.authority_of(row.id).is_confirmed
    assert len(queries.changes_of_authority(row.id)) == 2


def test_an_authority_is_entered_once() -> None:
    authority()

    with pytest.raises(RegistryRefused):
        steps.register_authority(DRAFT, by=second(), now=NOW)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.OFFICER, Role.BOARD])
def test_others_do_not_touch_the_registry(role: Role) -> None:
    row = authority()
    other = member("Somebody", role)

    for attempt in (
        lambda: steps.register_authority(replace(DRAFT, name="B"), by=other, now=NOW),
        lambda: steps.alter_authority(row.id, DRAFT, by=other, now=NOW),
        lambda: steps.confirm_authority(row.id, by=other, now=NOW),
        lambda: steps.close_authority(row.id, by=other, why="x", now=NOW),
        lambda: steps.invite_officer(
            row.id, name="X", mailbox="x@police.example.kz", by=other, now=NOW
        ),
        lambda: steps.call_back(
            row.id, CallBackAbout.MATTER, CONFIRMED, by=other, now=NOW, matter=uuid4()
        ),
    ):
        with pytest.raises(RegistryRefused):
            attempt()


def test_who_left_keeps_no_registry_any_more() -> None:
    row = authority(confirmed=False)
    gone = second()
    gone.is_active = False

    with pytest.raises(RegistryRefused):
        steps.confirm_authority(row.id, by=gone, now=NOW)


def test_a_closed_authority_speaks_no_more() -> None:
    house = authority()
    officer = vouched(house)

    steps.close_authority(house.id, by=clerk(), why="It was merged.", now=LATER)

    assert standing_of(officer, now=LATER) == (Finding.AUTHORITY_CLOSED,)
    assert queries.authorities(country="KZ") == []
    with pytest.raises(CallRefused):
        called(officer, now=LATER)
    with pytest.raises(RegistryRefused):
        steps.alter_authority(house.id, replace(DRAFT, name="B"), by=clerk(), now=LATER)


# Officers


def test_an_officer_begins_without_a_voice() -> None:
    officer = invited(authority())

    assert standing_of(officer) == (Finding.NOT_VOUCHED,)
    assert officer.person.roles == ["officer"]
    assert officer.person.language == "ru"
    assert queries.officer_of(officer.person_id) == officer


@pytest.mark.parametrize(
    "mailbox", ["ivo@gmail.com", "ivo@police-example.kz", "ivo@рolice.example.kz"]
)
def test_a_mailbox_that_is_not_the_authoritys_makes_no_officer(mailbox: str) -> None:
    house = authority()

    with pytest.raises(OfficerRefused):
        steps.invite_officer(house.id, name="Ivo", mailbox=mailbox, by=clerk(), now=NOW)
    assert not Person.objects.filter(name="Ivo").exists()


def test_an_unconfirmed_authority_gets_no_officers() -> None:
    house = authority(confirmed=False)

    with pytest.raises(OfficerRefused):
        steps.invite_officer(
            house.id, name="Ivo", mailbox="ivo@police.example.kz", by=clerk(), now=NOW
        )


def test_an_officer_never_gets_the_account_of_somebody_else() -> None:
    with pytest.raises(InvitationRefused):
        invited(authority(), "Lea Legal")


def test_staff_vouch_after_a_call_to_the_registrys_number() -> None:
    officer = vouched(authority())

    assert standing_of(officer) == ()
    assert officer.verified_until == NOW + timedelta(days=VERIFIED_DAYS)
    assert officer.vouched_by == second()


def test_staff_do_not_vouch_without_a_call() -> None:
    officer = invited(authority())

    with pytest.raises(VouchRefused):
        steps.vouch(officer.id, by=second(), now=NOW)


def test_whoever_invited_an_officer_does_not_vouch() -> None:
    officer = invited(authority())
    call = called(officer, by=clerk())

    with pytest.raises(VouchRefused):
        steps.vouch(officer.id, by=clerk(), now=NOW, call_back=call.id)


def test_a_colleague_vouches() -> None:
    house = authority()
    colleague, officer = vouched(house), invited(house, "Ada Officer")

    steps.vouch(officer.id, by=colleague.person, now=NOW)

    kept = queries.officer(officer.id)
    assert kept.vouched_officer == colleague
    assert standing_of(officer) == ()


def test_an_officer_of_another_authority_does_not_vouch() -> None:
    other = authority(replace(DRAFT, name="Other", domains=("other.example.kz",),
                              head_office="a@other.example.kz"))  # fmt: skip
    stranger, officer = vouched(other, "Eve Officer"), invited(authority())

    with pytest.raises(VouchRefused):
        steps.vouch(officer.id, by=stranger.person, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Officer.objects.filter(pk=officer.id).update(
            vouched="colleague",
            vouched_by=stranger.person,
            vouched_officer=stranger,
            vouched_at=NOW,
            verified_at=NOW,
            verified_until=LATER,
        )


def test_nobody_vouches_for_themselves() -> None:
    officer = invited(authority())

    with pytest.raises(VouchRefused):
        steps.vouch(officer.id, by=officer.person, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Officer.objects.filter(pk=officer.id).update(
            vouched="colleague",
            vouched_by=officer.person,
            vouched_officer=officer,
            vouched_at=NOW,
            verified_at=NOW,
            verified_until=LATER,
        )


def test_the_database_takes_no_voucher_with_a_call_about_somebody_else() -> None:
    house = authority()
    officer, other = invited(house), invited(house, "Ada Officer")
    call = called(other)

    with pytest.raises(VouchRefused):
        steps.vouch(officer.id, by=second(), now=NOW, call_back=call.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Officer.objects.filter(pk=officer.id).update(
            vouched="staff",
            vouched_by=second(),
            vouched_call_back=call,
            vouched_at=NOW,
            verified_at=NOW,
            verified_until=LATER,
        )


def test_somebody_who_is_not_vouched_for_vouches_for_nobody() -> None:
    house = authority()
    first, officer = invited(house), invited(house, "Ada Officer")

    with pytest.raises(VouchRefused):
        steps.vouch(officer.id, by=first.person, now=NOW)


def test_an_officer_is_vouched_for_once() -> None:
    officer = vouched(authority())

    with pytest.raises(VouchRefused):
        steps.vouch(officer.id, by=second(), now=NOW, call_back=called(officer).id)


def test_a_verification_lapses_and_is_given_anew() -> None:
    officer = vouched(authority())
    lapsed = NOW + timedelta(days=VERIFIED_DAYS)
    assert standing_of(officer, now=lapsed) == (Finding.VERIFICATION_LAPSED,)

    with pytest.raises(VouchRefused):
        steps.reverify(officer.id, by=second(), now=lapsed)
    call = called(officer, now=lapsed)
    steps.reverify(officer.id, by=second(), now=lapsed, call_back=call.id)

    assert standing_of(officer, now=lapsed) == ()
    assert queries.officer(officer.id).vouched_at == NOW


def test_nobody_is_verified_anew_who_was_not_vouched_for() -> None:
    officer = invited(authority())

    with pytest.raises(VouchRefused):
        steps.reverify(officer.id, by=second(), now=NOW, call_back=called(officer).id)


def test_a_new_link_ends_the_verification_and_its_giver_does_not_verify() -> None:
    officer = vouched(authority())

    made = steps.renew_link(officer.id, by=second(), now=LATER)

    assert made.path.startswith("/authorities/enrol/")
    assert standing_of(officer, now=LATER) == (Finding.VERIFICATION_LAPSED,)
    call = called(officer, now=LATER)
    with pytest.raises(VouchRefused):
        steps.reverify(officer.id, by=second(), now=LATER, call_back=call.id)
    steps.reverify(officer.id, by=clerk(), now=LATER, call_back=call.id)
    assert standing_of(officer, now=LATER) == ()


def test_a_doubted_officer_is_out_at_once() -> None:
    officer = vouched(authority())
    enrolled(officer.person, passkey())
    session = officer.person.get_session_auth_hash()

    steps.suspend(officer.id, by=clerk(), why="Asked for a hundred accounts.", now=LATER)

    person = Person.objects.get(pk=officer.person_id)
    assert not person.may_enter
    assert person.get_session_auth_hash() != session
    assert standing_of(officer, now=LATER) == (Finding.SUSPENDED,)
    for attempt in (steps.vouch, steps.reverify):
        with pytest.raises(VouchRefused):
            attempt(officer.id, by=second(), now=LATER, call_back=called(officer, now=LATER).id)


def test_a_deadline_can_suspend() -> None:
    officer = vouched(authority())

    steps.suspend(officer.id, by=None, why="The head office did not confirm.", now=LATER)

    assert bodies(RecordKind.OFFICER_CHANGED, officer.id)[-1]["by"] == "deadline"
    assert queries.changes_of_officer(officer.id)[0].why == "The head office did not confirm."


def test_a_suspension_wants_a_reason() -> None:
    officer = vouched(authority())

    with pytest.raises(Exception, match="note"):
        steps.suspend(officer.id, by=clerk(), why=" ", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Officer.objects.filter(pk=officer.id).update(suspended_at=NOW)


def test_whoever_leaned_on_a_doubted_officer_is_doubted_too() -> None:
    house = authority()
    doubted, leaning = vouched(house), invited(house, "Ada Officer")
    apart = vouched(house, "Ben Officer")
    steps.vouch(leaning.id, by=doubted.person, now=NOW)

    steps.suspend(doubted.id, by=clerk(), why="The mailbox was stolen.", now=LATER)

    assert standing_of(leaning, now=LATER) == (Finding.VERIFICATION_LAPSED,)
    assert standing_of(apart, now=LATER) == ()


def test_a_suspended_officer_comes_back_after_a_call_since_then() -> None:
    officer = vouched(authority())
    steps.suspend(officer.id, by=clerk(), why="Odd hours.", now=LATER)
    before = CallBack.objects.filter(officer=officer).latest("at")

    with pytest.raises(VouchRefused):
        steps.restore(officer.id, by=second(), call_back=before.id, now=LATER)
    after = LATER + timedelta(minutes=5)
    steps.restore(officer.id, by=second(), call_back=called(officer, now=after).id, now=after)

    assert standing_of(officer, now=after) == ()
    assert Person.objects.get(pk=officer.person_id).may_enter


# Call-backs


def test_the_number_called_is_the_registrys() -> None:
    officer = invited(authority())

    assert called(officer).number == NUMBER


def test_the_database_takes_no_other_number() -> None:
    house = authority()
    call = {
        "at": NOW,
        "authority": house,
        "about": "matter",
        "matter": uuid4(),
        "caller": second(),
        "said": "confirmed",
    }

    CallBack.objects.create(id=uuid4(), number=NUMBER, **call)
    with pytest.raises(DatabaseError), transaction.atomic():
        CallBack.objects.create(id=uuid4(), number="+77019999999", **call)


def test_the_database_takes_no_call_to_an_unconfirmed_number() -> None:
    house = authority(confirmed=False)

    with pytest.raises(CallRefused):
        steps.call_back(
            house.id, CallBackAbout.MATTER, CONFIRMED, by=clerk(), now=NOW, matter=uuid4()
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        CallBack.objects.create(
            id=uuid4(), number=NUMBER, at=NOW, authority=house, about="matter", matter=uuid4(),
            caller=clerk(), said="confirmed",
        )  # fmt: skip


def test_a_call_is_never_altered() -> None:
    call = called(invited(authority()))

    for attempt in (
        lambda: CallBack.objects.filter(pk=call.id).update(said="denied"),
        lambda: CallBack.objects.filter(pk=call.id).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


@pytest.mark.parametrize(
    "about", [{"about": CallBackAbout.MATTER}, {"about": CallBackAbout.KEY},
              {"about": CallBackAbout.OFFICER}]
)  # fmt: skip
def test_a_call_is_about_something(about: dict[str, CallBackAbout]) -> None:
    with pytest.raises(CallRefused):
        steps.call_back(authority().id, said=CONFIRMED, by=second(), now=NOW, **about)


def test_a_call_about_an_officer_goes_to_their_own_authority() -> None:
    other = authority(replace(DRAFT, name="Other"))
    officer = invited(authority())

    with pytest.raises(CallRefused):
        steps.call_back(
            other.id, CallBackAbout.OFFICER, CONFIRMED, by=second(), now=NOW, officer=officer.id
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        CallBack.objects.create(
            id=uuid4(), number=NUMBER, at=NOW, authority=other, about="officer",
            officer=officer, caller=second(), said="confirmed",
        )  # fmt: skip


def test_a_matter_is_confirmed_until_it_is_denied() -> None:
    house, matter = authority(), uuid4()
    said = [SILENT, CONFIRMED, SILENT, DENIED]
    found = []
    for minute, word in enumerate(said):
        steps.call_back(
            house.id,
            CallBackAbout.MATTER,
            word,
            by=second(),
            now=NOW + timedelta(minutes=minute),
            matter=matter,
        )
        found.append(queries.confirmed_call_back(matter=matter) is not None)

    assert found == [False, True, True, False]
    assert queries.confirmed_call_back(matter=uuid4()) is None
    assert [body["said"] for body in bodies(RecordKind.CALLED_BACK, matter)] == said
    assert len(queries.call_backs(matter=matter)) == 4


@pytest.mark.parametrize("about", [CallBackAbout.OFFICER, CallBackAbout.MATTER])
def test_a_denial_shuts_the_officer_out(about: CallBackAbout) -> None:
    officer = vouched(authority())

    steps.call_back(
        officer.authority_id,
        about,
        DENIED,
        by=second(),
        now=LATER,
        officer=officer.id,
        matter=uuid4() if about is CallBackAbout.MATTER else None,
    )

    assert standing_of(officer, now=LATER) == (Finding.SUSPENDED,)


def test_no_answer_changes_nothing() -> None:
    officer = vouched(authority())

    called(officer, SILENT, now=LATER)

    assert standing_of(officer, now=LATER) == ()


def test_a_call_leaves_a_record_without_the_number() -> None:
    officer = invited(authority())
    called(officer)

    (body,) = bodies(RecordKind.CALLED_BACK, officer.id)

    assert body["said"] == "confirmed"
    assert NUMBER not in str(body)


# Keys


def test_a_key_waits_a_day_and_a_call() -> None:
    officer = vouched(authority())
    key = keyed(officer)
    day = NOW + timedelta(hours=KEY_WAIT_HOURS)

    def usable(now) -> bool:
        found = queries.usable_key(officer.id, now=now)
        receives = may_receive(queries.facts_of(queries.officer(officer.id)), now=now) == ()
        assert receives == (found is not None)
        return found is not None

    assert not usable(day)
    key_called(key, SILENT)
    assert not usable(day)
    key_called(key)
    assert not usable(day - timedelta(seconds=1))
    assert usable(day)


def test_the_database_lets_no_key_be_used_on_its_first_day() -> None:
    key = keyed(vouched(authority()))

    with pytest.raises(IntegrityError), transaction.atomic():
        OfficerKey.objects.filter(pk=key.id).update(usable_from=NOW + timedelta(hours=23))


def test_the_database_takes_no_call_about_another_key() -> None:
    officer = vouched(authority())
    first, other = keyed(officer), keyed(officer)
    call = key_called(first)

    with pytest.raises(IntegrityError), transaction.atomic():
        OfficerKey.objects.filter(pk=other.id).update(call_back=call)


def test_the_call_about_an_officer_does_not_confirm_their_key() -> None:
    officer = vouched(authority())
    keyed(officer)
    called(officer)

    assert queries.usable_key(officer.id, now=NOW + timedelta(days=2)) is None


def test_a_denied_key_ends_and_its_officer_is_out() -> None:
    officer = vouched(authority())
    key = keyed(officer)
    key_called(key)

    key_called(key, DENIED, now=LATER)

    assert queries.usable_key(officer.id, now=NOW + timedelta(days=2)) is None
    assert standing_of(officer, now=LATER) == (Finding.SUSPENDED,)


def test_the_newest_key_that_may_be_used_is_used() -> None:
    officer = vouched(authority())
    old = keyed(officer)
    key_called(old)
    day = NOW + timedelta(hours=KEY_WAIT_HOURS)
    new = steps.add_key(officer.id, recipient(), by=officer.person, now=day)
    key_called(new, now=day)

    assert queries.usable_key(officer.id, now=day) == old
    assert queries.usable_key(officer.id, now=day + timedelta(days=1)) == new
    steps.end_key(new.id, by=officer.person, now=day + timedelta(days=1))
    assert queries.usable_key(officer.id, now=day + timedelta(days=1)) == old


def test_only_the_officer_registers_a_key() -> None:
    officer = vouched(authority())

    with pytest.raises(AgeKeyRefused):
        steps.add_key(officer.id, recipient(), by=second(), now=NOW)


def test_a_key_belongs_to_one_officer() -> None:
    house = authority()
    first, other = vouched(house), vouched(house, "Ada Officer")
    shared = recipient()
    steps.add_key(first.id, shared, by=first.person, now=NOW)

    with pytest.raises(AgeKeyRefused):
        steps.add_key(other.id, shared, by=other.person, now=NOW)


def test_a_colleague_does_not_end_anothers_key() -> None:
    house = authority()
    first, other = vouched(house), vouched(house, "Ada Officer")
    key = keyed(first)

    with pytest.raises(RegistryRefused):
        steps.end_key(key.id, by=other.person, now=NOW)
    steps.end_key(key.id, by=clerk(), now=NOW)
    with pytest.raises(CallRefused):
        key_called(key)


# Personal data, filings, history


def test_a_mailbox_is_read_for_a_reason_that_is_recorded() -> None:
    officer = invited(authority())
    assert str(officer.mailbox) == "<hidden>"

    read = steps.read_mailbox(officer.id, by=clerk(), reason="To send the link.", now=NOW)

    assert reveal(read) == "ivo@police.example.kz"
    (body,) = bodies(RecordKind.PERSONAL_DATA_READ, officer.id)
    assert body["reason"] == "To send the link."
    with pytest.raises(ReasonMissing):
        steps.read_mailbox(officer.id, by=clerk(), reason="", now=NOW)
    with pytest.raises(RegistryRefused):
        steps.read_mailbox(officer.id, by=officer.person, reason="Mine.", now=NOW)


def test_the_dialogue_with_a_regulator_is_kept_with_its_receipts() -> None:
    house = authority(replace(DRAFT, kind=AuthorityKind.REGULATOR))
    by = member("Rosa", Role.REPRESENTATIVE)
    asked = steps.keep_filing(
        house.id, Direction.IN, subject="Numbers", text="How many?", by=by, now=NOW
    )
    sent = steps.keep_filing(
        house.id,
        Direction.OUT,
        subject="Numbers",
        text="Twelve.",
        by=by,
        now=LATER,
        answers=asked.id,
    )

    steps.keep_receipt(sent.id, "7/2026", by=by, now=LATER)

    assert [row.id for row in queries.filings(house.id)] == [sent.id, asked.id]
    assert queries.filing(sent.id).receipt.receipt == "7/2026"
    with pytest.raises(RegistryRefused):
        steps.keep_receipt(sent.id, "8/2026", by=by, now=LATER)
    for attempt in (
        lambda: FilingReceipt.objects.update(receipt="x"),
        lambda: AuthorityChange.objects.update(change="closed"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert len(bodies(RecordKind.FILING_KEPT, sent.id)) == 2


def test_a_filing_answers_one_of_the_same_authority() -> None:
    house, other = authority(), authority(replace(DRAFT, name="Other"))
    asked = steps.keep_filing(other.id, Direction.IN, subject="a", text="b", by=clerk(), now=NOW)

    with pytest.raises(NotFound):
        steps.keep_filing(
            house.id, Direction.OUT, subject="a", text="b", by=clerk(), now=NOW, answers=asked.id
        )


def test_an_operator_files_nothing() -> None:
    with pytest.raises(RegistryRefused):
        steps.keep_filing(
            authority().id,
            Direction.OUT,
            subject="a",
            text="b",
            by=member("Olga", Role.OPERATOR),
            now=NOW,
        )


def test_everything_that_happened_to_an_officer_is_recorded_without_a_name() -> None:
    officer = vouched(authority())
    key = keyed(officer)
    key_called(key)
    steps.end_key(key.id, by=clerk(), now=NOW)
    steps.renew_link(officer.id, by=clerk(), now=NOW)
    steps.suspend(officer.id, by=clerk(), why="A reason that stays inside.", now=NOW)

    recorded = bodies(RecordKind.OFFICER_CHANGED, officer.id)

    happened = ["invited", "vouched", "key_added", "key_confirmed", "key_ended", "link_renewed",
                "suspended"]  # fmt: skip
    assert [body["change"] for body in recorded] == happened
    rows = OfficerChange.objects.filter(officer=officer)
    assert sorted(rows.values_list("change", flat=True)) == sorted(happened)
    text = str(recorded)
    assert not any(word in text for word in ("Ivo", "ivo@", "A reason", NUMBER))


def test_what_does_not_exist_is_not_found() -> None:
    for attempt in (
        lambda: queries.authority_of(uuid4()),
        lambda: queries.officer(uuid4()),
        lambda: queries.filing(uuid4()),
        lambda: steps.suspend(uuid4(), by=clerk(), why="x", now=NOW),
        lambda: steps.end_key(uuid4(), by=clerk(), now=NOW),
        lambda: steps.confirm_authority(uuid4(), by=clerk(), now=NOW),
        lambda: steps.keep_receipt(uuid4(), "x", by=clerk(), now=NOW),
        lambda: steps.read_mailbox(uuid4(), by=clerk(), reason="x", now=NOW),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert queries.officer_of(uuid4()) is None
