"""`evenhand search policy`: checks files of query policies and of help lines; needs no database."""

import argparse
import sys
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
        try:
            sys.stdout.write(f"{path}: {_said_of(path)}\n")
        except _Faulty as error:
            faulty = True
            sys.stderr.writelines(f"{path}: {fault}\n" for fault in error.faults)
    return EXIT_FAULTS if faulty else EXIT_FITS


class _Faulty(Exception):
    """A file that does not fit, with what is wrong in it."""

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults)
        self.faults = faults


def _said_of(path: Path) -> str:
    """Gives what there is to say of a file that fits."""
    text = _text(path)
    try:
        if path.suffix == ".csv":
            lines = read_help_lines(text).lines
            unchecked = sum(not line.checked for line in lines)
            return f"{len(lines)} help lines; {unchecked} of them nobody has checked"
        policy = load_policy(text)
    except PolicyRefused as error:
        raise _Faulty(error.in_words()) from error
    except HelpLinesRefused as error:
        raise _Faulty(f"line {error.fields['line']}: {error.fields['why']}") from error
    if faults := policy.faults():
        raise _Faulty(*(fault.in_words() for fault in faults))
    phrases = sum(len(topic.terms) for topic in policy.topics.values())
    return f"{len(policy.topics)} topics, {phrases} phrases; all fixtures hold"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            held = file.read(POLICY_BYTES_MAX + 1)
    except OSError as error:
        raise _Faulty(f"cannot be read: {error.strerror}") from error
    if len(held) > POLICY_BYTES_MAX:
        raise _Faulty(f"line 1: larger than {POLICY_BYTES_MAX} bytes")
    try:
        return held.decode()
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        raise _Faulty(f"line {line}: not UTF-8 text") from error
