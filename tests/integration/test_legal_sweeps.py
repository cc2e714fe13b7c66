"""What time brings about by itself: clocks, notices, expiry, confirmation, destruction."""

from datetime import timedelta

import pytest
from nacl.public import PrivateKey
from tests.integration.matters_of_tests import (
    ACCOUNT,
    NOW,
    Desk,
    Offices,
    desk,
    plan_of,
    refusal,
    withhold,
)

from evenhand.actions.ports import Notice
from evenhand.authorities.models import Officer
from evenhand.base.errors import Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.connectors.memory import MemoryMessenger
from evenhand.evidence.models import SealedItem
from evenhand.evidence.steps import expire, keep
from evenhand.legal import steps
from evenhand.legal.asking import link_for
from evenhand.legal.checks import StepRefused
from evenhand.legal.drafts import NoticeDecision, PreservationDraft
from evenhand.legal.limits import ASKING_LINK
from evenhand.legal.lists import DangerLaw, Finding, NoticeState
from evenhand.legal.models import (
    Clock,
    DangerReport,
    Disclosure,
    Identifier,
    Matter,
    Preservation,
    SampledReview,
    UserNotice,
)
from evenhand.legal.queries import concerned
from evenhand.markets.lists import AuthorityKind
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
EPOC_PR = "eu-epoc-pr"
DSA = "eu-dsa-art9"
URL = "https://desk.example.test"
KEY = b"k" * 32


class Messages:
    """The part of a messenger that sends notices: what arrived, once per key."""

    def __init__(self) -> None:
        self.sent: dict[object, Notice] = {}
        self.away = False

    def send_notice(self, notice: Notice) -> None:
        if self.away:
            raise Unavailable(peer="messenger")
        self.sent.setdefault(notice.key, notice)


def preserved(one: Desk) -> tuple[Matter, Preservation, SealedItem]:
    matter = one.released(EPOC_PR, plan_of(EPOC_PR))
    preservation = Preservation.objects.get(matter=matter)
    item = keep(
        b"what is kept",
        media_type="application/json",
        subject=preservation.id,
        to=PrivateKey.generate().public_key,
        now=NOW,
    )
    steps.preserved(
        preservation.id, PreservationDraft((item.id,), {"connections": "ab" * 32}), now=NOW
    )
    preservation.refresh_from_db()
    return matter, preservation, item


def handed_out(one: Desk) -> Disclosure:
    matter = one.released(EPOC)
    disclosure = Disclosure.objects.get(matter=matter)
    steps.hand_out(disclosure.id, to=one.officer, now=NOW)
    disclosure.refresh_from_db()
    return disclosure


def test_a_clock_speaks_at_half_at_four_fifths_and_when_it_is_missed_once_each() -> None:
    one = desk()
    matter = one.received(EPOC)
    said = []

    for day in range(121):
        moment = NOW + timedelta(hours=2 * day + 1)
        if steps.sweep_clocks(one.pages, now=moment):
            said.append(2 * day + 1)

    assert said == [121, 193, 241]
    kinds = Record.objects.filter(subject=matter.id, kind__startswith="clock_")
    assert list(kinds.order_by("serial").values_list("kind", flat=True)) == [
        RecordKind.CLOCK_WARNED,
        RecordKind.CLOCK_WARNED,
        RecordKind.CLOCK_MISSED,
    ]
    assert sorted(urgent for _, urgent in one.pages.told.values()) == [False, True]


def test_a_paused_clock_says_nothing() -> None:
    one = desk()
    matter = one.received(EPOC)
    steps.ask(matter.id, by=one.lawyer, text="Which account?", now=NOW)

    assert steps.sweep_clocks(one.pages, now=NOW + timedelta(days=100)) == 0


def test_a_clock_is_still_when_the_answer_lies_ready() -> None:
    one = desk()
    one.released(EPOC)

    assert steps.sweep_clocks(one.pages, now=NOW + timedelta(days=100)) == 0


def test_a_package_that_nobody_fetches_is_gone_after_its_time() -> None:
    one = desk()
    matter = one.released(EPOC)
    later = NOW + timedelta(days=14)

    steps.sweep_disclosures(one.pages, now=later)

    disclosure = Disclosure.objects.get(matter=matter)
    assert (disclosure.state, bytes(disclosure.sealed)) == ("expired", b"")
    with pytest.raises(StepRefused):
        steps.hand_out(disclosure.id, to=one.officer, now=later)


def test_the_head_office_is_told_once_and_its_silence_suspends_the_officer() -> None:
    one = desk()
    handed_out(one)
    offices = Offices()

    for _ in range(3):
        steps.tell_head_offices(offices, one.pages, now=NOW + timedelta(days=1))
        steps.sweep_disclosures(one.pages, now=NOW + timedelta(days=5))
    assert len(offices.told) == 1
    assert Officer.objects.get(pk=one.officer.pk).suspended_at is None
    for _ in range(2):
        steps.sweep_disclosures(one.pages, now=NOW + timedelta(days=6))

    assert Officer.objects.get(pk=one.officer.pk).suspended_at is not None
    assert "suspended" in str(list(one.pages.told.values())[-1])


