"""An order for preserved data is answered from the vault: two holders, one machine, one officer."""

import csv
import io
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from nacl.signing import SigningKey
from pytest_django.fixtures import Settings
from tests.integration.matters_of_tests import (
    ACCOUNT,
    MANIFEST,
    NOW,
    Desk,
    Pages,
    desk,
    market,
    plan_of,
)
from tests.integration.pages import faults as faults_of
from tests.integration.test_legal_pages import signed_in

from evenhand.base.errors import InputRefused
from evenhand.base.personal import IpAddress, PhoneNumber
from evenhand.base.sealing import age_open, make_keys
from evenhand.cli import main
from evenhand.collector import Collector
from evenhand.connectors.memory import MemoryAccountData, MemoryMessenger
from evenhand.evidence.vault import Holders, name_holders
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.drafts import IdentifierDraft, Plan
from evenhand.legal.lists import Finding, IdentifierKind
from evenhand.legal.models import Disclosure, Matter, Preservation
from evenhand.legal.package import faults, read_tar
from evenhand.legal.ports import DataClass
from evenhand.legal.vault_answer import answer_bytes, task_of
from evenhand.markets.lists import DataCategory, MarketState, Purpose
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

EPOC, TRAFFIC, PRESERVATION = "eu-epoc-subscriber", "eu-epoc-traffic-content", "eu-epoc-pr"
FIRST, SECOND = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
MACHINE = SigningKey(bytes(range(32)))
SIGNS = (bytes(MACHINE.verify_key).hex(),)
BOTH = (str(FIRST), str(SECOND))
OTHER = "@other:example.test"


@dataclass
class Vault:
    """A desk that preserved two accounts, and what stands at the messenger since."""

    one: Desk
    kept: Preservation
    twin: MemoryMessenger
    collector: Collector

    def prepared(self, plan: Plan | None = None, **changes: Any) -> Disclosure:
        """A prepared answer from the vault."""
        matter = self.one.validated(EPOC, **changes)
        self.prepare(matter, plan)
        return Disclosure.objects.get(matter=matter)

    def prepare(self, matter: Matter, plan: Plan | None = None) -> None:
        steps.prepare(
            matter.id,
            plan or replace(plan_of(EPOC), preservation=self.kept.id),
            by=self.one.lawyer,
            violations=None,
            now=NOW,
        )

    def task(self, package: Disclosure) -> bytes:
        return steps.take_task(package.id, by=self.one.lawyer, reason="for the holders", now=NOW)

    def answer(self, package: Disclosure) -> bytes:
        return answer_bytes(task_of(self.task(package)), identities=BOTH, key=MACHINE, now=NOW)

    def bring(self, package: Disclosure, answer: bytes | None = None) -> Disclosure:
        return steps.bring_from_vault(
            package.id,
            self.answer(package) if answer is None else answer,
            signs=SIGNS,
            by=self.one.lawyer,
            now=NOW,
        )


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    twin = MemoryMessenger()
    for account, number in ((ACCOUNT, "+77015550100"), (OTHER, "+77015550199")):
        twin.register(account)
        twin.has_phone(account, PhoneNumber(number))
    for hours in (3, 2):
        twin.connects(ACCOUNT, IpAddress("203.0.113.7"), 40_000, NOW - timedelta(hours=hours))
    twin.connects(OTHER, IpAddress("192.0.2.99"), 1, NOW - timedelta(hours=1))
    name_holders(tmp_path, Holders((str(FIRST.to_public()),), (str(SECOND.to_public()),)))
    data = MemoryAccountData(twin, clock=lambda: NOW)
    collector = Collector(data, twin, Pages(), MACHINE, tmp_path, clock=lambda: NOW)
    one = desk()
    plan = replace(plan_of(PRESERVATION), accounts=(ACCOUNT, OTHER))
    named = tuple(IdentifierDraft(IdentifierKind.ACCOUNT, name) for name in plan.accounts)
    matter = one.released(PRESERVATION, plan, identifiers=named)
    assert collector.work() == 0
    # The messenger forgets; what was preserved is still there.
    with twin.called() as world:
        world.accounts[ACCOUNT].seen.clear()
        world.accounts[ACCOUNT].phones.clear()
    return Vault(one, Preservation.objects.get(matter=matter), twin, collector)


