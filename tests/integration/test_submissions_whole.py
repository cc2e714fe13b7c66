"""From the decision to the database: the real worker, the real client, the twin over HTTP."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from tests.conftest import Site
from tests.drafts_of_tests import CHANNEL, EVENT, by_person, by_rule

from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.steps import decide_many
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, ChannelKind, RecordKind
from evenhand.connectors.dsa_twin import DsaTwin, TwinServer
from evenhand.records.models import Record
from evenhand.statements.lists import SubmissionState
from evenhand.statements.models import Submission

TOKEN = "1|token-of-the-twin"
KILLS = 3
SEED = 20261122
DECISIONS = 120
SECONDS_MAX = 120.0


@contextmanager
def served(twin: DsaTwin) -> Iterator[str]:
    server = TwinServer(twin)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def draft(number: int, draft: DecisionDraft) -> DecisionDraft:
    moment = datetime.now(UTC)
    return replace(draft, id=new_id(now=moment), at=moment, origin=f"test:{number}:{uuid4()}")


def hurry() -> None:
    """Has everything due at once that waits for its time, so that the test need not wait."""
    moment = datetime.now(UTC)
    waiting = Submission.objects.exclude(state=SubmissionState.ACCEPTED.value)
    for key in list(waiting.filter(due_at__gt=moment).values_list("pk", flat=True)):
        Submission.objects.filter(pk=key).update(due_at=moment)


def until(met: object) -> bool:
    assert callable(met)
    give_up = time.monotonic() + SECONDS_MAX
    while time.monotonic() < give_up:
        if met():
            return True
        time.sleep(0.3)
    return False


def test_killed_while_it_sends_the_worker_submits_each_decision_once(committed: Site) -> None:
    chance, twin = random.Random(SEED), DsaTwin(TOKEN)
    (committed.home / "dsa.token").write_text(TOKEN)
    removal = Measure(ActionKind.REDACT, EVENT)
    drafts = [draft(number, by_person(removal)) for number in range(DECISIONS)]
    exempt = [
        by_rule(harm="m.spam", severity=1),
        by_person(removal, channel_kind=ChannelKind.DIRECT),
        by_person(Measure(ActionKind.GEO_WITHHOLD, CHANNEL, ("KZ",))),
    ]
    drafts += [draft(-number, one) for number, one in enumerate(exempt, start=1)]
    decide_many(drafts, now=datetime.now(UTC))
    # The first answers are lost, put off or late; then the database works.
    twin.faults += [0, 503, 429, 0]

    with served(twin) as url:
        environment = {
            "EVENHAND_DSA_URL": url,
            "EVENHAND_DSA_TOKEN_FILE": str(committed.home / "dsa.token"),
        }
        for _ in range(KILLS):
            calls = len(twin.calls)
            worker = committed.start("evenhand.worker", **environment)
            assert until(lambda calls=calls: len(twin.calls) > calls)
            time.sleep(chance.random() * 0.3)
            worker.kill()
            worker.wait()
            hurry()
        committed.start("evenhand.worker", **environment)

        def all_accepted() -> bool:
            hurry()
            accepted = Submission.objects.filter(state=SubmissionState.ACCEPTED.value)
            return accepted.count() == DECISIONS

        assert until(all_accepted), list(Submission.objects.values_list("state", "error")[:5])

    rows = list(Submission.objects.all())
    assert len(twin.kept) == len(rows) == DECISIONS
    assert {row.puid for row in rows} == set(twin.kept)
    assert {row.decision_id for row in rows} == {one.id for one in drafts[:DECISIONS]}
    assert all(row.uuid == twin.kept[row.puid]["uuid"] for row in rows)
    submitted = Record.objects.filter(kind=RecordKind.STATEMENT_SUBMITTED)
    assert submitted.count() == DECISIONS
    assert not Record.objects.filter(kind=RecordKind.STATEMENT_REJECTED).exists()
    assert "@a:twin" not in str(twin.kept)
