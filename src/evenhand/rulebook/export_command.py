"""`evenhand rules export FOLDER`: the rulebook as files, for git."""

import argparse
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand.rulebook.file_steps import export_rules  # noqa: E402
from evenhand.rulebook.files import LIST  # noqa: E402


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Names what the command takes."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="made if it is not there")


def run(options: argparse.Namespace) -> int:
    """Writes the files, and says how many."""
    rows = export_rules(options.folder)
    sys.stdout.write(f"{len(rows)} rules and {LIST}: {options.folder}\n")
    return 0
