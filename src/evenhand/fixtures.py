"""`evenhand rules check`: validates rules and runs every fixture through the screening plane."""

import argparse
import sys
from pathlib import Path

from evenhand.pipeline import Resources, ScreeningPlane


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
    sys.stdout.write(f"{held} of {fixtures} fixtures of {len(rules)} rules hold\n")
    return 1 if faults else 0
