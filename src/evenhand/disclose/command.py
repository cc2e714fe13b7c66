"""`evenhand disclose`: shows a member one encrypted message, asks, and discloses it to the desk."""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from getpass import getpass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import httpx

from evenhand.base.errors import InputRefused, Misconfigured, NotAllowed, Unavailable
from evenhand.base.harms import harms
from evenhand.disclose.key_file import check_key_file, exported_session
from evenhand.disclose.places import Place, checked_address, place_of
from evenhand.evidence.disclosures import written

try:
    from evenhand.disclose.member import (
        Member,
        Session,
        event_of,
        identity_of,
        keep_session,
        kept_session,
        sign_in,
        sign_out,
    )
    from evenhand.disclose.one_message import (
        Encrypted,
        NotReadable,
        OneMessage,
        disclosed,
        read_event,
    )
except ModuleNotFoundError as error:
    raise Misconfigured(
        missing=error.name, why="pip install 'matrix-nio[e2e]' brings it"
    ) from error

YES = "yes"
REPORTS = "/api/v1/reports"
TEXT_CHARACTERS_MAX = 10_000
"""Characters of the member's own words, as the desk takes them."""

WHO = {
    True: "The desk learns which account you are, and can answer you; the sender never does.",
    False: "The desk does not learn which account you are: the report is an unknown person's.",
}
"""What the desk knows of who discloses."""

ANSWER_CHARACTERS_MAX = 500
"""Characters of what the desk answers that are printed."""


