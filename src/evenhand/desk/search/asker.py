"""From which country somebody asks, by their network alone, and what they read; none is kept."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from evenhand.base import clock
from evenhand.base.lists import Language
from evenhand.base.personal import IpAddress
from evenhand.base.sealing import keyed_hash
from evenhand.desk.limits import address_of, network_of
from evenhand.markets.places import Places, places

NEIGHBOURHOOD_BITS = (24, 48)
"""How much of an address tells one who looks for something from another: of IPv4, of IPv6."""


def country_of(request: HttpRequest) -> str | None:
    """Gives the country of the visitor's network (ISO 3166-1), None where nobody can tell.

    Who cannot be placed is shown nothing that is hidden anywhere.
    """
    placed = _table().place(phone=None, network=IpAddress(address_of(request)))
    return placed.country if placed else None


@cache
def _table() -> Places:
    return places(Path(settings.PLACES_FILE) if settings.PLACES_FILE else None)


def network_today(request: HttpRequest) -> str:
    """Gives what stands for the visitor's network today, and for another tomorrow.

    So that what many look for can be told from what one household does; the searcher hashes it once
    more, under a key that it tells nobody.
    """
    network = network_of(address_of(request), bits=NEIGHBOURHOOD_BITS)
    said = f"trending {clock.now().date().isoformat()} {network}"
    return keyed_hash(said.encode(), key=bytes.fromhex(settings.SECRET_KEY)[:32]).hex()[:16]


def reader_of(request: HttpRequest) -> Language:
    """Gives the language in which the visitor reads."""
    return Language(getattr(request, "LANGUAGE_CODE", Language.EN.value))
