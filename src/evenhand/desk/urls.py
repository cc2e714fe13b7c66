"""Addresses of the desk: public pages, the portal of officers, the staff console, the API."""

from datetime import date

from django.urls import URLPattern, URLResolver, include, path, register_converter

from evenhand.desk import (
    audit,
    authorities,
    colleagues,
    concerned,
    console,
    flaggers,
    objections,
    proof,
    public,
    reporting,
    sign_on,
    staff,
    submissions,
)
from evenhand.desk.api.reports import reports_api
from evenhand.desk.api.routes import api
from evenhand.desk.api.search import search_api
from evenhand.desk.labels import labels
from evenhand.desk.lane import lane
from evenhand.desk.legal import (
    after,
    danger,
    doing,
    markets,
    matter,
    paper,
    protected,
    queue,
    registry,
    samples,
)
from evenhand.desk.legal import papers as legal_papers
from evenhand.desk.portal import access, filing, keys, pages, papers
from evenhand.desk.portal import colleagues as portal_colleagues
from evenhand.desk.search import pages as search_pages
from evenhand.desk.search import policy as search_policy
from evenhand.desk.standing import standing


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

legal_urls = [
    path("", queue.queue, name="legal_queue"),
    path("emergencies/", queue.emergencies, name="legal_emergencies"),
    path("emergencies/<uuid:report_id>/receipt/", danger.receipt, name="legal_danger_receipt"),
    path("paper/", paper.paper, name="legal_paper"),
    path("authorities/", registry.registry, name="legal_registry"),
    path("authorities/new/", registry.register, name="legal_register"),
    path("authorities/<uuid:authority_id>/", registry.authority, name="legal_authority"),
    path("authorities/<uuid:authority_id>/alter/", registry.alter, name="legal_authority_alter"),
    path("authorities/<uuid:authority_id>/mailbox/", registry.mailbox, name="legal_mailbox"),
    path("authorities/<uuid:authority_id>/change/", registry.change, name="legal_authority_change"),
    path("markets/", markets.markets, name="legal_markets"),
    path("markets/<str:code>/", markets.market, name="legal_market"),
    path("markets/<str:code>/change/", markets.change, name="legal_market_change"),
    path("law/", markets.regimes, name="legal_regimes"),
    path("law/<str:regime_id>/", markets.regime, name="legal_regime"),
    path("law/entries/<str:entry>/sign-off/", markets.sign_off, name="legal_sign_off"),
    path("protected/", protected.protected, name="legal_protected"),
    path("protected/change/", protected.change, name="legal_protected_change"),
    path("samples/", samples.samples, name="legal_samples"),
    path("samples/<str:month>/draw/", samples.draw, name="legal_sample_draw"),
    path("samples/<str:month>/<uuid:matter_id>/", samples.review, name="legal_sample_review"),
    path("<uuid:matter_id>/", matter.matter, name="legal_matter"),
    path("<uuid:matter_id>/take/", queue.take, name="legal_take"),
    path("<uuid:matter_id>/reveal/", doing.reveal, name="legal_reveal"),
    path("<uuid:matter_id>/call-back/", registry.call_about_matter, name="legal_call_back"),
    path("<uuid:matter_id>/ask/", doing.ask, name="legal_ask"),
    path("<uuid:matter_id>/validate/", doing.validate, name="legal_validate"),
    path("<uuid:matter_id>/assess/", doing.assess, name="legal_assess"),
    path("<uuid:matter_id>/vote/", doing.vote, name="legal_vote"),
    path("<uuid:matter_id>/prepare/", doing.prepare, name="legal_prepare"),
    path("<uuid:matter_id>/return/", doing.return_plan, name="legal_return"),
    path("<uuid:matter_id>/release/", doing.release, name="legal_release"),
    path("<uuid:matter_id>/window/", doing.window, name="legal_window"),
    path("<uuid:matter_id>/notice/", doing.notice, name="legal_notice"),
    path("<uuid:matter_id>/review/", doing.review, name="legal_review"),
    path("<uuid:matter_id>/close/", doing.close, name="legal_close"),
    path("<uuid:matter_id>/gag/lift/", after.lift_gag, name="legal_lift_gag"),
    path("<uuid:matter_id>/conclude/", after.conclude, name="legal_conclude"),
    path("<uuid:matter_id>/scrutiny/", after.scrutiny, name="legal_scrutiny"),
    path("<uuid:matter_id>/scrutiny/end/", after.scrutiny_end, name="legal_scrutiny_end"),
    path("<uuid:matter_id>/vault/", after.bring, name="legal_bring_from_vault"),
    path("<uuid:matter_id>/copies/prepare/", after.prepare_copy, name="legal_prepare_copy"),
    path("<uuid:matter_id>/copies/release/", after.release_copy, name="legal_release_copy"),
    path("<uuid:matter_id>/preservations/extend/", after.extend, name="legal_extend"),
    path("<uuid:matter_id>/preservations/hold/", after.hold, name="legal_hold"),
    path("<uuid:matter_id>/preservations/lift/", after.lift_hold, name="legal_lift_hold"),
    path(
        "<uuid:matter_id>/papers/<str:name>.<str:form>",
        legal_papers.paper,
        name="legal_paper_out",
    ),
    path(
        "<uuid:matter_id>/packages/<uuid:disclosure_id>/confirm/",
        doing.confirm,
        name="legal_confirm",
    ),
]

