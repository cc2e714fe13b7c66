"""What the door says of its rules, as a file: it has no database."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evenhand.base.errors import InputRefused

RULES_BYTES_MAX = 4_000_000
"""Bytes of the file that are read: ten thousand rules have less."""


class LiveRulesRefused(InputRefused):
    """What the door says of its rules cannot be read."""

    remedy = "Start the door again: it writes the file anew."


@dataclass(frozen=True, slots=True)
class LiveRule:
    """One version of a rule by which the door judges."""

    id: str
    version: str
    harm: str


def rules_file(home: Path) -> Path:
    """Gives where the door says by which rules it judges."""
    return home / "door" / "rules.json"


def tell_rules(path: Path, rules: Sequence[LiveRule]) -> None:
    """Says by which rules the door judges from now on; a reader sees the old or the new file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps([asdict(rule) for rule in rules]))
    partial.replace(path)


def told_rules(path: Path) -> list[LiveRule]:
    """Gives by which rules the door says that it judges; none before it first started."""
    try:
        with path.open("rb") as file:
            content = file.read(RULES_BYTES_MAX + 1)
    except FileNotFoundError:
        return []
    if len(content) > RULES_BYTES_MAX:
        raise LiveRulesRefused(file=path.name, why=f"longer than {RULES_BYTES_MAX} bytes")
    try:
        rules = [LiveRule(**one) for one in json.loads(content)]
    except (TypeError, ValueError, RecursionError) as error:
        raise LiveRulesRefused(file=path.name, why="names no rules") from error
    if not all(isinstance(word, str) for rule in rules for word in asdict(rule).values()):
        raise LiveRulesRefused(file=path.name, why="names no rules")
    return rules
