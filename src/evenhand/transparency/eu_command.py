"""`evenhand report eu`: the European Union's transparency report of a period, as ten CSV files."""

import argparse
import os
import sys
from datetime import date
from pathlib import Path

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand.base.clock import now  # noqa: E402
from evenhand.base.errors import InputRefused  # noqa: E402
from evenhand.records.period_queries import crossed, medians  # noqa: E402
from evenhand.transparency.eu import Period, parts  # noqa: E402
from evenhand.transparency.files import swap_in  # noqa: E402


class PeriodRefused(InputRefused):
    """This period cannot be reported."""

    remedy = "Name two UTC days, the first not after the last, and the last before today."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand report eu`."""
    add_period(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("eu-report"), help="folder for the ten files"
    )


def add_period(parser: argparse.ArgumentParser) -> None:
    """Adds the two days of a period."""
    for name, what in (("from", "first"), ("to", "last")):
        parser.add_argument(
            f"--{name}", dest=what, type=_day, required=True, help=f"{what} UTC day, YYYY-MM-DD"
        )


def check_period(first: date, last: date, *, today: date) -> None:
    """Refuses a period that is upside down, or is not over."""
    if first > last:
        raise PeriodRefused(first=first, last=last, why="the first day is after the last")
    if last >= today:
        raise PeriodRefused(last=last, why=f"this day is not over; today is {today} in UTC")


def run(options: argparse.Namespace) -> int:
    """Writes the ten parts and says where."""
    today = now().date()
    check_period(options.first, options.last, today=today)
    period = Period(options.first, options.last, settings.PUBLIC_URL, today)
    written = parts(
        period,
        crossed(options.first, options.last),
        medians(options.first, options.last),
    )
    for name, content in written.items():
        swap_in(options.out / name, content)
    sys.stdout.write(
        f"Wrote {len(written)} parts of {options.first} to {options.last}: {options.out}\n"
        "These numbers are exact. Fill in what records cannot, and let a lawyer read it first.\n"
    )
    return 0


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{word!r} is no day: write it as YYYY-MM-DD, in UTC"
        ) from error