def test_a_confirmed_delivery_suspends_nobody() -> None:
    one = desk()
    disclosure = handed_out(one)

    steps.tell_head_offices(Offices(), one.pages, now=NOW)
    for own in (one.lawyer, one.approver):
        with pytest.raises(StepRefused) as error:
            steps.confirm_delivery(disclosure.id, by=own.id, note="By telephone.", now=NOW)
        assert error.value.fields["findings"] == (Finding.SAME_PERSON,)
    steps.confirm_delivery(disclosure.id, by=one.second_approver.id, note="By telephone.", now=NOW)
    steps.sweep_disclosures(one.pages, now=NOW + timedelta(days=9))

    assert Officer.objects.get(pk=one.officer.pk).suspended_at is None


def test_a_new_copy_needs_a_new_approval() -> None:
    one = desk()
    first = handed_out(one)
    copy = steps.prepare_copy(
        first.id, by=one.lawyer, reason="The disk was lost.", violations=None, now=NOW
    )
    with pytest.raises(StepRefused):
        steps.hand_out(copy.id, to=one.officer, now=NOW)
    one.collect(copy)
    with pytest.raises(StepRefused):
        steps.hand_out(copy.id, to=one.officer, now=NOW)
    with pytest.raises(StepRefused) as error:
        steps.begin_copy_release(copy.id, by=one.lawyer, now=NOW)
    assert Finding.SAME_PERSON in error.value.fields["findings"]

    options = steps.begin_copy_release(copy.id, by=one.approver, now=NOW)
    steps.release_copy(
        copy.id,
        by=one.approver,
        credential=one.keys[one.approver.id].sign_in(options["publicKey"]),
        violations=None,
        now=NOW,
    )

    assert steps.hand_out(copy.id, to=one.officer, now=NOW).sealed


def test_a_user_is_told_when_the_effect_is_there_and_only_once() -> None:
    one = desk(kind=AuthorityKind.COURT)
    matter = one.released(DSA, withhold("DE"))
    messages = Messages()
    steps.decide_notice(
        matter.id, NoticeDecision(ACCOUNT, "DSA Art. 9(5)", "ru"), by=one.lawyer, now=NOW
    )
    assert steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=NOW) == 0
    steps.conclude(matter.id, by=one.lawyer, reason="As far as it can be.", now=NOW)

    for _ in range(3):
        steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=NOW)

    (notice,) = messages.sent.values()
    assert notice.account == ACCOUNT
    assert "Действует в: DE" in notice.text
    assert URL + link_for(ACCOUNT, until=(NOW + ASKING_LINK).date(), key=KEY) in notice.text
    assert matter.number in notice.text
    assert concerned(ACCOUNT) == (matter.number,)


def test_a_notice_waits_for_a_messenger_that_is_away() -> None:
    one = desk(kind=AuthorityKind.COURT)
    matter = one.released(DSA, withhold("DE"))
    steps.decide_notice(
        matter.id, NoticeDecision(ACCOUNT, "DSA Art. 9(5)", "de"), by=one.lawyer, now=NOW
    )
    steps.conclude(matter.id, by=one.lawyer, reason="As far as it can be.", now=NOW)
    messages = Messages()
    messages.away = True
    assert steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=NOW) == 0

    messages.away = False
    later = NOW + timedelta(hours=1)
    assert steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=later) == 1


def test_a_gag_holds_a_notice_until_its_day_and_then_the_user_is_told() -> None:
    one = desk(kind=AuthorityKind.COURT)
    until = NOW + timedelta(days=40)
    matter = one.released(DSA, withhold("DE"), gagged_until=until, gag_basis="Order no. 7")
    with pytest.raises(StepRefused) as error:
        steps.decide_notice(
            matter.id, NoticeDecision(ACCOUNT, "DSA Art. 9(5)", "de"), by=one.lawyer, now=NOW
        )
    assert error.value.fields["findings"] == (Finding.NOTICE_RULE,)
    steps.decide_notice(
        matter.id, NoticeDecision(ACCOUNT, "Order no. 7", "de", until=until), by=one.lawyer, now=NOW
    )
    steps.conclude(matter.id, by=one.lawyer, reason="As far as it can be.", now=NOW)
    messages = Messages()

    steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=until - timedelta(days=1))
    assert not messages.sent
    assert concerned(ACCOUNT) == ()
    assert any("not told yet" in text for text, _ in one.pages.told.values())
    steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=until)

    assert len(messages.sent) == 1


