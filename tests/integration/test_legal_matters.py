"""A matter from receipt to its end: every step checked, recorded, and taken by the right people."""

from dataclasses import replace
from datetime import timedelta

import pyrage
import pytest
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import IntegrityError, transaction
from tests.integration.cases_of_tests import settle
from tests.integration.matters_of_tests import (
    ACCOUNT,
    ALL_NO,
    CHANNEL,
    NOW,
    Desk,
    desk,
    draft_of,
    market,
    officer_for,
    plan_of,
    refusal,
    withhold,
)
from tests.integration.people_of_tests import credential_of, holder, passkey

from evenhand.actions.models import Action, Decision
from evenhand.authorities import steps as registry
from evenhand.authorities.lists import CallBackSaid
from evenhand.base.lists import RecordKind
from evenhand.legal import steps
from evenhand.legal.canonical import digest_of
from evenhand.legal.checks import QUESTIONNAIRE, StepRefused
from evenhand.legal.drafts import (
    BoardVote,
    IdentifierDraft,
    NoticeDecision,
    Plan,
    SubstanceAnswers,
    Validation,
)
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    EnforcingAnswer,
    Finding,
    IdentifierKind,
    MatterState,
    Said,
    Substance,
)
from evenhand.legal.models import Clock, Disclosure, Matter, Step
from evenhand.legal.ports import DataClass
from evenhand.legal.queries import concerned, history, queue
from evenhand.legal.reactions import note_effect, page_failed_effect
from evenhand.markets.lists import AuthorityKind, DataCategory, MarketState, Purpose, Refusal
from evenhand.markets.regimes import law
from evenhand.markets.steps import sign_off
from evenhand.people.roles import Role
from evenhand.people.signature import KeptAssertion, SignatureRefused, holds
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
TRAFFIC = "eu-epoc-traffic-content"
TCO = "eu-tco-removal"
VOLUNTARY = "un-voluntary-disclosure"
KZ = "kz-authorised-body-request"
EMERGENCY = dict.fromkeys(QUESTIONNAIRE, "A child was taken at noon in Example.")


def findings(error: pytest.ExceptionInfo[StepRefused]) -> set[Finding]:
    found = error.value.fields["findings"]
    assert isinstance(found, tuple)
    return set(found)


def kinds_of(matter: Matter) -> set[str]:
    return set(Record.objects.filter(subject=matter.id).values_list("kind", flat=True))


def kazakh() -> Desk:
    return desk(country="KZ", kind=AuthorityKind.MINISTRY)


def test_a_request_gets_a_number_and_a_clock_and_leaves_a_record() -> None:
    one = desk()

    matter = one.received(EPOC)

    assert matter.number == "EH-2026-000001"
    assert Clock.objects.get(matter=matter, name="answer").due_at == NOW + timedelta(days=10)
    assert RecordKind.LEGAL_RECEIVED in kinds_of(matter)
    assert [step.what for step in history(matter.id)] == ["received", "assigned", "assigned"]


def test_the_same_request_twice_is_one_matter() -> None:
    one = desk()
    draft = draft_of(one, EPOC)

    first = steps.receive(draft, pager=one.pages, now=NOW)
    second = steps.receive(draft, pager=one.pages, now=NOW)

    assert first.id == second.id
    assert Matter.objects.count() == 1


def test_a_one_hour_order_pages_the_people_on_call_once() -> None:
    one = desk()

    matter = one.received(TCO)

    assert [urgent for _, urgent in one.pages.told.values()] == [True]
    assert Clock.objects.get(matter=matter).due_at == NOW + timedelta(hours=1)


def test_a_suspended_officer_files_nothing() -> None:
    one = desk()
    registry.suspend(one.officer.id, by=one.lawyer, why="Doubted.", now=NOW)

    with pytest.raises(StepRefused) as error:
        one.received(EPOC)

    assert Finding.OFFICER_MAY_NOT_FILE in findings(error)


def test_an_epoc_ends_in_a_package_that_only_its_officer_opens_once() -> None:
    one = desk()
    matter = one.released(EPOC)
    disclosure = Disclosure.objects.get(matter=matter)

    given = steps.hand_out(disclosure.id, to=one.officer, now=NOW)

    assert pyrage.decrypt(given.sealed, [one.identity]) == b"198.51.100.7"
    matter.refresh_from_db()
    disclosure.refresh_from_db()
    assert (matter.state, disclosure.state) == ("executed", "handed_out")
    assert bytes(disclosure.sealed) == b""
    with pytest.raises(StepRefused) as error:
        steps.hand_out(disclosure.id, to=one.officer, now=NOW)
    assert findings(error) == {Finding.ALREADY_HANDED_OUT}


