"""`evenhand log status|rotate-key|adopt`: the public log as its operator looks after it."""

import argparse
import os
import sys
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402

from evenhand.base.clock import now as clock  # noqa: E402
from evenhand.base.sealing import KEY_BYTES  # noqa: E402
from evenhand.records.log_keys import beside_until, rotate, site_log  # noqa: E402
from evenhand.records.log_locks import log_lock  # noqa: E402
from evenhand.records.log_queries import last_batch, last_record_batch, waiting  # noqa: E402
from evenhand.records.log_steps import adopt, resume, standing_checkpoint  # noqa: E402


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand log`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("status", help="name, size, keys, last batch, what waits")
    verbs.add_parser("rotate-key", help="let a new key follow, signed by the old one")
    verbs.add_parser(
        "adopt", help="take the published tree as it is, after an older database was restored"
    )


def run(options: argparse.Namespace) -> int:
    """Does what is asked and says what is so now."""
    match options.verb:
        case "rotate-key":
            _rotate()
        case "adopt":
            batch = adopt(site_log(now=clock()), now=clock())
            _say(f"Adopted {batch.size - batch.first} leaves; the log goes on from {batch.size}.")
    _status()
    return 0


def _rotate() -> None:
    log = site_log(now=clock())  # gives the log its name, where it has none yet
    with log_lock(log.folder):
        host = urlsplit(settings.PUBLIC_URL).netloc
        new = rotate(settings.KEYS, new_seed=os.urandom(KEY_BYTES), host=host)
    _say(f"The new key: {new.verifier}")
    _say("Tell it to those who pinned the old one; back up keys/log.key and keys/log.keys.json.")


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
    if head is None or last is None or timed is None:
        _say("No batch has entered yet; `evenhand serve` adds the first.")
        return
    _say(f"Size:       {head.size} leaves, batch {last.number}")
    _say(f"Root:       {head.root.hex()}")
    _say(f"Last batch: {timed.at:%Y-%m-%d %H:%M:%S} UTC; one enters every {settings.LOG_SECONDS} s")
    _say(f"Waiting:    {waiting()} records")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