def opened(package: Disclosure, one: Desk) -> dict[str, bytes]:
    return dict(read_tar(age_open(bytes(package.sealed), identity=str(one.identity))))


def rows(files: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["data.csv"].decode(), newline="")))


def findings(error: pytest.ExceptionInfo[StepRefused]) -> tuple[Finding, ...]:
    return tuple(error.value.fields["findings"])


def test_what_the_messenger_has_forgotten_is_answered_from_the_vault(vault: Vault) -> None:
    package = vault.prepared()

    assert vault.collector.work() == 0  # it is not the collector's
    package.refresh_from_db()
    assert package.state == "planned"
    vault.bring(package)
    matter = Matter.objects.get(pk=package.matter_id)
    vault.one.release(matter)
    given = steps.hand_out(package.id, to=vault.one.officer, now=NOW)

    files = dict(read_tar(age_open(given.sealed, identity=str(vault.one.identity))))
    assert faults(files, key=MACHINE.verify_key) == ()
    assert {row["value"] for row in rows(files)} == {"203.0.113.7", "+77015550100"}
    assert {row["account"] for row in rows(files)} == {ACCOUNT}
    assert b"192.0.2.99" not in b"".join(files.values())
    assert b"opened by two key holders" in files["README.txt"]
    matter.refresh_from_db()
    assert set(matter.signed["package"]["manifest"]["preserved"].items()) <= set(
        vault.kept.hashes.items()
    )


def test_to_identify_each_address_comes_once(vault: Vault) -> None:
    package = vault.prepared(purpose=Purpose.IDENTIFY_ONLY)
    vault.bring(package)
    package.refresh_from_db()

    lines = [row for row in rows(opened(package, vault.one)) if row["class"] == "ip_address"]
    assert [(row["seen_at_utc"], row["purpose"]) for row in lines] == [
        ("2026-11-21T10:00:00Z", "identify_only")
    ]


def test_only_the_classes_of_the_plan_and_its_time_come_out(vault: Vault) -> None:
    phone = replace(plan_of(EPOC), preservation=vault.kept.id, want=frozenset({DataClass.PHONE}))
    package = vault.prepared(phone)
    vault.bring(package)
    package.refresh_from_db()
    assert {row["class"] for row in rows(opened(package, vault.one))} == {"phone_number"}

    early = IdentifierDraft(IdentifierKind.ACCOUNT, ACCOUNT, until=NOW - timedelta(days=1))
    before = vault.prepared(identifiers=(early,))
    vault.bring(before)
    before.refresh_from_db()
    assert before.manifest["connections"] == 0


def test_taking_the_items_leaves_a_record_each(vault: Vault) -> None:
    package = vault.prepared()
    vault.task(package)

    assert Record.objects.filter(kind="evidence_opened", subject=vault.kept.matter_id).count() == 2


@pytest.mark.parametrize(
    ("who", "finding"),
    [("approver", Finding.ROLE_MISSING), ("second_approver", Finding.NOT_ASSIGNED)],
)
def test_who_takes_items_or_brings_an_answer_works_on_it(
    vault: Vault, who: str, finding: Finding
) -> None:
    package = vault.prepared()
    answer = vault.answer(package)
    person = getattr(vault.one, who)

    with pytest.raises(StepRefused) as error:
        steps.take_task(package.id, by=person, reason="for the holders", now=NOW)
    assert finding in findings(error)
    with pytest.raises(StepRefused) as error:
        steps.bring_from_vault(package.id, answer, signs=SIGNS, by=person, now=NOW)
    assert finding in findings(error)


def test_an_account_that_was_not_preserved_is_not_answered_from_there(vault: Vault) -> None:
    stranger = "@stranger:example.test"
    matter = vault.one.validated(
        EPOC, identifiers=(IdentifierDraft(IdentifierKind.ACCOUNT, stranger),)
    )
    plan = replace(plan_of(EPOC), accounts=(stranger,), preservation=vault.kept.id)

    with pytest.raises(StepRefused) as error:
        vault.prepare(matter, plan)
    assert findings(error) == (Finding.NOT_PRESERVED,)


