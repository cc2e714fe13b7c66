"""What every messenger promises to a disclosure, on the twin and on a real Synapse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from evenhand.actions.ports import Order, Target
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.base.personal import IpAddress, PhoneNumber, reveal
from evenhand.connectors.matrix.account_data import SynapseAccountData
from evenhand.connectors.memory import MemoryAccountData, MemoryMessenger
from evenhand.legal.ports import AccountData, AccountFacts, DataClass, PurposeClass

BOTH = frozenset(DataClass)


def closing(account: str) -> Order:
    return Order(uuid4(), ActionKind.DEACTIVATE, Target(TargetKind.ACCOUNT, account=account))


class TwinStage:
    """The twin, and how people connect to it."""

    ports = True

    def __init__(self) -> None:
        self.twin = MemoryMessenger()
        self.data: AccountData = MemoryAccountData(self.twin)

    def person(self, ip: str, phone: str) -> str:
        account = f"@p{uuid4().hex[:10]}:twin.test"
        self.twin.register(account)
        self.twin.has_phone(account, PhoneNumber(phone))
        self.connect(account, ip)
        return account

    def close(self, account: str) -> None:
        self.twin.effects()[ActionKind.DEACTIVATE].apply(closing(account))

    def connect(self, account: str, ip: str) -> None:
        self.twin.connects(account, IpAddress(ip), 40_001, datetime.now(UTC))


class SynapseStage:
    """A real Synapse, and how people connect to it."""

    ports = False

    def __init__(self, town) -> None:
        self.town = town
        self.tokens: dict[str, str] = {}
        self.data: AccountData = SynapseAccountData(town.client())

    def person(self, ip: str, phone: str) -> str:
        value = self.town.register(ip=ip).json()
        account, self.tokens[value["user_id"]] = value["user_id"], value["access_token"]
        headers = {"Authorization": f"Bearer {self.town.admin_token}"}
        said = self.town.http.put(
            f"/_synapse/admin/v2/users/{account}",
            json={"threepids": [{"medium": "msisdn", "address": phone.removeprefix("+")}]},
            headers=headers,
        )
        assert said.status_code == 200, said.text
        self.connect(account, ip)
        return account

    def close(self, account: str) -> None:
        self.town.client().deactivate(account)

    def connect(self, account: str, ip: str) -> None:
        headers = {"Authorization": f"Bearer {self.tokens[account]}", "X-Forwarded-For": ip}
        said = self.town.http.get("/_matrix/client/v3/account/whoami", headers=headers)
        assert said.status_code == 200, said.text


@pytest.fixture(params=["twin", pytest.param("synapse", marks=pytest.mark.synapse)])
def stage(request: pytest.FixtureRequest) -> Iterator[TwinStage | SynapseStage]:
    """The twin and the real one."""
    if request.param == "twin":
        yield TwinStage()
    else:
        yield SynapseStage(request.getfixturevalue("town"))


def read(stage, account: str, **narrower) -> AccountFacts:
    asked = {"want": BOTH, "since": None, "until": None, "purpose": PurposeClass.OTHER}
    return stage.data.read(account, **{**asked, **narrower})


def phone() -> str:
    return f"+7701{uuid4().int % 10**7:07}"


def test_address_and_phone_are_given_as_they_are(stage):
    number = phone()
    account = stage.person("203.0.113.77", number)

    facts = read(stage, account)

    assert facts.known
    assert [reveal(one) for one in facts.phones] == [number]
    assert {reveal(one.address) for one in facts.connections} == {"203.0.113.77"}
    assert {one.port is not None for one in facts.connections} == {stage.ports}
    assert all(one.seen_at.tzinfo is UTC for one in facts.connections)
    assert abs(facts.connections[0].seen_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_only_the_class_that_is_wanted_is_read(stage):
    account = stage.person("203.0.113.78", phone())

    phones_only = read(stage, account, want=frozenset({DataClass.PHONE}))
    addresses_only = read(stage, account, want=frozenset({DataClass.CONNECTIONS}))

    assert phones_only.phones and not phones_only.connections
    assert addresses_only.connections and not addresses_only.phones


def test_what_lies_outside_the_range_is_not_read(stage):
    account = stage.person("203.0.113.79", phone())
    latest = read(stage, account).connections[0].seen_at

    assert read(stage, account, since=latest).connections
    assert not read(stage, account, until=latest - timedelta(hours=1)).connections
    assert not read(stage, account, since=latest + timedelta(seconds=1)).connections


def test_to_identify_each_address_comes_once(stage):
    account = stage.person("203.0.113.80", phone())
    stage.connect(account, "203.0.113.81")
    stage.connect(account, "203.0.113.80")

    facts = read(stage, account, purpose=PurposeClass.IDENTIFY_ONLY)

    addresses = [reveal(one.address) for one in facts.connections]
    assert sorted(addresses) == ["203.0.113.80", "203.0.113.81"]
    assert {one.purpose for one in facts.connections} == {PurposeClass.IDENTIFY_ONLY}


def test_an_account_that_does_not_exist_is_said_to_be_unknown(stage):
    facts = read(stage, f"@nobody{uuid4().hex[:8]}:evenhand.test")

    assert not facts.known
    assert not facts.phones
    assert not facts.connections


def test_a_closed_account_keeps_its_addresses_and_loses_its_phone(stage):
    account = stage.person("203.0.113.84", phone())

    stage.close(account)
    facts = read(stage, account)

    assert facts.known
    assert facts.connections
    assert not facts.phones


def test_an_account_of_another_homeserver_is_unknown(stage):
    assert not read(stage, "@somebody:elsewhere.test").known


def test_an_account_is_found_by_its_phone_number(stage):
    number = phone()
    account = stage.person("203.0.113.82", number)

    assert stage.data.account_of(PhoneNumber(number)) == account
    assert stage.data.account_of(PhoneNumber(phone())) is None


@pytest.mark.synapse
def test_what_the_desk_does_for_an_account_is_no_connection_of_it(town):
    stage = SynapseStage(town)
    account = stage.person("203.0.113.83", phone())

    with town.client().acting_as(account) as token:
        said = town.http.get(
            "/_matrix/client/v3/account/whoami",
            headers={"Authorization": f"Bearer {token}", "X-Forwarded-For": "198.51.100.1"},
        )
    facts = read(stage, account)

    assert said.json()["user_id"] == account
    assert {reveal(one.address) for one in facts.connections} == {"203.0.113.83"}
