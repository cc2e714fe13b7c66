"""How fast files become events: an NDJSON file and a Telegram export, read and checked, not judged.

The files are seeded. Each is read in a process of its own that holds one core, from its first byte
to the last batch; imports and one message before are not timed. Beside it stands what a Python
program would do first: the `json` of its library over the same bytes. Memory is the process's peak,
imports included; it does not grow with the file.

EVENHAND_BENCH_MESSAGES  messages in the files; 1000000 unless set
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate import write_export
from messages import batches

MESSAGES = 1_000_000
ROWS, SEED = 8_192, 20_260_102
DIFFERENT_BATCHES = 8

_CHILD = """
import json, os, resource, sys, time
from pathlib import Path
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
from evenhand.connectors.files.formats import open_reader, source_of
from evenhand.connectors.files.ledger import Ledger

def read(path):
    source = source_of(Path(path))
    with source.path.open("rb", buffering=0) as stream:
        reader = open_reader(source, stream, Ledger(name=path, say=print))
        return sum(batch.num_rows for batch in reader.batches())

read(sys.argv[1])
began, busy = time.perf_counter(), time.process_time()
rows = read(sys.argv[2])
seconds, busy = time.perf_counter() - began, time.process_time() - busy
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
began = time.process_time()
with open(sys.argv[2], "rb") as file:
    if sys.argv[2].endswith(".ndjson"):
        for line in file:
            json.loads(line)
    else:
        json.load(file)
print(json.dumps({"rows": rows, "seconds": seconds, "busy": busy, "peak_mb": peak,
                  "bare": time.process_time() - began}))
"""


def run() -> dict[str, object]:
    """Gives messages per second of each format and the peak of memory."""
    messages = int(os.environ.get("EVENHAND_BENCH_MESSAGES", MESSAGES))
    figures: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        for name, write, suffix in (
            ("ndjson", _write_ndjson, ".ndjson"),
            ("telegram", write_export, ".json"),
        ):
            warm, whole = (Path(folder) / f"{name}-{size}{suffix}" for size in ("one", "all"))
            write(warm, 1)
            write(whole, messages)
            told = _read(warm, whole)
            # An export has service messages too, which nobody wrote: they make no event.
            assert told["rows"] >= 0.98 * messages, f"{told['rows']} of {messages} were read"
            figures += _figures(name, told, whole.stat().st_size)
            whole.unlink()
    return {"name": "ingest", "figures": figures}


def _write_ndjson(path: Path, messages: int) -> None:
    """Writes events as a firehose would: a few batches, over and over under other ids."""
    made = batches(
        rows=min(ROWS, messages), count=DIFFERENT_BATCHES if messages > ROWS else 1, seed=SEED,
        phrases=("some words",),
    )  # fmt: skip
    rows = [
        {name: value for name, value in row.items() if value is not None}
        for batch in made
        for row in batch.to_pylist()
    ]
    with path.open("w", encoding="utf-8") as file:
        for number in range(messages):
            row = {**rows[number % len(rows)], "event_id": f"${number}"}
            file.write(json.dumps(row, ensure_ascii=False, default=lambda at: at.isoformat()))
            file.write("\n")


def _read(warm: Path, whole: Path) -> dict[str, float]:
    command = [sys.executable, "-c", _CHILD, str(warm), str(whole)]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    told: dict[str, float] = json.loads(output)
    return told


def _figures(name: str, told: dict[str, float], size: int) -> list[dict[str, object]]:
    rows = told["rows"]
    bare = rows / told["bare"]
    rates = (("messages", told["seconds"]), ("messages_busy", told["busy"]))
    return [
        *(
            {
                "figure": f"{name}_{what}_per_s",
                "value": rows / seconds,
                "unit": "messages/s",
                "cores": 1,
                "against": "json of the Python library over the same file, busy time",
                "against_value": bare,
                "ratio": rows / seconds / bare,
            }
            for what, seconds in rates
        ),
        {
            "figure": f"{name}_peak_mb",
            "value": told["peak_mb"],
            "unit": "MB",
            "cores": 1,
            "against": "the file",
            "against_value": size / 1e6,
            "ratio": told["peak_mb"] * 1e6 / size,
        },
    ]


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
