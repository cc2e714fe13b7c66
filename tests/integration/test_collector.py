"""The collector: what was prepared is read once, sealed to its officer, whatever kills it."""

import csv
import io
import json
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pyrage
import pytest
from django.db import transaction
from nacl.signing import SigningKey, VerifyKey
from tests.conftest import Site
from tests.integration.matters_of_tests import ACCOUNT, CHANNEL, NOW, Desk, Pages, desk, plan_of

from evenhand.base.errors import Unavailable
from evenhand.base.personal import IpAddress, PhoneNumber
from evenhand.base.sealing import age_open
from evenhand.collector import Collector
from evenhand.connectors.memory import Faults, MemoryAccountData, MemoryMessenger
from evenhand.evidence.models import Hold, SealedItem
from evenhand.evidence.steps import expire, open_sealed, take_sealed
from evenhand.evidence.vault import Holders, name_holders, take_out
from evenhand.legal import steps
from evenhand.legal.drafts import IdentifierDraft
from evenhand.legal.lists import IdentifierKind
from evenhand.legal.models import Disclosure, Identifier, Matter, Preservation, Step
from evenhand.legal.package import faults, read_tar
from evenhand.legal.ports import DataClass, PreservationTask, PurposeClass
from evenhand.records.models import Record

KEY = SigningKey(bytes(range(32)))
EPOC, PRESERVATION = "eu-epoc-subscriber", "eu-epoc-pr"
FIRST, SECOND = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
PHONE = PhoneNumber("+77015550100")


@pytest.fixture
def twin() -> MemoryMessenger:
    """A messenger in which the account of the request was used from two addresses."""
    return settled(MemoryMessenger())


def settled(twin: MemoryMessenger) -> MemoryMessenger:
    twin.register(ACCOUNT)
    twin.register("@other:example.test")
    twin.has_phone(ACCOUNT, PHONE)
    twin.connects(ACCOUNT, IpAddress("203.0.113.7"), None, NOW - timedelta(hours=2))
    twin.connects(ACCOUNT, IpAddress("203.0.113.8"), 40_001, NOW - timedelta(hours=1))
    twin.connects("@other:example.test", IpAddress("192.0.2.99"), 1, NOW)
    twin.create_room(CHANNEL, ACCOUNT, name="Market")
    twin.post("$1", CHANNEL, ACCOUNT, "what was said")
    return twin


@pytest.fixture
def collector(twin: MemoryMessenger, tmp_path: Path) -> Collector:
    """A collector on the twin, and a vault with its holders."""
    name_holders(tmp_path, Holders((str(FIRST.to_public()),), (str(SECOND.to_public()),)))
    data = MemoryAccountData(twin, clock=lambda: NOW)
    return Collector(data, twin, Pages(), KEY, tmp_path, clock=lambda: NOW)


def planned(one: Desk) -> Disclosure:
    matter = one.validated(EPOC)
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=None, now=NOW)
    return Disclosure.objects.get(matter=matter)


def opened(disclosure: Disclosure, one: Desk) -> dict[str, bytes]:
    return dict(read_tar(age_open(bytes(disclosure.sealed), identity=str(one.identity))))


def collections(disclosure: Disclosure) -> int:
    return Step.objects.filter(matter=disclosure.matter_id, what="collected").count()


@pytest.mark.django_db
def test_what_was_prepared_is_sealed_to_its_officer(collector: Collector):
    one = desk()
    disclosure = planned(one)

    assert collector.work() == 0

    disclosure.refresh_from_db()
    files = opened(disclosure, one)
    rows = list(csv.DictReader(io.StringIO(files["data.csv"].decode(), newline="")))
    assert disclosure.state == "collected"
    assert faults(files, key=KEY.verify_key) == ()
    assert {row["value"] for row in rows} == {"203.0.113.7", "203.0.113.8", "+77015550100"}
    assert {row["account"] for row in rows} == {ACCOUNT}
    assert disclosure.manifest["connections"] == 2
    assert b"192.0.2.99" not in b"".join(files.values())


@pytest.mark.django_db
def test_a_second_look_reads_nothing_again(collector: Collector, twin: MemoryMessenger):
    disclosure = planned(desk())
    collector.work()
    disclosure.refresh_from_db()
    before = bytes(disclosure.sealed)

    twin.faults.fail_next = 1  # any call of the messenger would say so
    assert collector.work() == 0

    disclosure.refresh_from_db()
    assert bytes(disclosure.sealed) == before
    assert twin.faults == Faults(fail_next=1)
    assert collections(disclosure) == 1


