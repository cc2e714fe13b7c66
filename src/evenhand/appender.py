"""The appender: writes the public log on a fixed timetable, and publishes each day after its end.

It alone holds the key that signs the log and the secret of its cells. The timetable follows the
clock, not what happens: a batch enters every EVENHAND_LOG_SECONDS, also when there is nothing to
enter. It can be killed at any moment: the next one goes on from what is committed.

`python -m evenhand.appender` runs it until SIGTERM or SIGINT.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import django
import structlog
from django.conf import settings
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand.base.clock import now  # noqa: E402
from evenhand.base.errors import where  # noqa: E402
from evenhand.base.logs import configure_logs  # noqa: E402
from evenhand.connectors.witness import Asking, witnesses  # noqa: E402
from evenhand.records.day_queries import days_reached  # noqa: E402
from evenhand.records.log_keys import site_log  # noqa: E402
from evenhand.records.log_steps import append_due, cosign, resume  # noqa: E402
from evenhand.records.queries import Place  # noqa: E402
from evenhand.transparency.proving import site_prover  # noqa: E402
from evenhand.transparency.publish import publish  # noqa: E402
from evenhand.transparency.site import published  # noqa: E402

log = structlog.get_logger()

LOOK_SECONDS = 0.5
"""Seconds between looks at the clock."""

DAYS_SECONDS = 60.0
"""Seconds between looks for days to publish."""

WITNESS_SECONDS = 5.0
"""Seconds between looks for a head that witnesses have not signed."""

PAUSE_SECONDS_MAX = 60.0
"""Seconds between attempts at most while something fails."""

REPORT_DAYS = 2
"""Days after its end for which the files of a day are looked after, late records or not."""


@dataclass(slots=True)
class Duty:
    """One thing that is done again and again, and when next, in seconds that only go on."""

    name: str
    every_seconds: float
    work: Callable[[], object]
    next_at: float = 0.0
    failures: int = 0

    def do(self, second: float) -> None:
        """Does it if it is due; what fails is logged and tried again after a pause that grows."""
        if second < self.next_at:
            return
        close_old_connections()
        pause = self.every_seconds
        try:
            self.work()
            self.failures = 0
        except Exception as error:  # noqa: BLE001  the appender survives whatever its work meets
            self.failures += 1
            said = {name: str(value) for name, value in getattr(error, "fields", {}).items()}
            if isinstance(error, OSError):
                said["why"] = str(error.strerror)  # the system's own words: a full disk, say
            log.warning(
                "duty_failed", duty=self.name, error=type(error).__name__, at=where(error), **said
            )
            pause = min(PAUSE_SECONDS_MAX, max(pause, 2.0**self.failures))
        self.next_at = second + pause


def duties() -> list[Duty]:
    """Gives what the appender does: the log first, since a report counts what is in it."""
    seen: dict[date, Place] = {}
    return [
        Duty("log", LOOK_SECONDS, append),
        *_witnessed(),
        Duty("reports", DAYS_SECONDS, lambda: publish_days(settings.PUBLIC_FILES, seen)),
    ]


def _witnessed() -> list[Duty]:
    """Gives the asking of witnesses, where there are any: they sign each new head once."""
    if not settings.LOG_WITNESSES_FILE:
        return []
    asking = Asking(witnesses(Path(settings.LOG_WITNESSES_FILE)))
    return [Duty("witnesses", WITNESS_SECONDS, lambda: cosign(site_log(now=now()), asking.lines))]


def append() -> int:
    """Adds a batch if the timetable says so."""
    return int(append_due(site_log(now=now()), seconds=settings.LOG_SECONDS, now=now()) is not None)


def publish_days(folder: Path, seen: dict[date, Place] | None = None) -> int:
    """Publishes each day that is over, in the log and not published, or has late records.

    `seen` holds up to which record each day was looked at: too few late ones wait for more. A day
    that fails holds up no other; the first failure is raised when the others are done.
    """
    seen = {} if seen is None else seen
    moment = now()
    failures: list[Exception] = []
    for reached in days_reached():
        day = reached.day
        if day >= moment.date() or not reached.is_logged:
            continue
        late = reached.has_late and seen.get(day) != reached.last
        latest = day >= moment.date() - timedelta(days=REPORT_DAYS)
        if late or latest or published(day, folder=folder) is None:
            try:
                publish(day, now=moment, folder=folder, prover=site_prover(now=moment))
                seen[day] = reached.last
            except Exception as error:  # noqa: BLE001  whatever it is, the other days are due
                failures.append(error)
    if failures:
        raise failures[0]
    return 0


def main() -> int:
    """Runs the appender until it is told to stop."""
    configure_logs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    home: Path = settings.EVENHAND_HOME
    ready = home / "appender.ready"
    ready.unlink(missing_ok=True)
    work = [Duty("resume", PAUSE_SECONDS_MAX, lambda: resume(site_log(now=now()))), *duties()]
    ready.touch()
    log.info("appender_started", process=os.getpid())
    while not stop.is_set():
        second = time.monotonic()
        for duty in work:
            duty.do(second)
        stop.wait(LOOK_SECONDS)
    ready.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
