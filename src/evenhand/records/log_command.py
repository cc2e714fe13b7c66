"""`evenhand log status|rotate-key|withdraw-key|adopt`: the public log, looked after."""

import argparse
import os
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402

from evenhand.base.clock import now as clock  # noqa: E402
from evenhand.base.sealing import KEY_BYTES  # noqa: E402
from evenhand.proof.notes import Checkpoint, parts  # noqa: E402
from evenhand.records.log_keys import (  # noqa: E402
    beside_until,
    keys_of_log,
    rotate,
    site_log,
    withdraw,
)
from evenhand.records.log_locks import log_lock  # noqa: E402
from evenhand.records.log_queries import last_batch, last_record_batch, waiting  # noqa: E402
from evenhand.records.log_steps import (  # noqa: E402
    CHECKPOINT,
    adopt,
    resume,
    standing_checkpoint,
)

OVERDUE_AFTER = 3
"""Missed times on the timetable after which people are told to look."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand log`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("status", help="name, size, keys, last batch, what waits")
    rotate_key = verbs.add_parser("rotate-key", help="let a new key follow, signed by the old one")
    rotate_key.add_argument(
        "--stolen",
        action="store_true",
        help="somebody else may have the keys that lie here: withdraw them at once",
    )
    withdraw_key = verbs.add_parser("withdraw-key", help="withdraw an earlier key that was stolen")
    withdraw_key.add_argument("key", help="its eight signs, as `evenhand log status` names it")
    verbs.add_parser(
        "adopt", help="take the published tree as it is, after an older database was restored"
    )


def run(options: argparse.Namespace) -> int:
    """Does what is asked and says what is so now."""
    match options.verb:
        case "rotate-key":
            _rotate(stolen=options.stolen)
        case "withdraw-key":
            _withdraw(options.key)
        case "adopt":
            batch = adopt(site_log(now=clock()), now=clock())
            _say(f"Adopted {batch.size - batch.first} leaves; the log goes on from {batch.size}.")
    _status()
    return 0


def _rotate(*, stolen: bool) -> None:
    with log_lock(_folder()):
        new = rotate(
            settings.KEYS,
            new_seed=os.urandom(KEY_BYTES),
            origin=settings.LOG_ORIGIN,
            host=_host(),
            stolen_at=_size() if stolen else None,
        )
    _say(f"The new key: {new.verifier}")
    _say("Tell it to those who pinned the old one, and to the witnesses.")
    if stolen:
        _say("The keys before are withdrawn. Whoever knows only them believes nothing any more,")
        _say("until told the new one by another way than this site, which a thief could imitate.")
    _say("Back up keys/log.key and keys/log.keys.json.")


def _withdraw(key_id: str) -> None:
    with log_lock(_folder()):
        key = withdraw(
            settings.KEYS, key_id, origin=settings.LOG_ORIGIN, host=_host(), size=_size()
        )
    _say(f"Withdrawn: {key}")


def _size() -> int:
    """Gives how many leaves the published log has."""
    path = _folder() / CHECKPOINT
    if not path.is_file():
        return 0
    return Checkpoint.parse(parts(path.read_text("utf-8"))[0]).size


def _folder() -> Path:
    return Path(settings.PUBLIC_FILES) / "log"


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).netloc


def _status() -> None:
    now = clock()
    log = site_log(now=now)
    resume(log)
    head, last, timed = standing_checkpoint(log), last_batch(), last_record_batch()
    _say(f"Log:        {log.origin}")
    _say(f"Files:      {log.folder}")
    _say(f"Key:        {log.signer.verifier}")
    until = beside_until(settings.KEYS, of=now)
    for key in log.more_signers:
        _say(f"Signs too:  {key.verifier} until {until:%Y-%m-%d}")
    known = keys_of_log(settings.KEYS)
    gone = {} if known is None else known.withdrawn()
    for earlier in () if known is None else known.chain()[:-1]:
        since = f"withdrawn from {gone[earlier]} leaves on" if earlier in gone else "followed"
        _say(f"Before:     {earlier.key_id.hex()}, {since}")
    if head is None or last is None or timed is None:
        _say("No batch has entered yet; `evenhand serve` adds the first.")
        return
    _say(f"Size:       {head.size} leaves, batch {last.number}")
    _say(f"Root:       {head.root.hex()}")
    _say(f"Last batch: {timed.at:%Y-%m-%d %H:%M:%S} UTC; one enters every {settings.LOG_SECONDS} s")
    left = waiting()
    if left and now - timed.at > OVERDUE_AFTER * timedelta(seconds=settings.LOG_SECONDS):
        _say("Overdue:    look whether `evenhand serve` runs, and what logs/appender.log says")
    _say(f"Waiting:    {left} records")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
