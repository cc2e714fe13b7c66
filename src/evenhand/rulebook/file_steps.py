"""Writers between the rulebook and files: what is exported, and what becomes a draft."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from evenhand.people.models import Person
from evenhand.rulebook.checks import check_author, check_note
from evenhand.rulebook.files import (
    Compared,
    FilesRefused,
    compare,
    read_list,
    text_of,
    write_folder,
)
from evenhand.rulebook.lists import LEFT, TAKEN_IN
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.queries import versions_of, versions_to_export
from evenhand.rulebook.shipped_steps import RuleText
from evenhand.rulebook.steps import roles_of, write_version
from evenhand.rules.load import RuleRefused


def export_rules(folder: Path) -> list[RuleVersion]:
    """Writes the version of each rule that stands; refuses to write over what nobody imported."""
    rows = versions_to_export()
    gone = sorted(read_list(folder).keys() - {row.rule for row in rows})
    lost = [rule for rule in [*(row.rule for row in rows), *gone] if _lost(folder, rule)]
    if lost:
        raise FilesRefused(
            files=", ".join(f"{rule}.yaml" for rule in lost),
            why="changed, and not imported: import them first, or put them aside",
        )
    write_folder(folder, rows, gone)
    return rows


def _lost(folder: Path, rule: str) -> bool:
    """Tells whether a file holds what no version of its rule does."""
    path = folder / f"{rule}.yaml"
    if not path.exists():
        return False
    try:
        text = text_of(path)
    except RuleRefused:
        return True
    return all(row.text != text for row in versions_of(rule))


def compare_rules(folder: Path, files: Sequence[RuleText]) -> list[Compared]:
    """Gives what each file is to the rulebook."""
    exported = read_list(folder)
    return [compare(one, versions_of(one.rule.id), exported.get(one.rule.id)) for one in files]


def import_rules(
    folder: Path, files: Sequence[RuleText], *, by: Person, now: datetime, note: str = ""
) -> list[Compared]:
    """Keeps what is new or changed as drafts: all of it, or nothing if a file is refused.

    Nothing follows from a draft: each goes its way to live as if it had been written in the desk.
    """
    check_author(roles_of(by))
    check_note(note)
    with transaction.atomic():
        compared = compare_rules(folder, files)
        if all(one.state in (*TAKEN_IN, *LEFT) for one in compared):
            for one in compared:
                if one.state in TAKEN_IN:
                    write_version(
                        one.file.rule, one.file.text, by=by, now=now, note=note, imported=True
                    )
    return compared
