"""The collector: the one process that reads what is disclosed, with a messenger token of its own.

It takes what was prepared, reads the two classes of data at the messenger, builds and signs the
package, seals it to the officer's public key and hands the sealed bytes to the legal room. It
finds the account of a phone number that a validated request names, and it puts away what is to be
preserved, sealed for two key holders. What it read is nowhere but in its memory. It can be killed
at any moment: a package is there whole or not at all, and what is not there is read anew.

`python -m evenhand.collector` runs it until SIGTERM or SIGINT.
"""

import hashlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

import django
import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from nacl.signing import SigningKey

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand import wiring  # noqa: E402
from evenhand.actions.ports import Messenger, Target  # noqa: E402
from evenhand.base.clock import now as moment_now  # noqa: E402
from evenhand.base.errors import EvenhandError, Unavailable, where  # noqa: E402
from evenhand.base.lists import TargetKind  # noqa: E402
from evenhand.base.logs import configure_logs  # noqa: E402
from evenhand.base.personal import PhoneNumber  # noqa: E402
from evenhand.base.sealing import read_key  # noqa: E402
from evenhand.evidence.steps import Sealed, keep_vaulted  # noqa: E402
from evenhand.evidence.vault import MEDIA_TYPE, holders, put_away  # noqa: E402
from evenhand.legal.checks import StepRefused  # noqa: E402
from evenhand.legal.drafts import PreservationDraft  # noqa: E402
from evenhand.legal.kept import account_json  # noqa: E402
from evenhand.legal.package import Package, package  # noqa: E402
from evenhand.legal.ports import (  # noqa: E402
    AccountData,
    AccountFacts,
    CollectionTask,
    Pager,
    PreservationTask,
)
from evenhand.legal.queries import (  # noqa: E402
    collection_tasks,
    phones_to_look_up,
    preservation_tasks,
)
from evenhand.legal.steps import collected, looked_up, preserved  # noqa: E402

log = structlog.get_logger()

IDLE_SECONDS = 0.5
"""Seconds between two looks for work: an order of one hour must not wait for us."""

PAUSE_SECONDS_MAX = 30.0
"""Seconds between two looks at most while the messenger or the database does not answer."""