def test_what_is_kept_of_a_release_verifies_alone() -> None:
    one = desk()

    matter = one.released(EPOC)

    kept = KeptAssertion.from_json(matter.assertion)
    assert holds(kept, digest_of(matter.signed))
    assert bytes(matter.digest) == digest_of(matter.signed)
    package = Disclosure.objects.get(matter=matter)
    assert matter.signed["package"]["sha256"] == bytes(package.sha256).hex()
    assert not holds(kept, digest_of({**matter.signed, "number": "EH-2026-000002"}))


def test_a_passkey_whose_enrolment_is_not_on_record_signs_nothing() -> None:
    one = desk()
    matter = one.prepared(EPOC)
    slipped_in = passkey()
    WebAuthn.add(one.approver, "Slipped in", credential_of(one.approver, slipped_in))
    options = steps.begin_release(matter.id, by=one.approver, now=NOW)

    with pytest.raises(StepRefused) as error:
        steps.release(
            matter.id,
            by=one.approver,
            credential=slipped_in.sign_in(options["publicKey"]),
            violations=None,
            now=NOW,
        )

    assert error.value.fields["findings"] == (Finding.SIGNATURE_WRONG,)
    matter.refresh_from_db()
    assert (matter.state, matter.assertion) == ("prepared", None)
    one.release(matter)  # the key that was enrolled here does


def test_a_package_signed_by_a_key_without_record_is_not_handed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = desk()
    slipped_in = passkey()
    WebAuthn.add(one.approver, "Slipped in", credential_of(one.approver, slipped_in))
    one.keys = {**one.keys, one.approver.id: slipped_in}
    with monkeypatch.context() as blind:
        blind.setattr("evenhand.legal.signed.is_enrolled", lambda *_: True)
        one.released(EPOC)

    with pytest.raises(StepRefused) as error:
        steps.hand_out(Disclosure.objects.get().id, to=one.officer, now=NOW)
    assert error.value.fields["findings"] == (Finding.SIGNATURE_WRONG,)


def test_another_officer_gets_nothing() -> None:
    one = desk()
    matter = one.released(EPOC)
    other = officer_for(one.authority, "Olaf Other", one.lawyer, one.approver)

    with pytest.raises(StepRefused) as error:
        steps.hand_out(Disclosure.objects.get(matter=matter).id, to=other, now=NOW)

    assert findings(error) == {Finding.NOT_RECIPIENT}


def test_who_prepares_cannot_release() -> None:
    one = desk()
    matter = one.prepared(EPOC)
    one.lawyer.roles = ["approver", "legal_officer"]
    one.lawyer.save()

    with pytest.raises(StepRefused) as error:
        steps.begin_release(matter.id, by=one.lawyer, now=NOW)

    assert findings(error) == {Finding.SAME_PERSON}


def test_an_approver_who_does_not_work_on_it_cannot_release() -> None:
    one = desk()
    matter = one.prepared(EPOC)

    with pytest.raises(StepRefused) as error:
        steps.begin_release(matter.id, by=one.second_approver, now=NOW)

    assert Finding.NOT_ASSIGNED in findings(error)


def test_a_package_that_changed_after_reading_is_not_released() -> None:
    one = desk()
    matter = one.prepared(EPOC)
    options = steps.begin_release(matter.id, by=one.approver, now=NOW)
    steps.return_plan(matter.id, by=one.approver, reason="Too wide.", now=NOW)
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)
    one.collect(Disclosure.objects.exclude(state="destroyed").get(matter=matter))

    with pytest.raises(SignatureRefused):
        steps.release(
            matter.id,
            by=one.approver,
            credential=one.keys[one.approver.id].sign_in(options["publicKey"]),
            violations=None,
            now=NOW,
        )

    matter.refresh_from_db()
    assert matter.state == MatterState.PREPARED


def test_nothing_is_prepared_before_validation() -> None:
    one = desk()
    matter = one.received(EPOC)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)

    assert {Finding.NOT_VALIDATED, Finding.NOT_AUTHENTIC} <= findings(error)