@pytest.mark.django_db
def test_a_messenger_that_does_not_answer_is_asked_again(
    collector: Collector, twin: MemoryMessenger
):
    disclosure = planned(desk())

    twin.faults.fail_next = 1
    assert collector.work() == 1
    assert collector.work() == 0

    disclosure.refresh_from_db()
    assert disclosure.state == "collected"
    assert collector.pager.told == {}


@pytest.mark.django_db
def test_what_fails_hinders_no_other(collector: Collector, monkeypatch: pytest.MonkeyPatch):
    one = desk()
    broken, sound = planned(one), planned(one)
    Disclosure.objects.filter(pk=broken.pk).update(recipient="age1nobody")

    assert collector.work() == 1
    assert collector.work() == 1

    sound.refresh_from_db()
    broken.refresh_from_db()
    assert (sound.state, broken.state) == ("collected", "planned")
    assert [urgent for _, urgent in collector.pager.told.values()] == [True]
    assert broken.matter.number in next(iter(collector.pager.told.values()))[0]


@pytest.mark.django_db
def test_a_plan_that_was_taken_back_meanwhile_leaves_nothing(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
):
    one = desk()
    disclosure = planned(one)
    real = collector.data.read

    def read(*arguments: object, **named: object) -> object:
        steps.return_plan(disclosure.matter_id, by=one.approver, reason="Too wide.", now=NOW)
        return real(*arguments, **named)

    monkeypatch.setattr(collector.data, "read", read)
    assert collector.work() == 0

    disclosure.refresh_from_db()
    assert disclosure.state == "destroyed"
    assert bytes(disclosure.sealed) == b""
    assert collector.pager.told == {}


@pytest.mark.django_db
def test_the_account_of_a_phone_number_is_found(collector: Collector):
    one = desk()
    matter = one.validated(
        EPOC, identifiers=(IdentifierDraft(IdentifierKind.PHONE, "+77015550100"),)
    )

    collector.work()

    found = Identifier.objects.get(matter=matter, kind="account")
    assert found.value == ACCOUNT


def preservation(one: Desk, collector: Collector) -> Preservation:
    matter = one.released(PRESERVATION)
    return Preservation.objects.get(matter=matter)


@pytest.mark.django_db
def test_what_is_preserved_opens_for_two_holders_together(collector: Collector):
    kept = preservation(desk(), collector)

    assert collector.work() == 0

    kept.refresh_from_db()
    item = SealedItem.objects.get(id__in=kept.items)
    identities = [str(FIRST), str(SECOND)]
    content = take_out(bytes(item.sealed), identities=identities)
    said = json.loads(content)
    assert said["phones"] == ["+77015550100"]
    assert {line["address"] for line in said["connections"]} == {"203.0.113.7", "203.0.113.8"}
    assert list(kept.hashes) == ["account-1.json"]
    assert Hold.objects.filter(item=item, holder=kept.id).exists()


def test_named_channels_and_messages_are_put_away_and_what_is_gone_is_left_out(
    collector: Collector,
):
    task = PreservationTask(
        preservation=UUID(int=1),
        matter=UUID(int=2),
        number="EH-2026-000001",
        expires_at=NOW,
        purpose=PurposeClass.OTHER,
        want=frozenset({DataClass.PHONE}),
        accounts=(ACCOUNT,),
        channels=(CHANNEL, "!gone:example.test"),
        events=("$1",),
    )

    items, hashes = collector.put_away(task)
    again, _ = collector.put_away(task)

    identities = [str(FIRST), str(SECOND)]
    told = [json.loads(take_out(one.content, identities=identities)) for one in items]
    assert list(hashes) == ["account-1.json", "channel-1.json", "event-1.json"]
    assert told[0]["connections"] == []
    assert told[2]["text"] == "what was said"
    assert [one.id for one in again] == [one.id for one in items]


