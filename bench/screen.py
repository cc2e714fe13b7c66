"""Measures `evenhand screen` on a generated export of a million messages.

The command runs as a user runs it, in a process of its own, start-up and writing included. Beside
it stands what a Python program would do first: `json.load` of the same file, loading alone timed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate import write_export

MESSAGES = 1_000_000

_BARE = """
import json, sys, time
began = time.perf_counter()
with open(sys.argv[1], encoding="utf-8") as stream:
    count = len(json.load(stream)["messages"])
print(json.dumps({"seconds": time.perf_counter() - began, "messages": count}))
"""

_READ = """
import json, sys, time
from pathlib import Path
from evenhand.connectors.files.formats import open_reader, source_of
from evenhand.connectors.files.ledger import Ledger

def read(path):
    source = source_of(Path(path))
    with source.path.open("rb", buffering=0) as stream:
        reader = open_reader(source, stream, Ledger(name=path, say=print))
        return sum(batch.num_rows for batch in reader.batches())

read(sys.argv[1])
began = time.perf_counter()
read(sys.argv[2])
print(json.dumps({"seconds": time.perf_counter() - began}))
"""


def run(messages: int = MESSAGES) -> dict[str, object]:
    """Gives messages per second, judged and only read, and peak memory, beside `json.load`."""
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
        export = Path(folder) / "result.json"
        write_export(export, messages)
        output = Path(folder) / "verdicts.ndjson"
        command = [sys.executable, "-m", "evenhand", "screen", str(export), "--quiet"]
        # One message first: compiled code and patterns are on disk then, as on any later run.
        warm = Path(folder) / "warm.json"
        write_export(warm, 1)
        _child([*command[:4], str(warm), "--quiet"])
        seconds, peak_mb, _ = _child([*command, "--output", str(output)])
        _, _, told = _child([sys.executable, "-c", _READ, str(warm), str(export)])
        reading = json.loads(told)
        _, bare_mb, told = _child([sys.executable, "-c", _BARE, str(export)])
        bare = json.loads(told)
        assert bare["messages"] == messages
        assert output.stat().st_size > 0
    return {
        "name": "screen",
        "figures": [
            _figure(
                "screen_messages_per_s",
                messages / seconds,
                "messages/s",
                cores=2,
                against_value=messages / bare["seconds"],
            ),
            _figure(
                "screen_read_messages_per_s",
                messages / reading["seconds"],
                "messages/s",
                cores=1,
                against_value=messages / bare["seconds"],
            ),
            _figure("screen_peak_mb", peak_mb, "MB", cores=2, against_value=bare_mb),
        ],
    }


def _figure(
    name: str, value: float, unit: str, *, cores: int, against_value: float
) -> dict[str, object]:
    return {
        "figure": name,
        "value": value,
        "unit": unit,
        "cores": cores,
        "against": "json.load of the same file, loading alone",
        "against_value": against_value,
        "ratio": value / against_value,
    }


def _child(command: list[str]) -> tuple[float, float, str]:
    """Runs a command to its end; gives seconds, peak memory in MB and what it printed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return seconds, usage.ru_maxrss * 1024 / 1e6, told


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
