"""Addresses of the desk: public pages, the objection form, the staff console."""

from datetime import date

from django.urls import include, path, register_converter

from evenhand.desk import colleagues, console, objections, public, staff


class IsoDay:
    """A day in an address: 2026-11-21."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Gives the day; what is no day matches no address."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Gives the address part."""
        return value.isoformat()


register_converter(IsoDay, "day")

staff_urls = [
    path("", console.start, name="staff_start"),
    path("sign-in/", staff.sign_in, name="staff_sign_in"),
    path("sign-out/", staff.sign_out, name="staff_sign_out"),
    path("enrol/<str:token>/", staff.enrol, name="staff_enrol"),
    path("step-up/", staff.step_up, name="step_up"),
    path("people/", colleagues.people, name="staff_people"),
    path("people/<uuid:proposal_id>/confirm/", colleagues.confirm, name="staff_people_confirm"),
    path("people/<uuid:proposal_id>/withdraw/", colleagues.withdraw, name="staff_people_withdraw"),
    path("cases/", console.cases, name="staff_cases"),
    path("cases/<uuid:case_id>/", console.case, name="staff_case"),
    path("cases/<uuid:case_id>/evidence/", console.open_evidence, name="staff_case_evidence"),
    path("cases/<uuid:case_id>/decide/", console.decide, name="staff_case_decide"),
    path("cases/<uuid:case_id>/judge/", console.judge, name="staff_case_judge"),
    path("actions/", console.actions, name="staff_actions"),
    path("actions/<uuid:action_id>/", console.action, name="staff_action"),
    path("actions/<uuid:action_id>/undo/", console.undo, name="staff_action_undo"),
    path("reports/", console.reports, name="staff_reports"),
    path("reports/<day:day>/", console.report, name="staff_report"),
]

urlpatterns = [
    path("", public.home, name="home"),
    path("health/", public.health, name="health"),
    path("screened/", public.screened, name="screened"),
    path("reports/", public.reports, name="reports"),
    path("reports/daily-report-1.schema.json", public.schema, name="report_schema"),
    path("reports/<day:day>/", public.report, name="report"),
    path("reports/<day:day>/<str:name>", public.report_file, name="report_file"),
    path("objection/<uuid:decision_id>/<str:token>/", objections.objection, name="objection"),
    path("staff/", include(staff_urls)),
    path("authorities/portal/sign-in/", staff.sign_in, name="portal_sign_in"),
    path("authorities/enrol/<str:token>/", staff.enrol, name="portal_enrol"),
]
