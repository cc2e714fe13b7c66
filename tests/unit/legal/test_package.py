"""What an authority gets: nothing that was not wanted, listed, signed, for the officer alone."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from evenhand.base.errors import InputRefused
from evenhand.base.personal import IpAddress, PhoneNumber, reveal
from evenhand.base.sealing import age_open
from evenhand.legal import package as made
from evenhand.legal.narrowing import Seen, chosen
from evenhand.legal.ports import (
    AccountFacts,
    CollectionTask,
    Connection,
    DataClass,
    PurposeClass,
)

NOW = datetime(2028, 2, 29, 12, tzinfo=UTC)
KEY = SigningKey(bytes(range(32)))
OFFICER = pyrage.x25519.Identity.generate()
TASK = CollectionTask(
    disclosure=UUID(int=1),
    matter=UUID(int=2),
    number="EH-2028-000001",
    reference="3 Js 17/28",
    authority="Staatsanwaltschaft Musterstadt",
    country="DE",
    law="e-Evidence, Regulation (EU) 2023/1543 Art. 5",
    language="de",
    purpose=PurposeClass.OTHER,
    want=frozenset(DataClass),
    accounts=("@a:evenhand.test",),
    recipient=str(OFFICER.to_public()),
)

few = settings(max_examples=40, deadline=None)

moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    max_value=datetime(2028, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
connections = st.builds(
    Connection,
    st.ip_addresses().map(lambda one: IpAddress(str(one))),
    st.none() | st.integers(1, 65_535),
    moments,
    st.sampled_from(PurposeClass),
)
phones = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True).map(PhoneNumber)
accounts = st.builds(
    AccountFacts,
    account=st.from_regex(r"@[a-z0-9._=/+-]{1,20}:[a-z]{1,9}\.test", fullmatch=True),
    known=st.just(True),
    phones=st.lists(phones, max_size=3, unique_by=reveal).map(tuple),
    connections=st.lists(connections, max_size=6).map(tuple),
    source=st.just("a source"),
    read_at=moments,
)
several = st.lists(accounts, min_size=1, max_size=4, unique_by=lambda one: one.account)
wanted = st.frozensets(st.sampled_from(DataClass))


def facts(**changed: object) -> AccountFacts:
    one = AccountFacts(
        account="@a:evenhand.test",
        known=True,
        phones=(PhoneNumber("+77015550100"),),
        connections=(Connection(IpAddress("203.0.113.7"), None, NOW, PurposeClass.OTHER),),
        source="Synapse",
        read_at=NOW,
    )
    return replace(one, **changed)


def rows_of(files: made.Files) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["data.csv"].decode(), newline="")))


@few
@given(several, wanted)
def test_only_the_wanted_classes_are_inside(read: list[AccountFacts], want: frozenset[DataClass]):
    files, manifest = made.build(replace(TASK, want=want), read, key=KEY, now=NOW)

    rows = rows_of(files)
    classes = {"ip_address": DataClass.CONNECTIONS, "phone_number": DataClass.PHONE}
    assert {classes[row["class"]] for row in rows} <= want
    assert manifest.connections + manifest.phones == len(rows)
    everything = b"".join(files.values()).decode()
    unwanted = [
        *([p for one in read for p in one.phones] if DataClass.PHONE not in want else []),
        *(
            [c.address for one in read for c in one.connections if len(reveal(c.address)) > 9]
            if DataClass.CONNECTIONS not in want
            else []
        ),
    ]
    assert not [one for one in unwanted if f'"{reveal(one)}"' in everything]


@few
@given(several, wanted)
def test_csv_and_json_say_the_same(read: list[AccountFacts], want: frozenset[DataClass]):
    files, _ = made.build(replace(TASK, want=want), read, key=KEY, now=NOW)

    told = json.loads(files["data.json"])["accounts"]
    flat = [{"account": one["account"], **row} for one in told for row in one["rows"]]
    assert flat == rows_of(files)


@few
@given(several, wanted)
def test_the_manifest_and_the_certificate_hold(
    read: list[AccountFacts], want: frozenset[DataClass]
):
    files, _ = made.build(replace(TASK, want=want), read, key=KEY, now=NOW)

    assert made.faults(files, key=KEY.verify_key) == ()
    assert set(files) == {
        "data.csv", "data.json", "dictionary.csv", "README.txt", "certificate.json",
        "manifest.sha256",
    }  # fmt: skip


@few
@given(several, st.data())
def test_a_change_of_any_byte_is_found(read: list[AccountFacts], data: st.DataObject):
    files = dict(made.build(TASK, read, key=KEY, now=NOW)[0])
    name = data.draw(st.sampled_from(sorted(set(files) - {"manifest.sha256"})))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    content = bytearray(files[name])
    content[at] ^= 1

    assert made.faults({**files, name: bytes(content)}, key=KEY.verify_key)


def test_a_certificate_of_another_desk_does_not_hold():
    files, _ = made.build(TASK, [facts()], key=KEY, now=NOW)
    other = SigningKey.generate().verify_key

    assert made.faults(files, key=other) == (
        "certificate.json was not signed by this desk, or was changed",
    )


@few
@given(several)
def test_the_same_facts_make_the_same_tar(read: list[AccountFacts]):
    once, _ = made.build(TASK, read, key=KEY, now=NOW)
    again, _ = made.build(TASK, read, key=KEY, now=NOW)

    assert made.as_tar(once, at=NOW) == made.as_tar(again, at=NOW)
    assert made.read_tar(made.as_tar(once, at=NOW)) == once


def test_the_package_opens_with_the_officers_key_and_no_other():
    sealed = made.package(TASK, [facts()], key=KEY, now=NOW)

    opened = made.read_tar(age_open(sealed.sealed, identity=str(OFFICER)))

    assert made.faults(opened, key=KEY.verify_key) == ()
    assert b"203.0.113.7" in opened["data.csv"]
    assert b"203.0.113.7" not in sealed.sealed
    with pytest.raises(InputRefused):
        age_open(sealed.sealed, identity=str(pyrage.x25519.Identity.generate()))


def test_a_recipient_that_is_no_age_key_is_refused():
    with pytest.raises(InputRefused):
        made.package(replace(TASK, recipient="age1nobody"), [facts()], key=KEY, now=NOW)


def test_the_manifest_holds_numbers_and_no_persons():
    manifest = made.package(TASK, [facts()], key=KEY, now=NOW).manifest.as_json()

    said = json.dumps(manifest)
    assert manifest["connections"] == 1
    assert manifest["ports"] == 0
    assert not [word for word in ("203.0.113.7", "5550100", "@a:") if word in said]


def test_an_address_without_port_comes_with_the_note_on_shared_addresses():
    with_port = Connection(IpAddress("203.0.113.8"), 40_001, NOW, PurposeClass.OTHER)
    files, _ = made.build(
        TASK, [facts(connections=(*facts().connections, with_port))], key=KEY, now=NOW
    )

    notes = {row["port"]: row["note"] for row in rows_of(files) if row["class"] == "ip_address"}
    assert "shared" in notes[""]
    assert notes["40001"] == ""


def test_times_are_utc():
    almaty = NOW.astimezone(tz=None)
    files, _ = made.build(
        TASK,
        [
            facts(
                connections=(
                    Connection(IpAddress("203.0.113.8"), None, almaty, PurposeClass.OTHER),
                )
            )
        ],
        key=KEY,
        now=NOW,
    )

    assert "2028-02-29T12:00:00Z" in files["data.csv"].decode()


def test_what_an_authority_writes_adds_no_lines_to_the_page():
    task = replace(TASK, reference="1\nmanifest.sha256    forged", authority="A\r\nB")

    page = made.build(task, [facts()], key=KEY, now=NOW)[0]["README.txt"].decode()

    assert "Your reference: 1 manifest.sha256 forged\n" in page
    assert "For: A B\n" in page


def test_an_unknown_account_is_listed_as_unknown():
    nobody = facts(known=False, phones=(), connections=())

    files, manifest = made.build(TASK, [nobody], key=KEY, now=NOW)

    assert manifest.unknown == 1
    assert json.loads(files["data.json"])["accounts"][0]["known"] is False


lines = st.lists(
    st.builds(
        Seen, st.sampled_from(["203.0.113.1", "203.0.113.2", "2001:db8::1", "-", ""]),
        st.none() | st.integers(1, 3), moments,
    ),
    max_size=20,
)  # fmt: skip


@few
@given(lines, moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_to_identify_each_address_comes_once_with_its_last_time(
    seen: list[Seen], since: datetime, length: timedelta
):
    until = since + length
    all_of_range = chosen(seen, since=since, until=until, purpose=PurposeClass.OTHER)
    narrowed = chosen(seen, since=since, until=until, purpose=PurposeClass.IDENTIFY_ONLY)

    keys = [(reveal(one.address), one.port) for one in narrowed]
    assert len(keys) == len(set(keys))
    assert set(keys) == {(reveal(one.address), one.port) for one in all_of_range}
    assert all(since <= one.seen_at < until for one in (*all_of_range, *narrowed))
    for one in narrowed:
        same = [c.seen_at for c in all_of_range
                if (reveal(c.address), c.port) == (reveal(one.address), one.port)]  # fmt: skip
        assert one.seen_at == max(same)


def test_an_address_of_version_four_in_version_six_is_said_as_version_four():
    seen = [Seen("::ffff:203.0.113.9", None, NOW)]

    got = chosen(seen, since=None, until=None, purpose=PurposeClass.OTHER)

    assert [reveal(one.address) for one in got] == ["203.0.113.9"]
