"""Addresses of appeals: complaints of those who reported, and the talk that staff lead."""

from django.urls import path

from evenhand.desk import complaints, talking

urlpatterns = [
    path(
        "complaint/<uuid:report_id>/<uuid:case_id>/<str:token>/",
        complaints.complaint,
        name="complaint",
    ),
    path("staff/appeals/<uuid:case_id>/", talking.talk, name="staff_case_talk"),
    path("staff/appeals/<uuid:case_id>/ask/", talking.ask_person, name="staff_case_ask"),
    path("staff/appeals/<uuid:case_id>/open/", talking.open_said, name="staff_case_said"),
]
