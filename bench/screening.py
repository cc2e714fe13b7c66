"""How fast messages become verdicts with everything loaded: `evenhand bench screening --json`.

Ten thousand patterns, a million domains, two hundred rules, ten million file hashes, a million
pictures, the text model, habits of accounts and channels; Arrow batches of 8,192 messages in,
verdicts out (`screening_work.py`). Each batch is seen once. Two profiles: the reference's own, and
a hard one. Runs on one core, on two, and of a bare Hyperscan scan of the same bytes with the same
patterns take turns, so that what else the machine does meets all of them; medians are given. What
needs a fork of the whole plane is measured after that.
`ratio` is ours by the bare scan; `…_in_bare_scans` is its inverse, what compares machines.

EVENHAND_BENCH_GROWTH  any value: also measure growth over batch size, rules, patterns and hashes
EVENHAND_BENCH_FOLDER  where to work; a temporary folder unless set
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.events.text_column import arrow_text
from evenhand.lanes import screen_all
from evenhand.pipeline import Scope, ScreeningPlane
from evenhand.signals.engine import see
from screening_bare import BareScan, BareScans
from screening_peers import not_installed, peers
from screening_stages import stages
from screening_work import HARD, REFERENCE, Profile, Sizes, Work, messages, work

CORES = 2
RUNS = 5
WARM_BATCHES = 16
ONE_CORE_BATCHES, BATCHES = 16, 32
"""Of each run; two cores get twice as many, so that both are at work for as long."""

STAGE_BATCHES = 16
BATCH_SIZES = (1, 16, 256, 1_024, BATCH_ROWS_MAX)
GROWTH_BATCHES = 8
GROWTH: Mapping[str, Sequence[int]] = {
    "rules": (20, 200, 2_000),
    "patterns": (1_000, 10_000, 100_000),
    "hashes": (10_000, 100_000, 1_000_000, 10_000_000),
    "pictures": (10_000, 100_000, 1_000_000),
}
BESIDE_GROWTH = Sizes(domains=10_000, hashes=100_000, pictures=100_000)
"""How much there is of what does not grow: what is made for each figure is made anew."""

ALIKE = "bare Hyperscan scan of the same bytes, a process for each core"
"""Not threads: Hyperscan's calls into Python for each match wait for one another there, and two
threads scan no faster than one."""


Figure = dict[str, object]
Batches = Sequence[pa.RecordBatch]


def run() -> dict[str, object]:
    """Gives the figures of both profiles."""
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory(
        prefix="evenhand-bench-", dir=os.environ.get("EVENHAND_BENCH_FOLDER")
    ) as folder:
        figures = [*_profile(Path(folder) / "reference", REFERENCE, "")]
        figures += _profile(Path(folder) / "hard", HARD, "hard_")
        if os.environ.get("EVENHAND_BENCH_GROWTH"):
            figures += _growth(Path(folder))
    return {"figures": figures, "not_installed": not_installed()}


def _profile(folder: Path, profile: Profile, mark: str) -> Iterator[Figure]:
    began = time.perf_counter()
    made = work(folder, profile)
    began_at = time.perf_counter() - began
    count = WARM_BATCHES + STAGE_BATCHES + RUNS * (2 * ONE_CORE_BATCHES + BATCHES)
    source = messages(made, profile, count=count)
    warm = _taken(source, WARM_BATCHES)
    for _ in screen_all(made.plane, warm, lanes=CORES):
        pass
    bare = BareScan(made.resources.patterns)
    bare.run(warm)
    rates: dict[str, list[float]] = {}
    flagged = 0
    with BareScans(made.resources.patterns, cores=CORES) as scans:
        for _ in range(RUNS):
            alone, both = _taken(source, ONE_CORE_BATCHES), _taken(source, BATCHES)
            for name, batches, judge in (
                ("one", alone, lambda batches: _lanes(made.plane, batches, 1)),
                ("two", both, lambda batches: _lanes(made.plane, batches, CORES)),
                ("bare_one", alone, bare.timed),
                ("bare_two", both, scans.timed),
            ):
                seconds, found = judge(batches)
                rates.setdefault(name, []).append(_rows(batches) / seconds)
                flagged += found if name == "two" else 0
    # Last, since a fork makes every page of this process be looked at once more when written to.
    for _ in range(RUNS):
        batches = _taken(source, ONE_CORE_BATCHES)
        seconds, _ = _forked(partial(_lanes_here, made.plane), batches)
        rates.setdefault("processes", []).append(_rows(batches) / seconds)
    rate = {name: statistics.median(values) for name, values in rates.items()}
    yield _figure(f"{mark}end_to_end_messages_per_s", rate["two"], "messages/s", CORES,
                  ALIKE, rate["bare_two"], spread=rates["two"])  # fmt: skip
    yield _figure(f"{mark}end_to_end_in_bare_scans", rate["bare_two"] / rate["two"], "scans", CORES)
    yield _figure(f"{mark}one_core_messages_per_s", rate["one"], "messages/s", 1,
                  ALIKE, rate["bare_one"], spread=rates["one"])  # fmt: skip
    yield _figure(f"{mark}two_processes_messages_per_s", rate["processes"], "messages/s", CORES,
                  "two threads on one plane", rate["two"], spread=rates["processes"])  # fmt: skip
    staged = _taken(source, STAGE_BATCHES)
    yield from _about(made, staged, mark)
    yield _figure(f"{mark}flagged_share", flagged / (RUNS * BATCHES * BATCH_ROWS_MAX), "share", 0)
    yield _figure(f"{mark}made_and_loaded_s", began_at, "s", 1)
    if not mark:
        yield from _beside_peers(made, warm, statistics.median(rates["one"]))


def _about(made: Work, batches: Batches, mark: str) -> Iterator[Figure]:
    """Gives the stages of one core, and what the messages are like."""
    taken = stages(lambda: _lanes_here(made.plane, batches), messages=_rows(batches))
    for stage, nanoseconds in taken.items():
        yield _figure(f"{mark}stage_{stage}_ns", nanoseconds, "ns/message", 1)
    if not mark:
        yield _figure("text_model_messages_per_s", 1e9 / taken["model"], "messages/s", 1)
    seen = [see(batch, Scope.LIVE) for batch in batches[:2]]
    found = sum(len(made.plane.signals.found(one).rows) for one in seen)
    sizes = [len(arrow_text(batch["text"])[0]) for batch in batches[:2]]
    rows = _rows(batches[:2])
    yield _figure(f"{mark}pattern_hits_per_message", found / rows, "hits", 0)
    yield _figure(f"{mark}text_bytes_mean", sum(sizes) / rows, "bytes", 0)


def _beside_peers(made: Work, batches: Batches, ours: float) -> Iterator[Figure]:
    literals = [one for texts in made.literals.values() for one in texts]
    for name, what, rate in peers(batches[0]["text"].to_pylist(), literals):
        yield _figure(f"one_core_beside_{name}", ours, "messages/s", 1, what, rate)


def _taken(source: Iterator[pa.RecordBatch], count: int) -> list[pa.RecordBatch]:
    return [next(source) for _ in range(count)]


def _rows(batches: Batches) -> int:
    return sum(batch.num_rows for batch in batches)


def _lanes(plane: ScreeningPlane, batches: Batches, lanes: int) -> tuple[float, int]:
    began = time.perf_counter()
    flagged = sum(verdicts.num_rows for _, verdicts in screen_all(plane, batches, lanes=lanes))
    return time.perf_counter() - began, flagged


def _lanes_here(plane: ScreeningPlane, batches: Batches) -> None:
    """Does in this thread what one lane does."""
    for start in range(0, len(batches), 8):
        for prepared in plane.prepare(batches[start : start + 8]):
            prepared.verdicts()


def _forked(task: Callable[[Batches], object], batches: Batches) -> tuple[float, int]:
    """Does half of the batches in each of two processes; gives the seconds of the slower one."""
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(CORES), context.SimpleQueue()

    def do(part: Batches) -> None:
        barrier.wait()
        began = time.perf_counter()
        task(part)
        answers.put(time.perf_counter() - began)

    halves = [batches[number::CORES] for number in range(CORES)]
    children = [context.Process(target=do, args=(half,)) for half in halves]
    for child in children:
        child.start()
    seconds = max(answers.get() for _ in children)
    for child in children:
        child.join()
    return seconds, 0


def _growth(folder: Path) -> Iterator[Figure]:
    """Gives messages a second of one core as one thing grows."""
    made = work(folder / "growth", REFERENCE)
    source = messages(made, REFERENCE, count=WARM_BATCHES + 8 * len(BATCH_SIZES))
    _lanes_here(made.plane, _taken(source, WARM_BATCHES))
    for size in BATCH_SIZES:
        batches = [
            batch.slice(start, size)
            for batch in _taken(source, 8)
            for start in range(0, min(batch.num_rows, 64 * size), size)
        ]
        rate = _busy_rate(partial(_one_by_one, made.plane, batches), _rows(batches))
        yield _figure(f"growth_batch_{size}_messages_per_s", rate, "messages/s", 1)
    for name, values in GROWTH.items():
        for value in values:
            sizes = replace(BESIDE_GROWTH, **{name: value})
            grown = work(folder / f"{name}-{value}", REFERENCE, sizes)
            source = messages(grown, REFERENCE, count=2 * GROWTH_BATCHES)
            _lanes_here(grown.plane, _taken(source, GROWTH_BATCHES))
            batches = _taken(source, GROWTH_BATCHES)
            rate = _busy_rate(partial(_lanes_here, grown.plane, batches), _rows(batches))
            yield _figure(f"growth_{name}_{value}_messages_per_s", rate, "messages/s", 1)


def _one_by_one(plane: ScreeningPlane, batches: Batches) -> None:
    for batch in batches:
        plane.screen(batch)


def _busy_rate(judge: Callable[[], object], rows: int) -> float:
    began = time.thread_time()
    judge()
    return rows / (time.thread_time() - began)


def _figure(
    name: str,
    value: float,
    unit: str,
    cores: int,
    against: str | None = None,
    other: float | None = None,
    *,
    spread: Sequence[float] = (),
) -> Figure:
    figure: Figure = {
        "figure": name,
        "value": value,
        "unit": unit,
        "cores": cores,
        "load": os.getloadavg()[0],
        "against": against,
        "against_value": other,
        "ratio": value / other if other else None,
    }
    return figure | ({"runs": [round(one) for one in spread]} if spread else {})
