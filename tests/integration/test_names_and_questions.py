"""Reasons name nobody, and who complained is asked by the way on which they can be met."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import NOW, reviewer
from tests.integration.test_misuse_noticed import complained, judged, reported
from tests.integration.test_reports_received import ADA, MailTwin

from evenhand.appeals import talk_steps
from evenhand.base.errors import Unavailable
from evenhand.base.lists import ActionKind, Language
from evenhand.base.sealing import make_keys
from evenhand.cases import steps as cases
from evenhand.cases.bulk_steps import propose_bulk
from evenhand.cases.checks import NamesSomebody
from evenhand.cases.models import Bulk, Case
from evenhand.connectors.memory import MemoryMessenger
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.reports.keys import Keys, installed
from evenhand.reports.tell_steps import tell_due

pytestmark = pytest.mark.django_db

HARM = "m.tos.prohibited.papers"
URL = "https://desk.example.test"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, settings: Settings) -> Iterator[Keys]:
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield installed()
    cache.clear()


@pytest.mark.parametrize("named", ["@rita:example.test", "rita@example.org"])
def test_a_first_decision_names_nobody(client: Client, named: str) -> None:
    report, ada = reported(1, hours=0), reviewer()
    assert report.case_id is not None
    reason = f"{named} was right."

    with pytest.raises(NamesSomebody):
        cases.decide_case(
            report.case_id, ActionKind.REDACT, by=ada, reason=reason, harm=HARM, now=NOW
        )
    client.force_login(ada, backend=BACKEND)
    page = client.post(
        f"/staff/cases/{report.case_id}/decide/",
        {"kind": "redact", "reason": reason, "harm": HARM},
        follow=True,
    )

    assert "it names an account or a mailbox" in page.content.decode()
    assert Case.objects.get().state == "open"


def test_the_account_concerned_may_be_named_to_itself() -> None:
    report = reported(1, hours=0)
    assert report.case_id is not None

    made = cases.decide_case(
        report.case_id,
        ActionKind.REDACT,
        by=reviewer(),
        reason="@sender:example.test offers papers.",
        harm=HARM,
        now=NOW,
    )

    assert made is not None


def test_a_bulk_decision_names_nobody() -> None:
    found = [reported(number, hours=0).case_id for number in (1, 2)]
    Case.objects.update(harm=HARM)

    with pytest.raises(NamesSomebody):
        propose_bulk(
            [one for one in found if one is not None],
            ActionKind.REDACT,
            by=reviewer("Sam Senior", Role.SENIOR),
            reason="@sender:example.test and others.",
            seed=1,
            now=NOW,
        )

    assert not Bulk.objects.exists()


def test_who_complained_is_asked_by_a_notice_once(keys: Keys) -> None:
    messenger, mails = MemoryMessenger(), MailTwin()
    messenger.register(ADA)
    report = reported(1, hours=0)
    judged(report, reviewer("Ben Example"), hours=1, unfounded=False)
    again = complained(report, keys)
    at = NOW + timedelta(hours=8)
    tell_due(messenger, mails, public_url=URL, now=at)

    message = talk_steps.ask(
        again, "Which picture?", by=reviewer("Cy Example"), now=at, report=report.id
    )
    assert tell_due(messenger, mails, public_url=URL, now=at) == 1
    assert tell_due(messenger, mails, public_url=URL, now=at) == 0

    text = messenger.look().notices[ADA][str(message.id)]
    assert text.startswith("Wir haben eine Frage zu Ihrer Beschwerde")
    assert "Which picture?" in text
    assert f"{URL}/complaint/{report.id}/{report.case_id}/" in text
    assert "kein Jurist" in text
    assert "@sender:example.test" not in text


def test_a_question_waits_for_a_messenger_that_does_not_answer(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger, mails = MemoryMessenger(), MailTwin()
    messenger.register(ADA)
    report = reported(1, hours=0)
    judged(report, reviewer("Ben Example"), hours=1, unfounded=False)
    again = complained(report, keys)
    at = NOW + timedelta(hours=8)
    tell_due(messenger, mails, public_url=URL, now=at)
    message = talk_steps.ask(
        again, "Which picture?", by=reviewer("Cy Example"), now=at, report=report.id
    )

    def away(_: object) -> None:
        raise Unavailable(peer="messenger")

    with monkeypatch.context() as broken:
        broken.setattr(messenger, "send_notice", away)
        assert tell_due(messenger, mails, public_url=URL, now=at) == 0
    assert tell_due(messenger, mails, public_url=URL, now=at) == 1

    message.refresh_from_db()
    assert message.told_at == at
    assert Language.DE.value == report.language