def test_what_was_destroyed_or_never_was_gives_nothing(vault: Vault) -> None:
    matter = vault.one.validated(EPOC)
    for preservation in (UUID(int=7), vault.kept.id):
        if preservation == vault.kept.id:
            steps.sweep_preservations(now=vault.kept.expires_at)
        with pytest.raises(StepRefused) as error:
            vault.prepare(matter, replace(plan_of(EPOC), preservation=preservation))
        assert findings(error) == (Finding.NOT_PRESERVED,)


def test_what_is_being_answered_from_is_not_destroyed_meanwhile(vault: Vault) -> None:
    package = vault.prepared()
    late = vault.kept.expires_at + timedelta(days=1)

    assert steps.sweep_preservations(now=late) == 0
    vault.bring(package)
    assert steps.sweep_preservations(now=late) == 1
    vault.one.release(Matter.objects.get(pk=package.matter_id))  # made before, goes its way


def test_a_preservation_widens_no_category(vault: Vault) -> None:
    matter = vault.one.validated(EPOC, categories=frozenset({DataCategory.SUBSCRIBER}))
    with pytest.raises(StepRefused) as error:
        vault.prepare(matter, replace(plan_of(EPOC), preservation=vault.kept.id))
    assert Finding.OUTSIDE_CATEGORY in findings(error)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said["statement"].update(disclosure=str(UUID(int=3))),
        lambda said: said["statement"]["preserved"].update({"account-1.json": "0" * 64}),
        lambda said: said["statement"].update(sha256="0" * 64),
        lambda said: said.update(sealed="AAAA"),
        lambda said: said["statement"].pop("signature"),
        lambda said: said.clear(),
    ],
)
def test_an_answer_that_was_changed_is_refused(vault: Vault, spoil: Any) -> None:
    package = vault.prepared()
    said = json.loads(vault.answer(package))
    spoil(said)

    with pytest.raises(InputRefused):
        vault.bring(package, json.dumps(said).encode())
    package.refresh_from_db()
    assert package.state == "planned"


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"statement": 3, "sealed": 1}', b"{}"])
def test_nonsense_is_refused_in_words(vault: Vault, content: bytes) -> None:
    package = vault.prepared()
    with pytest.raises(InputRefused):
        vault.bring(package, content)
    with pytest.raises(InputRefused):
        task_of(content)


def test_a_machine_that_nobody_named_signs_for_nobody(vault: Vault) -> None:
    package = vault.prepared()
    stranger = SigningKey.generate()
    answer = answer_bytes(task_of(vault.task(package)), identities=BOTH, key=stranger, now=NOW)

    with pytest.raises(InputRefused, match="not signed"):
        vault.bring(package, answer)


def test_an_answer_for_another_package_is_refused(vault: Vault) -> None:
    first, second = vault.prepared(), vault.prepared()
    with pytest.raises(InputRefused, match="another package"):
        vault.bring(second, vault.answer(first))


@pytest.mark.parametrize(
    "alter",
    [
        {"want": sorted(one.value for one in DataClass)},
        {"accounts": [ACCOUNT, OTHER]},
        {"since": "2020-01-01T00:00:00+00:00"},
    ],
)
def test_a_task_that_was_altered_on_its_way_is_answered_in_vain(vault: Vault, alter: Any) -> None:
    phone = replace(plan_of(EPOC), preservation=vault.kept.id, want=frozenset({DataClass.PHONE}))
    package = vault.prepared(phone)
    task = json.loads(vault.task(package)) | alter
    answer = answer_bytes(task_of(json.dumps(task).encode()), identities=BOTH, key=MACHINE, now=NOW)

    with pytest.raises(InputRefused, match="not to the task"):
        vault.bring(package, answer)
    package.refresh_from_db()
    assert package.state == "planned"


