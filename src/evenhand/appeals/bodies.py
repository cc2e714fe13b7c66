"""Pure: to whom somebody can turn out of court, by country (DSA Art. 21), as `bodies.yaml` says."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from evenhand.base.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Body:
    """One body that settles disputes; unverified until somebody compared it with the list.

    url     its own address; empty where no source gives one
    source  where it was found
    """

    name: str
    country: str
    url: str
    source: str
    checked: date | None

    @property
    def unverified(self) -> bool:
        """Tells whether nobody has compared it with the Commission's list."""
        return self.checked is None


@dataclass(frozen=True, slots=True)
class Redress:
    """To whom somebody in one country can turn.

    bodies       those certified in the country first; anybody may choose any of the Union
    list_url     the Commission's list, which alone says who is certified today
    coordinator  the country's Digital Services Coordinator; empty where none is known here
    """

    bodies: tuple[Body, ...]
    list_url: str
    coordinator: str
    coordinators_url: str


def redress_in(country: str) -> Redress | None:
    """Gives to whom somebody can turn; None outside the Union, where DSA Art. 21 gives nobody."""
    known = _known()
    if country not in known.countries:
        return None
    bodies = sorted(known.bodies, key=lambda one: (one.country != country, one.name))
    return Redress(
        bodies=tuple(bodies),
        list_url=known.list_url,
        coordinator=known.countries[country],
        coordinators_url=known.coordinators_url,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    bodies: tuple[Body, ...]
    countries: dict[str, str]
    list_url: str
    coordinators_url: str


@cache
def _known() -> _Known:
    text = files("evenhand.appeals").joinpath("bodies.yaml").read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    found = _Known(
        bodies=tuple(
            Body(one["name"], one["country"], one["url"], one["source"], one["checked"])
            for one in loaded["bodies"]
        ),
        countries={code: name or "" for code, name in loaded["countries"].items()},
        list_url=loaded["list"],
        coordinators_url=loaded["coordinators"],
    )
    for one in found.bodies:
        addresses = (one.source, one.url or one.source)
        sourced = all(address.startswith("https://") for address in addresses)
        if one.country not in found.countries or not sourced:
            raise Misconfigured(setting="bodies.yaml", body=one.name, why="country or address")
    return found
