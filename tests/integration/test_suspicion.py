"""The score of a request that comes in, from the registry and from earlier matters."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.integration.matters_of_tests import (
    ACCOUNT,
    ALL_NO,
    NOW,
    Desk,
    Pages,
    desk,
    draft_of,
    plan_of,
    signed,
)

from evenhand.authorities.lists import CallBackSaid
from evenhand.base.ids import new_id
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.documents import DocumentReport, SignatureLevel
from evenhand.legal.drafts import IdentifierDraft, MatterDraft, SubstanceAnswers, Validation
from evenhand.legal.fraud import FraudReason, FraudReport
from evenhand.legal.lists import Authenticity, Finding, IdentifierKind
from evenhand.legal.models import Assessment, Disclosure, Matter
from evenhand.legal.queries import history
from evenhand.legal.suspicion import suspicion
from evenhand.markets.regimes import law
from evenhand.people.models import Person

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
SIGNED = DocumentReport(SignatureLevel.VALID_TRUSTED_CA, text=f"Order about {ACCOUNT}")
LATER = NOW + timedelta(days=40)


def bounded(one: Desk) -> MatterDraft:
    period = IdentifierDraft(
        IdentifierKind.ACCOUNT, ACCOUNT, since=NOW - timedelta(days=20), until=NOW
    )
    return replace(draft_of(one, EPOC), identifiers=(period,))


def judged(
    one: Desk, draft: MatterDraft, report: DocumentReport | None = SIGNED, **more: Any
) -> FraudReport:
    return suspicion(
        draft, law().kind(draft.entry), one.authority, one.officer, report, now=LATER, **more
    )


def codes(report: FraudReport) -> set[str]:
    return {code for code, _, _ in report.reasons}


def test_nothing_speaks_against_a_request_of_a_known_officer() -> None:
    one = desk()

    report = judged(one, bounded(one))

    assert codes(report) == set()
    assert not report.needs_call_back


def test_an_order_without_a_document_or_a_period_needs_a_call() -> None:
    one = desk()

    report = judged(one, draft_of(one, EPOC), None)

    assert codes(report) == {FraudReason.DOCUMENT_MISSING, FraudReason.WHOLE_HISTORY}
    assert report.needs_call_back
    confirmed = judged(one, draft_of(one, EPOC), None, call_back=CallBackSaid.CONFIRMED)
    assert not confirmed.needs_call_back


def test_what_was_served_on_paper_names_no_account() -> None:
    one = desk()
    draft = replace(bounded(one), officer=None, entered_by=one.lawyer.id)

    report = suspicion(draft, law().kind(EPOC), one.authority, None, SIGNED, now=LATER)

    assert codes(report) == {FraudReason.NO_ACCOUNT}


def test_a_document_about_somebody_else_is_noticed() -> None:
    one = desk()
    other = replace(SIGNED, text="Order about @somebody.else:chat.example")

    assert codes(judged(one, bounded(one), other)) == {FraudReason.FORM_AND_DOCUMENT_DIFFER}


def test_many_requests_of_one_day_are_noticed() -> None:
    one = desk()
    for _ in range(10):
        draft = replace(bounded(one), id=new_id(now=LATER), origin=f"portal:{new_id(now=LATER)}")
        steps.receive(replace(draft, received_at=LATER), pager=Pages(), now=LATER)

    assert FraudReason.VELOCITY in codes(judged(one, bounded(one)))


def refused(matter: Matter, *, by: Person) -> set[str]:
    with pytest.raises(StepRefused) as error:
        steps.assess(matter.id, SubstanceAnswers(ALL_NO, "Nothing of it."), by=by, now=NOW)
    return {str(code) for code in error.value.fields["findings"]}  # type: ignore[attr-defined]


def filed(one: Desk, **found: Any) -> Matter:
    fraud = {"score": 60, "reasons": [], "needs_call_back": True, "needs_second_look": True}
    return one.received(EPOC, fraud={**fraud, **found})


def test_a_call_that_denies_is_counted_at_once() -> None:
    one = desk()
    matter = filed(one, score=0, needs_call_back=False, needs_second_look=False)

    steps.call_about(matter.id, CallBackSaid.DENIED, by=one.lawyer, now=NOW)

    matter.refresh_from_db()
    assert FraudReason.CALL_BACK_DENIED in {reason[0] for reason in matter.fraud["reasons"]}
    assert matter.fraud["score"] == 100
    assert matter.fraud["needs_call_back"]


def test_a_call_that_confirms_ends_the_need_for_it() -> None:
    one = desk()
    matter = filed(one)

    steps.call_about(matter.id, CallBackSaid.CONFIRMED, by=one.lawyer, now=NOW)

    matter.refresh_from_db()
    assert not matter.fraud["needs_call_back"]
    assert "called_back" in [line.what for line in history(matter.id)]


def test_what_was_found_of_the_document_is_not_forgotten() -> None:
    one = desk()
    matter = filed(one, reasons=[[FraudReason.FORM_AND_DOCUMENT_DIFFER.value, 40, "It differs."]])

    steps.call_about(matter.id, CallBackSaid.NO_ANSWER, by=one.lawyer, now=NOW)

    matter.refresh_from_db()
    found = {reason[0] for reason in matter.fraud["reasons"]}
    assert {FraudReason.FORM_AND_DOCUMENT_DIFFER, FraudReason.CALL_BACK_NO_ANSWER} <= found


def doubted(one: Desk) -> Matter:
    """A validated request of which much speaks for a forgery still, though a call confirmed it."""
    matter = filed(one, reasons=[[FraudReason.FORM_AND_DOCUMENT_DIFFER.value, 40, "It differs."]])
    call = steps.call_about(matter.id, CallBackSaid.CONFIRMED, by=one.lawyer, now=NOW)
    steps.validate(
        matter.id,
        Validation(Authenticity.CALL_BACK, "The duty officer knew it.", call.id),
        by=one.lawyer,
        now=NOW,
    )
    matter.refresh_from_db()
    assert matter.fraud["needs_second_look"]
    return matter


def test_where_much_speaks_for_a_forgery_a_second_person_answers_the_questions() -> None:
    one = desk()
    matter = doubted(one)

    assert refused(matter, by=one.lawyer) == {Finding.SECOND_LOOK_MISSING}
    steps.assess(matter.id, SubstanceAnswers(ALL_NO, "Nothing of it."), by=one.approver, now=NOW)
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=one.nobody, now=NOW)

    matter.refresh_from_db()
    assert matter.state == "prepared"


def test_answers_given_before_the_validation_do_not_count_as_a_second_look() -> None:
    one = desk()
    matter = filed(one, reasons=[[FraudReason.FORM_AND_DOCUMENT_DIFFER.value, 40, "It differs."]])
    steps.assess(matter.id, SubstanceAnswers(ALL_NO, "Nothing of it."), by=one.lawyer, now=NOW)
    call = steps.call_about(matter.id, CallBackSaid.CONFIRMED, by=one.lawyer, now=NOW)
    proof = Validation(Authenticity.CALL_BACK, "The duty officer knew it.", call.id)
    steps.validate(matter.id, proof, by=one.lawyer, now=NOW)

    with pytest.raises(StepRefused) as error:
        steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=one.nobody, now=NOW)

    assert Finding.SECOND_LOOK_MISSING in error.value.fields["findings"]  # type: ignore[operator]


def test_the_database_wants_the_second_look_too() -> None:
    one = desk()
    matter = doubted(one)
    steps.assess(matter.id, SubstanceAnswers(ALL_NO, "Nothing of it."), by=one.approver, now=NOW)
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=one.nobody, now=NOW)
    one.collect(Disclosure.objects.get(matter=matter))
    Assessment.objects.update(by=one.lawyer)

    matter.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():
        Matter.objects.filter(pk=matter.pk).update(**signed(one, matter))
