"""Addresses below /staff/rules/."""

from django.urls import path

from evenhand.desk.rules import editing, moving, pages

urlpatterns = [
    path("", pages.rules, name="staff_rules"),
    path("new/", editing.new, name="staff_rule_new"),
    path("check/", editing.check, name="staff_rule_check"),
    path("named/<slug:rule_id>/", pages.rule, name="staff_rule"),
    path("versions/<uuid:version_id>/", pages.version, name="staff_rule_version"),
    path("versions/<uuid:version_id>/edit/", editing.edit, name="staff_rule_edit"),
    path("versions/<uuid:version_id>/hits/", pages.hits, name="staff_rule_hits"),
    path("versions/<uuid:version_id>/move/", moving.move, name="staff_rule_move"),
    path("versions/<uuid:version_id>/live/", moving.live, name="staff_rule_live"),
    path("versions/<uuid:version_id>/roll-back/", moving.roll_back, name="staff_rule_roll_back"),
]
