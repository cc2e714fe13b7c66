"""What countries are called, in the reader's language where it is known, else in English."""

from django.utils.translation import gettext, gettext_noop

from evenhand.markets.geography import country_names
from evenhand.transparency.words import COUNTRIES

NAMES = {
    **COUNTRIES,
    "BG": gettext_noop("Bulgaria"),
    "BR": gettext_noop("Brazil"),
    "CY": gettext_noop("Cyprus"),
    "CZ": gettext_noop("Czechia"),
    "DK": gettext_noop("Denmark"),
    "EE": gettext_noop("Estonia"),
    "FI": gettext_noop("Finland"),
    "GR": gettext_noop("Greece"),
    "HR": gettext_noop("Croatia"),
    "HU": gettext_noop("Hungary"),
    "IE": gettext_noop("Ireland"),
    "IR": gettext_noop("Iran"),
    "JP": gettext_noop("Japan"),
    "LT": gettext_noop("Lithuania"),
    "LU": gettext_noop("Luxembourg"),
    "LV": gettext_noop("Latvia"),
    "MT": gettext_noop("Malta"),
    "PT": gettext_noop("Portugal"),
    "RO": gettext_noop("Romania"),
    "RS": gettext_noop("Serbia"),
    "SE": gettext_noop("Sweden"),
    "SI": gettext_noop("Slovenia"),
    "SK": gettext_noop("Slovakia"),
    "*": gettext_noop("Any country without a law of its own here"),
}
"""Countries of the laws that are kept here, and those that reports name most."""


def country(code: str) -> str:
    """Gives a country's name."""
    return gettext(NAMES[code]) if code in NAMES else country_names().get(code, code)


def is_country(code: str) -> bool:
    """Tells whether a code of two letters is a country's."""
    return code in country_names()
