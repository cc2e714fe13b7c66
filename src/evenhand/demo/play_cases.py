"""`evenhand demo cases`: reports, decisions and appeals of the day alone, beside a real Synapse."""

import argparse
import asyncio

from rich.progress import Progress

from evenhand.demo.findings import Findings
from evenhand.demo.play import perform
from evenhand.demo.stage import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand demo cases`."""
    parser.add_argument(
        "--check", action="store_true", help="read every outcome back, stop, and exit 0 if all held"
    )
    parser.add_argument("--keep", action="store_true", help="keep the state folder after --check")


def run(options: argparse.Namespace) -> int:
    """Plays it; with `--check` the exit code tells whether all held."""
    return perform(_play, options, title="Reports, decisions and appeals, read back")


async def _play(stage: Stage, progress: Progress) -> Findings:
    # The acts need Django, which reads its settings when the stage stands.
    from evenhand.demo.cases import play_cases
    from evenhand.demo.legal_office import Office
    from evenhand.demo.reviewers import reviewers

    task = progress.add_task("people report and appeal", total=None)
    findings = Findings()
    # The approvers come first: without one of them nobody is let in who releases data.
    await asyncio.to_thread(Office(stage.site.public_url).open)
    first, second = await asyncio.to_thread(reviewers, stage.site.public_url)
    await play_cases(stage, findings, first, second)
    progress.remove_task(task)
    return findings
