"""The only readers of placements and markets."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from evenhand.base.errors import NotFound
from evenhand.markets import duties
from evenhand.markets.duties import Users
from evenhand.markets.entries import Regime
from evenhand.markets.lists import MarketState
from evenhand.markets.models import (
    EntrySignOff,
    Market,
    MarketChange,
    MarketFigures,
    MarketProposal,
    Placement,
    RegimeText,
    Representative,
    RightsAssessment,
)
from evenhand.markets.reading import RegimeRefused, read_bytes
from evenhand.markets.regimes import Law


def country_of(account: str) -> str | None:
    """Gives the country in which an account was placed, or None."""
    row = Placement.objects.filter(account=account).values_list("country", flat=True).first()
    return None if row is None else str(row)


def accounts_in(territory: Sequence[str], among: Collection[str]) -> list[str]:
    """Gives those of the accounts `among` that are placed in one of the countries."""
    rows = Placement.objects.filter(account__in=list(among), country__in=list(territory))
    return sorted(rows.values_list("account", flat=True))


def unplaced(among: Collection[str]) -> list[str]:
    """Gives those of the accounts `among` that have not been placed yet."""
    known = set(Placement.objects.filter(account__in=list(among)).values_list("account", flat=True))
    return [account for account in among if account not in known]


def countries() -> dict[str, str]:
    """Gives every placed account's country: for the door, which has no database."""
    return dict(Placement.objects.values_list("account", "country"))


def state_of(country: str) -> MarketState | None:
    """Gives the state of a country's market, or None if it was never opened."""
    row = Market.objects.filter(pk=country).values_list("state", flat=True).first()
    return None if row is None else MarketState(row)


def states() -> dict[str, MarketState]:
    """Gives the state of every market that has one."""
    return {code: MarketState(state) for code, state in Market.objects.values_list("pk", "state")}


def changes_of(country: str) -> list[MarketChange]:
    """Gives every change of a country's market, the newest first."""
    return list(MarketChange.objects.filter(country=country).order_by("-at", "-id"))


def changes() -> list[MarketChange]:
    """Gives every change of every market, the newest first."""
    return list(MarketChange.objects.order_by("-at", "-id"))


def open_proposals() -> list[MarketProposal]:
    """Gives what waits for a second person, the oldest first."""
    rows = MarketProposal.objects.select_related("proposed_by").filter(settled_at=None)
    return list(rows.order_by("proposed_at"))


def open_assessments() -> list[RightsAssessment]:
    """Gives assessments that wait for a second person, the oldest first."""
    rows = RightsAssessment.objects.select_related("assessed_by").filter(confirmed_at=None)
    return list(rows.order_by("assessed_at"))


def regime_at(regime_id: str, version: str, law: Law) -> Regime:
    """Gives a regime as it was in a version: the law's own if it is that one, else as kept."""
    current = law.regime(regime_id)
    if current.version == version:
        return current
    row = RegimeText.objects.filter(pk=f"{regime_id}@{version}").first()
    if row is None:
        raise NotFound(what="version of a regime", regime=regime_id, version=version)
    regime, faults = read_bytes(f"{regime_id}.yaml", row.text.encode())
    if regime is None:
        # A later reader asks for more than the one that took it.
        raise RegimeRefused(regime=regime_id, version=version, faults="; ".join(map(str, faults)))
    return replace(regime, others=current.others)


def sign_off_of(entry: str, version: str) -> EntrySignOff | None:
    """Gives the sign-off of an entry in one version of its regime, if one holds."""
    return EntrySignOff.objects.filter(entry=entry, version=version, withdrawn_at=None).first()


def signed_off(entry: str, version: str) -> bool:
    """Tells whether an entry is signed off in one version of its regime."""
    return sign_off_of(entry, version) is not None


def sign_offs() -> list[EntrySignOff]:
    """Gives every sign-off that holds."""
    rows = EntrySignOff.objects.select_related("signed_by").filter(withdrawn_at=None)
    return list(rows.order_by("entry", "signed_at"))


def representatives(country: str = "") -> list[Representative]:
    """Gives who represents the messenger now, in one country or in all."""
    rows = Representative.objects.select_related("person").filter(until=None)
    if country:
        rows = rows.filter(country=country)
    return list(rows.order_by("country", "since"))


def countries_represented_by(person: UUID) -> list[str]:
    """Gives the countries that a person represents now."""
    rows = Representative.objects.filter(person=person, until=None)
    return sorted(rows.values_list("country", flat=True))


def figures_of(country: str) -> list[MarketFigures]:
    """Gives a country's numbers of users, the newest month first."""
    return list(MarketFigures.objects.filter(country=country).order_by("-month"))


def users() -> dict[str, Users]:
    """Gives the newest numbers of users of every country."""
    rows = MarketFigures.objects.order_by("country", "-month").distinct("country")
    return {row.country: Users(monthly=row.monthly, daily=row.daily) for row in rows}


def duties_of(country: str, law: Law, *, on: date) -> tuple[duties.Standing, ...]:
    """Gives a country's thresholds, with how near its users are to each."""
    return duties.standings(country, users(), law, on=on)
