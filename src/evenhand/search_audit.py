"""`evenhand search audit`: whether anything is found that should not be.

Every item of the index is screened anew, and what decisions hide is sought under many spellings, of
the running searcher, as anybody would. Exit codes: 0 nothing leaks, 1 something does, 2 it could
not run.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: E402

from evenhand import wiring  # noqa: E402
from evenhand.base import clock  # noqa: E402
from evenhand.base.errors import InputRefused  # noqa: E402
from evenhand.connectors.files.screen import load_plane  # noqa: E402
from evenhand.connectors.screening import PlaneScreen  # noqa: E402
from evenhand.search.audit import SOUGHT_MAX, Audit, Leak, Sought, audit  # noqa: E402
from evenhand.search.audit_steps import note_audit  # noqa: E402
from evenhand.search.index import Index  # noqa: E402
from evenhand.search.lists import ItemKind  # noqa: E402
from evenhand.search.mask_queries import hidden  # noqa: E402
from evenhand.search.masks import Masks  # noqa: E402
from evenhand.search.sight import Sight  # noqa: E402

EXIT_CLEAN, EXIT_LEAKS = 0, 1

LINE_CHARACTERS_MAX = 10_000
"""Characters of a line of a file of items: more is no item."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Takes what else must not be found, and how to answer."""
    parser.description = "whether anything is found by search that should not be"
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--items",
        type=Path,
        metavar="FILE",
        help="NDJSON of more items that must not be found: id, kind, names",
    )
    parser.add_argument(
        "--sought",
        type=int,
        default=SOUGHT_MAX,
        metavar="N",
        help=f"decided items that are sought under every spelling, rooms first ({SOUGHT_MAX})",
    )
    parser.add_argument("--record", action="store_true", help="record it for the day's report")


def run(options: argparse.Namespace) -> int:
    """Audits the index and the running searcher; gives the exit code."""
    seeded = read_items(options.items) if options.items else []
    index = Index.open(settings.EVENHAND_HOME / "search" / "index", read_only=True)
    masks = hidden().masks
    searcher = wiring.searcher()
    begun = clock.now()
    with _bars(len(index)) as (walked, tried):
        found = audit(
            index,
            PlaneScreen(load_plane(None)),
            Sight(masks=masks),
            seek=searcher.search,
            seeded=seeded,
            sought_max=max(0, options.sought),
            walked=walked,
            tried=tried,
        )
    found = replace(found, leaks=still_leaking(found.leaks, index, hidden().masks, seeded))
    if options.record:
        note_audit(found, now=begun)
    sys.stdout.write(_as_json(found) if options.json else _in_words(found))
    return EXIT_LEAKS if found.leaks else EXIT_CLEAN


def read_items(path: Path) -> list[Sought]:
    """Gives the items that a file names, or refuses it with the line."""
    with path.open(encoding="utf-8") as lines:
        return [_item(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def still_leaking(
    leaks: Sequence[Leak], index: Index, masks: Masks, seeded: Sequence[Sought]
) -> tuple[Leak, ...]:
    """Gives the leaks without those of items that were given back while the audit ran."""
    must_not = {one.id for one in seeded}

    def stands(leak: Leak) -> bool:
        item = index.get(leak.id)
        hides = item is not None and masks.hide(item, country=leak.country)
        return leak.id in must_not or hides

    return tuple(filter(stands, leaks))


def _item(line: str, number: int) -> Sought:
    if len(line) > LINE_CHARACTERS_MAX:
        raise InputRefused(line=number, why="too long")
    try:
        value: Any = json.loads(line)
        names = tuple(map(str, value["names"]))
        found = Sought(str(value["id"]), ItemKind(value["kind"]), names, (None, ""))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputRefused(line=number, why="no item: it has id, kind and names") from error
    return found


@contextmanager
def _bars(items: int) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """Gives what draws how far the walk and the seeking are, where somebody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        walk, seek = bars.add_task("screened", total=items), bars.add_task("asked", total=None)
        yield (lambda many: bars.advance(walk, many)), (lambda many: bars.advance(seek, many))


def _as_json(found: Audit) -> str:
    value = {
        "items": found.items,
        "decided": found.decided,
        "undecided": found.undecided,
        "flagged": dict(sorted(found.flagged.items())),
        "flagged_share": found.flagged_share,
        "sought": found.sought,
        "queries": found.queries,
        "leaked": sorted(found.leaked),
        "leaks": [
            {"id": leak.id, "how": leak.how, "query": leak.query, "country": leak.country}
            for leak in found.leaks
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _in_words(found: Audit) -> str:
    lines = [
        f"{found.items:,} items, of which decisions hide {found.decided:,}.",
        (
            f"Of the other {found.undecided:,} the screening would flag"
            f" {sum(found.flagged.values()):,} ({found.flagged_share:.3%})."
        ),
        *(f"  {harm}: {quantity:,}" for harm, quantity in sorted(found.flagged.items())),
        (
            f"{found.sought:,} hidden items were sought by {found.queries:,} queries;"
            f" {len(found.leaked):,} were found."
        ),
        *(
            f"  {leak.id} from {leak.country or 'nowhere known'}: {leak.how}"
            for leak in found.leaks
        ),
    ]
    return "\n".join(lines) + "\n"