def test_a_call_back_that_was_denied_proves_nobody() -> None:
    one = desk()
    matter = one.received(EPOC)
    call = one.call_back(matter, said=CallBackSaid.DENIED)

    with pytest.raises(StepRefused) as error:
        steps.validate(
            matter.id,
            Validation(Authenticity.CALL_BACK, "They denied it.", call.id),
            by=one.lawyer,
            now=NOW,
        )

    assert findings(error) == {Finding.CALL_BACK_MISSING}


def test_content_is_outside_what_this_desk_can_collect() -> None:
    one = desk(kind=AuthorityKind.JUDGE)

    with pytest.raises(StepRefused) as error:
        one.prepared(TRAFFIC, categories=frozenset({DataCategory.CONTENT}))

    assert Finding.CONTENT_OUTSIDE_DESK in findings(error)


def test_addresses_are_not_given_under_an_order_for_subscriber_data() -> None:
    one = desk()

    with pytest.raises(StepRefused) as error:
        one.prepared(EPOC, categories=frozenset({DataCategory.SUBSCRIBER}))

    assert findings(error) == {Finding.OUTSIDE_CATEGORY}


def test_an_account_that_the_request_does_not_name_is_not_disclosed() -> None:
    one = desk()

    with pytest.raises(StepRefused) as error:
        one.prepared(
            EPOC, identifiers=(IdentifierDraft(IdentifierKind.ACCOUNT, "@other:example.test"),)
        )

    assert findings(error) == {Finding.IDENTIFIER_MISSING}


def test_a_phone_number_leads_to_its_account_by_the_collector() -> None:
    one = desk()
    matter = one.validated(EPOC, identifiers=(IdentifierDraft(IdentifierKind.PHONE, "+491701"),))
    identifier = matter.identifiers.get()

    steps.looked_up(identifier.id, ACCOUNT, now=NOW)

    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)
    assert Disclosure.objects.get(matter=matter).accounts == [ACCOUNT]


@pytest.mark.parametrize(
    "state", [MarketState.CONTESTED, MarketState.SUSPENDED, MarketState.EXITED]
)
def test_no_data_leave_for_a_market_that_is_not_open(state: MarketState) -> None:
    one = desk()
    matter = one.prepared(EPOC)
    market("DE", state, one.lawyer, one.approver)

    with pytest.raises(StepRefused) as error:
        one.release(matter)

    assert Finding.MARKET_NOT_OPEN in findings(error)


def test_a_doubt_about_substance_waits_for_two_of_the_board() -> None:
    one = desk()
    matter = one.validated(EPOC)
    doubt = SubstanceAnswers({**ALL_NO, Substance.PRESS: Said.UNSURE}, "A journalist, perhaps.")
    steps.assess(matter.id, doubt, by=one.lawyer, now=NOW)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)
    assert findings(error) == {Finding.BOARD_PENDING}

    go_on = BoardVote(BoardDecision.GO_ON, "Not a journalist.")
    steps.vote(matter.id, go_on, by=one.board[0], now=NOW)
    with pytest.raises(StepRefused):
        steps.vote(matter.id, go_on, by=one.board[0], now=NOW)
    assert steps.vote(matter.id, go_on, by=one.board[1], now=NOW).board == "go_on"
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)


def test_answers_given_anew_do_not_take_a_doubt_back() -> None:
    one = desk()
    matter = one.validated(EPOC)
    doubt = SubstanceAnswers({**ALL_NO, Substance.PRESS: Said.YES}, "A journalist.")
    steps.assess(matter.id, doubt, by=one.lawyer, now=NOW)

    assessment = steps.assess(
        matter.id, SubstanceAnswers(ALL_NO, "On second thought."), by=one.lawyer, now=NOW
    )

    assert assessment.needs_board


def test_a_question_stops_the_clock_and_the_answer_lets_it_go_on() -> None:
    one = desk()
    matter = one.received(EPOC)
    steps.ask(
        matter.id,
        by=one.lawyer,
        text="Which account?",
        now=NOW + timedelta(days=1),
        missing=tuple(matter.fields)[:1],
    )

    steps.complete(
        matter.id, by=one.officer.person, answer="That one.", now=NOW + timedelta(days=3)
    )

    assert Clock.objects.get(matter=matter).due_at == NOW + timedelta(days=12)
    matter.refresh_from_db()
    assert matter.state == MatterState.RECEIVED


