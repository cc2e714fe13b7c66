"""The worker killed again and again: what was decided is what was done, each notice once."""

import json
import random
import time
from datetime import UTC, datetime, timedelta

from nacl.public import PublicKey
from tests.conftest import START_SECONDS_MAX, Site

from evenhand.actions.journal import (
    Answered,
    EventFacts,
    FlaggedEntry,
    JournalWriter,
)
from evenhand.actions.lists import ActionState, DeliveryState, StatementState
from evenhand.actions.models import Action, Decision, Delivery, Statement
from evenhand.actions.queries import unfinished_deliveries
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, EventKind, RecordKind
from evenhand.base.sealing import read_key, seal
from evenhand.connectors.memory import MemoryMessenger
from evenhand.records.models import Record
from evenhand.verdicts.schema import RuleHit, Verdict

KILLS = 10
SEED = 20240831
ROOM = "!market:twin"
PEOPLE = [f"@person{number}:twin" for number in range(12)]
NOW = datetime.now(UTC)


def entry(number: int, site: Site, *, action: ActionKind, answered: Answered) -> FlaggedEntry:
    event = f"$event{number}"
    exact = action is ActionKind.REDACT
    moment = NOW + timedelta(milliseconds=number)
    facts = EventFacts(
        event_id=event,
        kind=EventKind.MESSAGE,
        time=moment,
        channel_kind=ChannelKind.PUBLIC,
        account=PEOPLE[number % len(PEOPLE)],
        channel=ROOM,
        language="de",
    )
    verdict = Verdict(
        event_id=event,
        harm="m.tos.prohibited.drugs",
        severity=3,
        score=1.0 if exact else 0.9,
        rules=(RuleHit("drugs_sale_offer", "1"),),
        action=action,
        exact=exact,
        language="de",
        reason="It offers drugs for sale.",
    )
    content = json.dumps({"text": f"message {number}"}).encode()
    key = PublicKey(read_key(site.home / "keys" / "evidence.pub"))
    return FlaggedEntry(
        id=new_id(now=moment),
        at=moment,
        event=facts,
        verdict=verdict,
        answered=answered,
        content=seal(content, to=key),
        market="DE",
        milliseconds=4,
    )


def test_killed_at_random_moments_the_worker_loses_and_repeats_nothing(committed: Site) -> None:
    chance = random.Random(SEED)
    twin_file = committed.home / "twin.ndjson"
    twin = MemoryMessenger(twin_file)
    for person in PEOPLE:
        twin.register(person)
    twin.create_room(ROOM, PEOPLE[0])
    for person in PEOPLE:
        twin.join(ROOM, person)
    journal = JournalWriter(
        committed.home / "journal", read_key(committed.home / "keys" / "journal.key")
    )
    environment = {"EVENHAND_MESSENGER": "memory", "EVENHAND_MESSENGER_FILE": str(twin_file)}

    written: list[FlaggedEntry] = []
    worker = committed.start("evenhand.worker", **environment)
    for kill in range(KILLS):
        for number in range(kill * 12, kill * 12 + 12):
            if chance.random() < 0.4:
                twin.post(
                    f"$event{number}", ROOM, PEOPLE[number % len(PEOPLE)], f"message {number}"
                )
                written.append(
                    entry(number, committed, action=ActionKind.REDACT, answered=Answered.PASSED)
                )
            else:
                written.append(
                    entry(number, committed, action=ActionKind.REFUSE, answered=Answered.REFUSED)
                )
        journal.append(written[-12:])
        if kill % 3:  # every third is killed while it starts
            wait_for_ready(committed)
        time.sleep(chance.uniform(0.0, 0.4))
        worker.kill()
        worker.wait()
        (committed.home / "worker.ready").unlink(missing_ok=True)
        worker = committed.start("evenhand.worker", **environment)
    finish(worker, len(written))

    decided = {decision.id: decision for decision in Decision.objects.all()}
    assert set(decided) == {one.id for one in written}
    world = twin.look()
    redacted = {event.id for event in world.events.values() if event.redacted}
    assert redacted == {
        one.event.event_id for one in written if one.verdict.action is ActionKind.REDACT
    }
    notices = [(account, text) for account, sent in world.notices.items() for text in sent.values()]
    assert len(notices) == len(written)
    for one in written:
        told = [account for account, text in notices if str(one.id) in text]
        assert told == [one.event.account]
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.IN_FORCE.value}
    assert set(Statement.objects.values_list("state", flat=True)) == {
        StatementState.DELIVERED.value
    }
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DONE.value}
    for kind in (
        RecordKind.DECISION,
        RecordKind.EFFECT_CONFIRMED,
        RecordKind.STATEMENT_DELIVERED,
    ):
        subjects = list(Record.objects.filter(kind=kind.value).values_list("subject", flat=True))
        assert sorted(subjects) == sorted(decided)


def wait_for_ready(site: Site) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while not (site.home / "worker.ready").exists():
        assert time.monotonic() < give_up, (site.home / "worker.log").read_text()[-3000:]
        time.sleep(0.02)


def finish(worker: object, decisions: int) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while Decision.objects.count() < decisions or unfinished_deliveries():
        assert time.monotonic() < give_up, (Decision.objects.count(), unfinished_deliveries())
        time.sleep(0.1)
