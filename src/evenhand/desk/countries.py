"""What countries are called, in the reader's language."""

from django.utils.translation import get_language, gettext, gettext_noop

from evenhand.base.lists import Language
from evenhand.markets.geography import ENGLISH, country_names
from evenhand.transparency.words import COUNTRIES

NAMES = {
    **COUNTRIES,
    "*": gettext_noop("Any country without a law of its own here"),
}
"""Countries of the laws that are kept here, and those that reports name most."""


OTHERS = frozenset(Language) - {Language.EN}
"""Languages in which every country has a name besides the English one."""


def country(code: str) -> str:
    """Gives a country's name."""
    if code in NAMES:
        return gettext(NAMES[code])
    reader = get_language() or ENGLISH
    return country_names(reader if reader in OTHERS else ENGLISH).get(code, code)


def is_country(code: str) -> bool:
    """Tells whether a code of two letters is a country's."""
    return code in country_names()
