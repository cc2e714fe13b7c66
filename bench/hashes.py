"""How fast files are looked up in lists: equal hashes among ten million, like pictures among one.

Every hash that is asked for is new, so no cache knows the answer. What is counted is the processor
time of the only thread, which a busy machine slows less than the clock, but does slow. PDQ is
asked for in batches of 819, the pictures of one batch of 8,192 messages of which a tenth carry one,
and of several such batches at once; one in fifty is near a listed one, at 0 to 40 bits.

Beside exact look-ups, in the same run: a Python set (up to a million: more does not fit beside the
rest) and `np.searchsorted` over the first eight bytes. Beside PDQ: every hash compared with every
other by numpy and, where they are installed, faiss's IndexBinaryFlat and threatexchange's PDQIndex;
Evenhand needs neither. All that they find is compared.

Where the extra `nudity` is installed, pictures that its model judges are counted, too: decoded ones
of 512 × 512 points, made small, saved and judged on one thread.
"""

import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from evenhand.signals import nudity
from evenhand.signals.exact_hashes import ExactHashes
from evenhand.signals.image_hash import DISTANCE_MAX, PdqIndex

EXACT_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
SET_MAX = 1_000_000
PICTURES = (10_000, 100_000, 1_000_000)
ASKED = 8_192
PICTURES_OF_A_BATCH = 819
BATCHES_AT_ONCE = 10
RUNS = 7
PEER_ASKED = 100
JUDGED, JUDGED_SIDE = 32, 512
NEAR_SHARE = 0.02

Rows = np.ndarray


def run(sizes: Sequence[int] = EXACT_SIZES) -> dict[str, object]:
    """Gives look-ups per second by size of the lists, medians of several runs."""
    chance = np.random.default_rng(6)
    ExactHashes.of(_hashes(1, chance))
    PdqIndex.of(_hashes(1, chance)).nearest(_hashes(1, chance))  # machine code is made at first use
    figures = [figure for size in sizes for figure in _exact(size, chance)]
    for size in (size for size in PICTURES if size <= max(sizes)):
        figures += _pictures(size, chance)
    figures += _judged(chance) if nudity.INSTALLED else []
    return {"figures": figures}


def _exact(size: int, chance: np.random.Generator) -> list[dict[str, object]]:
    rows = _hashes(size, chance)
    began = time.thread_time()
    table = ExactHashes.of(rows)
    build = time.thread_time() - began
    heads = np.sort(rows[:, :8].copy().view(np.uint64).ravel())
    listed = {bytes(row) for row in rows} if size <= SET_MAX else None
    ours, halves, sets = [], [], []
    for _ in range(RUNS):
        asked = _hashes(ASKED, chance)
        keys, whole = asked[:, :8].copy().view(np.uint64).ravel(), [bytes(row) for row in asked]
        ours.append(_seconds(lambda asked=asked: table.find(asked)))
        halves.append(_seconds(lambda keys=keys: np.searchsorted(heads, keys)))
        if listed is not None:
            sets.append(_seconds(lambda whole=whole: [one in listed for one in whole]))
    assert (table.find(rows[: ASKED * 4]) == np.arange(min(size, ASKED * 4))).all()
    rate, name = ASKED / statistics.median(ours), _name(size)
    against = [("np.searchsorted over 8 bytes of each", ASKED / statistics.median(halves))]
    if sets:
        against.append(("a Python set", ASKED / statistics.median(sets)))
    figures = [
        _figure(f"exact_lookups_per_s_{name}{mark}", rate, "look-ups/s", other, value)
        for mark, (other, value) in zip(("", "_beside_a_set"), against, strict=False)
    ]
    return [*figures, _figure(f"exact_build_s_{name}", build, "s")]