def test_the_hour_of_a_removal_order_begins_anew_with_the_clarification() -> None:
    one = desk()
    matter = one.received(TCO)
    steps.ask(matter.id, by=one.lawyer, text="Which link?", now=NOW + timedelta(minutes=50))

    steps.complete(matter.id, by=one.officer.person, answer="This.", now=NOW + timedelta(hours=5))

    assert Clock.objects.get(matter=matter).due_at == NOW + timedelta(hours=6)


def test_an_order_of_a_country_has_effect_there_alone() -> None:
    one = kazakh()

    matter = one.released(KZ, withhold("KZ"))

    action = Action.objects.get(decision__case=matter.id)
    assert (action.kind, action.territory, action.channel) == ("geo_withhold", ["KZ"], CHANNEL)
    settle()
    record = Record.objects.get(kind=RecordKind.EFFECT_CONFIRMED)
    note_effect(record, NOW)
    note_effect(record, NOW)
    matter.refresh_from_db()
    assert matter.state == MatterState.EXECUTED
    assert [step.what for step in history(matter.id)].count("executed") == 1


def test_an_order_whose_effect_failed_stays_open_until_a_person_concludes() -> None:
    one = kazakh()
    matter = one.released(KZ, withhold("KZ"))
    Action.objects.filter(decision__case=matter.id).update(state="failed")
    record = Record.objects.filter(kind=RecordKind.DECISION).get()

    note_effect(record, NOW)
    page_failed_effect(record, one.pages)

    matter.refresh_from_db()
    assert matter.state == MatterState.RELEASED
    assert list(one.pages.told.values())[-1][1]
    steps.conclude(matter.id, by=one.lawyer, reason="The room is gone already.", now=NOW)
    matter.refresh_from_db()
    assert matter.state == MatterState.EXECUTED


def test_only_those_who_answer_for_an_order_conclude_it() -> None:
    one = kazakh()
    matter = one.released(KZ, withhold("KZ"))
    steps.take(matter.id, by=one.board[0], now=NOW)

    with pytest.raises(StepRefused) as error:
        steps.conclude(matter.id, by=one.board[0], reason="It could not be had.", now=NOW)
    assert findings(error) == {Finding.ROLE_MISSING}
    steps.conclude(matter.id, by=one.lawyer, reason="It could not be had.", now=NOW)


def test_an_order_of_a_country_reaches_no_other() -> None:
    one = kazakh()

    for plan in (withhold("KZ", "DE"), withhold("DE")):
        with pytest.raises(StepRefused) as error:
            one.prepared(KZ, plan)
        assert findings(error) == {Finding.TERRITORY_TOO_WIDE}


def test_the_union_is_as_far_as_its_removal_order_goes() -> None:
    one = desk()

    with pytest.raises(StepRefused) as error:
        one.prepared(TCO, withhold("DE", "US"))

    assert findings(error) == {Finding.TERRITORY_TOO_WIDE}


def test_a_statement_of_reasons_is_not_made_for_an_order() -> None:
    one = kazakh()

    matter = one.released(KZ, withhold("KZ"))

    decision = Decision.objects.get(case=matter.id)
    assert not hasattr(decision, "statement")


def test_a_refusal_is_signed_too_and_does_nothing() -> None:
    one = desk()
    matter = one.received(EPOC)
    steps.prepare(matter.id, refusal(), by=one.lawyer, violations=None, now=NOW)

    matter = one.release(matter)

    assert (matter.state, matter.outcome, matter.ground) == (
        "refused",
        "refused",
        Refusal.WRONG_AUTHORITY.value,
    )
    assert not Disclosure.objects.filter(matter=matter).exists()
    assert RecordKind.LEGAL_REFUSED in kinds_of(matter)


def test_no_matter_closes_before_it_is_decided_what_the_user_is_told() -> None:
    one = desk()
    matter = one.released(EPOC)
    steps.hand_out(Disclosure.objects.get(matter=matter).id, to=one.officer, now=NOW)

    with pytest.raises(StepRefused) as error:
        steps.close(matter.id, by=one.lawyer, now=NOW)
    assert findings(error) == {Finding.NOTICE_UNDECIDED}

    steps.decide_notice(
        matter.id,
        NoticeDecision(ACCOUNT, "Reg. 2023/1543 Art. 13", "de", authority_tells=True),
        by=one.lawyer,
        now=NOW,
    )
    assert steps.close(matter.id, by=one.lawyer, now=NOW).state == MatterState.CLOSED


