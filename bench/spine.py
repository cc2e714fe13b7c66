"""How fast events become verdicts: the whole screening plane on one core, Arrow in, verdicts out.

Every batch is seen once. The peer is what a first version would be: Python's `re`, one alternation
per list of patterns, over the same messages in the same run, without any of the other signals.
"""

import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.events.batch import check_batch
from evenhand.events.undisguise import undisguise
from evenhand.pipeline import Resources, Scope, ScreeningPlane
from evenhand.signals.contacts import contacts
from evenhand.signals.engine import see
from evenhand.signals.language import language
from evenhand.signals.pattern_lists import Pattern, PatternList, read_pattern_lists

sys.path.insert(0, str(Path(__file__).resolve().parent))

from messages import batches

WARM_BATCHES, TIMED_BATCHES = 6, 12
PEER_ROWS = 200
SEED = 20_260_101

Figure = dict[str, object]


def run() -> dict[str, object]:
    """Runs the bench on one core and gives its figures."""
    _take_one_core()
    resources = Resources.default()
    lists = read_pattern_lists(resources.patterns)
    phrases = [one.text.strip("*") for each in lists for one in each.patterns if one.text]
    plane = ScreeningPlane.load(resources)
    made = list(
        batches(
            rows=BATCH_ROWS_MAX,
            count=WARM_BATCHES + TIMED_BATCHES,
            seed=SEED,
            phrases=phrases,
        )
    )
    for batch in made[:WARM_BATCHES]:
        plane.screen(batch)
    seconds, busy, flagged = [], [], 0
    for batch in made[WARM_BATCHES:]:
        begin, begin_busy = time.perf_counter(), time.process_time()
        flagged += plane.screen(batch).num_rows
        seconds.append(time.perf_counter() - begin)
        busy.append(time.process_time() - begin_busy)
    rate, busy_rate = (BATCH_ROWS_MAX / statistics.median(one) for one in (seconds, busy))
    peer = _peer_rate(made[-1], lists)
    return {
        "figures": [
            _figure("end_to_end_messages_per_s", rate, "messages/s", "python re", peer),
            # On a machine that others use as well, this one says what the code costs.
            _figure("end_to_end_messages_per_busy_s", busy_rate, "messages/s of processor time"),
            _figure("flagged_share", flagged / (TIMED_BATCHES * BATCH_ROWS_MAX), "share"),
            _figure("text_bytes_mean", _bytes_mean(made), "bytes"),
            _figure("one_event_ms_median", _one_event_ms(plane, made[-1]), "ms"),
            *_stages(plane, made[-1]),
        ],
    }


def _figure(
    name: str, value: float, unit: str, against: str | None = None, against_value: float = 0.0
) -> Figure:
    figure: Figure = {"figure": name, "value": round(value, 6), "unit": unit, "cores": 1}
    figure["against"] = against
    figure["against_value"] = round(against_value, 6) if against else None
    figure["ratio"] = round(value / against_value, 3) if against else None
    return figure


def _take_one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)


def _bytes_mean(made: Sequence[pa.RecordBatch]) -> float:
    texts = [text for batch in made for text in batch["text"].to_pylist()]
    return statistics.fmean(len(text.encode()) for text in texts)


def _peer_rate(batch: pa.RecordBatch, lists: Sequence[PatternList]) -> float:
    """Gives the messages a second of a loop of `re.search`, one alternation per list."""
    searches = [
        re.compile("|".join(filter(None, map(_as_python, one.patterns))), re.IGNORECASE).search
        for one in lists
    ]
    texts = batch["text"].slice(0, PEER_ROWS).to_pylist()
    begin = time.perf_counter()
    for text in texts:
        for search in searches:
            search(text)
    return len(texts) / (time.perf_counter() - begin)


def _as_python(pattern: Pattern) -> str | None:
    """Gives a pattern as Python's `re` writes it, or None if it cannot."""
    if pattern.text is not None:
        before = "" if pattern.text.startswith("*") else r"(?<!\w)"
        after = "" if pattern.text.endswith("*") else r"(?!\w)"
        return before + re.escape(pattern.text.strip("*")) + after
    try:
        re.compile(pattern.regex or "")
    except re.error:
        return None
    return f"(?:{pattern.regex})"


def _one_event_ms(plane: ScreeningPlane, batch: pa.RecordBatch) -> float:
    seconds = []
    for event in batch.slice(0, 300).to_pylist():
        begin = time.perf_counter()
        plane.screen_one(event)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds) * 1000


def _stages(plane: ScreeningPlane, batch: pa.RecordBatch) -> list[Figure]:
    """Gives what each stage takes of one message; measured apart, on a batch seen before."""
    seen = see(batch, Scope.LIVE)
    table = plane.signals.over(seen)
    views, has_link = seen.views, table.columns["has_link"]
    stages: dict[str, Callable[[], object]] = {
        "check": lambda: check_batch(batch),
        "views": lambda: see(batch, Scope.LIVE).views,
        "normalise": lambda: see(batch, Scope.LIVE).views.normalised,
        "undisguise": lambda: undisguise(views.normalised),
        "counts": lambda: see(batch, Scope.LIVE).views.counts,
        "language": lambda: language(batch, views),
        "links": lambda: plane.signals.links.columns(batch, views),
        "contacts": lambda: contacts(views),
        "patterns": lambda: plane.signals.matches(views),
        "model": lambda: plane.signals.scores(views),
        "habits": lambda: plane.signals.habits(seen, has_link=has_link),
        "rules": lambda: plane.rules.over(table),
    }
    return [
        _figure(f"stage_{name}_ns", _nanoseconds(stage, batch.num_rows), "ns/message")
        for name, stage in stages.items()
    ]


def _nanoseconds(stage: Callable[[], object], rows: int) -> float:
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        stage()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds) / rows * 1e9