portal_urls = [
    path("", pages.home, name="portal"),
    path("new/", filing.new, name="portal_new"),
    path("keys/", keys.keys, name="portal_keys"),
    path("colleagues/", portal_colleagues.colleagues, name="portal_colleagues"),
    path("programs/", access.access, name="portal_api"),
    path("programs/<uuid:token_id>/end/", access.end, name="portal_api_end"),
    path("requests/<uuid:matter_id>/", pages.one, name="portal_request"),
    path(
        "requests/<uuid:matter_id>/questions/<uuid:question_id>/",
        pages.answer_question,
        name="portal_request_answer",
    ),
    path("requests/<uuid:matter_id>/fetch/", pages.fetch, name="portal_request_fetch"),
    path(
        "requests/<uuid:matter_id>/papers/<str:kind>.<str:form>",
        papers.paper,
        name="portal_request_paper",
    ),
    path("requests/<uuid:matter_id>/withdraw/", pages.withdraw, name="portal_request_withdraw"),
    path(
        "requests/<uuid:matter_id>/hand-over/",
        portal_colleagues.hand_over,
        name="portal_request_hand_over",
    ),
]

staff_urls: list[URLPattern | URLResolver] = [
    path("", console.start, name="staff_start"),
    path("sign-in/", staff.sign_in, name="staff_sign_in"),
    path("sign-in/provider/", sign_on.begin, name="staff_sign_on"),
    path("sign-in/provider/answer/", sign_on.answer, name="staff_sign_on_answer"),
    path("sign-out/", staff.sign_out, name="staff_sign_out"),
    path("enrol/<str:token>/", staff.enrol, name="staff_enrol"),
    path("step-up/", staff.step_up, name="step_up"),
    path("flaggers/", flaggers.flaggers, name="staff_flaggers"),
    path("flaggers/<uuid:flagger_id>/", flaggers.change, name="staff_flagger"),
    path("people/", colleagues.people, name="staff_people"),
    path("people/<uuid:proposal_id>/confirm/", colleagues.confirm, name="staff_people_confirm"),
    path("people/<uuid:proposal_id>/withdraw/", colleagues.withdraw, name="staff_people_withdraw"),
    path("standing/", standing, name="staff_standing"),
    path("standing/labels/", labels, name="staff_labels"),
    path("child-safety/", lane, name="staff_lane"),
    path("audit/", audit.audit, name="staff_audit"),
    path("audit/export/", audit.export, name="staff_audit_export"),
    path("cases/", include("evenhand.desk.review.urls")),
    path("rules/", include("evenhand.desk.rules.urls")),
    path("search-policy/", search_policy.versions, name="staff_search_policy"),
    path("search-policy/next/", search_policy.edit, name="staff_search_policy_edit"),
    path(
        "search-policy/<uuid:version_id>/",
        search_policy.version,
        name="staff_search_policy_version",
    ),
    path(
        "search-policy/<uuid:version_id>/live/",
        search_policy.live,
        name="staff_search_policy_live",
    ),
    path(
        "search-policy/<uuid:version_id>/retire/",
        search_policy.retire,
        name="staff_search_policy_retire",
    ),
    path("actions/", console.actions, name="staff_actions"),
    path("actions/<uuid:action_id>/", console.action, name="staff_action"),
    path("actions/<uuid:action_id>/undo/", console.undo, name="staff_action_undo"),
    path("statements/", submissions.submissions, name="staff_statements"),
    path("statements/<uuid:submission_id>/", submissions.submission, name="staff_statement"),
    path("statements/<uuid:submission_id>/again/", submissions.again, name="staff_statement_again"),
    path(
        "statements/<uuid:submission_id>/leave-out/",
        submissions.leave_out,
        name="staff_statement_leave_out",
    ),
    path("reports/", console.reports, name="staff_reports"),
    path("reports/<day:day>/", console.report, name="staff_report"),
]

urlpatterns = [
    path("", public.home, name="home"),
    path("health/", public.health, name="health"),
    path("screened/", public.screened, name="screened"),
    path("search/", search_pages.search, name="search"),
    path("search/suggest", search_pages.suggest, name="search_suggest"),
    path("search/about/", search_pages.about, name="search_about"),
    path("proof/", proof.proof, name="proof"),
    path("proof/receipt.json", proof.receipt_file, name="proof_receipt"),
    path("log/<path:name>", proof.log_file, name="log_file"),
    path("report/", reporting.report, name="report_form"),
    path("report/follow/", reporting.follow, name="report_follow"),
    path("reports/", public.reports, name="reports"),
    path("reports/<day:day>/", public.report, name="report"),
    path("reports/<path:path>", public.report_file, name="report_file"),
    path("", include("evenhand.desk.appeal_urls")),
    path("objection/<uuid:decision_id>/<str:token>/", objections.objection, name="objection"),
    path("staff/", include(staff_urls)),
    path("staff/legal/", include(legal_urls)),
    path("authorities/", authorities.front, name="authorities"),
    path("authorities/check/", authorities.check, name="authorities_check"),
    path("authorities/portal/", include(portal_urls)),
    path("authorities/<str:code>/", authorities.of_country, name="authorities_country"),
    path(
        ".well-known/authority-contact.json", authorities.contact_document, name="authority_contact"
    ),
    path(
        ".well-known/authority-contact.jws",
        authorities.contact_signed,
        name="authority_contact_signed",
    ),
    path(".well-known/jwks.json", authorities.jwks, name="jwks"),
    path("concerned/", concerned.concerned, name="concerned"),
    path(
        "concerned/<str:account>/<day:until>/<str:token>/",
        concerned.answer,
        name="concerned_answer",
    ),
    path("api/", access.documents, name="api_docs"),
    path("api/v1/", api.urls),
    path("api/v1/", reports_api.urls),
    path("api/v1/", search_api.urls),
    path("authorities/portal/sign-in/", staff.sign_in, name="portal_sign_in"),
    path("authorities/enrol/<str:token>/", staff.enrol, name="portal_enrol"),
]
