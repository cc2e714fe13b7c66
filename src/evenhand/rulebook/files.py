"""Rules as files for git: one `ID.yaml` for each, and a list of which version each one is.

The rulebook stays the one source. A file that differs becomes a draft in it; the list tells from
which version the file went out, so that nothing is passed over that somebody wrote since.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import InputRefused
from evenhand.rulebook.lists import FileState, RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.shipped_steps import RuleText
from evenhand.rules import in_force
from evenhand.rules.limits import RULE_FILE_BYTES_MAX, RULES_MAX
from evenhand.rules.load import ID, RuleRefused, read_rule
from evenhand.signals.columns import SignalColumn

LIST = "exported.json"
LIST_BYTES_MAX = 4_000_000
"""Bytes of the list: ten thousand rules need less."""

FORMAT = 1


class FilesRefused(InputRefused):
    """Files of rules and the rulebook cannot be brought together."""

    remedy = "See what is said of each file. Nothing was changed, in the files or in the rulebook."


@dataclass(frozen=True, slots=True)
class Compared:
    """A file beside the rulebook.

    head   the version that stands there for it; None if there is none
    other  the version that stands against it, where one does
    """

    file: RuleText
    state: FileState
    head: RuleVersion | None = None
    other: RuleVersion | None = None


def compare(file: RuleText, known: Sequence[RuleVersion], base: str | None) -> Compared:
    """Tells what a file is to a rulebook.

    known  every version of this rule, the latest first
    base   the version that the file was exported as; None if it was not
    """
    if not known:
        return Compared(file, FileState.NEW)
    head = next((row for row in known if stands(row)), None)
    same = next((row for row in known if row.text == file.text), None)
    if same is not None:
        behind = FileState.BEHIND if stands(same) or same.version == base else FileState.EARLIER
        return Compared(file, FileState.SAME if same == head else behind, head, same)
    taken = next((row for row in known if row.version == file.rule.version), None)
    if taken is not None:
        return Compared(file, FileState.VERSION_TAKEN, head, taken)
    names = [row.version for row in known]
    if base not in names:
        return Compared(file, FileState.NOT_EXPORTED, head, known[0])
    written = [row for row in known[: names.index(base)] if stands(row) and not row.imported]
    if written:
        return Compared(file, FileState.OVERTAKEN, head, written[0])
    return Compared(file, FileState.CHANGED, head)


def stands(row: RuleVersion) -> bool:
    """Tells whether a version may stand in a file: not retired, nor one that nobody took up."""
    offered = row.shipped and row.state == RuleState.DRAFT
    return row.state != RuleState.RETIRED and not offered


def read_folder(
    folder: Path, columns: Mapping[str, SignalColumn]
) -> tuple[list[RuleText], list[RuleRefused]]:
    """Gives the rules of a folder, and what is wrong with those that are none."""
    _refuse_other_folder(folder)
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise FilesRefused(folder=str(folder), why="there is no rule in it (ID.yaml)")
    if len(paths) > RULES_MAX:
        raise FilesRefused(folder=str(folder), why=f"more than {RULES_MAX} files")
    read, faults = [], []
    for path in paths:
        try:
            text = text_of(path)
            read.append(RuleText(read_rule(text, path, columns), text))
        except RuleRefused as fault:
            faults.append(fault)
    return read, faults


def text_of(path: Path) -> str:
    """Gives the text of a file, with lines ended as the rulebook ends them."""
    if not ID.fullmatch(path.stem) or not path.is_file():
        raise RuleRefused(file=ascii(path.name), why="a rule is a file named ID.yaml")
    with path.open("rb") as file:
        content = file.read(RULE_FILE_BYTES_MAX + 1)
    if len(content) > RULE_FILE_BYTES_MAX:
        raise RuleRefused(file=path.name, why=f"larger than {RULE_FILE_BYTES_MAX} bytes")
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise RuleRefused(file=path.name, why=f"not UTF-8 at byte {error.start}") from error


def read_list(folder: Path) -> Mapping[str, str]:
    """Gives which version of each rule was exported into a folder; none where nothing was."""
    try:
        with (folder / LIST).open("rb") as file:
            content = file.read(LIST_BYTES_MAX + 1)
    except FileNotFoundError:
        return {}
    try:
        return _listed(content)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        why = "it does not say which versions were exported"
        raise FilesRefused(file=LIST, why=why) from error


def write_folder(folder: Path, rows: Sequence[RuleVersion], gone: Sequence[str]) -> None:
    """Writes a file for each version, removes those that are gone, and writes the list last."""
    _refuse_other_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        _whole(folder / f"{row.rule}.yaml", row.text)
    for rule in gone:
        (folder / f"{rule}.yaml").unlink(missing_ok=True)
    told = [{"rule": row.rule, "version": row.version, "state": row.state} for row in rows]
    _whole(folder / LIST, json.dumps({"format": FORMAT, "rules": told}, indent=1) + "\n")


def _refuse_other_folder(folder: Path) -> None:
    if (folder / in_force.LIST).exists():
        why = "the rulebook writes here itself what is in force; take another folder"
        raise FilesRefused(folder=str(folder), why=why)


def _listed(content: bytes) -> Mapping[str, str]:
    if len(content) > LIST_BYTES_MAX:
        raise ValueError(LIST)
    told = json.loads(content)
    if told["format"] != FORMAT:
        raise ValueError(LIST)
    return {_id(one["rule"]): str(one["version"]) for one in told["rules"]}


def _id(told: object) -> str:
    if not isinstance(told, str) or not ID.fullmatch(told):
        raise ValueError(LIST)
    return told


def _whole(path: Path, content: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(content, encoding="utf-8", newline="\n")
    partial.replace(path)