def test_a_gag_without_end_is_looked_at_again_and_can_be_lifted() -> None:
    one = desk(kind=AuthorityKind.COURT)
    matter = one.released(DSA, withhold("DE"), gag_forever=True, gag_basis="Order no. 7")
    decision = NoticeDecision(ACCOUNT, "Order no. 7", "de", forbidden=True)
    notice = steps.decide_notice(matter.id, decision, by=one.lawyer, now=NOW)
    steps.conclude(matter.id, by=one.lawyer, reason="As far as it can be.", now=NOW)
    messages = Messages()
    steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=NOW + timedelta(days=91))
    notice.refresh_from_db()
    assert notice.review_at == NOW + timedelta(days=181)
    assert not messages.sent

    steps.lift_gag(matter.id, by=one.lawyer, reason="The court lifted it.", now=NOW)
    steps.sweep_notices(messages, one.pages, public_url=URL, key=KEY, now=NOW)

    assert UserNotice.objects.get(matter=matter).state == NoticeState.SENT


def test_the_memory_messenger_takes_such_a_notice() -> None:
    one = desk(kind=AuthorityKind.COURT)
    matter = one.released(DSA, withhold("DE"))
    steps.decide_notice(
        matter.id, NoticeDecision(ACCOUNT, "DSA Art. 9(5)", "kk"), by=one.lawyer, now=NOW
    )
    steps.conclude(matter.id, by=one.lawyer, reason="As far as it can be.", now=NOW)

    steps.sweep_notices(MemoryMessenger(None), one.pages, public_url=URL, key=KEY, now=NOW)

    assert UserNotice.objects.get(matter=matter).state in {
        NoticeState.SENT,
        NoticeState.UNDELIVERABLE,
    }


def test_a_preservation_runs_sixty_days_and_thirty_more_and_no_longer() -> None:
    one = desk(kind=AuthorityKind.JUDGE)
    _, preservation, _ = preserved(one)
    assert preservation.expires_at == NOW + timedelta(days=60)

    steps.extend_preservation(preservation.id, by=one.lawyer, reason="Annex VI came.", now=NOW)
    preservation.refresh_from_db()
    assert preservation.expires_at == NOW + timedelta(days=90)

    with pytest.raises(StepRefused) as error:
        steps.extend_preservation(preservation.id, by=one.lawyer, reason="Again.", now=NOW)
    assert error.value.fields["findings"] == (Finding.EXTENDED_TO_THE_END,)


def test_a_hold_beats_every_deletion_and_what_ends_leaves_a_certificate() -> None:
    one = desk(kind=AuthorityKind.JUDGE)
    _, preservation, item = preserved(one)
    steps.hold_preservation(preservation.id, by=one.lawyer, reason="Annex V came.", now=NOW)
    later = NOW + timedelta(days=400)

    expire(now=later)
    assert steps.sweep_preservations(now=later) == 0
    item.refresh_from_db()
    assert bytes(item.sealed)

    steps.lift_hold(preservation.id, by=one.lawyer, reason="Production ended.", now=later)
    assert steps.sweep_preservations(now=later) == 1
    item.refresh_from_db()
    preservation.refresh_from_db()
    assert bytes(item.sealed) == b""
    assert preservation.certificate["items"] == [str(item.id)]
    assert preservation.certificate["hashes"] == {"connections": "ab" * 32}


def test_what_a_matter_named_is_forgotten_after_its_time() -> None:
    one = desk()
    matter = one.received(EPOC)
    steps.prepare(matter.id, refusal(), by=one.lawyer, violations=None, now=NOW)
    one.release(matter)
    nothing = NoticeDecision("", "Nothing was done.", "de", tell=False)
    steps.decide_notice(matter.id, nothing, by=one.lawyer, now=NOW)
    steps.close(matter.id, by=one.lawyer, now=NOW)

    assert steps.forget_identifiers(now=NOW + timedelta(days=100)) == 0
    assert steps.forget_identifiers(now=NOW + timedelta(days=184)) == 1

    assert Identifier.objects.get(matter=matter).value == ""


def test_a_sample_is_drawn_once_and_reviewed_by_somebody_without_a_part_in_it() -> None:
    one = desk()
    matter = one.released(EPOC)
    assert steps.draw_sample("2026-11", now=NOW) == []
    later = NOW + timedelta(days=20)

    first = steps.draw_sample("2026-11", now=later)
    again = steps.draw_sample("2026-11", now=later)

    assert [row.matter_id for row in first] == [row.matter_id for row in again] == [matter.id]
    with pytest.raises(StepRefused):
        steps.review_sample(
            "2026-11", matter.id, by=one.approver, right=True, note="Mine.", now=later
        )
    steps.review_sample("2026-11", matter.id, by=one.board[0], right=True, note="Fine.", now=later)
    assert SampledReview.objects.get().right


def test_a_danger_to_life_is_reported_with_its_receipt() -> None:
    one = desk()
    report = steps.report_danger(
        new_id(now=NOW),
        law=DangerLaw.DSA_18,
        authority=one.authority.id,
        text="He says that he will do it tonight.",
        evidence=None,
        by=one.lawyer,
        now=NOW,
    )

    steps.acknowledge_danger(report.id, receipt="KDD 4711", by=one.lawyer, now=NOW)

    assert DangerReport.objects.get().receipt == "KDD 4711"
    assert Record.objects.filter(kind=RecordKind.DANGER_REPORTED).count() == 2
    assert not Clock.objects.exists()
