"""`evenhand rules import FOLDER`: files from git become drafts, where they differ."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand.base.clock import now  # noqa: E402
from evenhand.base.errors import NotFound  # noqa: E402
from evenhand.people.queries import person_named  # noqa: E402
from evenhand.resources import Resources  # noqa: E402
from evenhand.rulebook.file_steps import compare_rules, import_rules  # noqa: E402
from evenhand.rulebook.files import Compared, read_folder  # noqa: E402
from evenhand.rulebook.lists import LEFT, TAKEN_IN, FileState  # noqa: E402
from evenhand.signals.columns import all_columns  # noqa: E402

EXIT_DIFFERS, EXIT_REFUSED = 1, 2

SAID = {
    FileState.NEW: "a new rule",
    FileState.CHANGED: "changed",
    FileState.BEHIND: "behind; version {head} stands in the rulebook",
    FileState.OVERTAKEN: "refused: version {other} was written here since it was exported; export "
    "into another folder and bring both together",
    FileState.NOT_EXPORTED: "refused: the rulebook has this rule, and the file was not exported "
    "from it; its newest version is {other}",
    FileState.EARLIER: "refused: this is version {other} again, which is {state}; to have it back, "
    "give it another version",
    FileState.VERSION_TAKEN: "refused: version {other} has another text already; give it another",
}
"""What is said of a file, by what it is to the rulebook."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Names what the command takes."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="holds a file ID.yaml a rule")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--by", metavar="NAME", help="the policy author whose drafts they become")
    who.add_argument(
        "--look", action="store_true", help="only show what differs; exits 1 if anything does"
    )
    parser.add_argument("--note", default="", help="what changes and why; kept with each version")


def run(options: argparse.Namespace) -> int:
    """Shows what differs, and keeps it as drafts unless somebody only looks."""
    columns = all_columns(one.name for one in Resources.default().pattern_lists())
    files, faults = read_folder(options.folder, columns)
    if faults:
        _say([one.in_words() for one in faults])
        return EXIT_REFUSED
    if options.look:
        compared = compare_rules(options.folder, files)
    else:
        by = person_named(options.by)
        if by is None:
            raise NotFound(what="member of staff", name=options.by)
        compared = import_rules(options.folder, files, by=by, now=now(), note=options.note)
    _say(line for one in compared for line in _lines(one))
    return _end(compared, looked=options.look)


def _end(compared: Sequence[Compared], *, looked: bool) -> int:
    differ = [one for one in compared if one.state in TAKEN_IN]
    refused = sum(one.state not in (*TAKEN_IN, *LEFT) for one in compared)
    if refused:
        _say([f"{refused} of {len(compared)} files are refused; nothing was imported."])
        return EXIT_REFUSED
    done = "would become drafts" if looked else "are drafts now"
    _say([f"{len(differ)} of {len(compared)} files {done}."])
    return EXIT_DIFFERS if looked and differ else 0


def _lines(one: Compared) -> Iterator[str]:
    """Gives what is said of one file, with what differs from the version that stands."""
    if one.state is FileState.SAME:
        return
    other, head, version = one.other, one.head, one.file.rule.version
    said = SAID[one.state].format(
        other=other.version if other else "",
        state=other.state if other else "",
        head=head.version if head else "none",
    )
    yield f"{one.file.rule.id} {version}: {said}"
    beside = other if one.state is FileState.OVERTAKEN else head
    if beside is not None and one.state is not FileState.BEHIND:
        before, after = beside.text.splitlines(), one.file.text.splitlines()
        names = beside.version, version
        yield from (f"    {line}" for line in unified_diff(before, after, *names, lineterm=""))


def _say(lines: Iterator[str] | Sequence[str]) -> None:
    """Prints lines so that what a file holds cannot steer a terminal."""
    for line in lines:
        shown = "".join(letter if letter.isprintable() else "�" for letter in line)
        sys.stdout.write(f"{shown}\n")
