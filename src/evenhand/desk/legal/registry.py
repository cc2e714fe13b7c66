"""The registry as staff keep it: authorities, their officers and keys, calls, letters."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.authorities import queries, steps
from evenhand.authorities.checks import AuthorityDraft
from evenhand.authorities.lists import CallBackAbout, CallBackSaid, Direction
from evenhand.authorities.models import Authority, CallBack, Officer
from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError, InputRefused, NotAllowed, NotFound
from evenhand.base.lists import Language
from evenhand.base.personal import PhoneNumber
from evenhand.desk import law_words as words
from evenhand.desk.countries import country
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.legal.matter import CALL_ANSWERS, CALL_TONES
from evenhand.desk.legal.queue import LEGAL_ROLES
from evenhand.legal.queries import matter_for
from evenhand.legal.steps import call_about
from evenhand.markets.geography import country_names
from evenhand.markets.lists import AuthorityKind
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.transparency.words import language_name

REGISTRY_ROLES = (*LEGAL_ROLES, Role.REPRESENTATIVE)
TEXTS = (
    "name",
    "country",
    "kind",
    "domains",
    "switchboard",
    "head_office",
    "language",
    "file_number_pattern",
    "statutes",
    "certificates",
    "source",
)
WHY = {
    "role": gettext_noop("Your role does not allow this step."),
    "two people are needed": gettext_noop("Somebody else has to do this: four eyes."),
    "a second person has to check the number first": gettext_noop(
        "A second person has to check the number first."
    ),
}


@require_safe
@staff_only(*REGISTRY_ROLES)
def registry(request: HttpRequest) -> HttpResponse:
    """Lists the authorities, with what waits for a second person."""
    rows = [_row(one) for one in queries.authorities()]
    return render(request, "desk/legal/registry.html", {"rows": rows, "page_name": "registry"})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*REGISTRY_ROLES)
def register(request: HttpRequest) -> HttpResponse:
    """Writes a new entry, from public sources; it counts once a second person checked it."""
    if request.method == "POST":
        try:
            made = steps.register_authority(_draft(request), by=signed_in(request), now=now())
        except (InputRefused, NotAllowed) as error:
            _say(request, error)
            return render(request, "desk/legal/register.html", _form(request), status=422)
        messages.success(request, gettext("It is kept. A second person has to check it."))
        return redirect("legal_authority", authority_id=made.id)
    return render(request, "desk/legal/register.html", _form(request))


@require_safe
@staff_only(*REGISTRY_ROLES)
def authority(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    """Shows an authority: its entry, its officers and their keys, calls and letters."""
    return _page(request, queries.authority_of(authority_id))


def _page(request: HttpRequest, found: Authority, *, link: str = "") -> HttpResponse:
    context = _row(found) | {
        "page_name": "registry",
        "may_confirm": found.confirmed_by_id is None and found.kept_by_id != signed_in(request).id,
        "officers": [_officer(one) for one in queries.officers(authority=found.id)],
        "calls": [_call(one) for one in queries.call_backs(authority=found.id)[:20]],
        "filings": queries.filings(found.id)[:20],
        "call_answers": [(one.value, gettext(text)) for one, text in CALL_ANSWERS.items()],
        "languages_offered": [(one.value, language_name(one.value)) for one in Language],
        "link": link,
    }
    return render(request, "desk/legal/authority.html", context)


@require_POST
@staff_only(*REGISTRY_ROLES)
def change(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    """Does one of the steps that an authority's page offers."""
    found, person = queries.authority_of(authority_id), signed_in(request)
    try:
        link = _do(request, found, person)
    except (InputRefused, NotAllowed) as error:
        _say(request, error)
        return redirect("legal_authority", authority_id=found.id)
    if link:
        # The link is in this one answer and nowhere else.
        return _page(request, queries.authority_of(found.id), link=settings.PUBLIC_URL + link)
    messages.success(request, gettext("It is kept."))
    return redirect("legal_authority", authority_id=found.id)


