"""The command `evenhand rules backtest`: tries one rule on history and prints what it would do."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from time import monotonic

from evenhand.base.errors import InputRefused, Misconfigured
from evenhand.connectors.files.backtest_lines import as_json, items_json, report_lines
from evenhand.connectors.files.formats import LeftOut, find_sources
from evenhand.connectors.files.history import History, Keeper
from evenhand.connectors.files.judged import read_judged
from evenhand.connectors.files.progress import Progress
from evenhand.connectors.files.screen import (
    EXIT_CLEAN,
    EXIT_COULD_NOT_RUN,
    EXIT_REFUSED,
    EXIT_STOPPED,
    load_plane,
    say_left_out,
    terminations_as_interrupts,
)
from evenhand.connectors.files.summary import printable
from evenhand.pipeline import Resources, ScreeningPlane
from evenhand.rules.backtest import Backtest
from evenhand.rules.load import load_rule, load_rules
from evenhand.rules.rule import Rule, RuleSet
from evenhand.signals.columns import SignalColumn, all_columns
from evenhand.signals.stored import editions

Load = Callable[[Path | None], ScreeningPlane]


class UnknownRule(InputRefused):
    """There is no such rule."""

    remedy = "Name a rule of the folder, or a rule's file that ends in .yaml."


def add_arguments(parser: ArgumentParser) -> None:
    """Names what the command takes."""
    parser.add_argument("rule", metavar="RULE", help="id of a rule, or its file (….yaml)")
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="history: what `evenhand screen` reads, or signals kept of it with --keep",
    )
    parser.add_argument(
        "--rules", type=Path, metavar="FOLDER", help="the rules in force, instead of our own"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="keep the signals of the events (.parquet): the next backtest need not compute them",
    )
    parser.add_argument(
        "--judged",
        type=Path,
        metavar="FILE",
        help='what people judged, for the precision: {"id": "…", "right": true} a line',
    )
    parser.add_argument(
        "--show", action="store_true", help="show what was written in the hits of the sample"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(args: Namespace, *, load: Load | None = None) -> int:
    """Tries the rule on what the arguments name; gives the exit code."""
    load = load or load_plane
    sources, left_out = find_sources(args.paths)
    if args.keep is not None and args.keep.resolve() in {
        source.path.resolve() for source in sources if source.path is not None
    }:
        why = "is one of the files to read"
        raise Misconfigured(setting="--keep", value=str(args.keep), why=why)
    sizes = [source.size_bytes for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    progress = Progress(sys.stderr, total_bytes=total, quiet=args.quiet)

    def say(line: str) -> None:
        progress.clear()
        sys.stderr.write(f"{printable(line, letters_max=1000)}\n")

    say_left_out(left_out, say)
    resources = Resources.default(rules=args.rules)
    lists = resources.pattern_lists()
    columns = all_columns(one.name for one in lists)
    in_force = load_rules(resources.rules, columns)
    work = Backtest(
        _rule(args.rule, in_force, columns),
        in_force,
        show=args.show,
        judged=read_judged(args.judged) if args.judged else {},
    )
    made_with = editions(lists)
    keeper = Keeper(args.keep, columns, made_with) if args.keep else None

    def load_once() -> ScreeningPlane:
        progress.wait("Loading rules, lists and models; the first run compiles them …")
        plane = load(args.rules)
        progress.start()
        return plane

    history = History(
        load=load_once,
        asked=work.asked,
        gates=work.gates,
        lists=made_with,
        say=say,
        keeper=keeper,
    )
    stopped = False
    progress.start()
    try:
        with terminations_as_interrupts():
            for done_bytes in history.tried(work, history.parts(sources)):
                progress.show(done_bytes=done_bytes, messages=work.rows, flagged=work.hits)
            if keeper is not None:
                keeper.finish()
    except KeyboardInterrupt:
        stopped = True
    finally:
        if keeper is not None:
            keeper.abandon()
    progress.clear()
    seconds = monotonic() - progress.began
    lines = report_lines(work, history.ledgers, seconds=seconds)
    whole = as_json(work) | items_json(history.ledgers)
    sys.stdout.write("\n".join([json.dumps(whole)] if args.json else lines) + "\n")
    if stopped:
        say("Stopped: the figures go as far as was read; nothing was kept.")
        return EXIT_STOPPED
    if not work.rows:
        return EXIT_COULD_NOT_RUN
    return _exit_code(history, left_out)


def _exit_code(history: History, left_out: Sequence[LeftOut]) -> int:
    unusable = any(file.named for file in left_out)
    return EXIT_REFUSED if history.refused or unusable else EXIT_CLEAN


def _rule(named: str, in_force: RuleSet, columns: Mapping[str, SignalColumn]) -> Rule:
    if named.endswith(".yaml"):
        return load_rule(Path(named), columns)
    known = {rule.id: rule for rule in in_force.rules}
    if named not in known:
        near = get_close_matches(named, known, n=1)
        raise UnknownRule(rule=named, **({"perhaps": near[0]} if near else {}))
    return known[named]
