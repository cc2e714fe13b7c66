"""`evenhand demo proof`: the proof of the day alone, beside a real Synapse."""

import argparse

from rich.progress import Progress

from evenhand.demo.findings import Findings
from evenhand.demo.play import perform
from evenhand.demo.stage import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand demo proof`."""
    parser.add_argument(
        "--check", action="store_true", help="read every outcome back, stop, and exit 0 if all held"
    )
    parser.add_argument("--keep", action="store_true", help="keep the state folder after --check")


def run(options: argparse.Namespace) -> int:
    """Plays it; with `--check` the exit code tells whether all held."""
    return perform(_play, options, title="The proof, checked from public files")


async def _play(stage: Stage, progress: Progress) -> Findings:
    # The acts need Django, which reads its settings when the stage stands.
    from evenhand.demo.proof import play_proof

    task = progress.add_task("a reader checks the log", total=None)
    findings = Findings()
    await play_proof(stage, findings)
    progress.remove_task(task)
    return findings
