"""A one-hour order on a real Synapse: gone soon after its release, and recorded."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import transaction
from tests.conftest import START_SECONDS_MAX, Site
from tests.integration.matrix.conftest import Town
from tests.integration.matters_of_tests import desk, plan_of

from evenhand.actions.drafts import Measure
from evenhand.actions.models import Action, Delivery
from evenhand.actions.ports import Target
from evenhand.actions.queries import evidence_of
from evenhand.base import clock
from evenhand.base.lists import ActionKind, Language, RecordKind, TargetKind
from evenhand.legal import steps
from evenhand.legal.drafts import IdentifierDraft, NoticeDecision
from evenhand.legal.lists import IdentifierKind, MatterState, NoticeState
from evenhand.legal.models import Matter, UserNotice
from evenhand.markets.lists import AuthorityKind
from evenhand.records.models import Record

pytestmark = pytest.mark.synapse

TCO = "eu-tco-removal"


def wait(until: Callable[[], bool]) -> float:
    """Waits, and gives for how long."""
    began = time.monotonic()
    while not until():
        waiting = list(Delivery.objects.values("verb", "state", "error"))
        assert time.monotonic() < began + START_SECONDS_MAX, waiting
        time.sleep(0.02)
    return time.monotonic() - began


def told() -> bool:
    """Tells whether the author was told; on a busy machine a call may end at its time limit."""
    UserNotice.objects.exclude(try_at=None).update(try_at=None)  # its pause would be minutes
    return UserNotice.objects.get().state == NoticeState.SENT


def test_a_released_order_is_carried_out_at_once_and_its_author_is_told(
    committed: Site, town: Town, tmp_path: Path
) -> None:
    token = tmp_path / "synapse.token"
    token.write_text(town.admin_token)
    committed.start(
        "evenhand.worker",
        EVENHAND_MESSENGER="synapse",
        EVENHAND_SYNAPSE_URL=town.homeserver.settings.url,
        EVENHAND_SYNAPSE_TOKEN_FILE=str(token),
    )
    author = town.person()
    room = author.public_room()
    event = author.send(room, "What the order names").json()["event_id"]
    moment = clock.now()
    with transaction.atomic():
        one = desk(kind=AuthorityKind.POLICE, now=moment)
    target = Target(TargetKind.EVENT, account=author.id, channel=room, event=event)
    plan = replace(
        plan_of(TCO), measures=(Measure(ActionKind.REDACT, target),), notified=(author.id,)
    )
    wait((committed.home / "worker.ready").exists)
    named = (IdentifierDraft(IdentifierKind.EVENT, event),)
    matter = one.prepared(TCO, plan, clock.now(), identifiers=named)

    one.release(matter, now=clock.now())
    client = town.client()
    gone = wait(lambda: client.event_in_room(room, event).redacted)
    executed = wait(lambda: Matter.objects.get().state == MatterState.EXECUTED)

    print(f"order_to_effect_s {gone:.2f} executed_s {gone + executed:.2f}")
    decision = Action.objects.get().decision
    assert len(evidence_of(decision)) == 1
    assert Record.objects.filter(kind=RecordKind.LEGAL_EXECUTED, subject=matter.id).exists()
    steps.decide_notice(
        matter.id,
        NoticeDecision(author.id, "Reg. 2021/784 Art. 11(1)", Language.FR.value),
        by=one.lawyer,
        now=clock.now(),
    )
    wait(told)
    steps.close(matter.id, by=one.lawyer, now=clock.now())