def test_an_emergency_needs_the_call_before_release_and_a_third_person_after() -> None:
    one = desk()
    fields = {**draft_of(one, EPOC).fields, **EMERGENCY}

    matter = one.released(EPOC, emergency=True, fields=fields)

    steps.hand_out(Disclosure.objects.get(matter=matter).id, to=one.officer, now=NOW)
    decision = NoticeDecision(ACCOUNT, "Art. 13", "de", authority_tells=True)
    steps.decide_notice(matter.id, decision, by=one.lawyer, now=NOW)
    with pytest.raises(StepRefused) as error:
        steps.close(matter.id, by=one.lawyer, now=NOW)
    assert findings(error) == {Finding.REVIEW_MISSING}
    for person in (one.lawyer, one.approver):
        with pytest.raises(StepRefused):
            steps.after_review(matter.id, by=person, note="It was right.", now=NOW)
    steps.after_review(matter.id, by=one.second_approver, note="It was right.", now=NOW)
    assert steps.close(matter.id, by=one.lawyer, now=NOW).state == MatterState.CLOSED


def test_an_emergency_without_its_story_is_not_received() -> None:
    one = desk()

    with pytest.raises(StepRefused) as error:
        one.received(EPOC, emergency=True)

    assert findings(error) == {Finding.QUESTIONNAIRE_INCOMPLETE}


def test_a_call_that_is_denied_after_validation_stops_an_emergency() -> None:
    one = desk()
    fields = {**draft_of(one, EPOC).fields, **EMERGENCY}
    matter = one.prepared(EPOC, emergency=True, fields=fields)
    one.call_back(matter, said=CallBackSaid.DENIED, now=NOW + timedelta(minutes=5))

    with pytest.raises(StepRefused) as error:
        one.release(matter, now=NOW + timedelta(minutes=6))

    assert Finding.CALL_BACK_MISSING in findings(error)


def test_the_window_of_the_enforcing_authority_is_ended_by_a_person() -> None:
    one = desk(kind=AuthorityKind.JUDGE)
    matter = one.prepared(
        TRAFFIC,
        categories=frozenset({DataCategory.TRAFFIC}),
        purpose=Purpose.OTHER,
        plan=plan_of_traffic(),
    )
    with pytest.raises(StepRefused) as error:
        one.release(matter)
    assert Finding.WINDOW_OPEN in findings(error)
    with pytest.raises(StepRefused):
        steps.note_window(
            matter.id, EnforcingAnswer.LAPSED, by=one.lawyer, note="Nothing came.", now=NOW
        )

    later = NOW + timedelta(days=10)
    with pytest.raises(StepRefused) as error:
        steps.note_window(
            matter.id, EnforcingAnswer.LAPSED, by=one.lawyer, note="Nothing came.", now=later
        )
    assert findings(error) == {Finding.SAME_PERSON}
    steps.note_window(
        matter.id, EnforcingAnswer.LAPSED, by=one.approver, note="Nothing came.", now=later
    )

    assert one.release(matter, now=later).state == MatterState.RELEASED


def test_who_noted_the_window_does_not_prepare() -> None:
    one = desk(kind=AuthorityKind.JUDGE)
    matter = one.validated(
        TRAFFIC, categories=frozenset({DataCategory.TRAFFIC}), purpose=Purpose.OTHER
    )
    steps.note_window(
        matter.id, EnforcingAnswer.NO_GROUND, by=one.lawyer, note="Their letter.", now=NOW
    )

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of_traffic(), by=one.lawyer, violations=None, now=NOW)
    assert findings(error) == {Finding.SAME_PERSON}


def plan_of_traffic() -> Plan:
    return replace(plan_of(EPOC), want=frozenset({DataClass.CONNECTIONS}))


def test_staff_see_only_what_they_work_on() -> None:
    one = desk()
    matter = one.received(EPOC)

    assert [found.id for found in queue(person=one.lawyer)] == [matter.id]
    assert queue(person=one.second_approver) == []
    with pytest.raises(StepRefused):
        steps.reveal_identifiers(
            matter.id, by=one.second_approver, reason="Curious about it.", now=NOW
        )
    assert len(steps.reveal_identifiers(matter.id, by=one.lawyer, reason="To plan.", now=NOW)) == 1
    assert Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ, subject=matter.id).count() == 1


