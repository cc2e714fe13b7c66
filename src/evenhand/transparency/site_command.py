"""`evenhand report site`: writes every page of the public site anew from the published reports."""

import argparse
import os
import sys

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Templates may be rendered only after Django is set up.
from evenhand.transparency.publish import alone  # noqa: E402
from evenhand.transparency.site import rebuild_site  # noqa: E402

DAYS_NAMED_MAX = 20
"""Lost days that are named: more are better looked for in a copy of the site."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds nothing: the site stands below EVENHAND_HOME/public/reports."""
    parser.epilog = "Wanted after an update that changes how pages look; no number changes."


def run(_options: argparse.Namespace) -> int:
    """Writes the site anew and says of how many days."""
    reports = settings.PUBLIC_FILES / "reports"
    with alone(reports):
        found = rebuild_site(reports)
    sys.stdout.write(f"Wrote the pages of {len(found.days)} published days: {reports}\n")
    if not found.lost:
        return 0
    days = ", ".join(day.isoformat() for day in found.lost[:DAYS_NAMED_MAX])
    more = len(found.lost) - DAYS_NAMED_MAX
    sys.stderr.write(
        f"Lost are the reports of {days}{f' and {more} more days' if more > 0 else ''}: put their"
        " folders back from a copy of the site, or run `evenhand report daily --date DAY`.\n"
    )
    return 1
