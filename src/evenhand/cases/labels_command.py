"""`evenhand labels export FILE`: what people decided, for training rules and models."""

import argparse
import json
import os
import sys
from pathlib import Path
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402

from evenhand.base.errors import InputRefused, NotAllowed, NotFound  # noqa: E402
from evenhand.cases.labels import Reading, export  # noqa: E402
from evenhand.evidence.opener import Request, ask  # noqa: E402
from evenhand.people.models import Person  # noqa: E402
from evenhand.people.queries import person_named  # noqa: E402


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand labels`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    exporting = verbs.add_parser("export", help="write decisions of people into a new file")
    exporting.add_argument("file", type=Path, help="ends in .ndjson or .parquet")
    exporting.add_argument("--by", metavar="NAME", help="who reads the texts; else there are none")
    exporting.add_argument("--reason", help="why they are read; recorded for each of them")


def run(options: argparse.Namespace) -> int:
    """Writes the file, and says how many rows have their text."""
    told = export(options.file, read=reading(options.by, options.reason))
    sys.stdout.write(f"{told.labels} labels, {told.texts} with their text: {options.file}\n")
    return 0


def reading(by: str | None, reason: str | None) -> Reading:
    """Gives what reads a text through the opener, in somebody's name; without one, nothing."""
    if by is None and reason is None:
        return lambda _: None
    if not by or not (reason or "").strip():
        raise InputRefused(what="texts", why="--by and --reason belong together")
    person = person_named(by)
    if person is None:
        raise NotFound(what="member of staff", name=by)
    return ThroughOpener(settings.EVENHAND_HOME, person, str(reason).strip())


class ThroughOpener:
    """Opens one item at a time; once the opener says that it is enough, it opens no more."""

    def __init__(self, home: Path, person: Person, reason: str) -> None:
        self._home = home
        self._person = person
        self._reason = reason
        self._opening = True

    def __call__(self, item: UUID) -> str | None:
        """Gives the text of one item; None where there is none, or no more may be opened."""
        if not self._opening:
            return None
        try:
            opened = ask(self._home, Request(item, self._person.id, self._reason))
        except NotFound:
            return None
        except NotAllowed:
            self._opening = False
            sys.stderr.write(
                "The opener opens no more for now; the rows that follow have no text. "
                "Look at the person's role, the reason, and how many were opened this hour.\n"
            )
            return None
        if opened.media_type != "application/json":
            return None
        text = json.loads(opened.content).get("text")
        return text if isinstance(text, str) else None