def _pictures(size: int, chance: np.random.Generator) -> list[dict[str, object]]:
    rows = _hashes(size, chance)
    began = time.thread_time()
    index = PdqIndex.of(rows)
    build = time.thread_time() - began
    index.nearest(_hashes(PICTURES_OF_A_BATCH, chance))
    sample = _asked(rows, PEER_ASKED, chance)
    within = index.nearest(sample).places >= 0
    peers = dict(_peers(rows, sample, within))
    one = _rate(index, rows, PICTURES_OF_A_BATCH, chance)
    several = _rate(index, rows, PICTURES_OF_A_BATCH * BATCHES_AT_ONCE, chance)
    name = _name(size)
    marks = ("", "_beside_faiss", "_beside_threatexchange")
    figures = [
        _figure(f"pdq_lookups_per_s_{name}{mark}", one, "look-ups/s", other, rate)
        for mark, (other, rate) in zip(marks, peers.items(), strict=False)
    ]
    return [
        *figures,
        _figure(
            f"pdq_lookups_per_s_{name}_{BATCHES_AT_ONCE}_batches_at_once", several, "look-ups/s"
        ),
        _figure(f"pdq_build_s_{name}", build, "s"),
    ]


def _judged(chance: np.random.Generator) -> list[dict[str, object]]:
    model = nudity.NudityModel.load()
    grains = chance.integers(0, 256, (JUDGED, 9, 12, 3), np.uint8)
    sides = (JUDGED_SIDE, JUDGED_SIDE)
    pictures = [Image.fromarray(one).resize(sides, Image.Resampling.BICUBIC) for one in grains]
    model.score(nudity.shrunk(pictures[0]))
    each = [_seconds(lambda one=one: model.score(nudity.shrunk(one))) for one in pictures]
    return [_figure("nudity_pictures_per_s", 1 / statistics.median(each), "pictures/s")]


def _rate(index: PdqIndex, rows: Rows, count: int, chance: np.random.Generator) -> float:
    seconds = []
    for _ in range(RUNS * 3):
        asked = _asked(rows, count, chance)
        seconds.append(_seconds(lambda asked=asked: index.nearest(asked)))
    return count / statistics.median(seconds)


def _peers(rows: Rows, asked: Rows, within: Rows):
    """Gives the look-ups per second of each peer; what it finds must be what we find."""
    words = rows.view(np.uint64)

    def compare() -> Rows:
        near = [np.bitwise_count(words ^ one).sum(axis=1, dtype=np.uint16).min() for one in
                asked.view(np.uint64)]  # fmt: skip
        return np.array(near) <= DISTANCE_MAX

    yield "every hash compared, by numpy", _peer(compare, within)
    if importlib.util.find_spec("faiss"):
        import faiss

        faiss.omp_set_num_threads(1)
        flat = faiss.IndexBinaryFlat(256)
        flat.add(rows)
        yield (
            "faiss IndexBinaryFlat",
            _peer(lambda: flat.search(asked, 1)[0][:, 0] <= DISTANCE_MAX, within),
        )
        # threatexchange's index needs faiss and the binary package pdqhash.
        if importlib.util.find_spec("pdqhash"):
            from threatexchange.signal_type.pdq.pdq_index import PDQIndex

            theirs = PDQIndex([(bytes(row).hex(), None) for row in rows])
            texts = [bytes(row).hex() for row in asked]
            yield (
                "threatexchange PDQIndex",
                _peer(lambda: np.array([bool(theirs.query(one)) for one in texts]), within),
            )


def _peer(work: Callable[[], Rows], within: Rows) -> float:
    began = time.thread_time()
    found = work()
    seconds = time.thread_time() - began
    assert (found == within).all(), "all indexes find the same"
    return len(within) / seconds


def _asked(rows: Rows, count: int, chance: np.random.Generator) -> Rows:
    """Gives new hashes, of which a few are near a listed one."""
    asked = _hashes(count, chance)
    for place in np.flatnonzero(chance.random(count) < NEAR_SHARE):
        bits = np.unpackbits(rows[chance.integers(len(rows))])
        bits[chance.choice(256, int(chance.integers(41)), replace=False)] ^= 1
        asked[place] = np.packbits(bits)
    return asked


def _hashes(count: int, chance: np.random.Generator) -> Rows:
    return np.frombuffer(bytearray(chance.bytes(32 * count)), np.uint8).reshape(-1, 32)


def _seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _name(size: int) -> str:
    return f"{size // 1_000_000}m" if size >= 1_000_000 else f"{size // 1_000}k"


def _figure(
    name: str, value: float, unit: str, against: str | None = None, other: float | None = None
) -> dict[str, object]:
    return {
        "figure": name,
        "value": value,
        "unit": unit,
        "cores": 1,
        "load": os.getloadavg()[0],
        "against": against,
        "against_value": other,
        "ratio": value / other if other else None,
    }
