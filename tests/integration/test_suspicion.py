"""The score of a request that comes in, from the registry and from earlier matters."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.integration.matters_of_tests import ACCOUNT, NOW, Desk, Pages, desk, draft_of

from evenhand.authorities.lists import CallBackSaid
from evenhand.base.ids import new_id
from evenhand.legal import steps
from evenhand.legal.documents import DocumentReport, SignatureLevel
from evenhand.legal.drafts import IdentifierDraft, MatterDraft
from evenhand.legal.fraud import FraudReason, FraudReport
from evenhand.legal.lists import IdentifierKind
from evenhand.legal.suspicion import suspicion
from evenhand.markets.regimes import law

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
    one: Desk, draft: MatterDraft, report: DocumentReport | None = SIGNED, **more: object
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
