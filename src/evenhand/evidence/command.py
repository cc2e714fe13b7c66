"""`evenhand vault holders|take|open`: preserved items, which two key holders open together.

`legal.vault_command` adds the verbs that answer an order from what is preserved.

`take` writes a sealed item into a file and records who took it; `open` needs neither database nor
network, so that the two holders can work on a machine that has none.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotFound
from evenhand.evidence.vault import Holders, holders, name_holders, take_out

if TYPE_CHECKING:
    from evenhand.people.models import Person

    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  no public name


def add_verbs(parser: argparse.ArgumentParser) -> "Verbs":
    """Adds the words after `evenhand vault`, and gives them for more to be added."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    naming = verbs.add_parser("holders", help="show the two groups of key holders, or name them")
    for group in ("first", "second"):
        naming.add_argument(
            f"--{group}",
            action="append",
            metavar="AGE1",
            help=f"an age recipient of the {group} group; may be repeated",
        )
    naming.add_argument(
        "--signs",
        action="append",
        metavar="HEX",
        help="public key of the holders' machine (`vault key` prints it); may be repeated",
    )
    taking = verbs.add_parser("take", help="write a sealed item into a file, with a record")
    taking.add_argument("item", type=UUID, help="item of evidence, as its preservation lists it")
    taking.add_argument("--by", required=True, help="name of the member of staff who takes it")
    taking.add_argument("--reason", required=True, help="why it is taken")
    taking.add_argument("--out", required=True, type=Path, help="file that must not exist yet")
    opening = verbs.add_parser("open", help="open a file with one key of each group")
    opening.add_argument("file", type=Path)
    opening.add_argument(
        "--identity",
        action="append",
        required=True,
        type=Path,
        help="file with an age identity (AGE-SECRET-KEY-1…); one of each group",
    )
    opening.add_argument("--out", required=True, type=Path, help="file that must not exist yet")
    return verbs


def run(options: argparse.Namespace) -> int:
    """Names or shows holders, takes an item out, or opens one."""
    home = Path(os.environ.get("EVENHAND_HOME", "var")).absolute()
    match options.verb:
        case "holders":
            _holders(home / "vault", options.first, options.second, options.signs)
        case "take":
            write_new(options.out, _taken(options.item, by=options.by, reason=options.reason))
        case _:
            identities = [identity_in(path) for path in options.identity]
            sealed = read_file(options.file)
            write_new(options.out, take_out(sealed, identities=identities))
    return 0


def _holders(
    folder: Path, first: list[str] | None, second: list[str] | None, signs: list[str] | None
) -> None:
    if first or second or signs:
        named = Holders(tuple(first or ()), tuple(second or ()), tuple(signs or ()))
        named.check()
        _recorded(named)
        name_holders(folder, named)
    known = holders(folder)
    groups = (("first", known.first), ("second", known.second), ("signs", known.signs))
    for name, group in groups:
        for one in group:
            sys.stdout.write(f"{name:7} {one}\n")


def _recorded(named: Holders) -> None:
    set_up()
    from evenhand.evidence.steps import record_holders

    record_holders(named, now=now())


def _taken(item: UUID, *, by: str, reason: str) -> bytes:
    set_up()
    from evenhand.evidence.steps import take_sealed

    return take_sealed(item, staff=staff_named(by).id, reason=reason, now=now())


def staff_named(name: str) -> "Person":
    """Gives a member of staff by name, or says that there is none."""
    from evenhand.people.queries import person_named

    person = person_named(name)
    if person is None:
        raise NotFound(what="member of staff", name=name)
    return person


def set_up() -> None:
    """Sets Django up, for the verbs that need the database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
    django.setup()


def identity_in(path: Path) -> str:
    """Gives the identity in a file as age-keygen writes it: comments, then one line."""
    for line in read_file(path).decode(errors="replace").splitlines():
        if line.startswith("AGE-SECRET-KEY-"):
            return line.strip()
    raise InputRefused(what="identity", file=path, why="holds no AGE-SECRET-KEY")


def read_file(path: Path) -> bytes:
    """Gives a file's content, or says that it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputRefused(what="file", file=path, why="not readable") from error


def write_new(path: Path, content: bytes) -> None:
    """Writes a new file that its owner alone may read."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
    except OSError as error:
        raise InputRefused(what="file", file=path, why="exists or not writable") from error
    sys.stdout.write(f"{path}: {len(content)} bytes\n")