def test_one_holder_opens_nothing_and_a_swapped_item_is_noticed(vault: Vault) -> None:
    package = vault.prepared()
    task = task_of(vault.task(package))

    with pytest.raises(InputRefused):
        answer_bytes(task, identities=(str(FIRST),), key=MACHINE, now=NOW)
    names = sorted(task.items)
    swapped = replace(
        task, items=dict(zip(names, reversed(list(task.items.values())), strict=True))
    )
    with pytest.raises(InputRefused, match="not what the preservation lists"):
        answer_bytes(swapped, identities=BOTH, key=MACHINE, now=NOW)


def test_the_database_keeps_a_package_with_what_it_is_made_from(vault: Vault) -> None:
    package = vault.prepared()
    collected = {
        "state": "collected",
        "sealed": b"bytes",
        "sha256": b"0" * 32,
        "collected_at": NOW,
    }
    for columns in (
        {"preservation": None},
        {**collected, "manifest": MANIFEST},
        {**collected, "manifest": {"preserved": {"account-1.json": "0" * 64}}},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Disclosure.objects.filter(pk=package.pk).update(**columns)


def test_a_market_that_closes_closes_the_vault_too(vault: Vault) -> None:
    package = vault.prepared()
    vault.bring(package)
    market("DE", MarketState.SUSPENDED, vault.one.lawyer, vault.one.approver)
    with pytest.raises(StepRefused) as error:
        vault.one.release(Matter.objects.get(pk=package.matter_id))
    assert Finding.MARKET_NOT_OPEN in findings(error)


def test_the_page_offers_what_was_preserved_and_takes_the_answer(
    vault: Vault, tmp_path: Path, settings: Settings
) -> None:
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.PUBLIC_URL = "http://localhost:8600"
    settings.ALLOWED_HOSTS = ["localhost"]
    named = Holders((str(FIRST.to_public()),), (str(SECOND.to_public()),), SIGNS)
    name_holders(tmp_path / "vault", named)
    matter = vault.one.validated(EPOC)
    client = signed_in(vault.one.lawyer)
    path = f"/staff/legal/{matter.id}/"
    page = client.get(path).content.decode()
    assert f'<option value="{vault.kept.id}">' in page
    form = {"plan": "accept", "answer": "As asked.", "accounts": ACCOUNT, "want": "phone"}
    client.post(f"{path}prepare/", {**form, "preservation": "no id"})
    assert not Disclosure.objects.filter(matter=matter).exists()
    client.post(f"{path}prepare/", {**form, "preservation": str(vault.kept.id)})
    package = Disclosure.objects.get(matter=matter)

    waiting = client.get(path)
    assert f"evenhand vault task {package.id}" in waiting.content.decode()
    assert faults_of(waiting.content.decode()) == []
    for content, state in ((b"nonsense", "planned"), (vault.answer(package), "collected")):
        upload = SimpleUploadedFile("answer.json", content, "application/json")
        client.post(f"{path}vault/", {"package": str(package.id), "answer": upload})
        package.refresh_from_db()
        assert package.state == state
    client.post(f"{path}vault/", {"package": str(package.id)})
    assert "what was preserved, by two key holders" in client.get(path).content.decode()


def test_the_holders_machine_works_by_its_command_alone(
    vault: Vault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = vault.prepared()
    (tmp_path / "task.json").write_bytes(vault.task(package))
    for name, identity in (("a.key", FIRST), ("b.key", SECOND)):
        (tmp_path / name).write_text(f"# a comment\n{identity}\n")
    key, answer = tmp_path / "machine.key", tmp_path / "answer.json"

    assert main(["vault", "key", "--out", str(key)]) == 0
    signs = capsys.readouterr().out.split("signs", 1)[1].split()[0]
    words = ["vault", "disclose", str(tmp_path / "task.json"), "--key", str(key)]
    identities = ["--identity", str(tmp_path / "a.key"), "--identity", str(tmp_path / "b.key")]
    assert main([*words, *identities[:2], "--out", str(answer)]) == 2
    capsys.readouterr()
    assert main([*words, *identities, "--out", str(answer)]) == 0
    told = capsys.readouterr().out
    assert ACCOUNT in told
    assert package.recipient in told

    made = steps.bring_from_vault(
        package.id, answer.read_bytes(), signs=(signs,), by=vault.one.lawyer, now=NOW
    )
    assert made.state == "collected"
