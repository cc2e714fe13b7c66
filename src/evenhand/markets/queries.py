"""The only readers of placements."""

from collections.abc import Collection, Sequence

from evenhand.markets.models import Placement


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
