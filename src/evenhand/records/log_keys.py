"""The keys of the log: what signs it, what followed what, and the secret of its cells.

keys/log.key        seed of the Ed25519 key that signs
keys/log.secret     what the keys of published cells are made from
keys/log.keys.json  the first key and how others followed; published beside the checkpoint
keys/log.old.key    the key before, which signs beside the new one for a while
keys/log.next.key   only while a rotation is under way
"""

from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from evenhand.base.errors import Misconfigured
from evenhand.base.sealing import read_key
from evenhand.proof.keys import LogKeys
from evenhand.proof.notes import NAME, Signer
from evenhand.proof.tiles import synced
from evenhand.records.log_steps import Log

KEY, OLD_KEY, NEXT_KEY = "log.key", "log.old.key", "log.next.key"
SECRET, LIST = "log.secret", "log.keys.json"
PUBLISHED_LIST = "keys.json"

BESIDE_DAYS = 30
"""Days for which the key before signs too: time for readers to learn of the new one."""


def site_log(*, now: datetime) -> Log:
    """Gives the log of this installation."""
    return open_log(
        settings.KEYS,
        settings.PUBLIC_FILES / "log",
        origin=settings.LOG_ORIGIN,
        host=urlsplit(settings.PUBLIC_URL).netloc,
        now=now,
    )


def open_log(keys: Path, folder: Path, *, origin: str, host: str, now: datetime) -> Log:
    """Gives the log with its keys; the first call gives it its name, which stays.

    origin    what it is to be called; empty: as it is, or at first after the host
    """
    known = _known(keys, origin, host)
    name = known.first.name
    old = keys / OLD_KEY
    more: tuple[Signer, ...] = ()
    if old.is_file() and now.timestamp() - old.stat().st_mtime < BESIDE_DAYS * 86_400:
        more = (Signer(name, read_key(old)),)
    log = Log(
        folder,
        Signer(name, read_key(keys / KEY)),
        name,
        more_signers=more,
        verifiers=known.trusted([known.first]),
    )
    if log.signer.verifier not in log.verifiers:
        why = f"is no key of the log {name}; put the right one back"
        raise Misconfigured(setting="keys", file=KEY, why=why)
    _put(folder / PUBLISHED_LIST, known.as_json(), mode=0o644)
    return log


def log_secret(keys: Path) -> bytes:
    """Gives the secret from which the keys of published cells are made."""
    return read_key(keys / SECRET)


def rotate(keys: Path, *, new_seed: bytes, host: str) -> Signer:
    """Lets a new key follow: the old one signs that it does. Broken off, it goes on.

    Not while a batch is written: call it under `log_lock`.
    """
    known = _known(keys, "", host)
    name = known.first.name
    following = keys / NEXT_KEY
    if not following.exists():
        _put(following, new_seed, mode=0o600)
    old, new = Signer(name, read_key(keys / KEY)), Signer(name, read_key(following))
    if new.verifier not in known.trusted([known.first]):
        known = known.followed_by(new.verifier, old=old)
        _put(keys / LIST, known.as_json(), mode=0o600)
    if new.seed != old.seed:
        _put(keys / OLD_KEY, old.seed, mode=0o600)
    following.replace(keys / KEY)
    synced(keys)
    return new


def beside_until(keys: Path, *, of: datetime) -> datetime | None:
    """Gives until when the key before signs too; None if there is none."""
    old = keys / OLD_KEY
    if not old.is_file():
        return None
    return datetime.fromtimestamp(old.stat().st_mtime, of.tzinfo) + timedelta(days=BESIDE_DAYS)


def _known(keys: Path, origin: str, host: str) -> LogKeys:
    path = keys / LIST
    if path.is_file():
        known = LogKeys.from_json(path.read_text("utf-8"))
        if origin and known.first.name != origin:
            why = f"the log is called {known.first.name} since its first checkpoint"
            raise Misconfigured(setting="EVENHAND_LOG_ORIGIN", value=origin, why=why)
        return known
    name = origin or f"{host}/log"
    if not NAME.fullmatch(name):
        why = "must be without spaces and plus signs"
        raise Misconfigured(setting="EVENHAND_LOG_ORIGIN", value=name, why=why)
    known = LogKeys(Signer(name, read_key(keys / KEY)).verifier)
    _put(path, known.as_json(), mode=0o600)
    return known


def _put(path: Path, content: str | bytes, *, mode: int) -> None:
    """Writes a file whole or not at all; one that holds the same already stays."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=mode)
    partial.write_bytes(data)
    synced(partial)
    partial.replace(path)
    synced(path.parent)
