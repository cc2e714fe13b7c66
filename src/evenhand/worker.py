"""The worker: drains the journal, carries out deliveries, reacts to records, sweeps.

One at a time works on a database: it holds an advisory lock on a connection of its own, and ends
when that connection does, so that its successor never works beside it. Each kind of work is a
loop in a thread; what fails is logged and tried again after a pause that grows. It can be killed
at any moment: whatever it had begun is taken up again, and nothing is done twice.

`python -m evenhand.worker` runs it until SIGTERM or SIGINT.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import django
import psycopg
import structlog
from django.conf import settings
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.contrib.sessions.models import Session  # noqa: E402

from evenhand import wiring  # noqa: E402
from evenhand.actions import delivery  # noqa: E402
from evenhand.actions.drain import drain  # noqa: E402
from evenhand.actions.journal import JournalReader  # noqa: E402
from evenhand.actions.queries import closed_channels  # noqa: E402
from evenhand.actions.rule_steps import LiveRules  # noqa: E402
from evenhand.actions.steps import end_due  # noqa: E402
from evenhand.actions.upkeep_steps import keep_withheld  # noqa: E402
from evenhand.appeals.notice_steps import sweep_appeals  # noqa: E402
from evenhand.authorities.machines.steps import sweep_messages  # noqa: E402
from evenhand.base.clock import now  # noqa: E402
from evenhand.base.errors import where  # noqa: E402
from evenhand.base.logs import configure_logs  # noqa: E402
from evenhand.base.sealing import read_key  # noqa: E402
from evenhand.cases.bulk_steps import run_bulks  # noqa: E402
from evenhand.cases.stage_steps import ask_second_stage  # noqa: E402
from evenhand.childsafety import steps as childsafety  # noqa: E402
from evenhand.connectors import webhooks  # noqa: E402
from evenhand.connectors.feeds import HashListFiles  # noqa: E402
from evenhand.connectors.paging import send_pages  # noqa: E402
from evenhand.connectors.subjects_file import SubjectFiles  # noqa: E402
from evenhand.evidence.steps import expire  # noqa: E402
from evenhand.legal import steps as legal  # noqa: E402
from evenhand.legal.ports import Pager  # noqa: E402
from evenhand.markets.places import places  # noqa: E402
from evenhand.markets.queries import countries  # noqa: E402
from evenhand.markets.sweep import Sweep  # noqa: E402
from evenhand.people.sign_on_steps import forget_stale  # noqa: E402
from evenhand.records.outbox import Consumer, News  # noqa: E402
from evenhand.reports.limits import ADMIT_SECONDS, SLOW_AT_ONCE_MAX  # noqa: E402
from evenhand.reports.messenger_steps import take_from  # noqa: E402
from evenhand.reports.proving_steps import prove_due  # noqa: E402
from evenhand.reports.steps import admit_waiting, forget  # noqa: E402
from evenhand.reports.tell_steps import tell_due  # noqa: E402
from evenhand.rulebook.publishing import RuleFiles  # noqa: E402
from evenhand.rulebook.queries import sweeps_waiting  # noqa: E402
from evenhand.rulebook.rollback_steps import run_rollbacks  # noqa: E402
from evenhand.search import proposals_steps as proposals  # noqa: E402
from evenhand.search import steps as search  # noqa: E402
from evenhand.search.audit_steps import is_audited  # noqa: E402
from evenhand.search.sweeping import sweep_in_force  # noqa: E402
from evenhand.standing import steps as standing  # noqa: E402
from evenhand.standing.label_steps import forget_labels  # noqa: E402
from evenhand.statements.steps import send_due  # noqa: E402

log = structlog.get_logger()

ONE_WORKER_LOCK = 0x65_76_65_6E
"""Number of the advisory lock that the one worker of a database holds ("even")."""

PAUSE_SECONDS_MAX = 10.0
"""Seconds between attempts at most while something fails."""

LOST = 75
"""Exit code when the database went away: start again (sysexits.h, EX_TEMPFAIL)."""

REST_SECONDS = 0.25
"""Seconds between looks into the journal and for deliveries, where nothing came for a while."""

REACTION_SECONDS = 0.2
"""Seconds between looks for records that rooms react to."""

PLACES_SECONDS = 2.0
"""Seconds between looks for new accounts: what they do first is counted in their country."""

SUBJECTS_SECONDS = 10.0
"""Seconds between looks for what the door is to know of accounts and channels."""

AUDIT_REST_SECONDS = 600.0
"""Seconds after a start, and after an attempt, until the search is audited, once a day."""

SESSIONS_SECONDS = 600.0
"""Seconds between looks for sessions that have ended: each visit to a sign-in page begins one."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One kind of work; `work` gives how much it did, and is called again at once after some.

    idle_seconds  how long it waits once there is nothing to do
    rest_seconds  how long it waits in the end, if there goes on to be nothing
    """

    name: str
    idle_seconds: float
    work: Callable[[], int]
    rest_seconds: float = 0.0


class Worker:
    """The loops of one process, and how they stop."""

    def __init__(self, loops: list[Loop]) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(loop,), name=loop.name, daemon=True)
            for loop in loops
        ]

    def start(self) -> None:
        """Starts every loop."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, seconds_max: float) -> None:
        """Asks every loop to stop after what it is doing, and waits so long."""
        self._stopping.set()
        give_up = time.monotonic() + seconds_max
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))

    def _run(self, loop: Loop) -> None:
        failures, pause = 0, loop.idle_seconds
        while not self._stopping.is_set():
            close_old_connections()
            try:
                done = loop.work()
            except Exception as error:  # noqa: BLE001  a loop survives whatever its work meets
                failures += 1
                log.warning(
                    "loop_failed", loop=loop.name, error=type(error).__name__, at=where(error)
                )
                self._stopping.wait(min(PAUSE_SECONDS_MAX, loop.idle_seconds * 2**failures))
                continue
            failures = 0
            if done:
                pause = loop.idle_seconds
            else:
                self._stopping.wait(pause)
                pause = max(loop.idle_seconds, min(loop.rest_seconds, pause * 2))


