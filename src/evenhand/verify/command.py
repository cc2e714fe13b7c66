"""`evenhand verify`: checks a log, a receipt, two checkpoints or a day's report from public files.

Exit code 0 if all is equal, 1 if something is not, 2 if something could not be read.
"""

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from evenhand.verify.counted import counted_here
from evenhand.verify.findings import Differs, Verified, quoted, refusal
from evenhand.verify.places import log_below, note_in, place_of
from evenhand.verify.proving import (
    check_consistency,
    check_receipt,
    head_in,
    named_head,
    receipt_of,
)
from evenhand.verify.report import check_report
from evenhand.verify.trust import names, trust
from evenhand.verify.whole import check_whole

EXIT_EQUAL, EXIT_DIFFERS = 0, 1
LEFT_OUT = "what was never recorded: only who holds a receipt notices that"
KEY_HELP = "a key of the log that you trust, or a file with it (default: the log's own word)"
LOG_HELP = "folder or address of the log, or of the public site it belongs to"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand verify`."""
    kinds = parser.add_subparsers(
        dest="kind", required=True, metavar="log|inclusion|consistency|report"
    )
    log = kinds.add_parser("log", help="every entry and every tile, up to the signed root")
    log.add_argument("log", help=LOG_HELP)
    inclusion = kinds.add_parser("inclusion", help="that a receipt's record stands in the log")
    inclusion.add_argument("receipt", type=Path, help="the receipt's file")
    inclusion.add_argument("--log", help=LOG_HELP + "; without it, the receipt alone is checked")
    consistency = kinds.add_parser("consistency", help="that a log continues an earlier checkpoint")
    consistency.add_argument("log", help=LOG_HELP)
    consistency.add_argument("old", type=Path, help="a checkpoint that was kept")
    consistency.add_argument("new", type=Path, nargs="?", help="another (default: the log's)")
    report = kinds.add_parser("report", help="that every number of a day follows from the log")
    report.add_argument("day", type=_day, help="the day, as 2026-11-21")
    report.add_argument("site", help="folder or address of the public site")
    for one in (log, inclusion, consistency, report):
        one.add_argument("--key", help=KEY_HELP)


def run(options: argparse.Namespace) -> int:
    """Checks what was named, says what was checked and what was not."""
    try:
        found = KINDS[options.kind](options)
    except Differs as error:
        print(refusal(error))
        return EXIT_DIFFERS
    print(found.text())
    return EXIT_EQUAL


def verify_log(options: argparse.Namespace) -> Verified:
    """Checks the whole log."""
    place = log_below(place_of(options.log))
    known = trust(place, options.key)
    head = head_in(place, known.believed)
    whole = check_whole(place, head.checkpoint)
    return Verified(
        (
            f"the checkpoint of {head.checkpoint.origin} is signed by {names(head.signed_by)}",
            (
                f"{whole.entries} entries and {whole.tiles} tiles lead to its root"
                f" {head.checkpoint.root.hex()}"
            ),
        ),
        (
            *known.unchecked,
            "what the entries stand for: each is opaque until its receipt or a report opens it",
            "whether others are shown the same log: `evenhand audit` or a witness tells",
            LEFT_OUT,
        ),
    )


def verify_inclusion(options: argparse.Namespace) -> Verified:
    """Checks a receipt, and if a log is named that it still has that record."""
    receipt = receipt_of(note_in(options.receipt))
    place = None if options.log is None else log_below(place_of(options.log))
    known = trust(place, options.key)
    head = check_receipt(receipt, known.believed)
    checked = [
        f"the receipt's checkpoint is signed by {names(head.signed_by)}",
        f"the record {quoted(receipt.shown.get('id'))} is leaf {receipt.index} of"
        f" {receipt.size}, with exactly these classes: "
        + ", ".join(
            f"{quoted(name)} {quoted(value)}"
            for name, value in receipt.shown.items()
            if value != ""
        ),
    ]
    unchecked = [*known.unchecked, "what else the record holds: its other half stays closed"]
    if place is None:
        unchecked.append("whether the log still has it: name it with --log")
    else:
        now = head_in(place, known.believed)
        check_consistency(place, head, now)
        checked.append(f"the log of now, with {now.checkpoint.size} leaves, continues that one")
        counted = counted_here(receipt, place_of(options.log))
        checked += counted.checked
        unchecked += counted.unchecked
    return Verified(tuple(checked), tuple(unchecked))


def verify_consistency(options: argparse.Namespace) -> Verified:
    """Checks that of two checkpoints the newer continues the older."""
    place = log_below(place_of(options.log))
    known = trust(place, options.key)
    old = named_head(note_in(options.old), known.believed, name=str(options.old))
    if options.new is None:
        new = head_in(place, known.believed)
    else:
        new = named_head(note_in(options.new), known.believed, name=str(options.new))
    check_consistency(place, old, new)
    sizes = sorted((old.checkpoint.size, new.checkpoint.size))
    return Verified(
        (
            f"both checkpoints of {old.checkpoint.origin} are signed",
            f"the one with {sizes[1]} leaves begins with all {sizes[0]} of the other, unchanged",
        ),
        (*known.unchecked, "the entries themselves: `evenhand verify log` does", LEFT_OUT),
    )


def verify_report(options: argparse.Namespace) -> Verified:
    """Counts a day's report again from the leaves that it opens."""
    site = place_of(options.site)
    log = log_below(site)
    known = trust(log, options.key)
    head = head_in(log, known.believed)
    found = check_report(site, log, options.day, head)
    return Verified(
        (
            f"the checkpoint of {head.checkpoint.origin} is signed by {names(head.signed_by)}",
            f"the {found.leaves} leaves of revision {found.revision} stand in it",
            f"{found.numbers} numbers of report.json were counted again from them, each leaf once",
            "one of the leaves is the whole of report.json, just as it is published",
        ),
        (
            *known.unchecked,
            "the pages, CSV and pictures: they are made from report.json",
            "whether each record was counted where it belongs: its holder's receipt shows that",
            LEFT_OUT,
        ),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day as 2026-11-21") from error


KINDS: Mapping[str, Callable[[argparse.Namespace], Verified]] = {
    "log": verify_log,
    "inclusion": verify_inclusion,
    "consistency": verify_consistency,
    "report": verify_report,
}
