"""Addresses below /staff/cases/."""

from django.urls import path

from evenhand.desk.legal import danger
from evenhand.desk.review import bulk, deciding, page, quality, queue, working

urlpatterns = [
    path("", queue.cases, name="staff_cases"),
    path("next/", queue.take_next, name="staff_case_next"),
    path("bulk/", bulk.bulks, name="staff_bulks"),
    path("bulk/propose/", bulk.propose, name="staff_bulk_propose"),
    path("bulk/<uuid:bulk_id>/", bulk.bulk, name="staff_bulk"),
    path("bulk/<uuid:bulk_id>/start/", bulk.start, name="staff_bulk_start"),
    path("bulk/<uuid:bulk_id>/stop/", bulk.stop, name="staff_bulk_stop"),
    path("quality/", quality.quality, name="staff_quality"),
    path("<uuid:case_id>/golden/", quality.golden, name="staff_case_golden"),
    path("<uuid:case_id>/", page.case, name="staff_case"),
    path("<uuid:case_id>/evidence/", page.open_evidence, name="staff_case_evidence"),
    path("<uuid:case_id>/around/", page.surroundings, name="staff_case_surroundings"),
    path("<uuid:case_id>/decide/", deciding.decide, name="staff_case_decide"),
    path("<uuid:case_id>/judge/", deciding.judge, name="staff_case_judge"),
    path("<uuid:case_id>/claim/", working.claim, name="staff_case_claim"),
    path("<uuid:case_id>/let-go/", working.let_go, name="staff_case_let_go"),
    path("<uuid:case_id>/hand-over/", working.hand_over, name="staff_case_hand_over"),
    path("<uuid:case_id>/escalate/", working.escalate, name="staff_case_escalate"),
    path("<uuid:case_id>/note/", working.note, name="staff_case_note"),
    path("<uuid:case_id>/ask-opinion/", working.ask_opinion, name="staff_case_ask_opinion"),
    path("<uuid:case_id>/opinion/", working.give_opinion, name="staff_case_opinion"),
    path("<uuid:case_id>/danger/", danger.report, name="staff_case_danger"),
]