def loops(courier: delivery.Courier, home: Path) -> list[Loop]:
    """Gives the worker's loops."""
    reader = JournalReader(home / "journal", read_key(settings.KEYS / "journal.key"))
    door = DoorFile(home / "door" / "snapshot.json")
    rules = LiveRules(home)
    news = News(REACTION_SECONDS)
    files = RuleFiles(home / "lists" / "rules", wiring.shipped_rules)
    return [
        Loop("drain", 0.05, lambda: _drain(reader), REST_SECONDS),
        Loop("deliver", 0.05, courier.claim_and_start, REST_SECONDS),
        Loop("take_up", 5.0, courier.take_up),
        *(_reacting(Consumer(reaction, news)) for reaction in wiring.reactions()),
        Loop("door_file", 0.5, door.write),
        Loop("rules", 5.0, lambda: rules.look(now=now())),
        Loop("rulebook", 2.0, lambda: files.keep(now=now())),
        Loop("sweeps", 5.0, Started("rules", "sweep", due=sweeps_waiting).start_due),
        Loop("rollbacks", 1.0, lambda: run_rollbacks(now=now())),
        *_placing(),
        Loop("withheld", 2.0, lambda: keep_withheld(wiring.messenger(), now=now())),
        Loop("ends", 5.0, lambda: end_due(now=now())),
        Loop("bulks", 1.0, lambda: run_bulks(now=now())),
        Loop("evidence", 60.0, lambda: expire(now=now())),
        Loop("engine", 60.0, lambda: delivery.forget_finished(now=now())),
        Loop("pages", 0.5, lambda: send_pages(wiring.pager(), wiring.channels(), now=now())),
        Loop("mail", 5.0, lambda: wiring.outbox().send(wiring.mail_server())),
        *_legal(),
        *_second_stage(),
        *_standing(),
        *_child_safety(),
        *_reports(),
        *_search(),
        Loop("statements", 5.0, _submit),
        *_appeals(),
        Loop("sessions", SESSIONS_SECONDS, lambda: forget_sessions(now=now())),
        Loop("sign_ons", SESSIONS_SECONDS, lambda: forget_stale(now=now())),
    ]


