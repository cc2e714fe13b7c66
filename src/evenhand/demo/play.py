"""`evenhand demo`: plays a day beside a real Synapse, reads it back, and tells what it found."""

import argparse
import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError
from evenhand.demo.findings import Findings, median_of
from evenhand.demo.messages import read_messages, write_history
from evenhand.demo.stage import Stage
from evenhand.supervisor import alone

ROOT = Path(__file__).resolve().parents[3]
DAY = tuple(
    ROOT / "tests/data/messages" / name for name in ("benign.ndjson", "day.ndjson", "scope.ndjson")
)
LAST_WORDS_CHARACTERS = 1200
PIPE_COLUMNS = 120
"""Columns of the closing table where it is not read in a terminal."""

Performance = Callable[[Stage, Progress], Coroutine[Any, Any, Findings]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand demo`."""
    parser.add_argument(
        "--check", action="store_true", help="read every outcome back, stop, and exit 0 if all held"
    )
    parser.add_argument(
        "--messages", type=Path, metavar="FILE", help="labelled messages of your own (NDJSON)"
    )
    parser.add_argument("--seed", type=int, default=1, help="order in which messages are posted")
    parser.add_argument("--keep", action="store_true", help="keep the state folder after --check")


def run(options: argparse.Namespace) -> int:
    """Plays the day; with `--check` the exit code tells whether all held."""
    messages = [
        message
        for path in ([options.messages] if options.messages else DAY)
        for message in read_messages(path)
    ]

    async def play(stage: Stage, progress: Progress) -> Findings:
        # The acts need Django, which reads its settings when the stage stands.
        from evenhand.demo.day import play_day

        return await play_day(stage, messages, seed=options.seed, progress=progress)

    return perform(play, options, title="The day, read back from Synapse")


def perform(play: Performance, options: argparse.Namespace, *, title: str) -> int:
    """Sets the stage, plays, tells what was found; `options.check` and `options.keep` as above."""
    console = Console(highlight=False, width=_width())
    # matrix-nio logs every refusal that it is told, which is what this play is about.
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    home = _home(check=options.check)
    with _progress(console) as progress:
        task = progress.add_task("starting", total=None)
        stage = Stage(home, lambda said: progress.update(task, description=f"starting {said}"))
        signal.signal(signal.SIGTERM, _interrupted)
        try:
            stage.start()
            progress.remove_task(task)
            findings = asyncio.run(play(stage, progress))
        except EvenhandError as error:
            _say_last_words(console, error)
            stage.stop()
            raise
        except BaseException:
            stage.stop()
            raise
    print_findings(console, findings, title=title)
    if options.check:
        stage.stop()
        if findings.hold and not options.keep:
            shutil.rmtree(home, ignore_errors=True)
        else:
            console.print(f"State and logs: {home}")
        return 0 if findings.hold else 1
    archive = [message for path in DAY for message in read_messages(path)]
    write_history(home / "history" / "fortnight.ndjson", archive, until=now())
    _print_addresses(console, stage)
    stage.supervisor.say = console.print
    try:
        stage.supervisor.run()
    finally:
        stage.stop()
    return 0


def _width() -> int | None:
    """Gives how wide a file or a pipe is; None where a terminal or COLUMNS says it."""
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return None if told else PIPE_COLUMNS


def state_folder() -> Path:
    """Gives the folder below which demos and fault runs keep their state."""
    base = Path(os.environ.get("EVENHAND_HOME", ROOT / "var")).absolute()
    base.mkdir(parents=True, exist_ok=True)
    return base


def _home(*, check: bool) -> Path:
    base = state_folder()
    if check:
        return Path(tempfile.mkdtemp(prefix="check-", dir=base))
    home = base / "demo"
    if home.exists():
        _refuse_if_running(home)
        shutil.rmtree(home)
    return home


def _refuse_if_running(home: Path) -> None:
    with alone(home):
        return


class ToldInLines(Progress):
    """Progress where no terminal redraws it: a line for each thing as it begins."""

    def add_task(self, description: str, *args: Any, **more: Any) -> TaskID:
        """Tells of a new task."""
        self._tell(description)
        return super().add_task(description, *args, **more)

    def update(self, task_id: TaskID, *, description: str | None = None, **more: Any) -> None:
        """Tells of a task that goes on with something else."""
        if description is not None:
            self._tell(description)
        super().update(task_id, description=description, **more)

    def _tell(self, description: str) -> None:
        self.console.print(description, markup=False)
        self.console.file.flush()


def _progress(console: Console) -> Progress:
    if not console.is_terminal:
        return ToldInLines(console=console, disable=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def print_findings(console: Console, findings: Findings, *, title: str) -> None:
    """Prints what was expected and found, times, and the story of each miss."""
    table = Table(title=title, title_justify="left")
    for heading in ("what", "expected", "found", "time", ""):
        table.add_column(heading, overflow="fold")
    for line in findings.lines:
        mark = "[green]holds[/]" if line.holds else "[bold red]FAILS[/]"
        took = "" if line.seconds is None else f"{line.seconds:.1f} s"
        table.add_row(line.what, line.expected, line.found, took, mark)
    console.print(table)
    for note in findings.notes:
        console.print(f"  {note}", markup=False)
    verdict = median_of(findings.verdict_seconds)
    effect = median_of(findings.effect_seconds)
    if verdict is not None:
        console.print(f"  median from send to verdict: {verdict * 1000:.0f} ms")
    if effect is not None:
        console.print(f"  median from verdict to confirmed effect: {effect * 1000:.0f} ms")
    for miss in findings.misses:
        console.print(f"  [red]miss[/] {miss}")
    passed = sum(line.holds for line in findings.lines)
    console.print(f"{passed} of {len(findings.lines)} lines hold")


def _print_addresses(console: Console, stage: Stage) -> None:
    from evenhand.demo.proof import ways_to_check
    from evenhand.demo.readings import enrolment_links

    console.print("\n[bold]Everything is running.[/] Open:")
    console.print(f"  public site and reports  {stage.site.public_url}/")
    console.print(f"  staff console            {stage.site.public_url}/staff/")
    console.print(f"  cases and appeals        {stage.site.public_url}/staff/cases/")
    console.print(f"  strikes and pauses       {stage.site.public_url}/staff/standing/")
    console.print(f"  DSA database, as sent    {stage.site.public_url}/staff/statements/")
    console.print(f"  rules                    {stage.site.public_url}/staff/rules/")
    console.print(f"  sealed lane              {stage.site.public_url}/staff/child-safety/")
    console.print(f"  audit                    {stage.site.public_url}/staff/audit/")
    console.print(f"  report something         {stage.site.public_url}/report/")
    console.print(f"  legal desk               {stage.site.public_url}/staff/legal/")
    console.print(f"  for authorities          {stage.site.public_url}/authorities/")
    console.print(f"  desk's own account       {stage.desk_account}")
    console.print(
        f"  DSA database's twin      {stage.dsa_url}/  (keeps {stage.dsa_file})", soft_wrap=True
    )
    console.print(f"  Synapse (Matrix)         {stage.homeserver.url}")
    if ways := ways_to_check(stage):
        console.print("Check what it says, without believing it:")
        for way in ways:
            console.print(f"  {way}", soft_wrap=True)
    console.print("Sign in: open a link once, make a passkey (use http://localhost).")
    for name, role, link in enrolment_links(stage.site.public_url):
        console.print(f"  {name:25} {role:15} {link}", soft_wrap=True)
    console.print(
        "As one policy author write a rule, try it on the fortnight, put it in shadow and on a"
        " share; as the other let it go live, and roll it back."
    )
    console.print("Ctrl-C stops everything.")


def _say_last_words(console: Console, error: EvenhandError) -> None:
    words = str(error.fields.pop("last_words", ""))[-LAST_WORDS_CHARACTERS:]
    if words:
        console.print("The process said last:")
        console.print(words, markup=False)


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
