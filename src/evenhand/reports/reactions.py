"""What follows from records of the rooms below: who reported is told what came of it."""

from datetime import datetime

from django.db import transaction

from evenhand.appeals.queries import complaints_of
from evenhand.base.lists import RecordKind
from evenhand.cases.lists import CaseOutcome
from evenhand.cases.models import Case
from evenhand.legal.queries import matter_of
from evenhand.legal.steps import note_referred, note_review
from evenhand.markets.lists import LegalForm
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction
from evenhand.reports.lists import ReportOutcome
from evenhand.reports.misuse_steps import note_unfounded_of
from evenhand.reports.referrals import matters_referring, referral_drafts
from evenhand.reports.steps import answer_case, answer_complaints, receive

_OUTCOMES = {
    CaseOutcome.ACTED: ReportOutcome.ACTED,
    CaseOutcome.NO_ACTION: ReportOutcome.NOT_ACTED,
}


def note_outcome(record: Record, now: datetime) -> None:
    """Notes what came of the reports that a closed case united, and of complaints about them."""
    case = Case.objects.filter(pk=record.subject).first()
    outcome = _OUTCOMES.get(CaseOutcome(case.outcome)) if case and case.outcome else None
    if case is not None and outcome is not None:
        if answer_case(case.id, outcome, now=now):
            for matter in matters_referring(case.id):
                note_review(matter, acted=outcome is ReportOutcome.ACTED, now=now)
        note_unfounded_of(case, now=now)
        answer_complaints([one.report for one in complaints_of(case.id)], outcome, now=now)


def note_reversal(record: Record, now: datetime) -> None:
    """Notes that what a report had led to was taken back on an objection."""
    objection = Case.objects.select_related("decision").filter(pk=record.subject).first()
    decision = objection.decision if objection is not None else None
    if decision is not None and decision.case is not None:
        answer_case(decision.case, ReportOutcome.REVERSED, now=now)
        complained = [one.report for one in complaints_of(decision.case)]
        answer_complaints(complained, ReportOutcome.REVERSED, now=now)


def take_referral(record: Record, now: datetime) -> None:
    """Brings before the reviewers what an authority's referral names: a report for each thing.

    It is judged like any other report, under the messenger's own terms; nobody has to act on it.
    """
    matter = matter_of(record.subject)
    if matter.form == LegalForm.REFERRAL:
        with transaction.atomic():
            drafts = referral_drafts(matter)
            for draft in drafts:
                receive(draft, now=now)
            note_referred(matter.id, reports=len(drafts), now=now)


OUTCOMES = Reaction(
    consumer="reports.outcomes",
    kinds=frozenset({RecordKind.CASE_CLOSED}),
    react=note_outcome,
)
REVERSALS = Reaction(
    consumer="reports.reversals",
    kinds=frozenset({RecordKind.OBJECTION_UPHELD}),
    react=note_reversal,
)
REFERRALS = Reaction(
    consumer="reports.referrals",
    kinds=frozenset({RecordKind.LEGAL_RECEIVED}),
    react=take_referral,
)
"""All for the worker's list of reactions."""
