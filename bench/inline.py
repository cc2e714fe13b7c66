"""How long a messenger waits at the door: HTTP under open load, the door on one core.

The door runs as it is deployed, in a process of its own: screening, journal and all. Requests are
due at fixed times, whether earlier ones were answered or not, and each is timed from when it was
due, the client's own work included. Beside it stand as many requests which the same door answers
without screening. The door's start is timed too, with what it compiled on disk already.

EVENHAND_BENCH_LISTS    folder taken as `EVENHAND_HOME/lists`; one with everything unless set
EVENHAND_BENCH_SECONDS  seconds at each rate; 5 unless set
"""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evenhand.base.sealing import make_keys
from evenhand.pipeline import Resources
from evenhand.signals.pattern_lists import read_pattern_lists
from everything import write_lists
from messages import batches

RATES = (100, 200, 500, 1_000, 1_500, 2_000, 3_000, 5_000)
STATED_RATE, P99_MS_MAX = 500, 10.0
CONNECTIONS, START_SECONDS_MAX, SEED = 64, 900, 20_260_103
TEXTS = 8_192


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one rate.

    milliseconds  of each request
    unscreened    how many passed because the door was late
    busy          seconds that the door computed
    """

    milliseconds: np.ndarray
    refused: int
    unscreened: int
    busy: float

    def at(self, share: float) -> float:
        """Gives the milliseconds within which this share of all requests was answered."""
        return float(np.quantile(self.milliseconds, share))


def run(sizes: Sequence[int] = RATES) -> dict[str, object]:
    """Gives p50 and p99 at each rate, and the largest rate at which p99 holds the goal."""
    seconds = float(os.environ.get("EVENHAND_BENCH_SECONDS", "5"))
    rates = sorted({*sizes, STATED_RATE})
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as made:
        lists = lists_of_bench(Path(made))
        with open_door(lists):
            pass  # what the first start on a machine compiles is on disk then
        with open_door(lists) as door:
            start_busy = _busy(door)
            posts = requests(door)
            load(door, posts, rate=STATED_RATE, seconds=2)
            bare = load(door, [_ping(door)] * TEXTS, rate=STATED_RATE, seconds=seconds)
            measured = {rate: load(door, posts, rate=rate, seconds=seconds) for rate in rates}
    held = [
        rate for rate, one in measured.items() if one.at(0.99) <= P99_MS_MAX and not one.unscreened
    ]
    figures = [
        _figure(f"http_{name}_ms_at_{rate}_per_s", one.at(share), "ms", bare.at(share))
        for rate, one in measured.items()
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]
    stated = measured[STATED_RATE]
    busy = stated.busy / len(stated.milliseconds) * 1e6
    bare_busy = bare.busy / len(bare.milliseconds) * 1e6
    return {
        "name": "inline",
        "figures": [
            *figures,
            _figure(f"http_busy_us_at_{STATED_RATE}_per_s", busy, "us/request", bare_busy),
            _figure("cold_start_s", door.start_seconds, "s", None),
            _figure("cold_start_busy_s", start_busy, "s", None),
            _figure("http_rate_within_10_ms", max(held, default=0), "requests/s", None),
        ],
        "unscreened": {rate: one.unscreened for rate, one in measured.items()},
        "refused": {rate: one.refused for rate, one in measured.items()},
        "load_average": os.getloadavg()[0],
    }


def _figure(name: str, value: float, unit: str, against: float | None) -> dict[str, object]:
    return {
        "figure": name,
        "value": value,
        "unit": unit,
        "cores": 1,
        "against": f"the same door without screening, {STATED_RATE}/s" if against else None,
        "against_value": against,
        "ratio": value / against if against else None,
    }


@dataclass(frozen=True, slots=True)
class Door:
    """A door that runs, and what it says."""

    port: int
    token: str
    process: int
    start_seconds: float
    log: Path


def lists_of_bench(folder: Path) -> Path:
    """Gives the folder of lists that is named, or makes one below `folder`."""
    if named := os.environ.get("EVENHAND_BENCH_LISTS"):
        return Path(named).absolute()
    write_lists(folder / "everything")
    return folder / "everything"


@contextmanager
def open_door(lists: Path) -> Iterator[Door]:
    """Starts a door on the last core and takes the other ones for the load."""
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        yield from _opened(Path(folder), lists, secrets.token_hex(16))


def _opened(home: Path, lists: Path, token: str) -> Iterator[Door]:
    make_keys(home / "keys")
    (home / "door.token").write_text(token)
    (home / "lists").symlink_to(lists)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cores = sorted(os.sched_getaffinity(0))
    environment = {
        **os.environ,
        "EVENHAND_HOME": str(home),
        "EVENHAND_CACHE": os.environ.get("EVENHAND_CACHE", str(Path.home() / ".cache/evenhand")),
        "EVENHAND_DOOR_TOKEN_FILE": str(home / "door.token"),
        "EVENHAND_SYNAPSE_URL": "",
    }
    command = [sys.executable, "-m", "evenhand.connectors.matrix.door", "--port", str(port)]
    began = time.perf_counter()
    with (home / "door.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    os.sched_setaffinity(process.pid, cores[-1:])
    os.sched_setaffinity(0, cores[:-1] or cores)
    try:
        _wait(port, process)
        started = time.perf_counter() - began
        yield Door(port, token, process.pid, started, home / "door.log")
    finally:
        os.sched_setaffinity(0, cores)
        process.terminate()
        process.wait(30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(START_SECONDS_MAX * 4):
        if process.poll() is not None:
            raise RuntimeError("the door ended before it opened")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise RuntimeError("the door did not open")


def requests(door: Door) -> list[bytes]:
    """Gives bodies of requests as Synapse sends them, without the event's own id."""
    lists = read_pattern_lists(Resources.default().patterns)
    phrases = [one.text.strip("*") for each in lists for one in each.patterns if one.text]
    (batch,) = batches(rows=TEXTS, count=1, seed=SEED, phrases=phrases)
    return [_request(door, "check_event_for_spam", _event(row)) for row in batch.to_pylist()]


