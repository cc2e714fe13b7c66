"""Countries of ISO 3166-1: in English as the time zone database calls them, else as CLDR does.

The time zone database is in the public domain; CLDR is under the Unicode Licence v3.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

ENGLISH = "name"
"""The column of English names; each other language has a column of its code."""


@cache
def country_names(language: str = ENGLISH) -> Mapping[str, str]:
    """Gives every country's name by its code, in English or another language of the desk."""
    with files("evenhand.markets").joinpath("countries.csv").open(encoding="utf-8") as rows:
        return MappingProxyType({row["code"]: row[language] for row in csv.DictReader(rows)})
