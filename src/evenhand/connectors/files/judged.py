"""What people judged of single events, from a file: one JSON object a line, `id` and `right`."""

import json
from collections.abc import Mapping
from pathlib import Path

from evenhand.connectors.files.problems import FileRefused
from evenhand.rules.limits import BACKTEST_JUDGED_MAX

LINE_BYTES_MAX = 4_096
"""Bytes of one line: an id and a word."""


def read_judged(path: Path) -> Mapping[str, bool]:
    """Gives of each event whether a hit for it is right; the last line about one counts."""
    judged: dict[str, bool] = {}
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            if len(line) > LINE_BYTES_MAX:
                raise _refused(path, number, f"longer than {LINE_BYTES_MAX} bytes")
            if line.strip():
                event, right = _told(path, number, line)
                judged[event] = right
            if len(judged) > BACKTEST_JUDGED_MAX:
                raise _refused(path, number, f"more than {BACKTEST_JUDGED_MAX} events")
    return judged


def _told(path: Path, number: int, line: bytes) -> tuple[str, bool]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _refused(path, number, "it is no JSON") from error
    if not isinstance(told, dict) or type(told.get("right")) is not bool or not told.get("id"):
        raise _refused(path, number, '{"id": "…", "right": true or false} is wanted')
    return str(told["id"]), told["right"]


def _refused(path: Path, number: int, why: str) -> FileRefused:
    return FileRefused(file=path.name, line=number, why=why)
