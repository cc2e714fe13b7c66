"""Every command: parses, calls, prints."""

import argparse
import importlib
import importlib.util
import inspect
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TextIO, cast

from evenhand.base.errors import EvenhandError, Unavailable
from evenhand.database.failures import NOT_ANSWERING


class FileUnusable(EvenhandError):
    """A file or folder cannot be used."""

    remedy = (
        "See that the path is there, that you may read and write it, and that the disk has room."
    )


class DatabaseAway(Unavailable):
    """The database does not answer."""

    remedy = "Start `evenhand serve`, or see to DATABASE_URL and the database it names."


HELP = ("-h", "--help")

EXIT_CANNOT_RUN = 2
"""Exit code when a command could not do its work at all."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its words, what it does in one line, and the module that does it.

    The module offers `add_arguments(parser)` and `run(args) -> int`; it is imported only when the
    command is called, since some load engines that take seconds.
    """

    words: tuple[str, ...]
    does: str
    module: str


COMMANDS = (
    Command(("setup",), "make keys, database and tables in the state folder", "evenhand.setup"),
    Command(("serve",), "run the desk until Ctrl-C", "evenhand.serve"),
    Command(("demo", "legal"), "play the legal desk's part of it", "evenhand.demo.play_legal"),
    Command(("demo", "cases"), "play reports, decisions, appeals", "evenhand.demo.play_cases"),
    Command(("demo", "search"), "play the search", "evenhand.demo.play_search"),
    Command(("demo", "proof"), "play the proof", "evenhand.demo.play_proof"),
    Command(("demo",), "play a day beside a real Synapse", "evenhand.demo.play"),
    Command(("screen",), "screen exports and files", "evenhand.connectors.files.screen"),
    Command(("models", "train"), "train the text model", "evenhand.signals.training"),
    Command(
        ("models", "evaluate"),
        "measure the text model on labelled rows",
        "evenhand.signals.evaluation_command",
    ),
    Command(
        ("models", "explain"),
        "show which pieces of a text moved its scores",
        "evenhand.signals.explanation_command",
    ),
    Command(("models", "card"), "print the text model's card", "evenhand.signals.card_command"),
    Command(
        ("report", "site"),
        "write every page of the public site anew",
        "evenhand.transparency.site_command",
    ),
    Command(
        ("report", "eu"),
        "write the EU's transparency report of a period, as ten CSV files",
        "evenhand.transparency.eu_command",
    ),
    Command(
        ("report", "statements"),
        "export all statements of reasons of a period",
        "evenhand.statements.export_command",
    ),
    Command(
        ("report", "daily"), "build a day's transparency report", "evenhand.transparency.command"
    ),
    Command(("staff",), "invite people to the desk, or let them go", "evenhand.people.command"),
    Command(("labels",), "write decisions of people for training", "evenhand.cases.labels_command"),
    Command(("rules", "check"), "validate rules and run their fixtures", "evenhand.fixtures"),
    Command(
        ("rules", "backtest"),
        "try a rule on history: hits by day, language, country, other rules",
        "evenhand.connectors.files.backtest",
    ),
    Command(
        ("rules", "export"),
        "write the rulebook as files, for git",
        "evenhand.rulebook.export_command",
    ),
    Command(
        ("rules", "import"),
        "show what differs in files of rules, and keep it as drafts",
        "evenhand.connectors.files.rule_import",
    ),
    Command(
        ("rules", "sweep"),
        "go on with the sweeps of history that were asked for",
        "evenhand.retro",
    ),
    Command(
        ("search", "audit"),
        "see whether anything is found that should not be",
        "evenhand.search_audit",
    ),
    Command(
        ("search", "compare"),
        "see whether the search holds what is public, and no more",
        "evenhand.search_compare",
    ),
    Command(
        ("search", "policy"),
        "check a query policy, or help lines",
        "evenhand.search.policy_command",
    ),
    Command(("regimes",), "check the law as data, or show it", "evenhand.markets.command"),
    Command(("vault",), "name key holders; open what is preserved", "evenhand.legal.vault_command"),
    Command(
        ("mail", "answer"),
        "answer a message with where requests are taken",
        "evenhand.connectors.mailbox",
    ),
    Command(
        ("mail", "report"),
        "take a message as a report",
        "evenhand.connectors.reported_mail_command",
    ),
    Command(
        ("statements",),
        "send decisions to the DSA Transparency Database, or show how they stand",
        "evenhand.statements.command",
    ),
    Command(("drill",), "rehearse the emergency lane, with times", "evenhand.drill"),
    Command(
        ("disclose",),
        "disclose one message of an encrypted room to the desk",
        "evenhand.disclose.command",
    ),
    Command(
        ("verify",),
        "check the log, a receipt or a report from public files",
        "evenhand.verify.command",
    ),
    Command(("log",), "look after the public log and its keys", "evenhand.records.log_command"),
    Command(("audit",), "follow a log and cry out on a fork", "evenhand.verify.audit_command"),
    Command(("faults",), "kill processes at random and compare", "evenhand.demo.faults"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command named and gives its exit code; errors are said in words."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["bench"]:
        return _answer(lambda: _bench(words[1:]))
    if words == ["--version"]:
        print(f"evenhand {version('evenhand')}")
        return 0
    command = _named(words)
    if command is None:
        return _answer(lambda: _help(words))
    return _answer(lambda: _run(command, words[len(command.words) :]))


def _help(words: list[str]) -> int:
    """Prints what commands there are, and where none was asked for, why it cannot be run."""
    if not words or (words[-1] in HELP and _begun_with(words[:-1])):
        _print_help(words[:-1])
        return 0
    _print_help(words[:1] if _begun_with(words[:1]) else [], file=sys.stderr)
    print(f"\nevenhand: {_why_unknown(words)}", file=sys.stderr)
    return EXIT_CANNOT_RUN


def _run(command: Command, words: Sequence[str]) -> int:
    # Importing it may read the settings, which may be wrong.
    module = importlib.import_module(command.module)
    parser = argparse.ArgumentParser(
        prog="evenhand " + " ".join(command.words), description=command.does
    )
    module.add_arguments(parser)
    return cast("int", module.run(parser.parse_args(words)))


def _answer(call: Callable[[], int]) -> int:
    try:
        return call()
    except KeyboardInterrupt:
        print("evenhand: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CANNOT_RUN
    except Exception as error:
        named = _as_ours(error)
        if named is None:
            raise
        what = (type(named).__doc__ or type(named).__name__).strip().split("\n")[0]
        print(f"evenhand: {what}", file=sys.stderr)
        for name, value in named.fields.items():
            for one in value if isinstance(value, list | tuple) else (value,):
                print(f"  {name}: {one}", file=sys.stderr)
        print(f"  what to do: {named.remedy}", file=sys.stderr)
        return EXIT_CANNOT_RUN


def _as_ours(error: Exception) -> EvenhandError | None:
    """Gives an error with a name and a remedy; None for one that nobody expected."""
    match error:
        case EvenhandError():
            return error
        case OSError(errno=int()):
            named = {"path": error.filename} if error.filename else {}
            return FileUnusable(**named, why=error.strerror)
        case _ if isinstance(error, NOT_ANSWERING):
            return DatabaseAway(said=str(error).split("\n")[0])
        case _:
            return None


def _named(words: list[str]) -> Command | None:
    for command in COMMANDS:
        if tuple(words[: len(command.words)]) == command.words:
            return command
    return None


def _begun_with(words: list[str]) -> list[Command]:
    """Gives the commands that begin with these words."""
    return [command for command in COMMANDS if list(command.words[: len(words)]) == words]


def _why_unknown(words: list[str]) -> str:
    """Gives in words why no command is meant: its second word is missing or wrong, or it is."""
    after = [known.words[1] for known in COMMANDS if known.words[0] == words[0] and known.words[1:]]
    if not after:
        return f"there is no command {words[0]!r}"
    said = f"{words[0]!r} needs one more word: {' or '.join(after)}"
    return f"{said}, not {words[1]!r}" if words[1:] else said


def _print_help(words: list[str], *, file: TextIO | None = None) -> None:
    """Prints what the commands do that begin with these words; with none, what all do."""
    print("evenhand COMMAND … (COMMAND --help tells more)\n", file=file)
    for command in _begun_with(words):
        print(f"  {' '.join(command.words):17} {command.does}", file=file)
    if not words:
        benches = ", ".join(sorted(_benches()))
        print(f"  {'bench NAME':17} run a benchmark: {benches}", file=file)


def _benches() -> dict[str, Path]:
    folder = Path(__file__).resolve().parents[2] / "bench"
    return {path.stem: path for path in folder.glob("*.py") if "def run(" in path.read_text()}


def _bench(words: list[str]) -> int:
    benches = _benches()
    parser = argparse.ArgumentParser(prog="evenhand bench", description="Runs one benchmark.")
    parser.add_argument("name", choices=sorted(benches))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--sizes",
        type=_sizes,
        help="sizes at which to measure growth, with commas between (where the benchmark has them)",
    )
    parser.add_argument(
        "--folder", type=Path, help="folder of data to measure on (where the benchmark takes one)"
    )
    options = parser.parse_args(words)
    given = {
        name: value
        for name, value in (("sizes", options.sizes), ("folder", options.folder))
        if value is not None
    }
    result = {"name": options.name, "machine": _machine(), "commit": _commit()}
    run = _load(benches[options.name]).run
    for name in given:
        if name not in inspect.signature(run).parameters:
            parser.error(f"{options.name} takes no --{name}")
    result |= run(**given)
    if options.json:
        print(json.dumps(result))
        return 0
    print(f"{result['name']} at {result['commit']} on {result['machine']}")
    for figure in result["figures"]:
        ratio = figure.get("ratio")
        beside = f"  {ratio:.3g} × {figure['against']}" if ratio else ""
        print(f"  {figure['figure']:34} {figure['value']:>14,.4g} {figure['unit']}{beside}")
    return 0


def _sizes(word: str) -> list[int]:
    sizes = word.split(",")
    if not all(size.isdecimal() and int(size) > 0 for size in sizes):
        raise argparse.ArgumentTypeError(f"{word!r} is no list of numbers such as 10000,100000")
    return [int(size) for size in sizes]


def _load(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().split("\n"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _commit() -> str:
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607  the git of this machine
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"
