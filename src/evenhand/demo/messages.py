"""Labelled messages: what is posted in the demo, and what should become of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from evenhand.base.errors import InputRefused
from evenhand.base.harms import harms
from evenhand.base.limits import TEXT_BYTES_MAX
from evenhand.base.lists import ChannelKind, EventKind

MESSAGES_MAX = 20_000
"""Messages in one file: Synapse on SQLite takes some 70 a second."""


HISTORY_DAYS = 14


class Expected(StrEnum):
    """What should become of a message."""

    NONE = "none"
    REFUSE = "refuse"
    HOLD = "hold"
    REDACT = "redact"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message with its label."""

    id: str
    text: str
    language: str
    channel: ChannelKind
    expect: Expected
    harm: str


def read_messages(path: Path) -> list[Labelled]:
    """Gives the messages of an NDJSON file; a bad line is named with what is wrong in it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputRefused(file=path, why=error.strerror) from error
    except UnicodeDecodeError as error:
        raise InputRefused(file=path, why=f"not UTF-8 at byte {error.start}") from error
    messages = [
        _message(path, number, line) for number, line in enumerate(lines, 1) if line.strip()
    ]
    if not messages:
        raise InputRefused(file=path, why="no message in it")
    if len(messages) > MESSAGES_MAX:
        raise InputRefused(file=path, why=f"more than {MESSAGES_MAX} messages")
    return messages


def write_history(path: Path, messages: Iterable[Labelled], *, until: datetime) -> int:
    """Writes public messages as the archive of the fortnight before; gives how many.

    Rules are tried on it at the desk. Accounts and rooms are invented, and no two days alike.
    """
    shown = [one for one in messages if one.channel is ChannelKind.PUBLIC]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for number, one in enumerate(shown):
            day = number * number % HISTORY_DAYS + 1
            row = {
                "event_id": f"$archived-{number}",
                "kind": EventKind.MESSAGE.value,
                "channel_kind": ChannelKind.PUBLIC.value,
                "time": (until - timedelta(days=day, minutes=number % 600)).isoformat(),
                "account": f"@member{number % 40}:demo.example",
                "channel": f"!room{number % 12}:demo.example",
                "language": one.language or None,
                "text": one.text,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(shown)


def _message(path: Path, number: int, line: str) -> Labelled:
    try:
        row = json.loads(line)
        text = str(row["text"])
        message = Labelled(
            id=str(row.get("id", number)),
            text=text,
            language=str(row.get("lang") or ""),
            channel=ChannelKind(row.get("channel") or "public"),
            expect=Expected(row["expect"]),
            harm=str(row.get("harm") or ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise InputRefused(
            file=path,
            line=number,
            why=why,
            form='{"id", "text", "lang", "channel": public|private|direct, '
            '"expect": none|refuse|hold|redact, "harm"}',
        ) from error
    if not text or len(text.encode()) > TEXT_BYTES_MAX:
        raise InputRefused(file=path, line=number, why="text is empty or too long")
    if message.harm and message.harm not in harms():
        raise InputRefused(file=path, line=number, why=f"no such harm: {message.harm}")
    return message