@require_POST
@staff_only(*LEGAL_ROLES)
def call_about_matter(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Keeps a call to the registry's number about one request."""
    person = signed_in(request)
    matter = matter_for(matter_id, person)
    try:
        call_about(matter.id, _said(request), by=person, now=now(), note=_text(request, "note"))
    except (InputRefused, NotAllowed) as error:
        _say(request, error)
    else:
        messages.success(request, gettext("The call is kept."))
    return redirect("legal_matter", matter_id=matter.id)


def _do(request: HttpRequest, found: Authority, person: Person) -> str:
    """Does what was asked, and gives the path of a new enrolment link if there is one."""
    match request.POST.get("step", ""):
        case "confirm":
            steps.confirm_authority(found.id, by=person, now=now())
        case "close":
            steps.close_authority(found.id, by=person, why=_text(request, "why"), now=now())
        case "invite":
            made = steps.invite_officer(
                found.id,
                name=_text(request, "name"),
                mailbox=_text(request, "mailbox"),
                rank=_text(request, "rank"),
                by=person,
                now=now(),
            )
            return made.path
        case "file":
            steps.keep_filing(
                found.id,
                Direction.OUT if _text(request, "direction") == "out" else Direction.IN,
                subject=_text(request, "subject"),
                text=_text(request, "text"),
                by=person,
                now=now(),
            )
        case "receipt":
            steps.keep_receipt(_id(request), _text(request, "receipt"), by=person, now=now())
        case step:
            return _do_for_officer(step, request, found, person)
    return ""


def _do_for_officer(step: str, request: HttpRequest, found: Authority, person: Person) -> str:
    one = queries.officer(_id(request))
    if one.authority_id != found.id:
        raise NotFound(what="officer", id=one.id)
    match step:
        case "call":
            steps.call_back(
                found.id,
                CallBackAbout.OFFICER,
                _said(request),
                by=person,
                now=now(),
                officer=one.id,
                note=_text(request, "note"),
            )
        case "call_key":
            key = next((key for key in queries.keys(one.id) if key.ended_at is None), None)
            steps.call_back(
                found.id,
                CallBackAbout.KEY,
                _said(request),
                by=person,
                now=now(),
                officer=one.id,
                key=key.id if key else None,
                note=_text(request, "note"),
            )
        case "vouch":
            steps.vouch(one.id, by=person, call_back=_last_call(one), now=now())
        case "reverify":
            steps.reverify(one.id, by=person, call_back=_last_call(one), now=now())
        case "suspend":
            steps.suspend(one.id, by=person, why=_text(request, "why"), now=now())
        case "link":
            return steps.renew_link(one.id, by=person, now=now()).path
        case _:
            raise NotFound(what="step", step=step)
    return ""


def _last_call(one: Officer) -> UUID | None:
    calls = [
        call
        for call in queries.call_backs(officer=one.id)
        if call.about == CallBackAbout.OFFICER.value and call.said == CallBackSaid.CONFIRMED.value
    ]
    return calls[0].id if calls else None


def _row(one: Authority) -> dict[str, object]:
    return {
        "authority": one,
        "kind": gettext(words.AUTHORITY_KINDS[AuthorityKind(one.kind)]),
        "country": country(one.country),
        "state": gettext("Checked by two") if one.is_confirmed else gettext("Waits for a check"),
        "tone": "good" if one.is_confirmed else "warn",
    }


def _officer(one: Officer) -> dict[str, object]:
    at = now()
    if one.suspended_at is not None:
        state, tone = gettext("Suspended"), "bad"
    elif one.vouched_at is None:
        state, tone = gettext("Nobody vouched yet"), "warn"
    elif one.verified_until is None or one.verified_until <= at:
        state, tone = gettext("Verification lapsed"), "warn"
    else:
        state, tone = gettext("In good standing"), "good"
    keys = [key for key in queries.keys(one.id) if key.ended_at is None]
    return {
        "officer": one,
        "state": state,
        "tone": tone,
        "keys": keys,
        "key_waits": any(key.call_back_id is None for key in keys),
    }


def _call(one: CallBack) -> dict[str, object]:
    said = CallBackSaid(one.said)
    return {"call": one, "said": gettext(CALL_ANSWERS[said]), "tone": CALL_TONES[said]}


def _form(request: HttpRequest) -> dict[str, object]:
    return {
        "page_name": "registry",
        "form": {name: _text(request, name) for name in TEXTS},
        "kinds": [(one.value, gettext(text)) for one, text in words.AUTHORITY_KINDS.items()],
        "countries": sorted(((code, country(code)) for code in country_names()), key=_second),
        "languages_offered": [(one.value, language_name(one.value)) for one in Language],
    }


def _draft(request: HttpRequest) -> AuthorityDraft:
    kind, language = _text(request, "kind"), _text(request, "language")
    if kind not in set(AuthorityKind) or language not in set(Language):
        raise InputRefused(what="authority", field="kind")
    return AuthorityDraft(
        name=_text(request, "name"),
        country=_text(request, "country"),
        kind=AuthorityKind(kind),
        domains=tuple(_text(request, "domains").split()),
        switchboard=PhoneNumber(_text(request, "switchboard")),
        head_office=_text(request, "head_office"),
        language=Language(language),
        certificates=_text(request, "certificates"),
        file_number_pattern=_text(request, "file_number_pattern"),
        statutes=tuple(line.strip() for line in _text(request, "statutes").splitlines() if line),
        source=_text(request, "source"),
    )


def _say(request: HttpRequest, error: EvenhandError) -> None:
    why = str(error.fields.get("why", ""))
    field = str(error.fields.get("field", ""))
    if why in WHY:
        messages.error(request, gettext(WHY[why]))
    elif field:
        messages.error(
            request, gettext("Please check: %(field)s") % {"field": words.humanised(field)}
        )
    else:
        messages.error(request, gettext("It was not done: %(why)s") % {"why": why or error.remedy})


def _said(request: HttpRequest) -> CallBackSaid:
    value = request.POST.get("said", "")
    if value not in set(CallBackSaid):
        raise InputRefused(what="call", field="said")
    return CallBackSaid(value)


def _id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("id", ""))
    except ValueError as error:
        raise NotFound(what="officer") from error


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()


def _second(pair: tuple[str, str]) -> str:
    return pair[1]
