"""A phone number or a network gives a country, and a wrong table says where it is wrong."""

from pathlib import Path

import pytest

from evenhand.base.errors import Misconfigured
from evenhand.base.personal import IpAddress, PhoneNumber
from evenhand.markets.places import Placed, places

TABLE = """kind,prefix,country
phone,+7,RU
phone,+77,KZ
phone,+49,DE
network,192.0.2.0/24,KZ
network,192.0.2.128/25,DE
network,2001:db8::/32,FR
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(TABLE)
    return path


@pytest.mark.parametrize(
    ("phone", "network", "placed"),
    [
        ("+7 912 000", None, Placed("RU", by_phone=True)),
        ("+7 701 000", None, Placed("KZ", by_phone=True)),
        ("4930000", None, Placed("DE", by_phone=True)),
        ("+1 202", None, None),
        ("", None, None),
        (None, "192.0.2.1", Placed("KZ", by_phone=False)),
        (None, "192.0.2.200", Placed("DE", by_phone=False)),
        (None, "::ffff:192.0.2.1", Placed("KZ", by_phone=False)),
        (None, "2001:db8::1", Placed("FR", by_phone=False)),
        (None, "198.51.100.1", None),
        (None, "not an address", None),
        (None, None, None),
        ("+49 30", "192.0.2.1", Placed("DE", by_phone=True)),
        ("+1 202", "192.0.2.1", Placed("KZ", by_phone=False)),
    ],
)
def test_the_longest_prefix_wins_and_a_number_beats_a_network(
    table: Path, phone: str | None, network: str | None, placed: Placed | None
) -> None:
    found = places(table).place(
        phone=None if phone is None else PhoneNumber(phone),
        network=None if network is None else IpAddress(network),
    )

    assert found == placed


@pytest.mark.parametrize(
    "line",
    [
        "phone,+x,DE",
        "phone,+49,Germany",
        "phone,+49,de",
        "network,300.0.0.0/8,DE",
        "network,192.0.2.1/24,DE",
        "address,192.0.2.0/24,DE",
        "phone,+49",
    ],
)
def test_a_wrong_line_is_named(table: Path, line: str) -> None:
    table.write_text(TABLE + line + "\n")

    with pytest.raises(Misconfigured) as refused:
        places(table)

    assert refused.value.fields["line"] == 8
    assert refused.value.fields["file"] == "places.csv"


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        places(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+77010000000", "KZ"),
        ("+79120000000", "RU"),
        ("+14160000000", "CA"),
        ("+12020000000", "US"),
    ],
)
def test_the_shipped_table_knows_neighbours_with_one_calling_code_apart(
    phone: str, country: str
) -> None:
    placed = places().place(phone=PhoneNumber(phone), network=None)

    assert placed == Placed(country, by_phone=True)