@pytest.mark.django_db
def test_the_holders_see_what_the_hash_list_says(collector: Collector):
    import hashlib

    kept = preservation(desk(), collector)
    collector.work()
    kept.refresh_from_db()

    item = SealedItem.objects.get(id__in=kept.items)
    content = take_out(bytes(item.sealed), identities=[str(FIRST), str(SECOND)])

    assert hashlib.sha256(content).hexdigest() == kept.hashes["account-1.json"]


@pytest.mark.django_db
def test_ordinary_expiry_waits_for_a_preservation_and_the_opener_has_no_key(collector: Collector):
    from nacl.public import PrivateKey

    from evenhand.base.errors import InputRefused

    one = desk()
    kept = preservation(one, collector)
    collector.work()
    kept.refresh_from_db()
    late = kept.expires_at + timedelta(days=400)

    assert expire(now=late) == 0
    with pytest.raises(InputRefused):
        open_sealed(
            kept.items[0], staff=one.lawyer.id, reason="to look", key=PrivateKey.generate(), now=NOW
        )

    steps.hold_preservation(kept.id, by=one.lawyer, reason="A production order comes.", now=NOW)
    assert steps.sweep_preservations(now=late) == 0
    steps.lift_hold(kept.id, by=one.lawyer, reason="It came and was answered.", now=NOW)
    assert steps.sweep_preservations(now=late) == 1

    kept.refresh_from_db()
    assert kept.certificate["hashes"] == kept.hashes
    assert {bytes(row.sealed) for row in SealedItem.objects.all()} == {b""}


@pytest.mark.django_db
def test_an_item_is_taken_out_sealed_by_a_legal_officer_with_a_record(collector: Collector):
    from evenhand.base.errors import NotAllowed

    one = desk()
    kept = preservation(one, collector)
    collector.work()
    kept.refresh_from_db()

    taken = take_sealed(kept.items[0], staff=one.lawyer.id, reason="for the two holders", now=NOW)

    assert take_out(taken, identities=[str(SECOND), str(FIRST)])
    assert Record.objects.filter(kind="evidence_opened", subject=kept.matter_id).count() == 1
    with pytest.raises(NotAllowed):
        take_sealed(kept.items[0], staff=one.approver.id, reason="for myself", now=NOW)


@pytest.mark.django_db
def test_without_holders_nothing_is_put_away_and_somebody_is_paged(
    collector: Collector, tmp_path: Path
):
    kept = preservation(desk(), collector)
    (tmp_path / "holders.json").unlink()

    assert collector.work() == 1

    kept.refresh_from_db()
    assert kept.sealed_at is None
    assert len(collector.pager.told) == 1


def test_a_collector_killed_at_any_moment_collects_each_package_once(committed: Site):
    file = committed.home / "twin.ndjson"
    settled(MemoryMessenger(file))
    with transaction.atomic():
        one = desk()
        planned_ones = [planned(one) for _ in range(4)]
    environment = {"EVENHAND_MESSENGER": "memory", "EVENHAND_MESSENGER_FILE": str(file)}
    ready = committed.home / "collector.ready"

    give_up = time.monotonic() + 120
    kills = 0
    while Disclosure.objects.filter(state="planned").exists():
        assert time.monotonic() < give_up
        ready.unlink(missing_ok=True)
        process = committed.start("evenhand.collector", **environment)
        while not ready.exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.05 * kills * kills)  # each time further into its work
        process.kill()
        process.wait()
        kills += 1

    public = VerifyKey((committed.home / "keys" / "certificate.pub").read_bytes())
    for disclosure in planned_ones:
        disclosure.refresh_from_db()
        assert disclosure.state == "collected"
        assert collections(disclosure) == 1
        assert faults(opened(disclosure, one), key=public) == ()
    assert Matter.objects.filter(state="prepared").count() == len(planned_ones)
    assert kills > 1


def test_only_the_collector_asks_for_the_sources():
    source = Path(__file__).resolve().parents[2] / "src/evenhand"
    asking = [
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if "wiring.sources(" in path.read_text() or "COLLECTOR_TOKEN_FILE" in path.read_text()
    ]

    assert sorted(asking) == [
        "collector.py", "connectors/matrix/account_data.py", "demo/stage.py", "serve.py",
        "settings.py", "wiring.py",
    ]  # fmt: skip


def test_faults_of_the_messenger_are_named():
    with pytest.raises(Unavailable):
        MemoryAccountData(MemoryMessenger(faults=Faults(fail_next=1))).account_of(PHONE)
