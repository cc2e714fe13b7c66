"""`evenhand rules check`: validates rules and runs every fixture through the screening plane."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from evenhand.base.clock import now
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.signals.pattern_lists import PatternList

ENDING_DAYS = 30
"""Days before the last one of a pattern from which it is said that it ends."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand rules check`."""
    parser.add_argument("--rules", type=Path, metavar="FOLDER", help="rules of your own")


def run(options: argparse.Namespace) -> int:
    """Prints each fixture that does not hold; exits 0 if all do, 1 if not, 2 if a file is wrong."""
    plane = ScreeningPlane.load(Resources.default(rules=options.rules))
    faults = plane.check()
    for fault in faults:
        sys.stdout.write(
            f"{fault.rule}.yaml line {fault.line}: {fault.wanted}, but {fault.found}\n"
        )
        for name, value in fault.columns.items():
            sys.stdout.write(f"    {name} = {value}\n")
    rules = plane.rules.rules
    fixtures = sum(len(rule.hits) + len(rule.passes) for rule in rules)
    held = fixtures - len(faults)
    for line in ending(plane.signals.patterns.lists, today=now().date()):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{held} of {fixtures} fixtures of {len(rules)} rules hold\n")
    return 1 if faults else 0


def ending(lists: Iterable[PatternList], *, today: date) -> Iterator[str]:
    """Gives a line for each list and day on which patterns of it ended, or end soon."""
    for one in lists:
        days = Counter(each.expires for each in one.patterns if each.expires)
        for day, count in sorted(days.items()):
            if day <= today + timedelta(days=ENDING_DAYS):
                said = "ended on" if day < today else "last in force on"
                whole = f"{count} of {len(one.patterns)} patterns"
                yield f"{one.name} (owner {one.owner}): {whole} {said} {day.isoformat()}"
