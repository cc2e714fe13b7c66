"""The day as `script/demo --check` plays it, with a short file of messages, on a real Synapse."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MESSAGES = Path(__file__).resolve().parents[1] / "data/messages"
HARMFUL, LAWFUL = 14, 30


@pytest.fixture
def home() -> Iterator[Path]:
    """Gives a folder that PostgreSQL's own user may enter; pytest's may be closed to it."""
    with tempfile.TemporaryDirectory(prefix="evenhand-day-") as folder:
        yield Path(folder)


def short_day(folder: Path) -> Path:
    """Gives a file with every few messages of the whole day."""
    harmful = (MESSAGES / "day.ndjson").read_text().splitlines()
    lawful = (MESSAGES / "benign.ndjson").read_text().splitlines()
    private = (MESSAGES / "scope.ndjson").read_text().splitlines()
    chosen = [
        *harmful[:: len(harmful) // HARMFUL], *lawful[:: len(lawful) // LAWFUL], *private[::3],
    ]  # fmt: skip
    path = folder / "short.ndjson"
    path.write_text("\n".join(chosen) + "\n", encoding="utf-8")
    return path


def evenhand(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).parent / "evenhand"), *words]
    environment = {**os.environ, "EVENHAND_HOME": str(home), "COLUMNS": "140"}
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=1800, check=False
    )


@pytest.mark.synapse
def test_a_day_is_played_and_everything_is_read_back_as_expected(home: Path):
    messages = short_day(home)

    done = evenhand(home, "demo", "--check", "--messages", str(messages))

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "FAILS" not in done.stdout
    assert not [path for path in home.iterdir() if path.name.startswith("check-")]


@pytest.mark.synapse
def test_after_kills_at_random_moments_everything_agrees(home: Path):
    done = evenhand(home, "faults", "--kills", "10", "--seed", "7")

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]


def test_a_message_file_with_a_bad_line_is_refused_with_its_place(home: Path):
    path = home / "bad.ndjson"
    path.write_text('{"text": "a", "expect": "none"}\n{"text": "b", "expect": "maybe"}\n')

    done = evenhand(home, "demo", "--check", "--messages", str(path))

    assert done.returncode == 2
    assert "line: 2" in done.stderr
    assert "maybe" in done.stderr
    assert "Traceback" not in done.stderr
