"""Pure: what goes to the key holders' machine for an order, and what comes back from it.

Down goes a task with sealed items, up comes a package sealed to the officer's key and a statement
about it, signed by that machine. What was opened stays on it: the desk never sees it.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nacl.signing import SigningKey, VerifyKey

from evenhand.base.errors import InputRefused
from evenhand.evidence.vault import take_out
from evenhand.legal.kept import account_of, narrowed
from evenhand.legal.package import certificate_holds, certified, package
from evenhand.legal.ports import AccountFacts, CollectionTask, DataClass, PurposeClass

ACCOUNT_ITEMS = "account-"
"""How the names of items that hold an account's data begin; no other item is ever opened for it."""


@dataclass(frozen=True, slots=True)
class VaultTask:
    """What two key holders are asked to open, and for whom.

    hashes  name to SHA-256 (hex) of what each item holds, as the preservation lists it
    items   name to the item as it lies in the vault
    """

    task: CollectionTask
    preservation: UUID
    hashes: Mapping[str, str]
    items: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class VaultAnswer:
    """What came back: the package, and what the holders' machine says of it.

    task  digest of the task that the package was made for
    """

    disclosure: UUID
    preservation: UUID
    task: str
    recipient: str
    sealed: bytes
    manifest: Mapping[str, object]
    preserved: Mapping[str, str]


def task_bytes(asked: VaultTask) -> bytes:
    """Gives the file that is carried to the key holders' machine."""
    items = {name: b64encode(item).decode() for name, item in asked.items.items()}
    return _pretty({**_asked_for(asked), "items": items})


def task_digest(asked: VaultTask) -> str:
    """Gives the SHA-256 (hex) of all that a task asks for; its items are listed by their hashes."""
    return hashlib.sha256(_pretty(_asked_for(asked))).hexdigest()


def _asked_for(asked: VaultTask) -> dict[str, object]:
    task = asked.task
    return {
        "what": "evenhand vault task",
        "disclosure": str(task.disclosure),
        "matter": str(task.matter),
        "number": task.number,
        "reference": task.reference,
        "authority": task.authority,
        "country": task.country,
        "law": task.law,
        "language": task.language,
        "purpose": task.purpose.value,
        "want": sorted(one.value for one in task.want),
        "accounts": list(task.accounts),
        "recipient": task.recipient,
        "since": task.since.isoformat() if task.since else None,
        "until": task.until.isoformat() if task.until else None,
        "preservation": str(asked.preservation),
        "hashes": dict(asked.hashes),
    }


def task_of(content: bytes) -> VaultTask:
    """Gives back a task from its file."""
    try:
        value = json.loads(content)
        task = CollectionTask(
            disclosure=UUID(value["disclosure"]),
            matter=UUID(value["matter"]),
            number=str(value["number"]),
            reference=str(value["reference"]),
            authority=str(value["authority"]),
            country=str(value["country"]),
            law=str(value["law"]),
            language=str(value["language"]),
            purpose=PurposeClass(value["purpose"]),
            want=frozenset(DataClass(one) for one in value["want"]),
            accounts=tuple(str(one) for one in value["accounts"]),
            recipient=str(value["recipient"]),
            since=_moment(value["since"]),
            until=_moment(value["until"]),
        )
        items = {str(name): b64decode(one, validate=True) for name, one in value["items"].items()}
        return VaultTask(task, UUID(value["preservation"]), _texts(value["hashes"]), items)
    except (ValueError, LookupError, TypeError, AttributeError, NotBase64) as error:
        raise InputRefused(what="vault task", why="not as `vault task` writes it") from error


def answer_bytes(
    asked: VaultTask, *, identities: Sequence[str], key: SigningKey, now: datetime
) -> bytes:
    """Gives the file that goes back: opened by two, held against the list, sealed to one officer.

    Only the accounts, classes and times of the task are in it, whatever else lay in the vault.
    """
    task = asked.task
    opened = {name: _opened(asked, name, identities) for name in sorted(asked.items)}
    found = {one.account: (name, one) for name, one in opened.items()}
    if not set(task.accounts) <= set(found):
        raise InputRefused(what="vault task", why="an account asked for was not preserved")
    used = [found[account] for account in task.accounts]
    facts = [
        narrowed(one, want=task.want, since=task.since, until=task.until, purpose=task.purpose)
        for _, one in used
    ]
    made = package(task, facts, key=key, now=now)
    statement = {
        "what": "evenhand vault answer",
        "disclosure": str(task.disclosure),
        "preservation": str(asked.preservation),
        "task": task_digest(asked),
        "recipient": task.recipient,
        "sha256": made.sha256.hex(),
        "manifest": made.manifest.as_json(),
        "preserved": {name: asked.hashes[name] for name, _ in used},
        "made_at": now.isoformat(),
    }
    signed = json.loads(certified(statement, key=key))
    return _pretty({"statement": signed, "sealed": b64encode(made.sealed).decode()})


def answer_of(content: bytes, *, signs: Sequence[str]) -> VaultAnswer:
    """Gives back an answer, if one of the holders' machines named to the desk signed it."""
    try:
        value = json.loads(content)
        said = value["statement"]
        sealed = b64decode(value["sealed"], validate=True)
        answer = VaultAnswer(
            disclosure=UUID(said["disclosure"]),
            preservation=UUID(said["preservation"]),
            task=str(said["task"]),
            recipient=str(said["recipient"]),
            sealed=sealed,
            manifest=dict(said["manifest"]),
            preserved=_texts(said["preserved"]),
        )
        sha256, signed = str(said["sha256"]), json.dumps(said).encode()
    except (ValueError, LookupError, TypeError, AttributeError, NotBase64) as error:
        raise InputRefused(what="vault answer", why="not as `vault disclose` writes it") from error
    if not any(certificate_holds(signed, key=VerifyKey(bytes.fromhex(one))) for one in signs):
        raise InputRefused(what="vault answer", why="not signed by the key holders' machine")
    if hashlib.sha256(sealed).hexdigest() != sha256:
        raise InputRefused(what="vault answer", why="the package was changed")
    return answer


def _opened(asked: VaultTask, name: str, identities: Sequence[str]) -> AccountFacts:
    content = take_out(asked.items[name], identities=identities)
    if hashlib.sha256(content).hexdigest() != asked.hashes.get(name):
        raise InputRefused(what="vault item", item=name, why="not what the preservation lists")
    return account_of(content)


def _texts(value: Mapping[str, object]) -> dict[str, str]:
    return {str(name): str(one) for name, one in value.items()}


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("time zone")
    return moment


def _pretty(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
