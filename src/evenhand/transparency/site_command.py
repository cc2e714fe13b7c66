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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds nothing: the site stands below EVENHAND_HOME/public/reports."""
    parser.epilog = "Wanted after an update that changes how pages look; no number changes."


def run(_options: argparse.Namespace) -> int:
    """Writes the site anew and says of how many days."""
    reports = settings.PUBLIC_FILES / "reports"
    with alone(reports):
        days = rebuild_site(reports)
    sys.stdout.write(f"Wrote the pages of {len(days)} published days: {reports}\n")
    return 0