class NoTerminal(InputRefused):
    """Nobody is at a terminal to type what is asked for."""

    remedy = "Run the command in a terminal; a password or passphrase is typed there, unseen."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand disclose`."""
    parser.add_argument("message", help="link to the message (copy link), or 'ROOM EVENT'")
    parser.add_argument("--homeserver", required=True, help="address of your homeserver")
    parser.add_argument("--account", required=True, help="your account, @name:server")
    parser.add_argument("--desk", required=True, help="address of the safety desk")
    parser.add_argument("--harm", required=True, help="what is wrong with it, as a code")
    parser.add_argument("--text", help="why you report it; asked for without this")
    parser.add_argument(
        "--keys", type=Path, help="exported keys of your own program; they stay on this machine"
    )
    parser.add_argument(
        "--token-file", type=Path, help="with --keys: an access token instead of your password"
    )
    parser.add_argument(
        "--unnamed", action="store_true", help="do not tell the desk which account you are"
    )
    parser.add_argument("--store", type=Path, help="where this tool keeps its own device")


def run(options: argparse.Namespace) -> int:
    """Shows the message, asks, and sends; exit code 0 only if the desk took it."""
    place = place_of(options.message)
    homeserver = checked_address(options.homeserver, what="--homeserver")
    desk = checked_address(options.desk, what="--desk")
    if options.harm not in harms():
        raise InputRefused(what="--harm", why="unknown", known=", ".join(harms()))
    for what, path in (("--keys", options.keys), ("--token-file", options.token_file)):
        if path and not (path.is_file() and os.access(path, os.R_OK)):
            raise InputRefused(what=what, file=path, why="no file that can be read")
    if options.keys:
        check_key_file(options.keys)
        one = _with_keys(options, homeserver, place)
    else:
        one = _with_device(options, homeserver, place)
    text = options.text if options.text is not None else _asked("Why do you report it? ")
    if not text.strip() or len(text) > TEXT_CHARACTERS_MAX:
        raise InputRefused(what="--text", why=f"needs 1 to {TEXT_CHARACTERS_MAX} characters")
    print(shown(one, desk=desk, harm=options.harm, text=text))
    if _asked("Disclose this one message? Type yes: ").strip().lower() != YES:
        print("Nothing was sent.")
        return 1
    print(send(desk, body(one, harm=options.harm, text=text)))
    return 0


def shown(one: OneMessage, *, desk: str, harm: str, text: str) -> str:
    """Gives in words exactly what will be disclosed, and what not."""
    lines = [
        f"This is what the safety desk at {desk} will be able to read:",
        "",
        f"  room     {printable(one.disclosure.room_id)}",
        f"  message  {printable(one.disclosure.event_id)}",
        f"  sender   {printable(one.sender)}",
        f"  sent     {one.sent_at:%Y-%m-%d %H:%M} UTC",
        "",
        *(f"  | {printable(line)}" for line in one.text.split("\n")),
        "",
        f"  reported as {harm}, with your words: {printable(text)}",
        "",
        "Sent are the two ids, your words, and 32 bytes that open this message and no other.",
        "Your keys, your password and all other messages stay here.",
    ]
    lines += [WHO[bool(one.identity)]]
    if one.file:
        lines += ["The message holds a file: who reads the message can open that file too."]
    return "\n".join([*lines, ""])


def printable(text: str) -> str:
    """Gives a text without signs that would move the cursor or turn the line around."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def body(one: OneMessage, *, harm: str, text: str) -> dict[str, object]:
    """Gives what is sent: nothing else leaves this machine."""
    return {
        "about": f"event:{one.disclosure.event_id}",
        "harm": harm,
        "text": text,
        "disclosure": written(one.disclosure),
        **({"identity": one.identity} if one.identity else {}),
    }


def send(desk: str, report: dict[str, object]) -> str:
    """Sends a report and gives what the desk answered; the same report twice is one."""
    key = uuid5(NAMESPACE_URL, f"{report['about']} {report['harm']} {report['text']}")
    headers = {"Idempotency-Key": str(key)}
    try:
        answer = httpx.post(f"{desk}{REPORTS}", json=report, headers=headers, timeout=30)
    except httpx.TransportError as error:
        raise Unavailable(peer="desk", why=type(error).__name__) from error
    said = printable(answer.text[:ANSWER_CHARACTERS_MAX])
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Unavailable(peer="desk", status=answer.status_code)
    if not answer.is_success:
        raise NotAllowed(peer="desk", status=answer.status_code, said=said)
    return f"The desk took your report: {said}"


def _with_keys(options: argparse.Namespace, homeserver: str, place: Place) -> OneMessage:
    """Gives the message by the keys that the member exported from their own program."""
    with _token(options, homeserver) as token:
        encrypted = read_event(event_of(homeserver, token, place), place)
        identity = _identity(options, homeserver, token)
    passphrase = _secret("Passphrase of the exported keys: ")
    exported = exported_session(
        options.keys, passphrase, room=place.room, session_id=encrypted.session_id
    )
    if exported is None:
        raise NotReadable(what="message", why="its session is not in the file")
    return replace(disclosed(encrypted, exported), identity=identity)


def _identity(options: argparse.Namespace, homeserver: str, token: str) -> str:
    return "" if options.unnamed else identity_of(homeserver, options.account, token)


@contextmanager
def _token(options: argparse.Namespace, homeserver: str) -> Iterator[str]:
    """Gives an access token; one that was made here is ended at once."""
    if options.token_file:
        yield options.token_file.read_text(encoding="utf-8").strip()
        return
    session = asyncio.run(sign_in(homeserver, options.account, _password(options.account)))
    try:
        yield session.token
    finally:
        sign_out(homeserver, session.token)


def _with_device(options: argparse.Namespace, homeserver: str, place: Place) -> OneMessage:
    """Gives the message by the keys that came to this tool's own device."""
    folder = options.store or _folder(options.account)
    session = kept_session(folder)
    if session is None:
        session = asyncio.run(sign_in(homeserver, options.account, _password(options.account)))
        keep_session(session, folder)
    if (session.homeserver, session.account) != (homeserver, options.account):
        raise InputRefused(what="--store", why="holds a device of another account")
    exported, encrypted = asyncio.run(_by_device(session, folder, place))
    if exported is None:
        raise NotReadable(what="message", why="it was sent before this tool's device signed in")
    identity = _identity(options, homeserver, session.token)
    return replace(disclosed(encrypted, exported), identity=identity)


async def _by_device(session: Session, folder: Path, place: Place) -> tuple[str | None, Encrypted]:
    async with Member(session, folder) as member:
        await member.look()
        event = await asyncio.to_thread(event_of, session.homeserver, session.token, place)
        encrypted = read_event(event, place)
        index = encrypted.message.index
        return member.exported_session(place.room, encrypted.session_id, index=index), encrypted


def _folder(account: str) -> Path:
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    safe = "".join(sign if sign.isalnum() or sign in ".-" else "_" for sign in account)
    return base / "evenhand-disclose" / safe


def _password(account: str) -> str:
    return _secret(f"Password of {printable(account)} (used to sign in, not kept): ")


def _secret(question: str) -> str:
    """Gives what the member typed unseen."""
    try:
        return getpass(question)
    except Exception as error:  # termios has an error of its own, and not on every machine
        raise NoTerminal(asked=question.strip()) from error


def _asked(question: str) -> str:
    """Gives a line that the member typed; nothing where nobody is there to type."""
    print(question, end="", flush=True)
    return sys.stdin.readline().rstrip("\n")
