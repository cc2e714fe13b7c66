"""The command `evenhand screen` as a user runs it: in a process of its own, and stopped midway."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPORT = ROOT / "tests" / "data" / "files" / "topics.json"
COMMAND = [sys.executable, "-m", "evenhand", "screen"]


def line(number: int) -> bytes:
    row = {"id": number, "text": f"Number {number} of the minutes of our garden club meeting."}
    return json.dumps(row).encode() + b"\n"


def test_an_export_is_screened_with_the_rules_that_come_with_evenhand(tmp_path: Path) -> None:
    output = tmp_path / "verdicts.ndjson"

    done = subprocess.run(
        [*COMMAND, str(EXPORT), "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("4 messages screened in 1 file, 0 flagged")
    assert output.read_bytes() == b""


def test_what_cannot_be_read_is_said_in_words_and_ends_with_2(tmp_path: Path) -> None:
    packed = tmp_path / "result.json.gz"
    packed.write_bytes(b"\x1f\x8b\x08\x00")

    done = subprocess.run([*COMMAND, str(packed)], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "gunzip" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_leaves_no_half_file_and_says_how_far_it_came(tmp_path: Path) -> None:
    output = tmp_path / "verdicts.ndjson"
    process = subprocess.Popen(
        [*COMMAND, "-", "--all", "--output", str(output)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    fed = threading.Event()
    writer = threading.Thread(target=_feed, args=(process, fed), daemon=True)
    writer.start()
    _wait_until(lambda: any(path.stat().st_size for path in tmp_path.glob(".*.partial")))

    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    fed.set()

    assert process.stderr is not None
    told = process.stderr.read().decode()
    assert process.returncode == 130
    assert told.startswith("Stopped: ")
    assert "nothing was written" in told
    assert list(tmp_path.iterdir()) == []
    writer.join(timeout=10)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Reads 400 MB through a pipe: what is held is a window, not the file."""
    process = subprocess.Popen(
        [sys.executable, "-c", _READ_ALONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    rows = 2_000
    block = b"".join(line(number).replace(b"minutes", b"m" * 1000) for number in range(rows))
    written = 0
    while written < 400_000_000:
        process.stdin.write(block)
        written += len(block)
    process.stdin.close()
    told, peak_kb = json.loads(process.stdout.read())
    process.wait()

    assert told == written // len(block) * rows
    assert peak_kb * 1024 < 300_000_000


_READ_ALONE = """
import sys
from evenhand.connectors.files.formats import Format, Source, open_reader
from evenhand.connectors.files.ledger import Ledger

ledger = Ledger(name="-", say=print)
reader = open_reader(Source(None, Format.LINES, None), sys.stdin.buffer, ledger)
rows = sum(batch.num_rows for batch in reader.batches())
# Not ru_maxrss: that of a child begins with its parent's. VmHWM is this program's own (proc(5)).
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print([rows, int(peak.split()[1])])
"""


def _feed(process: "subprocess.Popen[bytes]", stop: threading.Event) -> None:
    assert process.stdin is not None
    number = 0
    try:
        while not stop.is_set():
            process.stdin.write(b"".join(line(number + step) for step in range(10_000)))
            number += 10_000
    except BrokenPipeError:
        return


def _wait_until(holds: Callable[[], bool], *, seconds_max: float = 120.0) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds_max
        time.sleep(0.05)
