"""The law as data: all regimes together, and who may rely on which."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import as_file, files
from types import MappingProxyType

from evenhand.base.errors import NotFound
from evenhand.markets.entries import ANYWHERE, OwnDuty, PreservationRule, Regime, RequestKind, Span
from evenhand.markets.reading import read_folder

__all__ = ["ANYWHERE", "Law", "OwnDuty", "PreservationRule", "Regime", "RequestKind", "Span", "law"]


class Law:
    """All regimes together."""

    def __init__(self, regimes: Sequence[Regime]) -> None:
        self.regimes: Mapping[str, Regime] = MappingProxyType({one.id: one for one in regimes})
        self.kinds: Mapping[str, RequestKind] = MappingProxyType(
            {kind.id: kind for one in regimes for kind in one.requests}
        )

    def kind(self, kind_id: str) -> RequestKind:
        """Gives an entry by its id."""
        found = self.kinds.get(kind_id)
        if found is None:
            raise NotFound(what="entry of the law", id=kind_id)
        return found

    def regime(self, regime_id: str) -> Regime:
        """Gives a regime by its id."""
        found = self.regimes.get(regime_id)
        if found is None:
            raise NotFound(what="regime", id=regime_id)
        return found

    def regime_of(self, kind: RequestKind) -> Regime:
        """Gives the regime that an entry belongs to."""
        return self.regime(kind.regime)

    def regimes_of(self, country: str) -> tuple[Regime, ...]:
        """Gives the laws of a country, its own before those for any country."""
        own = [one for one in self.regimes.values() if one.covers(country)]
        return tuple(sorted(own, key=lambda one: one.fallback))

    def of_country(self, country: str, *, on: date) -> tuple[RequestKind, ...]:
        """Gives what authorities of a country may ask for on a day."""
        return tuple(
            kind
            for regime in self.regimes_of(country)
            for kind in regime.requests
            if kind.in_force(on)
        )

    @property
    def countries(self) -> tuple[str, ...]:
        """Gives every country that a regime names."""
        named = {code for one in self.regimes.values() for code in one.jurisdictions}
        return tuple(sorted(named - {ANYWHERE}))


@lru_cache(maxsize=1)
def law() -> Law:
    """Gives the law that is shipped; raises `RegimeRefused` if a file has a fault."""
    with as_file(files("evenhand.markets").joinpath("regimes")) as folder:
        return Law(read_folder(folder))
