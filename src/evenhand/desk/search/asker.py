"""From which country somebody asks, by their network alone, and what they read; none is kept."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from evenhand.base.lists import Language
from evenhand.base.personal import IpAddress
from evenhand.desk.limits import address_of
from evenhand.markets.places import Places, places


def country_of(request: HttpRequest) -> str | None:
    """Gives the country of the visitor's network (ISO 3166-1), None where nobody can tell.

    Who cannot be placed is shown nothing that is hidden anywhere.
    """
    placed = _table().place(phone=None, network=IpAddress(address_of(request)))
    return placed.country if placed else None


@cache
def _table() -> Places:
    return places(Path(settings.PLACES_FILE) if settings.PLACES_FILE else None)


def reader_of(request: HttpRequest) -> Language:
    """Gives the language in which the visitor reads."""
    return Language(getattr(request, "LANGUAGE_CODE", Language.EN.value))
