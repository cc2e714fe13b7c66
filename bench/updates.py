"""How long a message waits while rules, patterns, domains, file hashes and the model change.

One process screens a few messages at fixed times, as the door does, and follows its files as the
door does; a thread of it changes one file after the other and waits until what it changed is in
force. Each few messages are timed from when they were due. The same is done first while nothing
changes. Whatever hangs is ended: each change after CHANGE_SECONDS_MAX, all after SECONDS_MAX.

EVENHAND_BENCH_LISTS  folder of lists that is copied; one with everything unless set
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evenhand.connectors.matrix.door import SWITCH_SECONDS, load_plane
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.signals.text_model import SHIPPED
from everything import write_hashes
from inline import lists_of_bench
from messages import batches

FEW, EVERY_SECONDS = 4, 0.02
STILL_SECONDS, AFTER_SECONDS = 10.0, 1.0
LOOK_SECONDS = 0.25
CHANGE_SECONDS_MAX, SECONDS_MAX = 25.0, 170.0
SEED, TEXTS = 20_260_105, 4_096
NOTHING = "nothing"


def run() -> dict[str, object]:
    """Gives the longest wait while everything changes, and while nothing does."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as made:
        home = Path(made) / "home"
        shutil.copytree(lists_of_bench(Path(made)), home / "lists")
        environment = {
            **os.environ,
            "EVENHAND_HOME": str(home),
            "EVENHAND_CACHE": os.environ.get(
                "EVENHAND_CACHE", str(Path.home() / ".cache/evenhand")
            ),
        }
        left = SECONDS_MAX - (time.monotonic() - began)
        command = [sys.executable, str(Path(__file__).resolve()), "--plane", str(left)]
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, timeout=left, check=True
        )
    told = json.loads(done.stdout.splitlines()[-1])  # before it stands what it logged
    return {
        "name": "updates",
        "figures": [
            _figure(f"update_pause_ms_{name}", told["changing"][name], told["still"][name])
            for name in ("max", "p99", "p50")
        ],
        "few_messages": FEW,
        "ms_max_while": told["while"],
        "seconds_until_in_force": told["seconds"],
        "not_in_force_in_time": told["late"],
        "load_average": os.getloadavg()[0],
    }


def _figure(name: str, value: float, against: float) -> dict[str, object]:
    return {
        "figure": name,
        "value": value,
        "unit": "ms",
        "cores": os.cpu_count(),
        "against": "the same while nothing changes",
        "against_value": against,
        "ratio": value / against,
    }


@dataclass(slots=True)
class Waits:
    """How long each few messages waited, in milliseconds, and what was changing meanwhile."""

    milliseconds: list[float] = field(default_factory=list)
    during: list[str] = field(default_factory=list)

    def told(self, *, changing: bool) -> dict[str, float]:
        """Gives the figures of the time while something changed, or of that before."""
        known = zip(self.milliseconds, self.during, strict=True)
        chosen = [one for one, name in known if (name != NOTHING) == changing]
        p50, p99, most = np.quantile(chosen, (0.5, 0.99, 1.0)).tolist()
        return {"p50": p50, "p99": p99, "max": most}

    def most(self) -> dict[str, float]:
        """Gives the longest wait during each change."""
        most: dict[str, float] = {}
        for one, name in zip(self.milliseconds, self.during, strict=True):
            most[name] = max(one, most.get(name, 0.0))
        return most


@dataclass(slots=True)
class Changes:
    """Changes one file after the other; `now` names what is changing."""

    plane: ScreeningPlane
    lists: Path
    end: float
    now: str = NOTHING
    seconds: dict[str, float] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Makes every change and waits for each."""
        parts: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "rules": (self._rule, lambda: self.plane.rules),
            "patterns": (self._pattern, lambda: self.plane.signals.patterns),
            "domains": (self._domain, lambda: self.plane.signals.links),
            "model": (self._model, lambda: self.plane.signals.model),
            "hashes": (self._hashes, lambda: getattr(self.plane.signals.hashes, "lists", None)),
        }
        for name, (change, in_force) in parts.items():
            before, began = in_force(), time.monotonic()
            until = min(began + CHANGE_SECONDS_MAX, self.end)
            self.now = name
            change()
            while in_force() is before and time.monotonic() < until:
                time.sleep(0.05)
            if in_force() is before:
                self.late.append(name)
            self.seconds[name] = round(time.monotonic() - began, 1)
            time.sleep(AFTER_SECONDS)

    def _rule(self) -> None:
        path = min((self.lists / "rules").glob("invented_*.yaml"))
        late = path.with_name("invented_late.yaml")
        _put(late, path.read_bytes().replace(path.stem.encode(), late.stem.encode()))

    def _pattern(self) -> None:
        text = "name: late\npatterns:\n  - text: quite lately added\n"
        _put(self.lists / "patterns" / "late.yaml", text.encode())

    def _domain(self) -> None:
        _put(self.lists / "domains" / "late.txt", b"added-late.example\n")

    def _model(self) -> None:
        shipped = files("evenhand.signals") / "models" / SHIPPED
        _put(self.lists / "model.npz", shipped.read_bytes())

    def _hashes(self) -> None:
        write_hashes(self.lists / "hashes" / "late.sha256", 1_000, seed=SEED)


def _put(path: Path, content: bytes) -> None:
    partial_file = path.with_name(f".{path.name}.partial")
    partial_file.write_bytes(content)
    partial_file.replace(path)


def _measure(plane: ScreeningPlane, rows: list[dict[str, object]], changes: Changes) -> Waits:
    """Screens a few messages at each due time until STILL_SECONDS, then until all has changed."""
    waits, number = Waits(), 0
    changer = threading.Thread(target=changes.run, daemon=True)
    begin = time.perf_counter()
    while time.monotonic() < changes.end:
        due = begin + number * EVERY_SECONDS
        if due - begin >= STILL_SECONDS and changer.ident is None:
            changer.start()
        if changer.ident is not None and not changer.is_alive():
            break
        time.sleep(max(0.0, due - time.perf_counter()))
        first = number * FEW % len(rows)
        during = changes.now
        plane.screen_few(rows[first : first + FEW])
        waits.milliseconds.append((time.perf_counter() - due) * 1000)
        waits.during.append(during)
        number += 1
    return waits


def _plane(seconds: float) -> None:
    """Measures for so many seconds at most, and prints what it found."""
    end = time.monotonic() + seconds
    signal.alarm(int(seconds) + 5)  # whatever hangs here ends with the process
    sys.setswitchinterval(SWITCH_SECONDS)
    resources = Resources.default()
    plane = load_plane(resources)
    plane.renewal(before=lambda _: None, rehearsed=resources).follow(seconds=LOOK_SECONDS)
    (batch,) = batches(rows=TEXTS, count=1, seed=SEED, phrases=["quite lately added"])
    lists = Path(os.environ["EVENHAND_HOME"]) / "lists"
    changes = Changes(plane, lists, end - 5)
    waits = _measure(plane, batch.to_pylist(), changes)
    print(
        json.dumps(
            {
                "still": waits.told(changing=False),
                "changing": waits.told(changing=True),
                "while": waits.most(),
                "seconds": changes.seconds,
                "late": changes.late,
            }
        ),
        flush=True,
    )
    os._exit(0)  # threads that follow files wait for nothing


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plane"]:
        _plane(float(sys.argv[2]))
    else:
        print(json.dumps(run(), indent=1))