class DoorFile:
    """What the door must answer by, as a file: it has no database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = ""

    def write(self) -> int:
        """Writes the file anew if something changed; a reader sees the old or the new one whole."""
        content = json.dumps({**closed_channels(), "account_countries": countries()})
        if content == self._written and self._path.exists():
            return 0
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self._path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(content)
        partial.replace(self._path)
        self._written = content
        return 0


class Started:
    """Starts a command as a process of its own, one at a time, when there is something to do.

    rest_seconds  between two starts, and before the first
    """

    def __init__(self, *command: str, due: Callable[[], object], rest_seconds: float = 0.0) -> None:
        self._command, self._due, self._rest_seconds = command, due, rest_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = time.monotonic()

    def start_due(self) -> int:
        """Starts it if it is due and does not run; killed, it goes on where it stopped."""
        runs = self._process is not None and self._process.poll() is None
        rests = time.monotonic() - self._started_at < self._rest_seconds
        if not runs and not rests and self._due():
            command = [sys.executable, "-m", "evenhand", *self._command]
            # What it prints may name rooms and accounts, and the worker's output is a log.
            self._process = subprocess.Popen(  # noqa: S603  words of our own
                command, stdout=subprocess.DEVNULL
            )
            self._started_at = time.monotonic()
        return 0


def forget_sessions(*, now: datetime) -> int:
    """Forgets the sessions of browsers that have ended."""
    Session.objects.filter(expire_date__lt=now).delete()
    return 0


def main() -> int:
    """Runs the worker until it is told to stop or loses the database."""
    configure_logs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    home: Path = settings.EVENHAND_HOME
    ready = home / "worker.ready"
    ready.unlink(missing_ok=True)
    lock = _one_worker_lock(stop)
    if lock is None:
        return 0
    courier = delivery.launch(wiring.tools(), database_url=settings.APP_DATABASE_URL)
    worker = Worker(loops(courier, home))
    worker.start()
    ready.touch()
    log.info("worker_started", process=os.getpid())
    try:
        while not stop.wait(1.0):
            lock.execute("SELECT 1")
    except psycopg.OperationalError:
        log.warning("worker_lost_database")
        ready.unlink(missing_ok=True)
        # Threads may hang in the lost connections; what they did not finish is taken up again.
        os._exit(LOST)
    ready.unlink(missing_ok=True)
    worker.stop(seconds_max=5.0)
    delivery.close()
    lock.close()
    return 0


def _one_worker_lock(stop: threading.Event) -> psycopg.Connection | None:
    """Waits until this process is the one worker; None if it is told to stop before."""
    pause, waited = 0.1, False
    while not stop.is_set():
        try:
            lock = psycopg.connect(settings.APP_DATABASE_URL, autocommit=True)
            held = lock.execute("SELECT pg_try_advisory_lock(%s)", [ONE_WORKER_LOCK]).fetchone()
            if held == (True,):
                return lock
            lock.close()
            if not waited:
                log.info("worker_waits_for_another")
                waited = True
            pause = 0.1
        except psycopg.OperationalError:
            log.warning("database_unavailable", next_seconds=pause)
            pause = min(PAUSE_SECONDS_MAX, pause * 2)
        stop.wait(pause)
    return None


def _drain(reader: JournalReader) -> int:
    return drain(reader, rulebook=wiring.rulebook(), reviews=wiring.reviews(), now=now())


def _placing() -> list[Loop]:
    directory = wiring.directory()
    if directory is None:
        return []
    table = places(Path(settings.PLACES_FILE) if settings.PLACES_FILE else None)
    sweep = Sweep(directory, table)
    return [Loop("places", PLACES_SECONDS, lambda: sweep.run(now=now()))]


def _legal() -> list[Loop]:
    """Gives what time brings about in the legal room; an order's effect waits for none of it."""
    pager = wiring.pager()
    return [
        Loop("legal_gags", 60.0, lambda: legal.sweep_gags(now=now())),
        Loop("legal_clocks", 1.0, lambda: legal.sweep_clocks(pager, now=now())),
        Loop("legal_notices", 1.0, lambda: _legal_notices(pager)),
        Loop("legal_packages", 5.0, lambda: legal.sweep_disclosures(pager, now=now())),
        Loop("legal_offices", 5.0, _tell_offices),
        Loop("legal_preservations", 30.0, lambda: legal.sweep_preservations(now=now())),
        Loop("legal_forgetting", 60.0, lambda: legal.forget_identifiers(now=now())),
        Loop("legal_sample", 600.0, _draw_sample),
        Loop("webhooks", 2.0, _tell_programs),
    ]


def _reports() -> list[Loop]:
    """Gives what follows from what people report."""
    clients = wiring.messenger_reports()
    return [
        *([Loop("reports_taken", 2.0, lambda: take_from(clients, now=now()))] if clients else []),
        Loop("reports_told", 1.0, _tell_reporters),
        Loop("reports_proved", 2.0, lambda: prove_due(wiring.proving(), now=now())),
        Loop("reports_slow", ADMIT_SECONDS, _admit_waiting),
        Loop("reports_forgotten", 600.0, lambda: forget(now=now())),
    ]


def _search() -> list[Loop]:
    """Gives what follows from what the searcher finds; what it decided outlives the searcher."""
    decided = [
        Loop("search_followers", 2.0, lambda: proposals.undo_followers(now=now())),
        Loop("search_closed", 600.0, search.forget_opened),
    ]
    if not settings.SEARCH_TOKEN_FILE:
        return decided
    index = settings.EVENHAND_HOME / "search" / "index"
    audit = Started(
        *("search", "audit", "--record"),
        due=lambda: not is_audited(now().date()),
        rest_seconds=AUDIT_REST_SECONDS,
    )
    return [
        Loop("search_sweep", 5.0, lambda: sweep_in_force(index, now=now)),
        Loop("search_audit", 60.0, audit.start_due),
        Loop("search_proposals", 0.5, _decide_proposals, 2.0),
        *decided,
    ]


