"""A report with a disclosed message: taken, proved by the worker's step, shown to a reviewer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.html import escape
from django.utils.translation import override
from nacl.public import PrivateKey
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import reviewer
from tests.megolm_of_tests import Talk

from evenhand.base.lists import ChannelKind, Language
from evenhand.base.personal import MessageText
from evenhand.base.sealing import make_keys, read_key, unseal
from evenhand.connectors.matrix.proving import SynapseProving
from evenhand.connectors.memory_proving import MemoryProving
from evenhand.desk.proof_words import proof_words
from evenhand.desk.review import page as page_of_case
from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.opener import Opened, Request
from evenhand.people.passkeys import BACKEND
from evenhand.reports.drafts import ReportDraft
from evenhand.reports.lists import ProofLevel, ReportKind, Way
from evenhand.reports.models import Report
from evenhand.reports.proving_steps import prove_due
from evenhand.reports.steps import receive

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS = "I know where your sister goes to school."


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"
    settings.EVENHAND_HOME = tmp_path
    return tmp_path


class TwinStage:
    """The twin, and who posts there."""

    def __init__(self) -> None:
        self.proving = MemoryProving()
        self.room = f"!{uuid4().hex}:twin.test"
        self.sender = "@sender:twin.test"

    def post(self, content: dict[str, object]) -> str:
        return self.proving.post(self.room, self.sender, content)


class SynapseStage:
    """A real Synapse, and who posts there."""

    def __init__(self, town) -> None:
        self.person = town.person()
        self.proving = SynapseProving(town.client())
        state = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
        self.room = self.person.create_room(initial_state=state).json()["room_id"]
        self.sender = self.person.id

    def post(self, content: dict[str, object]) -> str:
        path = f"/rooms/{self.room}/send/m.room.encrypted/{uuid4().hex}"
        return self.person.call("PUT", path, content).json()["event_id"]


@pytest.fixture(params=["twin", pytest.param("synapse", marks=pytest.mark.synapse)])
def stage(request: pytest.FixtureRequest) -> Iterator[TwinStage | SynapseStage]:
    """The twin and the real one."""
    if request.param == "twin":
        yield TwinStage()
    else:
        yield SynapseStage(request.getfixturevalue("town"))


def reported(disclosure: Disclosure) -> Report:
    draft = ReportDraft(
        origin=f"api:{uuid4()}",
        kind=ReportKind.USER_REPORT,
        way=Way.API,
        about=f"event:{disclosure.event_id}",
        text=MessageText("He threatens me."),
        at=NOW,
        harm="m.harassment",
        channel=disclosure.room_id,
        event=disclosure.event_id,
        channel_kind=ChannelKind.PRIVATE,
        disclosure=disclosure,
    )
    return receive(draft, now=NOW).report


def kept_text(report: Report, home: Path) -> str:
    key = PrivateKey(read_key(home / "keys" / "opener" / "evidence.key"))
    assert report.proof_text is not None
    return unseal(bytes(report.proof_text.sealed), key=key).decode()


def test_what_is_proved_is_kept_under_seal_with_its_sender(
    stage: TwinStage | SynapseStage, home: Path
):
    talk = Talk()
    text = talk.ciphertext(WORDS, room=stage.room)
    event = stage.post(talk.content(text))
    disclosure = Disclosure(stage.room, event, talk.prk(text))
    report = reported(disclosure)

    assert disclosure.prk.hex().encode() not in bytes(report.disclosure)
    prove_due(stage.proving, now=NOW)

    report.refresh_from_db()
    assert (report.proof, report.proof_findings) == (ProofLevel.PROVED, [])
    assert report.account == stage.sender
    assert bytes(report.disclosure) == b""
    assert kept_text(report, home) == WORDS
    said = proof_words(report.proof, report.proof_findings)
    assert said is not None and "honest homeserver" in said.level


def test_what_is_forged_stays_a_claim_and_its_text_is_not_kept(stage: TwinStage | SynapseStage):
    """The reporter opens somebody's message with a key of a message that they made up."""
    talk, own = Talk(), Talk()
    event = stage.post(talk.content(talk.ciphertext("Good morning.", room=stage.room)))
    forged = own.ciphertext("I will kill you.", room=stage.room)
    report = reported(Disclosure(stage.room, event, own.prk(forged)))

    prove_due(stage.proving, now=NOW)

    report.refresh_from_db()
    assert (report.proof, report.proof_findings) == (ProofLevel.CLAIMED, ["key_does_not_open"])
    assert report.proof_text is None
    assert report.account == ""
    said = proof_words(report.proof, report.proof_findings)
    assert said is not None and said.against and not said.missing


@pytest.mark.parametrize("language", Language)
def test_a_reviewer_sees_what_is_proved_and_opens_the_message_for_a_reason(
    client: Client, home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    language: Language,
):  # fmt: skip
    stage, talk = TwinStage(), Talk()
    text = talk.ciphertext(WORDS, room=stage.room)
    disclosure = Disclosure(stage.room, stage.post(talk.content(text)), talk.prk(text))
    report = reported(disclosure)
    reported(Disclosure(stage.room, disclosure.event_id, bytes(32)))
    prove_due(stage.proving, now=NOW)
    settings.ALLOWED_HOSTS = ["testserver"]
    client.force_login(reviewer("Ada Example"), backend=BACKEND)

    page = client.get(
        f"/staff/cases/{report.case_id}/", headers={"accept-language": language.value}
    ).content.decode()

    with override(language.value):
        proved, claimed = proof_words("proved", []), proof_words("claimed", ["key_does_not_open"])
    assert proved is not None and claimed is not None
    for said in (proved.level, claimed.level, *claimed.against):
        assert escape(said) in page
    assert f"disclosed-{report.id}" in page
    assert WORDS not in page

    def opener(_home: Path, request: Request) -> Opened:
        assert report.refresh_from_db() is None
        assert request.item == report.proof_text_id and request.reason == "Is it a threat?"
        return Opened("text/plain", kept_text(report, home).encode())

    monkeypatch.setattr(page_of_case, "ask", opener)
    fields = {"item": f"disclosed-{report.id}", "reason": "Is it a threat?"}
    shown = client.post(f"/staff/cases/{report.case_id}/evidence/", fields).content.decode()
    assert WORDS in shown
