"""`evenhand search compare`: whether the index holds what is public at the messenger, and no more.

Synapse is read whole, by the account of the search; what differs is looked at again, so that what
changes meanwhile is no difference. Exit codes: 0 nothing differs, 1 something does, 2 it could not
run.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import MofNCompleteColumn, Progress, TextColumn  # noqa: E402

from evenhand.connectors.matrix.compare import Comparison, compare  # noqa: E402
from evenhand.search.index import Index  # noqa: E402
from evenhand.search.items import Item  # noqa: E402
from evenhand.search.mask_queries import hidden  # noqa: E402
from evenhand.wiring import peek  # noqa: E402

EXIT_SAME, EXIT_DIFFERS = 0, 1

SHOWN_MAX = 100
"""Differences that are named where no file is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Takes how often to look, and how to answer."""
    parser.description = "whether the index holds what is public at the messenger, and no more"
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--pause",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="time for the searcher to catch up before what differs is looked at again (5)",
    )


def run(options: argparse.Namespace) -> int:
    """Compares, while the searcher runs or not; gives the exit code."""
    index = Index.open(settings.EVENHAND_HOME / "search" / "index", read_only=True)

    def indexed() -> Iterator[Item]:
        index.refresh()
        return index.items()

    with _counted() as read:
        made = compare(
            peek(),
            indexed,
            kept=lambda: hidden().rooms,
            pause=lambda: time.sleep(max(0.0, options.pause)),
            read=read,
        )
    sys.stdout.write(_as_json(made) if options.json else _in_words(made))
    return EXIT_DIFFERS if made.differences else EXIT_SAME


@contextmanager
def _counted() -> Iterator[Callable[[str], None]]:
    """Gives what shows how many rooms were read, where somebody looks."""
    columns = (TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("rooms read at the messenger", total=None)
        yield lambda _room: bars.advance(task)


def _as_json(made: Comparison) -> str:
    value = {
        "items": {kind.value: count for kind, count in made.items.items()},
        "differences": [
            {"id": one.id, "kind": one.kind.value, "how": one.how.value}
            for one in sorted(made.differences, key=lambda one: (one.how, one.id))
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _in_words(made: Comparison) -> str:
    counts = ", ".join(f"{count:,} {kind.value}s" for kind, count in made.items.items())
    shown = sorted(made.differences, key=lambda one: (one.how, one.id))[:SHOWN_MAX]
    left = len(made.differences) - len(shown)
    lines = [
        f"Public at the messenger: {counts}.",
        f"{len(made.differences):,} differ in the index.",
        *(f"  {one.kind.value} {one.id}: {one.how.value.replace('_', ' ')}" for one in shown),
        *([f"  and {left:,} more: --json names all"] if left else []),
    ]
    return "\n".join(lines) + "\n"
