"""From a phone number or a network to a country; neither is kept.

The table is the operator's CSV file with the columns `kind`, `prefix`, `country`: `phone,+49,DE`
or `network,192.0.2.0/24,KZ`. The longest prefix wins, and a phone number beats a network: people
take their number along more seldom than they take another network.
"""

import csv
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from evenhand.base.errors import Misconfigured
from evenhand.base.personal import IpAddress, PhoneNumber, reveal

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
COUNTRY_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Placed:
    """A country, and whether a phone number says so."""

    country: str
    by_phone: bool


@dataclass(frozen=True, slots=True)
class Places:
    """A table of prefixes: phone digits without `+`, and networks, each with its country."""

    phones: Mapping[str, str]
    networks: Mapping[Network, str]

    def place(self, *, phone: PhoneNumber | None, network: IpAddress | None) -> Placed | None:
        """Gives the country of an account, or None if the table does not tell."""
        country = self._by_phone(phone) if phone else None
        if country:
            return Placed(country, by_phone=True)
        country = self._by_network(network) if network else None
        return Placed(country, by_phone=False) if country else None

    def _by_phone(self, phone: PhoneNumber) -> str | None:
        digits = "".join(sign for sign in reveal(phone) if sign.isdecimal())
        for length in range(len(digits), 0, -1):
            country = self.phones.get(digits[:length])
            if country:
                return country
        return None

    def _by_network(self, network: IpAddress) -> str | None:
        try:
            address = ipaddress.ip_address(reveal(network))
        except ValueError:
            return None  # a peer's words, not an address
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        address = mapped or address
        for length in range(address.max_prefixlen, -1, -1):
            prefix = ipaddress.ip_network((address, length), strict=False)
            country = self.networks.get(prefix)
            if country:
                return country
        return None


def places(path: Path | None = None) -> Places:
    """Gives the operator's table, or the shipped one."""
    if path is None:
        with files("evenhand.markets").joinpath("places.csv").open(encoding="utf-8") as rows:
            return _table(rows, "places.csv")
    try:
        with path.open(encoding="utf-8") as rows:
            return _table(rows, path.name)
    except OSError as error:
        raise Misconfigured(setting="EVENHAND_PLACES", file=path, why="not readable") from error


def _table(rows: Iterable[str], name: str) -> Places:
    phones: dict[str, str] = {}
    networks: dict[Network, str] = {}
    for number, row in enumerate(csv.DictReader(rows), start=2):
        try:
            country = _country(row["country"])
            if row["kind"] == "phone":
                phones[_digits(row["prefix"])] = country
            else:
                networks[_network(row["kind"], row["prefix"])] = country
        except (KeyError, TypeError, ValueError) as error:
            raise Misconfigured(
                setting="EVENHAND_PLACES", file=name, line=number, why="not kind,prefix,country"
            ) from error
    return Places(phones, networks)


def _country(code: str) -> str:
    if len(code) != COUNTRY_LETTERS or not (code.isascii() and code.isupper()):
        raise ValueError(code)
    return code


def _network(kind: str, prefix: str) -> Network:
    if kind != "network":
        raise ValueError(kind)
    return ipaddress.ip_network(prefix)


def _digits(prefix: str) -> str:
    digits = prefix.removeprefix("+")
    if not digits.isdecimal():
        raise ValueError(prefix)
    return digits
