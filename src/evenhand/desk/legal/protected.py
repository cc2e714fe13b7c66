"""Who is protected: a list of grounds and days that two people keep; it names nobody."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.desk import law_words as words
from evenhand.desk.doors import fresh_passkey, signed_in, staff_only
from evenhand.desk.filled import identifiers_of
from evenhand.desk.legal.doing import listed
from evenhand.desk.matter_rows import said_of
from evenhand.desk.texts import line
from evenhand.legal import queries, steps
from evenhand.legal.limits import PROTECTED_DAYS_MAX
from evenhand.legal.lists import ProtectedGround
from evenhand.legal.models import ProtectedTarget
from evenhand.legal.protection_steps import PROTECTING
from evenhand.people.models import Person


@require_safe
@staff_only(*sorted(PROTECTING))
def protected(request: HttpRequest) -> HttpResponse:
    """Lists the grounds and days of who is protected, with what waits for a second person."""
    person = signed_in(request)
    context = {
        "page_name": "protected",
        "rows": [_row(one, person) for one in queries.protected_targets()],
        "grounds": [(one.value, gettext(text)) for one, text in words.PROTECTED_GROUNDS.items()],
        "days_max": PROTECTED_DAYS_MAX,
    }
    return render(request, "desk/legal/protected.html", context)


@require_POST
@staff_only(*sorted(PROTECTING))
@fresh_passkey
def change(request: HttpRequest) -> HttpResponse:
    """Proposes, confirms or ends an entry."""
    try:
        messages.success(request, _do(request, signed_in(request)))
    except InputRefused as error:
        messages.error(request, str(error.fields.get("why", error.remedy)))
    except NotAllowed as error:
        for said in said_of(error):
            messages.error(request, said)
    return redirect("legal_protected")


def _do(request: HttpRequest, person: Person) -> str:
    match request.POST.get("step", ""):
        case "propose":
            return _propose(request, person)
        case "confirm":
            steps.confirm_protection(_id(request), by=person, now=now())
            return gettext("It is kept and counts from now on.")
        case "end":
            ended = steps.end_protection(_id(request), by=person, now=now())
            if ended.ended_at is None:
                return gettext("It is kept. Somebody else has to end it too.")
            return gettext("It has ended, and is forgotten.")
        case step:
            raise NotFound(what="step", step=step)


def _propose(request: HttpRequest, person: Person) -> str:
    typed = line(request.POST.get("target", ""))
    named, wrong = identifiers_of((typed,) if typed else (), since=None, until=None)
    if wrong or len(named) != 1:
        why = gettext("Name one account, phone number or room.")
        raise InputRefused(what="target", why=" ".join(wrong) or why)
    days = request.POST.get("days", "").strip()
    ground = listed(ProtectedGround, request, "ground")
    try:
        steps.protect(
            named[0].kind,
            named[0].value,
            ground,
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
            by=person,
            now=now(),
        )
    except InputRefused as error:
        why = gettext("Name one account, phone number or room.")
        raise InputRefused(what="target", why=why) from error
    return gettext("It is kept. A second person has to confirm it.")


def _row(one: ProtectedTarget, person: Person) -> dict[str, object]:
    waits = one.confirmed_at is None
    return {
        "one": one,
        "ground": gettext(words.PROTECTED_GROUNDS[ProtectedGround(one.ground)]),
        "waits": waits,
        "may_confirm": waits and one.proposed_by_id != person.id,
        "may_end": one.end_wanted_by_id != person.id,
    }


def _id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("id", ""))
    except ValueError as error:
        raise NotFound(what="protected target") from error
