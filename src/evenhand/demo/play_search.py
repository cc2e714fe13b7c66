"""`evenhand demo search`: the search's part of the day alone, beside a real Synapse."""

import argparse
import asyncio

from rich.progress import Progress

from evenhand.demo.findings import Findings
from evenhand.demo.play import perform
from evenhand.demo.stage import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand demo search`."""
    parser.add_argument(
        "--check", action="store_true", help="read every outcome back, stop, and exit 0 if all held"
    )
    parser.add_argument("--keep", action="store_true", help="keep the state folder after --check")


def run(options: argparse.Namespace) -> int:
    """Plays it; with `--check` the exit code tells whether all held."""
    return perform(_play, options, title="The search, read back")


async def _play(stage: Stage, progress: Progress) -> Findings:
    # The acts need Django, which reads its settings when the stage stands.
    from evenhand.demo.legal_office import Office
    from evenhand.demo.reviewers import reviewers
    from evenhand.demo.search import play_search

    task = progress.add_task("people search", total=None)
    findings = Findings()
    # The approvers come first: without one of them nobody is let in who releases data.
    office = Office(stage.site.public_url)
    await asyncio.to_thread(office.open)
    first, second = await asyncio.to_thread(reviewers, stage.site.public_url)
    await play_search(stage, findings, office, first, second)
    progress.remove_task(task)
    return findings
