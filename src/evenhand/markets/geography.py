"""Countries as ISO 3166-1 names them, from the public-domain list of the time zone database."""

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType


@lru_cache(maxsize=1)
def country_names() -> Mapping[str, str]:
    """Gives every country's English name by its code."""
    with files("evenhand.markets").joinpath("countries.csv").open(encoding="utf-8") as rows:
        return MappingProxyType({row["code"]: row["name"] for row in csv.DictReader(rows)})
