"""The registry as staff keep it: authorities, their officers and keys, calls, letters."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.authorities import queries, steps
from evenhand.authorities.checks import AuthorityDraft
from evenhand.authorities.lists import CallBackAbout, CallBackSaid, Direction
from evenhand.authorities.models import Authority, CallBack, Officer
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.base.lists import Language
from evenhand.base.personal import PhoneNumber, reveal
from evenhand.desk import law_words as words
from evenhand.desk.countries import country
from evenhand.desk.doors import fresh_passkey, signed_in, staff_only
from evenhand.desk.legal.matter import CALL_ANSWERS, CALL_TONES
from evenhand.desk.legal.queue import LEGAL_ROLES
from evenhand.desk.refusals import say_refusal
from evenhand.desk.texts import line, lines
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
GRAVE = frozenset({"confirm", "vouch", "reverify", "restore", "link", "invite"})
"""Steps by which somebody gains trust or a way in: they want a passkey shown just now."""


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
            say_refusal(request, error)
            return render(request, "desk/legal/register.html", _form(request), status=422)
        messages.success(request, gettext("It is kept. A second person has to check it."))
        return redirect("legal_authority", authority_id=made.id)
    return render(request, "desk/legal/register.html", _form(request))


@require_safe
@staff_only(*REGISTRY_ROLES)
def authority(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    """Shows an authority: its entry, its officers and their keys, calls and letters."""
    return _page(request, queries.authority_of(authority_id))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*REGISTRY_ROLES)
def alter(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    """Alters an entry, from public sources; it counts again once a second person checked it."""
    found = queries.authority_of(authority_id)
    if request.method != "POST":
        return render(request, "desk/legal/register.html", _form(request, found))
    try:
        steps.alter_authority(found.id, _draft(request), by=signed_in(request), now=now())
    except (InputRefused, NotAllowed) as error:
        say_refusal(request, error)
        context = _form(request) | {"altered": found}
        return render(request, "desk/legal/register.html", context, status=422)
    messages.success(request, gettext("It is kept. A second person has to check it."))
    return redirect("legal_authority", authority_id=found.id)


def _page(
    request: HttpRequest,
    found: Authority,
    *,
    link: str = "",
    mailbox: tuple[UUID, str] | None = None,
) -> HttpResponse:
    shown, address = mailbox or (None, "")
    context = _row(found) | {
        "page_name": "registry",
        "may_confirm": found.confirmed_by_id is None and found.kept_by_id != signed_in(request).id,
        "officers": [
            _officer(one) | {"mailbox": address if one.id == shown else ""}
            for one in queries.officers(authority=found.id)
        ],
        "calls": [_call(one) for one in queries.call_backs(authority=found.id)[:20]],
        "filings": [
            {"filing": one, "receipt": getattr(one, "receipt", None)}
            for one in queries.filings(found.id)[:20]
        ],
        "call_answers": [(one.value, gettext(text)) for one, text in CALL_ANSWERS.items()],
        "languages_offered": [(one.value, language_name(one.value)) for one in Language],
        "link": link,
    }
    return render(request, "desk/legal/authority.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*REGISTRY_ROLES)
def change(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    """Does one of the steps that an authority's page offers; a grave one wants a fresh passkey.

    An answer that shows a link stands at this address: who comes back to it from the passkey's
    page is led to the authority's own.
    """
    if request.method != "POST":
        return redirect("legal_authority", authority_id=authority_id)
    if request.POST.get("step", "") in GRAVE:
        return fresh_passkey(_change)(request, authority_id)
    return _change(request, authority_id)


def _change(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    found, person = queries.authority_of(authority_id), signed_in(request)
    try:
        link = _do(request, found, person)
    except (InputRefused, NotAllowed) as error:
        say_refusal(request, error)
        return redirect("legal_authority", authority_id=found.id)
    if link:
        # The link is in this one answer and nowhere else.
        return _page(request, queries.authority_of(found.id), link=settings.PUBLIC_URL + link)
    messages.success(request, gettext("It is kept."))
    return redirect("legal_authority", authority_id=found.id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*REGISTRY_ROLES)
def mailbox(request: HttpRequest, authority_id: UUID) -> HttpResponse:
    """Shows an officer's mailbox once, against a reason that is recorded."""
    if request.method != "POST":
        return redirect("legal_authority", authority_id=authority_id)
    found = queries.authority_of(authority_id)
    one = _officer_of(request, found)
    try:
        address = steps.read_mailbox(
            one.id, by=signed_in(request), reason=_text(request, "reason"), now=now()
        )
    except (InputRefused, NotAllowed):
        messages.error(request, gettext("Please give your reasons."))
        return redirect("legal_authority", authority_id=found.id)
    answer = _page(request, found, mailbox=(one.id, reveal(address)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@staff_only(*LEGAL_ROLES)
def call_about_matter(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Keeps a call to the registry's number about one request."""
    person = signed_in(request)
    matter = matter_for(matter_id, person)
    try:
        call_about(matter.id, _said(request), by=person, now=now(), note=_text(request, "note"))
    except (InputRefused, NotAllowed) as error:
        say_refusal(request, error)
    else:
        messages.success(request, gettext("The call is kept."))
    return redirect("legal_matter", matter_id=matter.id)


def _do(request: HttpRequest, found: Authority, person: Person) -> str:
    """Does what was asked, and gives the path of a new enrolment link if there is one."""
    match request.POST.get("step", ""):
        case "confirm":
            steps.confirm_authority(found.id, by=person, now=now())
        case "close":
            steps.close_authority(found.id, by=person, why=line(_text(request, "why")), now=now())
        case "invite":
            made = steps.invite_officer(
                found.id,
                name=line(_text(request, "name")),
                mailbox=line(_text(request, "mailbox")),
                rank=line(_text(request, "rank")),
                by=person,
                now=now(),
            )
            return made.path
        case "file":
            steps.keep_filing(
                found.id,
                Direction.OUT if _text(request, "direction") == "out" else Direction.IN,
                subject=line(_text(request, "subject")),
                text=_text(request, "text"),
                by=person,
                now=now(),
                answers=_id(request, "answers") if _text(request, "answers") else None,
            )
        case "receipt":
            letter = queries.filing(_id(request))
            if letter.authority_id != found.id:
                raise NotFound(what="letter", id=letter.id)
            steps.keep_receipt(letter.id, line(_text(request, "receipt")), by=person, now=now())
        case step:
            return _do_for_officer(step, request, found, person)
    return ""


def _do_for_officer(step: str, request: HttpRequest, found: Authority, person: Person) -> str:
    one = _officer_of(request, found)
    match step:
        case "call" | "call_key":
            about = CallBackAbout.KEY if step == "call_key" else CallBackAbout.OFFICER
            _keep_call(about, request, one, person)
        case "vouch":
            steps.vouch(one.id, by=person, call_back=_last_call(one), now=now())
        case "reverify":
            steps.reverify(one.id, by=person, call_back=_last_call(one), now=now())
        case "restore":
            call = _last_call(one)
            if call is None:
                raise InputRefused(what="call", why="staff vouch after a call-back")
            steps.restore(one.id, by=person, call_back=call, now=now())
        case "suspend":
            steps.suspend(one.id, by=person, why=line(_text(request, "why")), now=now())
        case "end_key":
            key_id = _id(request, "key")
            if key_id not in {key.id for key in queries.keys(one.id)}:
                raise NotFound(what="key", id=key_id)
            steps.end_key(key_id, by=person, now=now())
        case "link":
            return steps.renew_link(one.id, by=person, now=now()).path
        case _:
            raise NotFound(what="step", step=step)
    return ""


def _keep_call(about: CallBackAbout, request: HttpRequest, one: Officer, person: Person) -> None:
    """Keeps what was said of an officer, or of their newest key."""
    held = [key for key in queries.keys(one.id) if key.ended_at is None]
    steps.call_back(
        one.authority_id,
        about,
        _said(request),
        by=person,
        now=now(),
        officer=one.id,
        key=held[0].id if held and about is CallBackAbout.KEY else None,
        note=_text(request, "note"),
    )


def _officer_of(request: HttpRequest, found: Authority) -> Officer:
    """Gives the officer whom a form names, if it is one of this authority."""
    one = queries.officer(_id(request))
    if one.authority_id != found.id:
        raise NotFound(what="officer", id=one.id)
    return one


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


def _form(request: HttpRequest, found: Authority | None = None) -> dict[str, object]:
    """Gives what the form of an entry shows: what was typed, or the entry as it stands."""
    typed = {name: _text(request, name) for name in TEXTS}
    return {
        "page_name": "registry",
        "altered": found,
        "form": _texts_of(found) if found else typed,
        "for_drills": found.for_drills if found else request.POST.get("for_drills") == "yes",
        "kinds": [(one.value, gettext(text)) for one, text in words.AUTHORITY_KINDS.items()],
        "countries": sorted(((code, country(code)) for code in country_names()), key=_second),
        "languages_offered": [(one.value, language_name(one.value)) for one in Language],
    }


def _texts_of(found: Authority) -> dict[str, str]:
    """Gives an entry as its form writes it."""
    texts = {name: str(getattr(found, name)) for name in TEXTS}
    return texts | {
        "domains": " ".join(found.domains),
        "statutes": "\n".join(found.statutes),
        "switchboard": reveal(found.number),
    }


def _draft(request: HttpRequest) -> AuthorityDraft:
    kind, language = _text(request, "kind"), _text(request, "language")
    if kind not in set(AuthorityKind) or language not in set(Language):
        raise InputRefused(what="authority", field="kind")
    return AuthorityDraft(
        name=line(_text(request, "name")),
        country=_text(request, "country"),
        kind=AuthorityKind(kind),
        domains=tuple(_text(request, "domains").split()),
        switchboard=PhoneNumber(line(_text(request, "switchboard"))),
        head_office=line(_text(request, "head_office")),
        language=Language(language),
        certificates=_text(request, "certificates"),
        file_number_pattern=line(_text(request, "file_number_pattern")),
        statutes=tuple(filter(None, map(line, _text(request, "statutes").splitlines()))),
        source=_text(request, "source"),
        for_drills=request.POST.get("for_drills") == "yes",
    )


def _said(request: HttpRequest) -> CallBackSaid:
    value = request.POST.get("said", "")
    if value not in set(CallBackSaid):
        raise InputRefused(what="call", field="said")
    return CallBackSaid(value)


def _id(request: HttpRequest, name: str = "id") -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError as error:
        raise NotFound(what="officer") from error


def _text(request: HttpRequest, name: str) -> str:
    return lines(request.POST.get(name, ""))


def _second(pair: tuple[str, str]) -> str:
    return pair[1]