BROKEN = UUID("0c7c4b6e-41a5-4a0b-8f0e-3f1f0a3d3b9e")
"""Names the pages that say that something cannot be collected, so that each is sent once."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do: what it is of, the matter's number, and how it is done."""

    subject: str
    number: str
    do: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Collector:
    """What collecting needs; `key` signs certificates, `vault` is the folder of its holders."""

    data: AccountData
    messenger: Messenger
    pager: Pager
    key: SigningKey
    vault: Path
    clock: Callable[[], datetime] = moment_now

    def work(self) -> int:
        """Does everything that waits; gives how much of it could not be done."""
        return sum(not self._done(job) for job in self._jobs())

    def read(self, task: CollectionTask) -> Package:
        """Gives the sealed package for a task; the data read end with this call."""
        facts = [self._facts(account, task) for account in task.accounts]
        return package(task, facts, key=self.key, now=self.clock())

    def put_away(self, task: PreservationTask) -> tuple[list[Sealed], dict[str, str]]:
        """Gives what is preserved, sealed for the vault's holders, and the hash of each content."""
        to, sealed, hashes = holders(self.vault), [], {}
        for name, content in self._contents(task):
            hashes[name] = hashlib.sha256(content).hexdigest()
            # The same item has the same id, so that a second try keeps nothing twice.
            id = uuid5(task.preservation, name)  # noqa: A001  the column's name
            sealed.append(Sealed(id, task.matter, MEDIA_TYPE, put_away(content, to=to)))
        return sealed, hashes

    def _jobs(self) -> Iterator[Job]:
        for identifier, phone in phones_to_look_up():
            yield Job(str(identifier), "", partial(self._look_up, identifier, phone))
        for task in collection_tasks():
            yield Job(str(task.disclosure), task.number, partial(self._collect, task))
        for keeping in preservation_tasks():
            yield Job(str(keeping.preservation), keeping.number, partial(self._preserve, keeping))

    def _look_up(self, identifier: int, phone: PhoneNumber) -> None:
        looked_up(identifier, self.data.account_of(phone), now=self.clock())

    def _collect(self, task: CollectionTask) -> None:
        done = self.read(task)
        collected(
            task.disclosure,
            sealed=done.sealed,
            recipient=done.recipient,
            manifest=done.manifest.as_json(),
            now=self.clock(),
        )
        log.info("collected", disclosure=str(task.disclosure), accounts=done.manifest.accounts)

    def _preserve(self, task: PreservationTask) -> None:
        items, hashes = self.put_away(task)
        now = self.clock()
        with transaction.atomic():
            ids = keep_vaulted(items, expires_at=task.expires_at, now=now)
            preserved(task.preservation, PreservationDraft(tuple(ids), hashes), now=now)
        log.info("preserved", preservation=str(task.preservation), items=len(ids))

    def _contents(self, task: PreservationTask) -> Iterator[tuple[str, bytes]]:
        """Gives what is to be preserved by name; what the messenger no longer has is left out."""
        for number, account in enumerate(task.accounts, start=1):
            yield f"account-{number}.json", account_json(self._facts(account, task))
        for word, kind, names in (
            ("channel", TargetKind.CHANNEL, task.channels),
            ("event", TargetKind.EVENT, task.events),
        ):
            for number, name in enumerate(names, start=1):
                channel = kind is TargetKind.CHANNEL
                target = Target(kind, channel=name) if channel else Target(kind, event=name)
                kept = self.messenger.snapshot(target)
                if kept is not None:
                    yield f"{word}-{number}.json", kept.content

    def _facts(self, account: str, task: CollectionTask | PreservationTask) -> AccountFacts:
        return self.data.read(
            account, want=task.want, since=task.since, until=task.until, purpose=task.purpose
        )

    def _done(self, job: Job) -> bool:
        """Does one job; what cannot be done hinders no other."""
        try:
            job.do()
        except Unavailable as error:
            log.warning("collector_waits", subject=job.subject, **error.fields)
            return False
        except StepRefused:
            log.info("collection_not_wanted", subject=job.subject)  # taken back meanwhile
        except EvenhandError as error:
            self._give_notice(job, error)
            return False
        return True

    def _give_notice(self, job: Job, error: EvenhandError) -> None:
        """Says to people, once, that something cannot be collected as things are."""
        name = type(error).__name__
        log.error("collection_failed", subject=job.subject, error=name, at=where(error))
        text = f"{job.number or 'A request'}: the data cannot be collected ({name})."
        self.pager.page(text, urgent=True, key=uuid5(BROKEN, job.subject))


def main() -> int:
    """Collects until it is told to stop."""
    configure_logs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    home: Path = settings.EVENHAND_HOME
    ready = home / "collector.ready"
    ready.unlink(missing_ok=True)
    data, messenger = wiring.sources()
    key = SigningKey(read_key(settings.KEYS / "collector" / "certificate.key"))
    collector = Collector(data, messenger, wiring.pager(), key, home / "vault")
    ready.touch()
    log.info("collector_started", process=os.getpid())
    pause = IDLE_SECONDS
    while not stop.is_set():
        close_old_connections()
        pause = min(PAUSE_SECONDS_MAX, pause * 2) if _failed(collector) else IDLE_SECONDS
        stop.wait(pause)
    ready.unlink(missing_ok=True)
    return 0


def _failed(collector: Collector) -> bool:
    try:
        return collector.work() > 0
    except DatabaseError as error:
        log.warning("collector_without_database", error=type(error).__name__)
        return True


if __name__ == "__main__":
    sys.exit(main())