def _event(row: dict[str, object]) -> dict[str, object]:
    event = {
        "event_id": "$NUMBER-",
        "type": "m.room.message",
        "sender": row["account"],
        "room_id": row["channel"],
        "content": {"msgtype": "m.text", "body": row["text"]},
    }
    return {"event": event, "evenhand": {"server": "x.test", "channel": {"join_rule": "public"}}}


def _ping(door: Door) -> bytes:
    return _request(door, "ping", {"id": "$NUMBER-"})


def _request(door: Door, hook: str, value: dict[str, object]) -> bytes:
    body = json.dumps(value, ensure_ascii=False).encode()
    head = (
        f"POST /{hook} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {door.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


_numbers = iter(range(1_000_000, 10_000_000))
_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def load(door: Door, posts: Sequence[bytes], *, rate: int, seconds: float) -> Answered:
    """Posts so often a second, and gives how it was answered."""
    before, busy = _unscreened(door), _busy(door)
    milliseconds, refused = asyncio.run(_ask(door.port, posts, rate, int(rate * seconds)))
    return Answered(milliseconds, refused, _unscreened(door) - before, _busy(door) - busy)


async def _ask(port: int, posts: Sequence[bytes], rate: int, count: int) -> tuple[np.ndarray, int]:
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    waited, statuses = np.empty(count), [0] * count
    begin = time.perf_counter() + 0.05

    async def one(place: int, due: float) -> None:
        connection = await free.get()
        number = b"$%07d" % next(_numbers)
        content = posts[place % len(posts)].replace(b"$NUMBER-", number, 1)
        statuses[place] = await _answer(connection, content)
        waited[place] = (time.perf_counter() - due) * 1000
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for place in range(count):
            due = begin + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(place, due))
    for _ in range(CONNECTIONS):
        free.get_nowait()[1].close()
    assert set(statuses) <= {200, 403}, f"answers {set(statuses)}"
    return waited, statuses.count(403)


async def _answer(connection: _Connection, content: bytes) -> int:
    reader, writer = connection
    writer.write(content)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.split(b"Content-Length: ", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head[9:12])


def _busy(door: Door) -> float:
    """Gives the seconds that the door has computed: what does not depend on who else computes."""
    fields = Path(f"/proc/{door.process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _unscreened(door: Door) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{door.port}/metrics") as page:
        lines = page.read().decode().splitlines()
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines if 'result="unscreened"' in line)


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
