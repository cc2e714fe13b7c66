"""`evenhand report daily`: publishes a day's transparency report."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date, timedelta

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand.base.clock import now as clock  # noqa: E402
from evenhand.base.errors import InputRefused  # noqa: E402
from evenhand.records.queries import days  # noqa: E402
from evenhand.transparency.documents import as_json  # noqa: E402
from evenhand.transparency.proving import site_prover  # noqa: E402
from evenhand.transparency.publish import exact_report, is_logged, publish  # noqa: E402


class NothingToReport(InputRefused):
    """There is nothing to report of this day."""

    remedy = "Name a UTC day from the first record on, and none that is still to come."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand report daily`."""
    parser.add_argument(
        "--date",
        type=_day,
        help="UTC day as YYYY-MM-DD; yesterday unless given",
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="print the exact numbers as JSON instead of publishing: for staff only",
    )


def run(options: argparse.Namespace) -> int:
    """Publishes the day below EVENHAND_HOME/public and says where, or prints exact numbers."""
    now = clock()
    day = options.date or now.date() - timedelta(days=1)
    check_day(day, today=now.date(), recorded=days())
    if options.exact:
        sys.stdout.write(as_json(exact_report(day, now=now)))
        return 0
    folder = settings.PUBLIC_FILES
    if not is_logged(day):
        sys.stderr.write(f"Records of {day} wait for the log's next batch; they come later.\n")
    report = publish(day, now=now, folder=folder, prover=site_prover(now=now))
    path = folder / "reports" / day.isoformat()
    sys.stdout.write(f"Published {day} (revision {report.revision}): {path / 'report.json'}\n")
    return 0


def check_day(day: date, *, today: date, recorded: Sequence[date]) -> None:
    """Refuses a day that is to come, or on which the desk did not exist: a report stays."""
    if day > today:
        raise NothingToReport(day=day, why=f"it is to come; today is {today} in UTC")
    if not recorded:
        raise NothingToReport(day=day, why="nothing was recorded yet")
    if day < min(recorded):
        raise NothingToReport(day=day, why=f"the first record is of {min(recorded)}")


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{word!r} is no day: write it as YYYY-MM-DD, in UTC"
        ) from error
