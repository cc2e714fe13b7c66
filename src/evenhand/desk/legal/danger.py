"""A danger to life, told to an authority from a case, and the receipt that it gave."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from evenhand.authorities import queries as registry
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.cases.models import Case
from evenhand.cases.queries import case_for, sealed_among
from evenhand.desk.countries import country
from evenhand.desk.doors import fresh_passkey, signed_in, staff_only, staff_who
from evenhand.desk.matter_rows import said_of
from evenhand.desk.texts import line, lines
from evenhand.legal import queries, steps
from evenhand.legal.lists import DangerLaw
from evenhand.legal.models import DangerReport
from evenhand.legal.oversight_steps import REPORTING
from evenhand.people.models import Person
from evenhand.people.powers import Power
from evenhand.people.roles import Role

LAWS = {
    DangerLaw.DSA_18: gettext_noop("A crime that threatens life or safety (DSA Art. 18)"),
    DangerLaw.TCO_14_5: gettext_noop(
        "Terrorist content with an imminent threat to life (TCO Art. 14(5))"
    ),
}


@require_POST
@staff_who(Power.REPORT_DANGER)
@fresh_passkey
def report(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Keeps a report to an authority; the evidence that backs it is held."""
    case = case_for(case_id, signed_in(request))
    with_evidence = request.POST.get("evidence") == "yes" and case.evidence is not None
    try:
        steps.report_danger(
            case.id,
            law=_law(request),
            authority=_authority(request),
            text=_text(request, "text"),
            evidence=case.evidence.id if case.evidence and with_evidence else None,
            by=signed_in(request),
            now=now(),
        )
    except InputRefused as error:
        messages.error(request, str(error.fields.get("why", error.remedy)))
    except NotAllowed as error:
        for said in said_of(error):
            messages.error(request, said)
    else:
        messages.success(
            request,
            gettext(
                "The report is kept. Call the number of the registry now, then keep a receipt."
            ),
        )
    return redirect("staff_case", case_id=case.id)


@require_POST
@staff_only(*sorted(REPORTING))
def receipt(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Keeps the receipt that the authority gave; of a sealed case only its lane's people do."""
    case_for(queries.danger_report_of(report_id).case, signed_in(request))
    try:
        kept = steps.acknowledge_danger(
            report_id, receipt=line(_text(request, "receipt")), by=signed_in(request), now=now()
        )
    except NotAllowed as error:
        for said in said_of(error):
            messages.error(request, said)
    else:
        messages.success(
            request, gettext("The receipt of %(name)s is kept.") % {"name": kept.authority.name}
        )
    return _back(request, report_id)


def danger_forms(case: Case, person: Person) -> dict[str, object]:
    """Gives what a case's page shows of dangers told, and the form to tell one."""
    return {
        "can_report_danger": _may(person),
        "danger_laws": [(one.value, gettext(text)) for one, text in LAWS.items()],
        "danger_authorities": [
            (str(one.id), f"{one.name} ({country(one.country)})")
            for one in registry.authorities()
            if one.is_confirmed and not one.for_drills
        ],
        "dangers": danger_rows(queries.danger_reports(case.id), person),
    }


def danger_rows(reports: list[DangerReport], person: Person) -> list[dict[str, object]]:
    """Gives dangers that were told, as pages show them; those of the sealed lane to its people."""
    sealed = sealed_among({one.case for one in reports})
    hidden = frozenset() if person.has(Role.CHILD_SAFETY) else sealed
    sees_cases = person.has(Role.REVIEWER) or person.has(Role.LEGAL_OFFICER)
    return [
        {
            "report": one,
            "law": gettext(LAWS[DangerLaw(one.law)]),
            "case": one.case if sees_cases else None,
            "can_receipt": one.received_at is None and _may(person),
        }
        for one in reports
        if one.case not in hidden
    ]


def _may(person: Person) -> bool:
    return any(person.has(role) for role in REPORTING)


def _back(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Leads back to where the form stood: the case of the report, or the board."""
    try:
        case = UUID(request.POST.get("case", ""))
    except ValueError:
        return redirect("legal_emergencies")
    told = {one.id for one in queries.danger_reports(case)}
    return redirect("staff_case", case_id=case) if report_id in told else redirect("staff_start")


def _law(request: HttpRequest) -> DangerLaw:
    value = request.POST.get("law", "")
    if value not in set(DangerLaw):
        raise InputRefused(what="law", why=gettext("Please choose one of the answers offered."))
    return DangerLaw(value)


def _authority(request: HttpRequest) -> UUID:
    """Gives the authority that a form names, if two people stand for its entry."""
    try:
        found = registry.authority_of(UUID(request.POST.get("authority", "")))
    except (ValueError, NotFound) as error:
        raise InputRefused(what="authority", why=gettext("Choose an authority.")) from error
    if not found.is_confirmed or found.for_drills:
        raise InputRefused(what="authority", why=gettext("Choose an authority."))
    return found.id


def _text(request: HttpRequest, name: str) -> str:
    return lines(request.POST.get(name, ""))