def test_what_runs_out_first_comes_first() -> None:
    one = desk()
    slow, fast = one.received(EPOC), one.received(TCO)

    assert [matter.id for matter in queue()] == [fast.id, slow.id]


def test_a_colleague_of_the_same_authority_takes_a_matter_over_and_nobody_else() -> None:
    one = desk()
    matter = one.prepared(EPOC)
    colleague = officer_for(one.authority, "Olga Other", one.lawyer, one.approver)

    steps.hand_over(matter.id, to=colleague.id, by=one.officer.person, now=NOW)

    matter.refresh_from_db()
    assert (matter.officer_id, matter.state) == (colleague.id, "validated")
    assert Disclosure.objects.get(matter=matter).state == "destroyed"
    with pytest.raises(StepRefused):
        steps.hand_over(matter.id, to=one.officer.id, by=one.officer.person, now=NOW)


def test_a_withdrawn_request_does_nothing_more() -> None:
    one = desk()
    matter = one.prepared(EPOC)

    steps.withdraw(matter.id, by=one.officer.person, reason="Solved.", now=NOW)

    with pytest.raises(StepRefused):
        steps.begin_release(matter.id, by=one.approver, now=NOW)
    assert not Clock.objects.filter(matter=matter, stopped_at=None).exists()


def test_history_and_log_say_nothing_of_the_people_concerned() -> None:
    one = desk()
    matter = one.released(EPOC)

    lines = [str(step.facts) for step in Step.objects.filter(matter=matter)]
    bodies = [str(record.opening.body) for record in Record.objects.filter(subject=matter.id)]

    assert not any(ACCOUNT in text or "198.51" in text for text in [*lines, *bodies])


def test_nobody_learns_from_the_constant_answer() -> None:
    one = desk()
    matter = one.released(EPOC)
    decision = NoticeDecision(ACCOUNT, "Art. 13", "de", authority_tells=True)
    steps.decide_notice(matter.id, decision, by=one.lawyer, now=NOW)

    assert concerned(ACCOUNT) == concerned("@nobody:example.test") == ()


def test_the_voluntary_lane_needs_a_violation_that_stands() -> None:
    one = desk(country="CH", kind=AuthorityKind.PROSECUTOR)
    colleague, _ = holder("Lars Lawyer", Role.LEGAL_OFFICER)
    sign_off(VOLUNTARY, reason="Read in the published form.", by=colleague, law=law(), now=NOW)
    matter = one.validated(VOLUNTARY, validator=AuthorityKind.COURT)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(VOLUNTARY), by=one.lawyer, violations=None, now=NOW)
    assert findings(error) == {Finding.NO_VIOLATION}

    one.nobody.accounts = frozenset({ACCOUNT})
    steps.prepare(matter.id, plan_of(VOLUNTARY), by=one.lawyer, violations=one.nobody, now=NOW)
    one.collect(Disclosure.objects.get(matter=matter))
    one.nobody.accounts = frozenset()
    with pytest.raises(StepRefused) as error:
        one.release(matter)
    assert findings(error) == {Finding.NO_VIOLATION}


def test_who_signed_an_entry_off_prepares_nothing_under_it() -> None:
    one = desk(country="CH", kind=AuthorityKind.PROSECUTOR)
    sign_off(VOLUNTARY, reason="Read in the published form.", by=one.lawyer, law=law(), now=NOW)
    one.nobody.accounts = frozenset({ACCOUNT})
    matter = one.validated(VOLUNTARY, validator=AuthorityKind.COURT)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(VOLUNTARY), by=one.lawyer, violations=one.nobody, now=NOW)
    assert findings(error) == {Finding.SAME_PERSON}


def test_an_entry_that_nobody_signed_off_gives_nothing() -> None:
    one = desk(country="CH", kind=AuthorityKind.PROSECUTOR)
    one.nobody.accounts = frozenset({ACCOUNT})
    matter = one.validated(VOLUNTARY, validator=AuthorityKind.COURT)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(VOLUNTARY), by=one.lawyer, violations=one.nobody, now=NOW)

    assert Finding.UNVERIFIED_ENTRY in findings(error)


def test_the_database_itself_refuses_a_leap() -> None:
    one = desk()
    matter = one.received(EPOC)

    for state in ("released", "executed", "closed", "refused"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Matter.objects.filter(pk=matter.id).update(state=state)
