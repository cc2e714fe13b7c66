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

from evenhand.base.errors import InputRefused, Misconfigured
from evenhand.base.sealing import read_key
from evenhand.proof.keys import LogKeys
from evenhand.proof.notes import NAME, Signer, Verifier
from evenhand.proof.tiles import synced
from evenhand.records.log_steps import Log

KEY, OLD_KEY, NEXT_KEY = "log.key", "log.old.key", "log.next.key"
SECRET, LIST = "log.secret", "log.keys.json"
PUBLISHED_LIST = "keys.json"

BESIDE_DAYS = 30
"""Days for which the key before signs too: time for readers to learn of the new one."""


class NoSuchKey(InputRefused):
    """No key of the log has this name."""

    remedy = (
        "`evenhand log status` names each key by eight signs; today's is withdrawn by rotation."
    )


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
        verifiers=known.chain(),
    )
    if log.signer.verifier not in log.verifiers:
        why = f"is no key of the log {name}; put the right one back"
        raise Misconfigured(setting="keys", file=KEY, why=why)
    if log.signer.verifier in known.withdrawn():
        why = "is withdrawn; `evenhand log rotate-key --stolen` lets the next one follow"
        raise Misconfigured(setting="keys", file=KEY, why=why)
    _publish(known, folder / PUBLISHED_LIST)
    return log


def log_secret(keys: Path) -> bytes:
    """Gives the secret from which the keys of published cells are made."""
    return read_key(keys / SECRET)


def rotate(
    keys: Path, *, new_seed: bytes, origin: str, host: str, stolen_at: int | None = None
) -> Signer:
    """Lets a new key follow: the old one signs that it does. Broken off, it goes on.

    Not while a batch is written: call it under `log_lock`.

    stolen_at   size of the log from which on the keys that lie here are withdrawn; None: they are
                not, and the old one signs beside the new one for a while
    """
    known = _known(keys, origin, host)
    following, former = keys / NEXT_KEY, _here(keys, known.first.name)
    old = former[0]
    if stolen_at is not None and following.exists() and old.verifier not in known.withdrawn():
        # Of a rotation that was broken off: whoever took the other keys may have this one too.
        rotate(keys, new_seed=new_seed, origin=origin, host=host)
        return rotate(keys, new_seed=new_seed, origin=origin, host=host, stolen_at=stolen_at)
    if not following.exists():
        _put(following, new_seed, mode=0o600)
    new = Signer(known.first.name, read_key(following))
    if new.verifier not in known.chain():
        known = known.followed_by(new.verifier, old=old)
    if stolen_at is not None:
        known = _without(known, former, size=stolen_at, by=new)
    _put(keys / LIST, known.as_json(), mode=0o600)
    if stolen_at is not None:
        (keys / OLD_KEY).unlink(missing_ok=True)
    elif new.seed != old.seed:
        _put(keys / OLD_KEY, old.seed, mode=0o600)
    following.replace(keys / KEY)
    synced(keys)
    return new


def withdraw(keys: Path, key_id: str, *, origin: str, host: str, size: int) -> Verifier:
    """Withdraws an earlier key from a log of `size` leaves on: the one of today signs that."""
    known = _known(keys, origin, host)
    new = Signer(known.first.name, read_key(keys / KEY))
    earlier = {key.key_id.hex(): key for key in known.chain() if key != new.verifier}
    key = earlier.get(key_id)
    if key is None:
        why = "is no earlier key of this log: " + (", ".join(earlier) or "there is none")
        raise NoSuchKey(key=key_id, why=why)
    if key not in known.withdrawn():
        known = known.without(key, size=size, by=[new])
        _put(keys / LIST, known.as_json(), mode=0o600)
    beside = keys / OLD_KEY
    if beside.is_file() and Signer(new.name, read_key(beside)).verifier == key:
        beside.unlink()
        synced(keys)
    return key


def keys_of_log(keys: Path) -> LogKeys | None:
    """Gives the list of the log's keys; None before its first start."""
    path = keys / LIST
    return LogKeys.from_json(path.read_text("utf-8")) if path.is_file() else None


def beside_until(keys: Path, *, of: datetime) -> datetime | None:
    """Gives until when the key before signs too; None if there is none."""
    old = keys / OLD_KEY
    if not old.is_file():
        return None
    return datetime.fromtimestamp(old.stat().st_mtime, of.tzinfo) + timedelta(days=BESIDE_DAYS)


def _known(keys: Path, origin: str, host: str) -> LogKeys:
    known = keys_of_log(keys)
    if known is not None:
        if origin and known.first.name != origin:
            why = f"the log is called {known.first.name} since its first checkpoint"
            raise Misconfigured(setting="EVENHAND_LOG_ORIGIN", value=origin, why=why)
        return known
    name = origin or f"{host}/log"
    if not NAME.fullmatch(name):
        why = "must be without spaces and plus signs"
        raise Misconfigured(setting="EVENHAND_LOG_ORIGIN", value=name, why=why)
    known = LogKeys(Signer(name, read_key(keys / KEY)).verifier)
    _put(keys / LIST, known.as_json(), mode=0o600)
    return known


def _here(keys: Path, name: str) -> list[Signer]:
    """Gives the keys that lie here: the one of today, and the one before while it is kept."""
    files = [keys / KEY, keys / OLD_KEY]
    return [Signer(name, read_key(file)) for file in files if file.is_file()]


def _without(known: LogKeys, former: list[Signer], *, size: int, by: Signer) -> LogKeys:
    """Gives the list after some keys were withdrawn: each signs that itself, and the new one."""
    for key in former:
        if key.seed != by.seed and key.verifier not in known.withdrawn():
            known = known.without(key.verifier, size=size, by=[key, by])
    return known


def _publish(known: LogKeys, path: Path) -> None:
    """Puts the list beside the checkpoint; refuses to take back what it said there before."""
    try:
        shown = LogKeys.from_json(path.read_text("utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, InputRefused):
        shown = None
    if shown is not None and shown.first == known.first and not known.continues(shown):
        why = f"is older than the published {PUBLISHED_LIST}; put back the newer one and its key"
        raise Misconfigured(setting="keys", file=LIST, why=why)
    _put(path, known.as_json(), mode=0o644)


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
