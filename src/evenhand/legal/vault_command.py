"""`evenhand vault task|key|disclose`: answers an order from what is preserved.

`task` writes the sealed items of a prepared disclosure into a file, with a record; `key` and
`disclose` need neither database nor network: two key holders run them on their own machine, and
staff bring the answer back to the matter's page. The other verbs are `evidence.command`'s.
"""

import argparse
import sys
from pathlib import Path
from uuid import UUID

from nacl.signing import SigningKey

from evenhand.base.clock import now
from evenhand.base.errors import InputRefused
from evenhand.base.sealing import KEY_BYTES
from evenhand.evidence import command as vault
from evenhand.legal.vault_answer import VaultTask, answer_bytes, task_digest, task_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand vault`."""
    verbs = vault.add_verbs(parser)
    asking = verbs.add_parser("task", help="write what an order needs opened, with a record")
    asking.add_argument("package", type=UUID, help="the package, as the matter's page names it")
    asking.add_argument("--by", required=True, help="name of the member of staff who takes it")
    asking.add_argument("--reason", required=True, help="why it is taken")
    asking.add_argument("--out", required=True, type=Path, help="file that must not exist yet")
    making = verbs.add_parser("key", help="make the signing key of the key holders' machine")
    making.add_argument("--out", required=True, type=Path, help="file that must not exist yet")
    answering = verbs.add_parser("disclose", help="open a task together, seal it to its officer")
    answering.add_argument("file", type=Path, help="what `vault task` wrote")
    answering.add_argument(
        "--identity",
        action="append",
        required=True,
        type=Path,
        help="file with an age identity (AGE-SECRET-KEY-1…); one of each group",
    )
    answering.add_argument("--key", required=True, type=Path, help="what `vault key` wrote")
    answering.add_argument("--out", required=True, type=Path, help="file that must not exist yet")


def run(options: argparse.Namespace) -> int:
    """Does what is asked; what it does not know is the vault's own."""
    match options.verb:
        case "task":
            vault.write_new(options.out, _task(options))
        case "key":
            key = SigningKey.generate()
            vault.write_new(options.out, bytes(key))
            sys.stdout.write(f"signs   {bytes(key.verify_key).hex()}\n")
        case "disclose":
            asked = task_of(vault.read_file(options.file))
            sys.stdout.write(_said(asked))
            identities = [vault.identity_in(path) for path in options.identity]
            answer = answer_bytes(asked, identities=identities, key=_key(options.key), now=now())
            vault.write_new(options.out, answer)
        case _:
            return vault.run(options)
    return 0


def _task(options: argparse.Namespace) -> bytes:
    vault.set_up()
    from evenhand.legal.steps import take_task

    by = vault.staff_named(options.by)
    return take_task(options.package, by=by, reason=options.reason, now=now())


def _said(asked: VaultTask) -> str:
    """Gives in words what the holders are asked to open, and for whom."""
    task = asked.task
    lines = {
        "number": task.number,
        "for": task.authority,
        "law": task.law,
        "accounts": ", ".join(task.accounts),
        "classes": ", ".join(sorted(task.want)),
        "since": task.since or "-",
        "until": task.until or "-",
        "to": task.recipient,
        "task": task_digest(asked),
    }
    return "".join(f"{name:9} {value}\n" for name, value in lines.items())


def _key(path: Path) -> SigningKey:
    content = vault.read_file(path)
    if len(content) != KEY_BYTES:
        raise InputRefused(what="signing key", file=path, why=f"must be {KEY_BYTES} bytes")
    return SigningKey(content)
