"""`evenhand report daily`: publishes a day's transparency report."""

import argparse
import os
import sys
from datetime import date, timedelta

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand.base.clock import now as clock  # noqa: E402
from evenhand.transparency.documents import as_json  # noqa: E402
from evenhand.transparency.publish import exact_report, publish  # noqa: E402


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand report daily`."""
    parser.add_argument(
        "--date",
        type=date.fromisoformat,
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
    if options.exact:
        sys.stdout.write(as_json(exact_report(day, now=now)))
        return 0
    folder = settings.PUBLIC_FILES
    report = publish(day, now=now, folder=folder)
    path = folder / "reports" / day.isoformat()
    sys.stdout.write(f"Published {day} (revision {report.revision}): {path / 'report.json'}\n")
    return 0
