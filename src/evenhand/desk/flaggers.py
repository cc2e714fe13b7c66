"""Trusted flaggers: one person enters, another confirms, tokens are given and end."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from evenhand.base.clock import now
from evenhand.base.harms import harms
from evenhand.desk.countries import country
from evenhand.desk.doors import fresh_passkey, signed_in, staff_who
from evenhand.desk.texts import line
from evenhand.desk.words import harm_name
from evenhand.people.powers import Power
from evenhand.reports import flagger_steps
from evenhand.reports.checks import FlaggerFinding, FlaggerRefused
from evenhand.reports.drafts import FlaggerDraft
from evenhand.reports.limits import NAME_CHARACTERS_MAX
from evenhand.reports.queries import flagger_year
from evenhand.reports.queries import flaggers as every_flagger

FINDINGS = {
    FlaggerFinding.ROLE_MISSING: gettext_noop("Your roles do not let you keep this list."),
    FlaggerFinding.SAME_PERSON: gettext_noop("Somebody else than who entered it has to confirm."),
    FlaggerFinding.NAME_MISSING: gettext_noop("The name is missing or too long."),
    FlaggerFinding.COUNTRY_UNKNOWN: gettext_noop("The country is two capital letters."),
    FlaggerFinding.AREA_UNKNOWN: gettext_noop("An area is none of the list."),
    FlaggerFinding.SOURCE_MISSING: gettext_noop("The source is an https:// address."),
    FlaggerFinding.DATE_PAST: gettext_noop("The last day is over, or is no day."),
    FlaggerFinding.DATE_TOO_FAR: gettext_noop("The last day is too far away."),
    FlaggerFinding.EXISTS: gettext_noop("An entry of this name exists."),
    FlaggerFinding.ENDED: gettext_noop("This entry has ended."),
    FlaggerFinding.NOT_CONFIRMED: gettext_noop("Nobody has confirmed this entry yet."),
    FlaggerFinding.REASON_MISSING: gettext_noop("Please say why it ends."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.KEEP_FLAGGERS)
@fresh_passkey
def flaggers(request: HttpRequest) -> HttpResponse:
    """Shows the list with each one's figures of this year; enters one."""
    if request.method != "POST":
        return _page(request)
    sent = request.POST
    draft = FlaggerDraft(
        name=line(sent.get("name", "")),
        awarded_by=line(sent.get("awarded_by", "")),
        source=line(sent.get("source", "")),
        valid_until=_day(sent.get("valid_until", "")),
        areas=tuple(sent.getlist("area")),
    )
    try:
        flagger_steps.enter(draft, by=signed_in(request), now=now())
    except FlaggerRefused as error:
        return _page(request, refused=error)
    return redirect("staff_flaggers")


@sensitive_variables("token")
@require_POST
@staff_who(Power.KEEP_FLAGGERS)
@fresh_passkey
def change(request: HttpRequest, flagger_id: UUID) -> HttpResponse:
    """Confirms an entry, gives a token that is shown once, or ends the entry."""
    by, at = signed_in(request), now()
    try:
        match request.POST.get("do"):
            case "token":
                token = flagger_steps.give_token(flagger_id, by=by, now=at)
                answer = _page(request, token=token)
                answer.headers["Cache-Control"] = "no-store"
                return answer
            case "end":
                why = line(request.POST.get("why", ""))[:1_000]
                flagger_steps.end(flagger_id, by=by, why=why, now=at)
            case _:
                flagger_steps.confirm(flagger_id, by=by, now=at)
    except FlaggerRefused as error:
        return _page(request, refused=error)
    return redirect("staff_flaggers")


def _page(
    request: HttpRequest, *, refused: FlaggerRefused | None = None, token: str = ""
) -> HttpResponse:
    year = now().year
    found = refused.fields["findings"] if refused else ()
    context = {
        "rows": [
            {
                "flagger": one,
                "country": country(one.awarded_by),
                "areas": [harm_name(area) for area in one.areas],
                "year": flagger_year(one.id, year),
            }
            for one in every_flagger()
        ],
        "year": year,
        "areas": [(code, harm_name(code)) for code in harms()],
        "faults": [gettext(FINDINGS[one]) for one in found] if isinstance(found, tuple) else [],
        "token": token,
        "name_max": NAME_CHARACTERS_MAX,
        "typed": request.POST,
    }
    return render(request, "desk/flaggers.html", context, status=422 if refused else 200)


def _day(text: str) -> date:
    """Gives the day that was typed; what is none is long over, and is refused as that."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
