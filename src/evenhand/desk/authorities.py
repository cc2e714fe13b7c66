"""Public pages for authorities: where to send what, for people and, signed, for programs."""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from evenhand.base import jws
from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.lists import Language
from evenhand.base.sealing import read_key
from evenhand.desk import law_words as words
from evenhand.desk.countries import country, is_country
from evenhand.desk.law_rows import entry_row
from evenhand.desk.limits import CHECKS_MAX, count_send
from evenhand.legal.identifiers import read
from evenhand.markets import contact
from evenhand.markets.geography import country_names
from evenhand.markets.lists import DataCategory, MarketState
from evenhand.markets.queries import representatives, sign_offs, state_of, states
from evenhand.markets.regimes import law
from evenhand.transparency.words import language_name

CACHE = "public, max-age=300"
JWS_TYPE = "application/jose"

ROUTES = {
    contact.Route.LAW: gettext_noop("Data are given under the laws that stand below."),
    contact.Route.VOLUNTARY: gettext_noop(
        "No law of this country obliges us. Data are given of our own accord, within narrow bounds."
    ),
    contact.Route.MLA: gettext_noop(
        "No data are given on a direct request. The way is mutual legal assistance: ask the "
        "central authority of your country, which asks the authority of ours."
    ),
    contact.Route.CLOSED: gettext_noop("Authorities of this country get nothing here."),
}
DATA_KEPT = (
    (
        gettext_noop("Phone number"),
        DataCategory.SUBSCRIBER,
        gettext_noop("As long as the account exists; wiped when it is closed."),
    ),
    (
        gettext_noop("IP addresses with time of use"),
        DataCategory.TRAFFIC,
        gettext_noop("28 days after use, unless preserved. The port only where it is recorded."),
    ),
    (
        gettext_noop("Messages, contacts, groups, device data"),
        DataCategory.CONTENT,
        gettext_noop("Cannot be collected by this desk."),
    ),
)


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Shows the front door: choose a country."""
    code = request.GET.get("country", "")
    if is_country(code.upper()):
        return redirect("authorities_country", code=code.lower())
    rows = [{"code": code.lower(), "name": country(code)} for code in country_names()]
    rows.sort(key=lambda row: row["name"])
    return render(request, "desk/authorities/front.html", {"countries": rows})


@require_safe
def of_country(request: HttpRequest, code: str) -> HttpResponse:
    """Shows what authorities of one country can ask for, under which law, how fast."""
    code = code.upper()
    if not is_country(code):
        raise NotFound(what="country", code=code)
    today, market = now().date(), state_of(code)
    route = contact.route_of(code, law(), state=market, on=today)
    kinds = [
        kind
        for kind in law().of_country(code, on=today)
        if market is MarketState.OPEN or not law().regime_of(kind).fallback
    ]
    context = {
        "country": country(code),
        "route": route.value,
        "route_text": gettext(ROUTES[route]),
        "state": gettext(words.MARKET_STATES[market]) if market else "",
        "state_hint": gettext(words.MARKET_HINTS[market]) if market else "",
        "state_tone": words.MARKET_TONES[market] if market else "",
        "portal_url": f"{settings.PUBLIC_URL}/authorities/portal/",
        "languages_taken": [language_name(language.value) for language in Language],
        "representatives": [
            {"name": row.person.name, "office": row.office} for row in representatives(code)
        ],
        "data_kept": [
            {
                "name": gettext(name),
                "category": gettext(words.CATEGORY_NAMES[category]),
                "kept": gettext(kept),
            }
            for name, category, kept in DATA_KEPT
        ],
        "entries": [entry_row(kind, law().regime_of(kind)) for kind in kinds],
    }
    return render(request, "desk/authorities/country.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Says whether an identifier is well formed; what was typed is neither kept nor looked up."""
    if request.method != "POST":
        return render(request, "desk/authorities/check.html", {"reading": None})
    count_send(request, form="identifier", sends_max=CHECKS_MAX)
    text = request.POST.get("identifier", "")
    reading = read(text)
    context = {
        "text": text,
        "reading": reading,
        "kind": gettext(words.IDENTIFIER_KINDS[reading.kind]) if reading.kind else "",
        "fault": gettext(words.FAULTS[reading.fault]) if reading.fault else "",
    }
    return render(request, "desk/authorities/check.html", context)


@require_safe
def contact_document(_request: HttpRequest) -> HttpResponse:
    """Hands out the front door as JSON."""
    return _cached(HttpResponse(_document(), content_type="application/json"))


@require_safe
def contact_signed(_request: HttpRequest) -> HttpResponse:
    """Hands out the same document signed (RFC 7515, compact)."""
    key = read_key(settings.KEYS / "contact.key")
    signed = jws.sign(_document(), key=key, media_type="application/json")
    return _cached(HttpResponse(signed, content_type=JWS_TYPE))


@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """Hands out the public key of the signature."""
    key = read_key(settings.KEYS / "contact.key")
    body = json.dumps({"keys": [jws.public_key(key)]})
    return _cached(HttpResponse(body, content_type="application/jwk-set+json"))


def _document() -> bytes:
    """Gives the document: the same bytes within one hour, as long as nothing is decided."""
    service = contact.Service(
        name="Evenhand",
        portal=f"{settings.PUBLIC_URL}/authorities/portal/",
        email="",
        emergency=f"{settings.PUBLIC_URL}/authorities/portal/new/?emergency=yes",
        home=settings.HOME_MARKET,
    )
    document = contact.front_door(
        law(),
        service=service,
        states=states(),
        offices=[
            contact.Office(row.country, row.office, tuple(Language(one) for one in row.languages))
            for row in representatives()
        ],
        signed_off={(row.entry, row.version) for row in sign_offs()},
        at=now().replace(minute=0, second=0, microsecond=0),
    )
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()


def _cached(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = CACHE
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
