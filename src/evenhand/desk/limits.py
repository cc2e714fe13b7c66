"""Limits of the web doors: how large a body may be, how often a public form may be sent."""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from evenhand.base.errors import EvenhandError, InputRefused
from evenhand.base.limits import BODY_BYTES_MAX, FORM_WITH_DOCUMENT_BYTES_MAX
from evenhand.base.sealing import keyed_hash

FORM_SENDS_MAX = 10
"""Times one network may send a public form in one window: a family behind one address can."""

FORM_WINDOW_SECONDS = 600
"""Seconds of one window."""

CHECKS_MAX = 120
"""Identifiers that one network may have checked in one window: a list typed by hand."""

API_CALLS_MAX = 6_000
"""Calls of one network in one window: ten in a second, all day."""

SIGN_IN_TRIES_MAX = 60
"""Times one network may try to sign in, or open an enrolment link, in one window."""

HOUSEHOLD_BITS = (32, 64)
"""How much of an address tells one household from another, as a rule: of IPv4, of IPv6."""

DOCUMENT_PREFIXES = ("/authorities/portal/", "/staff/legal/", "/api/v1/requests")
"""Doors that take documents; all others take no more than a form."""

ROWS_PER_PAGE = 50
"""Rows on one page of the console."""

AUDIT_PAGES_MAX = 200
"""Pages that an auditor can turn: beyond, a filter finds it sooner, and the database reads less."""

AUDIT_ROWS_MAX = 50_000
"""Rows of one export: about ten megabytes in memory; a shorter time gives the rest."""


class TooLarge(InputRefused):
    """A request's body is larger than this door takes."""

    remedy = "Send less."


class TooOften(EvenhandError):
    """A form was sent too often from one network."""

    remedy = "Wait a few minutes, then try again."


class BodyLimit:
    """Refuses a large body before any of it is read; a body of unknown length is refused too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Gives the answer, or 413 or 411 in its place."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if request.META.get("HTTP_TRANSFER_ENCODING") and length == "0":
            return HttpResponse("Length required.\n", status=411, content_type="text/plain")
        if not length.isascii() or not length.isdigit():
            return HttpResponse("Bad length.\n", status=400, content_type="text/plain")
        takes_documents = request.path.startswith(DOCUMENT_PREFIXES)
        bytes_max = FORM_WITH_DOCUMENT_BYTES_MAX if takes_documents else BODY_BYTES_MAX
        if int(length) > bytes_max:
            return HttpResponse("Too large.\n", status=413, content_type="text/plain")
        return self._get_response(request)


def count_send(
    request: HttpRequest,
    *,
    form: str,
    sends_max: int = FORM_SENDS_MAX,
    window_seconds: int = FORM_WINDOW_SECONDS,
    clock: Callable[[], float] | None = None,
) -> None:
    """Counts one sending of a public form, or refuses it; counted per worker process.

    The network is kept as a keyed hash, in memory, for one window.
    """
    window = int((clock or time.time)()) // window_seconds
    network = network_of(address_of(request))
    hashed = keyed_hash(network.encode(), key=bytes.fromhex(settings.SECRET_KEY)[:32]).hex()
    key = f"sends:{form}:{window}:{hashed}"
    cache.add(key, 0, timeout=window_seconds * 2)
    if cache.incr(key) > sends_max:
        raise TooOften(form=form, sends_max=sends_max, window_seconds=window_seconds)


def address_of(request: HttpRequest) -> str:
    """Gives the address a request came from: the one that our outermost proxy saw.

    Each of our proxies appends the address it saw to X-Forwarded-For; what stands further left
    was sent by the visitor and means nothing.
    """
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if settings.PROXIES and len(seen) >= settings.PROXIES:
        return str(seen[-settings.PROXIES].strip())
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(address: str, *, bits: tuple[int, int] = HOUSEHOLD_BITS) -> str:
    """Gives the network that an address belongs to; of one household, as a rule.

    bits  how much of an address counts: of IPv4, of IPv6
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    of_four, of_six = bits
    long = of_six if isinstance(parsed, IPv6Address) else of_four
    return str(ip_network((parsed, long), strict=False))
