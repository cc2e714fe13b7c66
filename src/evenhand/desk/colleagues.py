"""Who works here: two people propose and confirm a third, and hand over the one-time link."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from evenhand.base.clock import now
from evenhand.base.lists import Language
from evenhand.base.sealing import read_key
from evenhand.desk import words
from evenhand.desk.doors import fresh_passkey, signed_in, staff_who
from evenhand.desk.sign_on import provider_name
from evenhand.desk.texts import line
from evenhand.people import steps
from evenhand.people.checks import InvitationRefused, ProposalRefused
from evenhand.people.limits import SIGN_ON_CHARACTERS_MAX, STAFF_NAME_CHARACTERS_MAX
from evenhand.people.models import Person
from evenhand.people.powers import Power
from evenhand.people.queries import everybody, open_proposals
from evenhand.people.roles import STAFF_ROLES, Role


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.ADMIT_STAFF)
@fresh_passkey
def people(request: HttpRequest) -> HttpResponse:
    """Shows who works here and who was proposed; proposes somebody."""
    if request.method != "POST":
        return _page(request)
    roles = [Role(role) for role in request.POST.getlist("role") if role in STAFF_ROLES]
    language = request.POST.get("language", "")
    try:
        steps.propose(
            line(request.POST.get("name", "")),
            roles,
            by=signed_in(request),
            now=now(),
            language=Language(language) if language in set(Language) else Language.EN,
            sign_on=request.POST.get("sign_on", "").strip() if provider_name() else "",
        )
    except (InvitationRefused, ProposalRefused):
        return _refused(request)
    messages.success(request, gettext("Proposed. Somebody else has to confirm it within a week."))
    return redirect("staff_people")


@sensitive_variables("link")
@require_POST
@staff_who(Power.ADMIT_STAFF)
@fresh_passkey
def confirm(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Lets in who was proposed, and shows the link: here, and never again."""
    try:
        key = read_key(settings.KEYS / "token.key") if provider_name() else None
        link = steps.confirm(proposal_id, by=signed_in(request), now=now(), key=key)
    except (InvitationRefused, ProposalRefused):
        return _refused(request)
    answer = _page(request, link=f"{settings.PUBLIC_URL}{link.path}", until=link.expires_at)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@staff_who(Power.ADMIT_STAFF)
@fresh_passkey
def withdraw(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Ends a proposal."""
    try:
        steps.withdraw(proposal_id, by=signed_in(request), now=now())
    except ProposalRefused:
        return _refused(request)
    return redirect("staff_people")


def _refused(request: HttpRequest) -> HttpResponse:
    messages.error(
        request,
        gettext(
            "That is not possible. Two people let in a third; an operator holds no role that "
            "releases data, and an auditor no other role at all; a role that releases data needs "
            "an approver among the two; and one account of the provider is one person."
        ),
    )
    return redirect("staff_people")


def _page(request: HttpRequest, **more: object) -> HttpResponse:
    context = {
        "rows": [_row(person) for person in everybody()],
        "proposals": [
            {
                "proposal": proposal,
                "roles": _names(proposal.roles),
                "is_own": proposal.proposed_by_id == signed_in(request).id,
            }
            for proposal in open_proposals(now=now())
        ],
        "roles": [(role.value, gettext(words.ROLES[role])) for role in Role if role in STAFF_ROLES],
        "languages_spoken": settings.LANGUAGES,
        "name_characters_max": STAFF_NAME_CHARACTERS_MAX,
        "sign_on_characters_max": SIGN_ON_CHARACTERS_MAX,
        "provider": provider_name(),
        **more,
    }
    return render(request, "desk/people.html", context)


def _row(person: Person) -> dict[str, object]:
    return {"person": person, "roles": _names(person.roles)}


def _names(roles: list[str]) -> str:
    return ", ".join(gettext(words.ROLES[Role(role)]) for role in roles)
