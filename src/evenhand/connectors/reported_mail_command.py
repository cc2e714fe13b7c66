"""`evenhand mail report`: takes one message on standard input as a report.

Exit codes are those of sysexits.h, which mail servers know: 0 taken, 65 no report (the server
bounces the words on standard error), 75 try again later (the server keeps the message).
"""

import argparse
import os
import sys
from datetime import datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402

from evenhand.base.clock import now as moment_now  # noqa: E402
from evenhand.base.errors import InputRefused, Unavailable  # noqa: E402
from evenhand.connectors.mailbox import TEMPORARY_FAILURE  # noqa: E402
from evenhand.connectors.reported_mail import MAIL_BYTES_MAX, NoReport, draft_of  # noqa: E402
from evenhand.database.failures import NOT_ANSWERING  # noqa: E402
from evenhand.reports.checks import ReporterSuspended  # noqa: E402
from evenhand.reports.lists import ReportFinding  # noqa: E402
from evenhand.reports.steps import receive  # noqa: E402

REFUSED = 65
"""Exit code for input that is none (sysexits.h, EX_DATAERR)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand mail report`."""
    parser.add_argument(
        "--sender", default=None, help="the envelope's sender, as the server checked it"
    )


def run(options: argparse.Namespace) -> int:
    """Takes the message on standard input."""
    content = sys.stdin.buffer.read(MAIL_BYTES_MAX + 1)
    return take(content, sender=options.sender, now=moment_now())


def take(content: bytes, *, sender: str | None, now: datetime) -> int:
    """Takes one message and gives the exit code; says on standard error what was wrong."""
    try:
        draft = draft_of(
            content, own=settings.MAIL_FROM, sender=sender, at=now, url=settings.PUBLIC_URL
        )
        receive(draft, now=now)
    except NoReport as error:
        return _said(f"no report, and not answered ({error.fields['why']})", 0)
    except ReporterSuspended:
        return _said("reports of this sender are not handled now (DSA Art. 23(2))", REFUSED)
    except InputRefused as error:
        why = error.fields.get("findings") or error.fields.get("why") or "not readable"
        if isinstance(why, tuple) and ReportFinding.QUEUE_FULL in why:
            return _said("too many reports wait; please keep the message", TEMPORARY_FAILURE)
        said = ", ".join(map(str, why)) if isinstance(why, tuple) else str(why)
        return _said(f"{said}. {error.remedy}", REFUSED)
    except (Unavailable, *NOT_ANSWERING):
        return _said("the desk does not answer; please keep the message", TEMPORARY_FAILURE)
    return 0


def _said(text: str, code: int) -> int:
    sys.stderr.write(f"evenhand: {text}\n")
    return code
