"""`evenhand setup`: keys, database and tables of one installation; again changes nothing."""

import argparse
import os
from pathlib import Path

from evenhand.serve import Site, configure, prepare, start_database
from evenhand.supervisor import Supervisor, alone


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Adds no option: everything comes from the environment."""


def run(_options: argparse.Namespace) -> int:
    """Makes what is missing in EVENHAND_HOME and says what is there."""
    site = Site(Path(os.environ.get("EVENHAND_HOME", "var")).absolute())
    supervisor = Supervisor(site.home / "logs")
    with alone(site.home):
        try:
            configure(site)
            start_database(site, supervisor)
            prepare(site)
        finally:
            supervisor.stop()
    print(f"Ready: {site.home} (keys, database, tables)")
    return 0
