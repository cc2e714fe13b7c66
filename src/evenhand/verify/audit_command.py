"""`evenhand audit`: follows a log, keeps its checkpoints, and cries out on a fork.

Exit code 0 with `--once` if the log continued what was seen before, 1 at a fork or at anything
else that differs from what was signed, 2 if the log could not be read.
"""

import argparse
import sys
import time
from pathlib import Path

from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError, InputRefused, Unavailable
from evenhand.verify.audit import Look, Seen, held, look
from evenhand.verify.findings import Differs, refusal
from evenhand.verify.places import Place, log_below, place_of

EXIT_SAME, EXIT_DIFFERS = 0, 1
SECONDS, SECONDS_MIN = 600, 10
"""Seconds between two looks: as usual, and at least, so that no server is flooded."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand audit`."""
    parser.add_argument("log", help="folder or address of the log, or of its public site")
    parser.add_argument(
        "--state", type=Path, required=True, help="folder in which checkpoints are kept"
    )
    parser.add_argument("--once", action="store_true", help="look once and stop")
    parser.add_argument("--every", type=int, default=SECONDS, help="seconds between two looks")
    parser.add_argument("--key", help="a key of the log that you trust, or a file with it")


def run(options: argparse.Namespace) -> int:
    """Looks, keeps and tells, once or until it is stopped."""
    if options.every < SECONDS_MIN:
        raise InputRefused(what="--every", why=f"is at least {SECONDS_MIN} seconds")
    place = place_of(options.log)
    with held(options.state):
        while True:
            try:
                _say(_look(place, options))
            except Differs as error:
                print(f"{_time()} ALARM\n{refusal(error)}", file=sys.stderr, flush=True)
                return EXIT_DIFFERS
            except (Unavailable, InputRefused) as error:
                if options.once:
                    raise
                _say(_trouble(error))
            if options.once:
                return EXIT_SAME
            time.sleep(options.every)


def _look(place: Place, options: argparse.Namespace) -> str:
    return _told(look(log_below(place), options.state, named=options.key))


def _told(found: Look) -> str:
    size, kept = found.head.checkpoint.size, found.kept.checkpoint.size
    match found.seen:
        case Seen.FIRST:
            return f"first look: {size} leaves; from now on the log must continue them"
        case Seen.UNCHANGED:
            return f"unchanged: {size} leaves"
        case Seen.GREW:
            return f"grew to {size} leaves, and continues all that was seen before"
        case Seen.OLDER:
            return (
                f"shows an older state: {size} leaves, though {kept} were seen; they agree."
                " If it stays so, something is held back from you"
            )


def _trouble(error: EvenhandError) -> str:
    why = ", ".join(f"{name} {value}" for name, value in error.fields.items())
    return f"could not be read ({why}); the next look is due all the same"


def _say(words: str) -> None:
    print(f"{_time()} {words}", flush=True)


def _time() -> str:
    return f"{now():%Y-%m-%d %H:%M:%S} UTC"