def _decide_proposals() -> int:
    return proposals.decide_waiting(wiring.openers(), wiring.rulebook(), now=now())


def _tell_reporters() -> int:
    return tell_due(
        wiring.messenger(), wiring.reporters_mail(), public_url=settings.PUBLIC_URL, now=now()
    )


def _admit_waiting() -> int:
    """Lets the slow queue's next reports in; its pace is kept whatever waits."""
    admit_waiting(now=now(), rows_max=SLOW_AT_ONCE_MAX)
    return 0


def _appeals() -> list[Loop]:
    """Gives what is told to those who appeal, and what they write to the desk's own account."""
    key = read_key(settings.KEYS / "token.key")
    told = Loop(
        "appeals",
        1.0,
        lambda: sweep_appeals(
            wiring.messenger(), public_url=settings.PUBLIC_URL, key=key, now=now()
        ),
    )
    talks = wiring.conversation()
    return [told] if talks is None else [told, Loop("desk_account", 1.0, talks.run)]


def _tell_programs() -> int:
    """Sends the messages that officers' programs wait for."""
    key = read_key(settings.KEYS / "token.key")
    return sweep_messages(webhooks.post, key=key, now=now())


def _legal_notices(pager: Pager) -> int:
    return legal.sweep_notices(
        wiring.messenger(),
        pager,
        public_url=settings.PUBLIC_URL,
        key=read_key(settings.KEYS / "token.key"),
        now=now(),
    )


def _tell_offices() -> int:
    return legal.tell_head_offices(wiring.head_offices(), wiring.pager(), now=now())


def _second_stage() -> list[Loop]:
    """Gives the asking of the second stage, where the operator names one."""
    stage, surroundings = wiring.second_stage(), wiring.surroundings()
    if stage is None:
        return []
    key, per_day = read_key(settings.KEYS / "token.key"), settings.SECOND_STAGE_PER_DAY
    return [
        Loop(
            "second_stage",
            5.0,
            lambda: ask_second_stage(stage, surroundings, key=key, per_day=per_day, now=now()),
        )
    ]


def _standing() -> list[Loop]:
    """Gives what time brings about in the room of standing."""
    files = SubjectFiles(settings.EVENHAND_HOME)
    return [
        Loop("standing_notices", 5.0, _tell_misuse),
        Loop("subjects", SUBJECTS_SECONDS, lambda: _write_subjects(files)),
        Loop("labels_forgetting", 600.0, lambda: forget_labels(now=now())),
        Loop("standing_forgetting", 600.0, lambda: standing.forget_standing(now=now())),
        Loop("misuse_forgetting", 600.0, lambda: standing.forget_misuse(now=now())),
    ]


def _write_subjects(files: SubjectFiles) -> int:
    """Tells the door what is known of accounts and channels; how often, the clock decides."""
    files.write(now=now())
    return 0


def _child_safety() -> list[Loop]:
    """Gives what time brings about in the room of child safety."""
    lists = HashListFiles(settings.EVENHAND_HOME / "lists" / "hashes")
    return [
        Loop("hash_feeds", 60.0, lambda: childsafety.read_feeds(wiring.feed_sources(), now=now())),
        Loop("hash_lists", 30.0, lists.write),
        Loop("cyber_tips", 10.0, _send_tips),
        Loop("tip_preservations", 600.0, lambda: childsafety.end_preservations(now=now())),
    ]


def _send_tips() -> int:
    """Sends confirmed reports to the CyberTipline, where the operator has credentials for it."""
    line = wiring.tip_line()
    if line is None:
        return 0
    return childsafety.send_tips(line, key=read_key(settings.KEYS / "token.key"), now=now())


def _tell_misuse() -> int:
    """Tells those whom the messenger reaches what their unfounded filings led to."""
    return standing.tell_misuse(wiring.messenger(), public_url=settings.PUBLIC_URL, now=now())


def _draw_sample() -> int:
    """Draws the sample of the month that is over; drawn once, it stays."""
    moment = now()
    over = moment.replace(day=1) - timedelta(days=1)
    legal.draw_sample(f"{over:%Y-%m}", now=moment)
    return 0


def _submit() -> int:
    """Sends decisions to the DSA Transparency Database, where one is named."""
    database = wiring.transparency_database()
    return send_due(database, now=now(), chance=random.random) if database else 0


def _reacting(consumer: Consumer) -> Loop:
    return Loop(consumer.name, REACTION_SECONDS, lambda: consumer.work(now=now()))


if __name__ == "__main__":
    sys.exit(main())
