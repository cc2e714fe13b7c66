"""Accounts are placed as they appear, and nothing of them is kept but the country."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from evenhand.base.errors import NotFound
from evenhand.base.personal import IpAddress, PhoneNumber
from evenhand.markets.models import Placement
from evenhand.markets.places import Placed, Places, places
from evenhand.markets.queries import accounts_in, countries, country_of, unplaced
from evenhand.markets.steps import place
from evenhand.markets.sweep import LOOKS_MAX, Sweep

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def table() -> Places:
    return places()


@dataclass
class Directory:
    """Accounts by page, each with its phone number; those without one are gone."""

    pages: Sequence[Sequence[str]]
    phones: dict[str, str | None]
    asked: list[str] = field(default_factory=list)

    def accounts(self, start: int = 0) -> tuple[Sequence[str], int | None]:
        following = start + 1 if start + 1 < len(self.pages) else None
        return self.pages[start], following

    def contact(self, account: str) -> tuple[PhoneNumber | None, IpAddress | None]:
        self.asked.append(account)
        if account not in self.phones:
            raise NotFound(what="account")
        phone = self.phones[account]
        return (PhoneNumber(phone) if phone else None), None


def test_only_the_country_and_the_day_are_kept(table: Places) -> None:
    place("@a:twin", phone=PhoneNumber("+49 30 123"), network=None, table=table, now=NOW)

    (row,) = Placement.objects.values()
    assert row == {"account": "@a:twin", "country": "DE", "on": NOW.date(), "by_phone": True}


def test_a_network_never_overrules_a_number_and_a_number_overrules_a_network() -> None:
    table = places()
    by_network = Places(phones=table.phones, networks=places_of("192.0.2.0/24", "KZ"))
    network = IpAddress("192.0.2.9")

    first = place("@a:twin", phone=None, network=network, table=by_network, now=NOW)
    second = place("@a:twin", phone=PhoneNumber("+49 30"), network=None, table=table, now=NOW)
    third = place("@a:twin", phone=None, network=network, table=by_network, now=NOW)

    assert first == Placed("KZ", by_phone=False)
    assert second == third == Placed("DE", by_phone=True)
    assert country_of("@a:twin") == "DE"


def places_of(prefix: str, country: str) -> dict[object, str]:
    from ipaddress import ip_network

    return {ip_network(prefix): country}


def test_who_cannot_be_placed_leaves_no_row(table: Places) -> None:
    assert place("@a:twin", phone=None, network=None, table=table, now=NOW) is None
    assert country_of("@a:twin") is None


def test_accounts_are_found_by_country(table: Places) -> None:
    for account, phone in (("@a:twin", "+49"), ("@b:twin", "+77"), ("@c:twin", "+33")):
        place(account, phone=PhoneNumber(phone), network=None, table=table, now=NOW)

    assert accounts_in(["DE", "KZ"], ["@a:twin", "@b:twin", "@d:twin"]) == ["@a:twin", "@b:twin"]
    assert accounts_in(["DE"], ["@b:twin"]) == []
    assert countries() == {"@a:twin": "DE", "@b:twin": "KZ", "@c:twin": "FR"}
    assert unplaced(["@a:twin", "@d:twin"]) == ["@d:twin"]


def test_a_sweep_stops_at_the_first_page_without_anything_new(table: Places) -> None:
    directory = Directory(
        pages=[["@new:twin"], ["@old:twin"], ["@older:twin"]],
        phones={"@new:twin": "+49", "@old:twin": "+7701"},
    )
    place("@old:twin", phone=PhoneNumber("+7701"), network=None, table=table, now=NOW)

    assert Sweep(directory, table).run(now=NOW) == 1

    assert directory.asked == ["@new:twin"]
    assert country_of("@new:twin") == "DE"


def test_an_account_that_cannot_be_placed_is_looked_at_a_few_times(table: Places) -> None:
    directory = Directory(pages=[["@a:twin", "@gone:twin"]], phones={"@a:twin": None})
    sweep = Sweep(directory, table)

    for minute in range(LOOKS_MAX + 3):
        assert sweep.run(now=NOW + timedelta(minutes=minute)) == 0

    assert directory.asked.count("@a:twin") == LOOKS_MAX
    assert directory.asked.count("@gone:twin") == LOOKS_MAX
