"""Confirmed actions a second: from decision to outcome through the real queue and PostgreSQL.

Beside it, in the same run and database: bare INSERTs of the rows that one confirmed action
leaves behind, one multi-row statement per table and hundred actions, without queue, checks or
messenger. PostgreSQL runs as it does for a site: with fsync.
"""

import os
import random
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

ACTIONS = 4_000
WARM_UP = 600
BATCH = 100
CHUNK = 500
"""Decisions in one transaction: what the worker reads from the journal at once."""
LOOK_SECONDS = 0.02
"""Seconds between looks whether all is done; the looks themselves cost."""


def run() -> dict[str, object]:
    """Gives the figures; leaves nothing behind."""
    from processes import database

    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder, database(Path(folder)):
        return {"figures": _figures(Path(folder))}


def _figures(home: Path) -> list[dict[str, object]]:
    queue = _Queue(home)
    queue.run(WARM_UP)
    through_queue = queue.run(ACTIONS)
    told = queue.run(ACTIONS // 3, told=True)
    queue.close()
    bare = _bare_inserts(ACTIONS)
    return [
        _figure("confirmed_actions_per_s", through_queue, "bare INSERTs of the same rows", bare),
        _figure("confirmed_and_told_actions_per_s", told, "bare INSERTs without the notice", bare),
    ]


def _figure(name: str, value: float, against: str, against_value: float) -> dict[str, object]:
    return {
        "figure": name,
        "value": round(value, 1),
        "unit": "actions/s",
        "cores": os.cpu_count(),
        "against": against,
        "against_value": round(against_value, 1),
        "ratio": round(value / against_value, 3),
    }


class _Queue:
    """The worker's own code on a twin: decide, claim, carry out, read back, settle."""

    def __init__(self, home: Path) -> None:
        from nacl.public import PublicKey

        from evenhand.actions import delivery
        from evenhand.base import clock
        from evenhand.base.sealing import read_key
        from evenhand.connectors.memory import MemoryMessenger
        from evenhand.wiring import rulebook

        self.twin = MemoryMessenger()
        tools = delivery.Tools(
            messenger=self.twin,
            copies=_NoCopies(),
            rulebook=rulebook(),
            evidence_key=PublicKey(read_key(home / "keys" / "evidence.pub")),
            token_key=read_key(home / "keys" / "token.key"),
            public_url="https://desk.example",
            now=clock.now,
            chance=random.Random(1).random,
        )
        from django.conf import settings

        self.courier = delivery.launch(tools, database_url=settings.APP_DATABASE_URL)
        self.people = [f"@person{number}:twin" for number in range(100)]
        for person in self.people:
            self.twin.register(person)

    def run(self, actions: int, *, told: bool = False) -> float:
        """Gives the actions a second, from the first decision to the last outcome."""
        from evenhand.actions.queries import unfinished_deliveries
        from evenhand.actions.steps import decide_many
        from evenhand.base import clock

        drafts = [_draft(self.people[n % len(self.people)] if told else "") for n in range(actions)]
        begun = time.perf_counter()
        for start in range(0, actions, CHUNK):
            decide_many(drafts[start : start + CHUNK], now=clock.now())
            self._claim()
        while self._claim() or unfinished_deliveries():
            time.sleep(LOOK_SECONDS)
        seconds = time.perf_counter() - begun
        _check(drafts)
        return actions / seconds

    def close(self) -> None:
        """Stops the engine."""
        from evenhand.actions import delivery

        delivery.close()

    def _claim(self) -> int:
        claimed = 0
        while some := self.courier.claim_and_start():
            claimed += some
        return claimed


@dataclass
class _NoCopies:
    def copy_of(self, items: object, *, staff: object, reason: str) -> None:  # noqa: ARG002
        return None


def _draft(account: str):
    from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
    from evenhand.actions.ports import Target
    from evenhand.base.ids import new_id
    from evenhand.base.lists import (
        ActionKind,
        ChannelKind,
        Ground,
        Language,
        Source,
        TargetKind,
    )

    now = datetime.now(UTC)
    event = f"${uuid4()}"
    target = Target(TargetKind.EVENT, account, "!room:twin", event)
    return DecisionDraft(
        id=new_id(now=now),
        at=now,
        origin=f"rule:{event}",
        ground=Ground.RULE,
        harm="m.tos.prohibited.drugs",
        severity=3,
        score=0.9,
        reason="It offers drugs for sale.",
        source=Source.OWN,
        market="DE",
        language=Language.DE,
        channel_kind=ChannelKind.PUBLIC,
        measures=(Measure(ActionKind.REFUSE, target, answered=True),),
        rule=RuleFacts("drugs_sale_offer", "1", "author", "approver"),
        account=account,
        channel="!room:twin",
        event=event,
        milliseconds=3,
    )


def _check(drafts: list) -> None:
    from evenhand.actions.models import Action

    states = Action.objects.filter(decision_id__in=[draft.id for draft in drafts])
    found = set(states.values_list("state", flat=True))
    assert found == {"in_force"}, found
    assert states.count() == len(drafts)


COPIED = (
    "actions_decision",
    "actions_action",
    "actions_delivery",
    "actions_outcome",
    "records_record",
    "records_recordopening",
)


WRITTEN = """
SELECT column_name FROM information_schema.columns
WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
"""Columns of a table that are not computed by PostgreSQL."""


def _bare_inserts(actions: int) -> float:
    """Gives the actions a second whose rows PostgreSQL takes when nobody does anything else."""
    import psycopg
    from django.conf import settings

    owner = psycopg.connect(settings.OWNER_DATABASE_URL)
    with owner, psycopg.connect(settings.APP_DATABASE_URL) as app:
        rows = {}
        for table in COPIED:
            columns = app.execute(WRITTEN, [table]).fetchall()
            names = ", ".join(f'"{column}"' for (column,) in columns)
            found = app.execute(f"SELECT {names} FROM {table} LIMIT {2 * BATCH}")
            rows[table] = (names, found.fetchall())
            owner.execute(f"CREATE UNLOGGED TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
            owner.execute(f"ALTER TABLE bare_{table} SET LOGGED")
            owner.execute(f"GRANT INSERT ON bare_{table} TO evenhand_app")
        owner.commit()
        return _timed(app, rows, actions)


def _timed(app, rows: dict, actions: int) -> float:
    seconds = 0.0
    for _ in range(0, actions, BATCH):
        statements = []
        for table, (names, found) in rows.items():
            per_batch = 2 * BATCH if table.startswith("records") else BATCH
            fresh = [_fresh(names, row) for row in found[:per_batch]]
            marks = ", ".join(["(" + ", ".join(["%s"] * len(fresh[0])) + ")"] * len(fresh))
            values = [value for row in fresh for value in row]
            statements.append((f"INSERT INTO bare_{table} ({names}) VALUES {marks}", values))
        begun = time.perf_counter()
        for statement, values in statements:
            app.execute(statement, values)
        app.commit()
        seconds += time.perf_counter() - begun
    return actions / seconds


def _fresh(names: str, row: tuple) -> tuple:
    """Gives the row under new keys, so that it can be inserted again."""
    from psycopg.types.json import Jsonb

    fresh = []
    for name, value in zip(names.replace('"', "").split(", "), row, strict=True):
        if name in ("id", "record_id"):
            fresh.append(uuid4())
        elif name == "origin":
            fresh.append(str(uuid4()))
        else:
            fresh.append(Jsonb(value) if isinstance(value, dict) else value)
    return tuple(fresh)
