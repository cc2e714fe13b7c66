"""What countries are called, in the reader's language where it is known, else in English."""

from django.utils.translation import gettext, gettext_noop

from evenhand.markets.geography import country_names
from evenhand.transparency.words import COUNTRIES

NAMES = {
    **COUNTRIES,
    "*": gettext_noop("Any country without a law of its own here"),
}
"""Countries of the laws that are kept here, and those that reports name most."""


def country(code: str) -> str:
    """Gives a country's name."""
    return gettext(NAMES[code]) if code in NAMES else country_names().get(code, code)


def is_country(code: str) -> bool:
    """Tells whether a code of two letters is a country's."""
    return code in country_names()
