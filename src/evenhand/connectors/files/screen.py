"""The command `evenhand screen`: judges files, writes verdicts, prints what it found."""

import signal
import sys
from argparse import ArgumentParser, Namespace
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

from evenhand.base.errors import Misconfigured
from evenhand.base.logs import log_beside_output
from evenhand.connectors.files.ahead import ReadAhead
from evenhand.connectors.files.attached import AttachedFiles
from evenhand.connectors.files.events import SteadyClock, full_batches
from evenhand.connectors.files.explain import explanation_lines, explanations
from evenhand.connectors.files.formats import (
    Format,
    LeftOut,
    Source,
    find_sources,
    open_reader,
)
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.output import Output, output_rows
from evenhand.connectors.files.problems import FileRefused, NoMessages
from evenhand.connectors.files.progress import Progress
from evenhand.connectors.files.seen import SeenIds
from evenhand.connectors.files.summary import Tally, counted, printable, summary_lines
from evenhand.lanes import screen_all
from evenhand.pipeline import Resources, Scope, ScreeningPlane

EXIT_CLEAN = 0
EXIT_REFUSED = 1
EXIT_COULD_NOT_RUN = 2
EXIT_STOPPED = 130

Say = Callable[[str], None]


class Judge(Protocol):
    """Gives a verdict on each event of each batch that earns one."""

    def __call__(
        self, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, pa.Table]]:
        """Takes batches of `EVENT_SCHEMA`, gives each with its table of `VERDICT_SCHEMA`."""


@dataclass
class Run:
    """One run of the command, as far as it has come.

    unusable  files that somebody named and that were not even begun
    """

    tally: Tally = field(default_factory=Tally)
    ledgers: list[Ledger] = field(default_factory=list)
    unusable: int = 0
    failed: int = 0
    left_out: int = 0
    last_row: int = 0

    @property
    def files(self) -> int:
        """Gives how many files could be read."""
        return len(self.ledgers) - self.failed - self.left_out

    @property
    def exit_code(self) -> int:
        """Gives 0 if all was screened, 1 if part was refused, 2 if nothing could be screened."""
        refused = self.unusable or self.failed or any(ledger.refusals for ledger in self.ledgers)
        if not self.files or (refused and not self.tally.messages):
            return EXIT_COULD_NOT_RUN
        return EXIT_REFUSED if refused else EXIT_CLEAN


def add_arguments(parser: ArgumentParser) -> None:
    """Names what the command takes."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="Telegram export (result.json), NDJSON, CSV or Parquet file, a folder of them, "
        "or - for NDJSON on standard input",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write verdicts to FILE (.ndjson or .parquet)"
    )
    parser.add_argument(
        "--all", action="store_true", help="write every message, not only flagged ones"
    )
    parser.add_argument(
        "--attached",
        action="store_true",
        help="read the pictures and files that came with a Telegram export and look them up, too",
    )
    parser.add_argument(
        "--explain",
        metavar="ID",
        help="show every signal and rule that mattered for one message (ID or CHANNEL:ID)",
    )
    parser.add_argument(
        "--rules", type=Path, metavar="FOLDER", help="use the rules in FOLDER instead of our own"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="print nothing but refused rows and errors"
    )


def run(args: Namespace, *, load: Callable[[Path | None], ScreeningPlane] | None = None) -> int:
    """Screens what the arguments name; gives the exit code."""
    load = load or load_plane
    sources, left_out = find_sources(args.paths)
    progress = Progress(sys.stderr, total_bytes=_total_bytes(sources), quiet=args.quiet)

    def say(line: str) -> None:
        progress.clear()
        sys.stderr.write(f"{printable(line, letters_max=1000)}\n")

    say_left_out(left_out, say)
    check_options(args, sources)
    if args.explain is not None:
        return explain(sources, load(args.rules), args.explain, say, attached=args.attached)
    progress.wait("Loading rules, lists and models; the first run compiles them …")
    plane = load(args.rules)
    progress.start()
    output = Output(args.output) if args.output else nullcontext()
    work = Run(unusable=sum(file.named for file in left_out))
    try:
        with terminations_as_interrupts(), output as sheet:
            screen_sources(
                sources,
                partial(screen_all, plane, scope=Scope.FILES),
                work,
                sheet=sheet,
                every=args.all,
                progress=progress,
                say=say,
                attached=args.attached,
                judged=plane.judges_pictures(),
            )
    except KeyboardInterrupt:
        say(_stopped(work, sources))
        return EXIT_STOPPED
    progress.clear()
    if not args.quiet:
        sys.stdout.write(
            "\n".join(summary_lines(work.tally, work.ledgers, files=work.files)) + "\n"
        )
    return work.exit_code


def check_options(args: Namespace, sources: list[Source]) -> None:
    """Raises `Misconfigured` for options that cannot be followed together."""
    if args.all and args.output is None:
        raise Misconfigured(setting="--all", why="says what to write, so it needs --output FILE")
    inputs = {source.path.resolve() for source in sources if source.path is not None}
    if args.output is not None and args.output.resolve() in inputs:
        raise Misconfigured(
            setting="--output", value=str(args.output), why="is one of the files to read"
        )


def screen_sources(
    sources: list[Source],
    judge: Judge,
    work: Run,
    *,
    sheet: Output | None,
    every: bool,
    progress: Progress,
    say: Say,
    attached: bool = False,
    judged: bool = False,
) -> None:
    """Screens the files one after another; a file that cannot be read is said and counted.

    Reading runs ahead in its own thread, and so may speak before what it read is judged.
    """
    done_bytes = 0
    clock = SteadyClock()
    for source in sources:
        ledger = Ledger(name=source.name, say=say)
        work.ledgers.append(ledger)
        try:
            read = deque[pa.RecordBatch]()
            batches = source_batches(source, ledger, attached=attached, judged=judged)
            for _, verdicts in judge(_steadied(batches, clock, read)):
                batch = read.popleft()
                work.tally.add(batch.num_rows, verdicts)
                work.last_row = batch.column("row")[-1].as_py()
                if sheet is not None:
                    sheet.write(output_rows(batch, verdicts, file=source.name, every=every))
                progress.show(
                    done_bytes=done_bytes + ledger.bytes_done,
                    messages=work.tally.messages,
                    flagged=work.tally.flagged,
                )
        except FileRefused as refused:
            passed_by = source.searched and isinstance(refused, NoMessages)
            say(f"{source.name}: {'left out: ' * passed_by}{refused.fields['why']}.")
            work.left_out += passed_by
            work.failed += not passed_by
        except OSError as error:
            say(f"{source.name}: reading stopped after row {work.last_row} ({error.strerror}).")
            work.failed += 1
        work.last_row = 0
        done_bytes += source.size_bytes or ledger.bytes_done


def _steadied(
    batches: Iterator[pa.RecordBatch], clock: SteadyClock, read: deque[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Gives batches as they are judged; as they were read, they wait in `read`."""
    for batch in ReadAhead(batches):
        read.append(batch)
        yield clock.steady(batch)


