"""Rules in force as files: each version by its name, and one list that says how far each acts.

`in_force.json` is written last and whole, and names every file: a reader finds the old set or the
new one, never a part of each.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evenhand.rules.acting import WHOLE, Acting, Terms
from evenhand.rules.known import KnownRules
from evenhand.rules.limits import RULES_MAX
from evenhand.rules.load import Reading, RuleRefused, load_rule, load_rules
from evenhand.rules.rule import Rule, RuleSet
from evenhand.signals.columns import SignalColumn

LIST = "in_force.json"
LIST_BYTES_MAX = 4_000_000
"""Bytes of the list: ten thousand rules need less."""

FORMAT = 1


@dataclass(frozen=True, slots=True)
class InForce:
    """One version of a rule that is asked about what is posted."""

    rule: str
    version: str
    terms: Terms
    expires_at: datetime | None = None

    @property
    def file(self) -> str:
        """Gives the name of its file."""
        return f"{self.rule}@{self.version}.yaml"


def own_files(folder: Path) -> list[Path]:
    """Gives the rules that somebody laid into a folder by hand, as `ID.yaml`."""
    return [path for path in sorted(folder.glob("*.yaml")) if "@" not in path.name]


def rule_files(folder: Path) -> list[Path]:
    """Gives every file that may matter for the rules of a folder."""
    return [*sorted(folder.glob("*.yaml")), folder / LIST]


def holds_rules(folder: Path) -> bool:
    """Tells whether a folder says by which rules to judge."""
    return (folder / LIST).is_file() or (folder.is_dir() and bool(own_files(folder)))


def write_in_force(folder: Path, versions: Mapping[InForce, str]) -> None:
    """Writes these versions and their texts; what is no longer listed goes last."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one, text in versions.items():
        if not (folder / one.file).exists():
            _whole(folder / one.file, text)
    _whole(folder / LIST, json.dumps({"format": FORMAT, "rules": [*map(_told, versions)]}))
    _remove_others(folder, {one.file for one in versions})


def forget_in_force(folder: Path) -> None:
    """Takes the list and its files away: what comes with Evenhand counts again."""
    (folder / LIST).unlink(missing_ok=True)
    _remove_others(folder, frozenset())


def read_in_force(folder: Path) -> tuple[InForce, ...] | None:
    """Gives what the list of a folder says; None where there is none."""
    try:
        with (folder / LIST).open("rb") as file:
            content = file.read(LIST_BYTES_MAX + 1)
    except FileNotFoundError:
        return None
    if len(content) > LIST_BYTES_MAX:
        raise RuleRefused(file=LIST, why=f"larger than {LIST_BYTES_MAX} bytes")
    try:
        told = json.loads(content)
        if told["format"] != FORMAT:
            raise RuleRefused(file=LIST, why=f"not of format {FORMAT}")
        listed = tuple(_read(one) for one in told["rules"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RuleRefused(file=LIST, why="it does not say which rules are in force") from error
    if len(listed) > RULES_MAX:
        raise RuleRefused(file=LIST, why=f"more than {RULES_MAX} rules")
    return listed


def load_in_force(
    folder: Path,
    columns: Mapping[str, SignalColumn],
    *,
    now: datetime,
    known: KnownRules | None = None,
) -> RuleSet:
    """Gives the rules that a folder says are in force at a time; without a list, all are live."""
    known = known or KnownRules()
    known.begin(columns)
    listed = read_in_force(folder)
    if listed is None:
        return load_rules(folder, columns, known.read)
    standing = [one for one in listed if not expired(one, now=now)]
    return RuleSet(
        tuple(_load(folder, one, columns, known.read) for one in standing),
        tuple(one.terms for one in standing),
    )


def expired(one: InForce, *, now: datetime) -> bool:
    """Tells whether the end of a version has come."""
    return one.expires_at is not None and one.expires_at <= now


def _load(folder: Path, one: InForce, columns: Mapping[str, SignalColumn], read: Reading) -> Rule:
    rule = load_rule(folder / one.file, columns, read)
    if (rule.id, rule.version) != (one.rule, one.version):
        raise RuleRefused(file=one.file, why=f"it holds {rule.id} {rule.version}")
    return rule


def _told(one: InForce) -> dict[str, object]:
    return {
        "rule": one.rule,
        "version": one.version,
        "acting": one.terms.acting.value,
        "share": one.terms.share,
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
    }


def _read(told: Mapping[str, object]) -> InForce:
    rule, version, share = str(told["rule"]), str(told["version"]), told["share"]
    end = told["expires_at"]
    expires_at = None if end is None else datetime.fromisoformat(str(end)).astimezone(UTC)
    if "/" in rule + version or type(share) is not int or not 0 <= share <= WHOLE:
        raise ValueError(rule)
    return InForce(rule, version, Terms(Acting(str(told["acting"])), share), expires_at)


def _whole(path: Path, content: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.touch(mode=0o600)
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def _remove_others(folder: Path, kept: frozenset[str] | set[str]) -> None:
    """Removes versions that are not in force; what somebody laid there by hand stays."""
    for path in folder.glob("*@*.yaml"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
