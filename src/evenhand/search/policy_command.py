"""`evenhand search policy`: checks files of query policies and of help lines; needs no database."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from evenhand.search.help import HelpLinesRefused, read_help_lines
from evenhand.search.policy import load_policy
from evenhand.search.policy_limits import POLICY_BYTES_MAX
from evenhand.search.policy_text import PolicyRefused

EXIT_FITS, EXIT_FAULTS = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Takes the files."""
    parser.description = "check files of query policies (.yaml) and of help lines (.csv)"
    parser.add_argument("what", choices=["check"], help="what to do")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """Says what is wrong with each file; gives the exit code."""
    faulty = False
    for path in options.files:
        found = list(_faults(path))
        faulty = faulty or bool(found)
        for fault in found:
            sys.stderr.write(f"{path}: {fault}\n")
        if not found:
            sys.stdout.write(f"{path}: {_in_words(path)}\n")
    return EXIT_FAULTS if faulty else EXIT_FITS


def _faults(path: Path) -> Iterator[str]:
    try:
        if path.stat().st_size > POLICY_BYTES_MAX:
            yield f"line 1: larger than {POLICY_BYTES_MAX} bytes"
            return
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        yield f"cannot be read as UTF-8 text: {error.__class__.__name__}"
        return
    try:
        if path.suffix == ".csv":
            read_help_lines(text)
        else:
            yield from (fault.in_words() for fault in load_policy(text).faults())
    except PolicyRefused as error:
        yield error.in_words()
    except HelpLinesRefused as error:
        yield f"line {error.fields['line']}: {error.fields['why']}"


def _in_words(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        lines = read_help_lines(text).lines
        unchecked = sum(not line.checked for line in lines)
        return f"{len(lines)} help lines; {unchecked} of them nobody has checked"
    policy = load_policy(text)
    phrases = sum(len(topic.terms) for topic in policy.topics.values())
    return f"{len(policy.topics)} topics, {phrases} phrases; all fixtures hold"