def source_batches(
    source: Source, ledger: Ledger, *, attached: bool = False, judged: bool = False
) -> Iterator[pa.RecordBatch]:
    """Gives the events of one file in full batches; ids that occur twice are said.

    attached  files that an export names are read for their hashes
    judged    pictures among them get a score from the nudity model
    """
    seen, files = SeenIds(), _attached(source, judged=judged) if attached else None
    with _opened(source) as stream:
        reader = open_reader(source, stream, ledger, attached=files)
        for batch in full_batches(reader.batches()):
            compared = not seen.full
            for line in seen.repeated(batch):
                ledger.duplicate(
                    row=batch.column("row")[line].as_py(),
                    place=batch.column("offset")[line].as_py(),
                    event_id=batch.column("event_id")[line].as_py(),
                )
            if compared and seen.full:
                ledger.say(f"{source.name}: repeated ids are no longer looked for from here on.")
            yield batch
    if files is not None:
        files.pictures.close()
        ledger.say(f"{source.name}: files that messages name: {files.said()}.")


def say_left_out(left_out: list[LeftOut], say: Say) -> None:
    """Says which files are not read."""
    for file in left_out:
        say(f"{file.path}: left out: {file.why}.")


@contextmanager
def terminations_as_interrupts() -> Iterator[None]:
    """Lets SIGTERM end the run as Ctrl-C does, so that no half-written file stays."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def load_plane(rules: Path | None) -> ScreeningPlane:
    """Gives the screening plane, with our rules or those of a folder."""
    log_beside_output()
    return ScreeningPlane.load(Resources.default(rules=rules))


def explain(
    sources: list[Source], plane: ScreeningPlane, wanted: str, say: Say, *, attached: bool = False
) -> int:
    """Prints why one message was judged as it was; 2 if there is no such message."""
    found = 0
    batches = partial(source_batches, attached=attached, judged=plane.judges_pictures())
    for one in explanations(sources, plane, wanted, batches=batches, say=say):
        sys.stdout.write("\n".join([*explanation_lines(one), "\n"]))
        found += 1
    if not found:
        say(f"No message has the id {wanted!r}.")
    return EXIT_CLEAN if found else EXIT_COULD_NOT_RUN


def _attached(source: Source, *, judged: bool) -> AttachedFiles | None:
    """Gives the files of an export, which lie beside it."""
    if source.path is None or source.format is not Format.TELEGRAM:
        return None
    return AttachedFiles(source.path.parent, judge=judged)


def _opened(source: Source) -> AbstractContextManager[BinaryIO]:
    if source.path is None:
        return nullcontext(cast("BinaryIO", sys.stdin.buffer))
    return source.path.open("rb", buffering=0)


def _total_bytes(sources: list[Source]) -> int | None:
    sizes = [source.size_bytes for source in sources]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _stopped(work: Run, sources: list[Source]) -> str:
    if not work.ledgers:
        return "Stopped before the first file; nothing was written."
    ledger = work.ledgers[-1]
    return (
        f"Stopped: {counted(work.tally.messages, 'message')} screened, "
        f"{work.tally.flagged:,} flagged, up to row {work.last_row:,} of {ledger.name} "
        f"(file {len(work.ledgers)} of {len(sources)}); nothing was written."
    )
