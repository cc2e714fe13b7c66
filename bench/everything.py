"""An operator's folder of lists with everything in it, invented and seeded, for doors that start.

10,000 patterns in 40 lists, a million domains, ten million file hashes, a million PDQ hashes, and
200 rules: those that come with Evenhand, and others about the invented lists.
"""

import sys
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evenhand.base.lists import Language
from evenhand.pipeline import Resources
from screening_lists import Hashes, even_hashes, write_domains, write_patterns

SEED = 20_260_104
PATTERNS, DOMAINS, RULES, HASHES, PICTURES = 10_000, 1_000_000, 200, 10_000_000, 1_000_000
BLOCK = 1_000_000
"""Hashes that are written at once."""


def write_lists(folder: Path) -> None:
    """Writes all of it into a folder that is not there yet."""
    literals = write_patterns(folder / "patterns", count=PATTERNS, words=["invented"], seed=SEED)
    write_domains(folder / "domains", count=DOMAINS, seed=SEED)
    _write_rules(folder / "rules", literals)
    (folder / "hashes").mkdir()
    write_hashes(folder / "hashes" / "invented.sha256", HASHES, seed=SEED)
    write_hashes(folder / "hashes" / "invented.pdq", PICTURES, seed=SEED + 1)


def write_hashes(path: Path, count: int, *, seed: int) -> None:
    """Writes a list of so many hashes in hexadecimal, whole or not at all."""
    chance, left = np.random.default_rng(seed), count
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w") as file:
        while left:
            block = min(left, BLOCK)
            file.write(_hexadecimal(even_hashes(block, chance)))
            left -= block
    partial.replace(path)


def _hexadecimal(hashes: Hashes) -> str:
    digits = hashes.tobytes().hex()
    return "\n".join(digits[begin : begin + 64] for begin in range(0, len(digits), 64)) + "\n"


def _write_rules(folder: Path, literals: dict[str, list[str]]) -> None:
    folder.mkdir()
    for path in Resources.default().rules.glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    topics = [(name, texts) for name, texts in literals.items() if name.startswith("topic_")]
    for number in range(RULES - len(list(folder.iterdir()))):
        name, texts = topics[number % len(topics)]
        rule = rule_about(name, texts[0], number)
        (folder / f"{rule['id']}.yaml").write_text(yaml.dump(rule, allow_unicode=True), "utf-8")


def rule_about(name: str, text: str, number: int) -> dict[str, object]:
    """Gives a rule about a list, whose fixtures hold."""
    return {
        "id": f"invented_{number:04}", "version": "1", "title": f"Invented rule {number}",
        "harm": "m.spam", "proposes": "none", "opens_case": True, "score": 0.5,
        "owner": "bench", "author": "bench", "false_positives": [], "references": [],
        "says": {one.value: "It is a rule of a bench." for one in Language},
        "when": f"matches_{name} >= 1 AND text_length < {100 + number} AND NOT is_reply",
        "fixtures": {"hits": [{"text": text}], "passes": [{"text": "good morning"}]},
    }  # fmt: skip
