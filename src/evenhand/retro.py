"""`evenhand rules sweep`: asks live rules about stored history, where somebody asked for it.

What a rule finds becomes a case, whatever the rule proposes: it is long posted, and a person looks.
The scope binds as at the door: what was written in private is not read. Each portion is kept
together with the place in the file: killed anywhere, the next run goes on there, and finds nothing
twice.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import django
import pyarrow as pa

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from nacl.public import PublicKey  # noqa: E402

from evenhand import wiring  # noqa: E402
from evenhand.actions.drain import store  # noqa: E402
from evenhand.actions.journal import Answered, EventFacts, FlaggedEntry  # noqa: E402
from evenhand.base import clock  # noqa: E402
from evenhand.base.errors import EvenhandError  # noqa: E402
from evenhand.base.ids import new_id  # noqa: E402
from evenhand.base.lists import UNKNOWN_MARKET, ActionKind, ChannelKind, EventKind  # noqa: E402
from evenhand.base.sealing import read_key, seal  # noqa: E402
from evenhand.connectors.files.events import SteadyClock  # noqa: E402
from evenhand.connectors.files.formats import find_sources  # noqa: E402
from evenhand.connectors.files.ledger import Ledger  # noqa: E402
from evenhand.connectors.files.screen import load_plane, source_batches  # noqa: E402
from evenhand.events.batch import check_batch  # noqa: E402
from evenhand.pipeline import Scope, ScreeningPlane  # noqa: E402
from evenhand.rulebook.lists import RuleState  # noqa: E402
from evenhand.rulebook.models import RetroSweep  # noqa: E402
from evenhand.rulebook.queries import rule_version, sweeps_waiting  # noqa: E402
from evenhand.rulebook.sweep_steps import end_sweep, note_swept  # noqa: E402
from evenhand.rules.load import read_rule  # noqa: E402
from evenhand.rules.rule import RuleSet  # noqa: E402
from evenhand.signals.columns import all_columns  # noqa: E402
from evenhand.signals.engine import Seen, see  # noqa: E402
from evenhand.signals.registration import Registrations  # noqa: E402
from evenhand.signals.velocity import Velocity  # noqa: E402
from evenhand.verdicts.fold import fold_one  # noqa: E402

HISTORY = "history"
"""The folder below EVENHAND_HOME with the operator's own archive."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Takes nothing: what is to be swept stands in the rulebook."""
    parser.description = "go on with every sweep of history that somebody asked for"


def run(_options: argparse.Namespace) -> int:
    """Goes on with every sweep until each has ended."""
    waiting = sweeps_waiting()
    if not waiting:
        return 0
    plane = load_plane(None)
    for sweep in waiting:
        sweep_history(sweep, plane, settings.EVENHAND_HOME, now=clock.now)
        sys.stdout.write(f"{sweep.version} over {sweep.file}: {sweep.hits} of {sweep.rows}\n")
    return 0


def sweep_history(
    sweep: RetroSweep, plane: ScreeningPlane, home: Path, *, now: Callable[[], datetime]
) -> None:
    """Asks one version about one file, from where it stopped."""
    try:
        why = _ask(sweep, plane, home / HISTORY / sweep.file, now)
    except EvenhandError as error:
        why = str(error.fields.get("why", type(error).__name__))
    except OSError as error:
        why = error.strerror or type(error).__name__
    end_sweep(sweep.id, now=now(), why=why)
    sweep.refresh_from_db()


def _ask(sweep: RetroSweep, plane: ScreeningPlane, path: Path, now: Callable[[], datetime]) -> str:
    """Asks batch after batch; gives why it stopped before the end, or nothing.

    What a run before has kept is asked again, for the rules that count, and not kept again.
    """
    columns = all_columns(plane.signals.patterns.names)
    name = Path(f"{sweep.version.rule}.yaml")
    rules = RuleSet((read_rule(sweep.version.text, name, columns),))
    signals = replace(plane.signals, velocity=Velocity(), registrations=Registrations())
    passed, kept = 0, sweep.rows
    for batch in _batches(path):
        if rule_version(sweep.version_id).state != RuleState.LIVE:
            return "the version is no longer live"
        seen = see(check_batch(batch), Scope.LIVE)
        found = rules.over(signals.over(seen)).rows.tolist() if seen.batch.num_rows else []
        passed += batch.num_rows
        if passed > kept:
            moment = now()
            _keep(sweep, [_entry(seen, row, rules, now=moment) for row in found], passed, moment)
    return ""


def _keep(sweep: RetroSweep, entries: Sequence[FlaggedEntry], rows: int, now: datetime) -> None:
    """Keeps what was found in one batch, and how far the sweep is, together or not at all."""
    with transaction.atomic():
        store(entries, rulebook=wiring.rulebook(), reviews=wiring.reviews(), now=now)
        sweep.hits += len(entries)
        note_swept(sweep.id, rows=rows, hits=sweep.hits)


def _entry(seen: Seen, row: int, rules: RuleSet, *, now: datetime) -> FlaggedEntry:
    event = seen.batch.slice(row, 1).to_pylist()[0]
    language = event["language"]
    verdict = fold_one(event["event_id"], [0], rules, language)
    assert verdict is not None
    told = {name: value for name, value in event.items() if isinstance(value, str | list)}
    content = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
    return FlaggedEntry(
        id=new_id(now=now),
        at=now,
        event=EventFacts(
            event_id=event["event_id"],
            kind=EventKind(event["kind"]),
            time=event["time"],
            channel_kind=ChannelKind(event["channel_kind"]),
            account=event["account"] or "",
            channel=event["channel"] or "",
            territory=event["territory"] or "",
            language=language or "",
        ),
        verdict=replace(verdict, action=ActionKind.NONE),
        answered=Answered.PASSED,
        content=seal(content.encode(errors="replace"), to=_evidence_key()),
        market=event["territory"] or UNKNOWN_MARKET,
        milliseconds=0,
    )


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Gives the events of a file of history in an order that is the same each time."""
    sources, _ = find_sources([str(path)])
    steady = SteadyClock()
    for source in sources:
        for batch in source_batches(source, Ledger(name=source.name, say=lambda _line: None)):
            yield steady.steady(batch)


def _evidence_key() -> PublicKey:
    return PublicKey(read_key(settings.KEYS / "evidence.pub"))
