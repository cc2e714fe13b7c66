"""`evenhand statements send|show`: decisions on their way to the DSA Transparency Database."""

import argparse
import json
import os
import random
import sys
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from evenhand.base.clock import now  # noqa: E402
from evenhand.base.errors import Misconfigured  # noqa: E402
from evenhand.statements import queries  # noqa: E402
from evenhand.statements.lists import SubmissionState  # noqa: E402
from evenhand.statements.models import Submission  # noqa: E402
from evenhand.statements.ports import TransparencyDatabase  # noqa: E402
from evenhand.statements.steps import send_due  # noqa: E402

BATCHES_MAX = 1_000
"""Batches of one call: what is due meanwhile waits for the worker or the next call."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand statements`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("send", help="send what is due; the worker does so by itself")
    showing = verbs.add_parser("show", help="how many entries stand where, or one of them whole")
    showing.add_argument(
        "id", nargs="?", type=UUID, help="a submission, as the staff page names it"
    )
    showing.add_argument(
        "--state", choices=[state.value for state in SubmissionState], help="list those of a state"
    )


def run(options: argparse.Namespace) -> int:
    """Sends or shows; exit code 1 if something was refused and waits for a person."""
    if options.verb == "send":
        return _send()
    if options.id is not None:
        row = queries.submission_of(options.id)
        sys.stdout.write(json.dumps(_whole(row), ensure_ascii=False, indent=1) + "\n")
        return 0
    if options.state:
        for row in queries.submissions(state=SubmissionState(options.state)).rows:
            sys.stdout.write(
                f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.puid}  {row.error}\n"
            )
        return 0
    return _counts()


def _send() -> int:
    database: TransparencyDatabase | None = import_string(settings.TRANSPARENCY_DATABASE)()
    if database is None:
        raise Misconfigured(setting="EVENHAND_DSA_URL", why="names no database")
    for _ in range(BATCHES_MAX):
        if not send_due(database, now=now(), chance=random.random):
            break
    return _counts()


def _counts() -> int:
    counts = queries.counts()
    for state, rows in counts.items():
        sys.stdout.write(f"{state.value:10} {rows}\n")
    for how, rows in queries.corrections().items():
        sys.stdout.write(f"of these accepted, but fell afterwards ({how.value}): {rows}\n")
    return 1 if counts[SubmissionState.REFUSED] else 0


def _whole(row: Submission) -> dict[str, object]:
    return {
        "id": str(row.id),
        "decision": str(row.decision_id),
        "state": row.state,
        "attempts": row.attempts,
        "faults": row.faults,
        "uuid": row.uuid,
        "permalink": row.permalink,
        "reversal": row.reversal,
        "entry": row.entry,
    }
