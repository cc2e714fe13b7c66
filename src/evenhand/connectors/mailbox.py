"""`evenhand mail answer`: answers one message with where requests of authorities are taken.

A mail server hands the message over on standard input. RFC 3834 says when a robot is silent:
never to a bounce, a list, another robot or itself, and once a day to one sender. Nothing that the
message says is repeated but its id, and nothing of it is kept but a keyed hash of the sender.
"""

import argparse
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import compat32
from email.utils import getaddresses
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from evenhand.base.clock import now as moment_now
from evenhand.base.errors import Misconfigured, Unavailable
from evenhand.base.lists import Language
from evenhand.base.sealing import keyed_hash, read_key
from evenhand.connectors.mail import server_of, written

HEAD_BYTES_MAX = 64 * 1024
"""Bytes of a message that are looked at: its head; the body is never read."""

HEADERS_MAX = 400
"""Lines of a head: a message through ten servers has a hundred."""

AGAIN_AFTER = timedelta(days=1)
"""Until the same sender is answered again (RFC 3834 section 2: not the same words again soon)."""

ANSWERS_PER_HOUR_MAX = 100
"""Answers an hour to all senders: more is a flood of forged senders."""

TEMPORARY_FAILURE = 75
"""Exit code by which a mail server knows to try again (sysexits.h, EX_TEMPFAIL)."""


class Silence(StrEnum):
    """Why a message is not answered."""

    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    LIST = "list"
    ITSELF = "itself"
    NO_SENDER = "no_sender"
    ROBOT = "robot"
    ANSWERED = "answered"
    FLOOD = "flood"


_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?=.{3,253}\Z)"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,63}"
)
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,120}@[A-Za-z0-9.-]{1,120}>")
_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|root|daemon|abuse-autoreply"
    r"|majordomo|listserv|owner-.*|.*-(?:request|owner|bounces?|errors)|bounces?[+-=].*)",
    re.IGNORECASE,
)
_PRECEDENCE = frozenset({"bulk", "list", "junk"})

_LINES: Mapping[Language, str] = {
    Language.EN: "Requests of authorities are taken at {url} only. Nobody reads this mailbox; "
    "please send no personal data here. In an emergency the same page tells the line to use.",
    Language.DE: "Anfragen von Behörden nehmen wir nur unter {url} entgegen. Dieses Postfach liest "
    "niemand; bitte senden Sie keine personenbezogenen Daten. Die Notfallnummer steht dort.",
    Language.FR: "Les demandes des autorités sont reçues uniquement sur {url}. Personne ne lit "
    "cette boîte ; n'y envoyez aucune donnée personnelle. La ligne d'urgence y est indiquée.",
    Language.RU: "Запросы государственных органов принимаются только на {url}. Этот ящик никто не "
    "читает; не присылайте сюда персональные данные. Там же указана линия для экстренных случаев.",
    Language.KK: "Мемлекеттік органдардың сұраулары тек {url} бетінде қабылданады. Бұл жәшікті "
    "ешкім оқымайды; мұнда дербес деректерді жібермеңіз. Шұғыл байланыс желісі де сонда жазылған.",
}
_FIRST: Mapping[str, tuple[Language, ...]] = {
    "de": (Language.DE,),
    "at": (Language.DE,),
    "ch": (Language.DE, Language.FR),
    "fr": (Language.FR,),
    "be": (Language.FR,),
    "lu": (Language.FR, Language.DE),
    "ru": (Language.RU,),
    "kz": (Language.KK, Language.RU),
}
"""Languages that come first for the country of the sender's domain; all five are always there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to answer, and the id of what is answered, if it is well formed."""

    sender: str
    message_id: str


def asked(content: bytes, *, own: str, envelope: str | None) -> Asked | Silence:
    """Gives whom to answer, or why nobody is; `envelope` is the sender that the server knows."""
    head = _head(content)
    if head is None:
        return Silence.NO_SENDER
    silent = _silence(head)
    if silent is not None:
        return silent
    sender = envelope if envelope is not None else _sender(head)
    if sender is None:
        return Silence.NO_SENDER
    sender = sender.strip().strip("<>")
    if not sender:
        return Silence.BOUNCE
    if not _ADDRESS.fullmatch(sender):
        return Silence.NO_SENDER
    if sender.lower() == own.lower():
        return Silence.ITSELF
    if _ROBOTS.fullmatch(sender.rpartition("@")[0]):
        return Silence.ROBOT
    found = _MESSAGE_ID.search(_value(head, "Message-ID"))
    return Asked(sender, found.group() if found else "")


def answer(to: Asked, *, own: str, url: str, now: datetime) -> EmailMessage:
    """Gives the answer: where requests are taken, in five languages."""
    first = _FIRST.get(to.sender.rpartition(".")[2].lower(), (Language.EN,))
    order = dict.fromkeys((*first, Language.EN, *Language))
    message = written(
        sender=own,
        to=to.sender,
        subject="Auto: requests of authorities",
        text="\n\n".join(_LINES[one].format(url=url) for one in order) + "\n",
        message_id=f"<{uuid4()}@{own.rpartition('@')[2]}>",
        now=now,
    )
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    if to.message_id:
        message["In-Reply-To"] = to.message_id
        message["References"] = to.message_id
    return message


@dataclass(frozen=True, slots=True)
class Answered:
    """Who was answered lately, as keyed hashes in a folder."""

    folder: Path
    key: bytes

    def may(self, sender: str, *, now: datetime) -> Silence | None:
        """Tells why a sender is not answered now; None if they may be."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        times = {path.name: path.stat().st_mtime for path in self.folder.iterdir()}
        for name, at in times.items():
            if at < (now - AGAIN_AFTER).timestamp():
                (self.folder / name).unlink(missing_ok=True)
        if times.get(self._name(sender), 0.0) >= (now - AGAIN_AFTER).timestamp():
            return Silence.ANSWERED
        hour = (now - timedelta(hours=1)).timestamp()
        lately = sum(at >= hour for at in times.values())
        return Silence.FLOOD if lately >= ANSWERS_PER_HOUR_MAX else None

    def note(self, sender: str, *, now: datetime) -> None:
        """Remembers that a sender was answered."""
        path = self.folder / self._name(sender)
        path.touch(mode=0o600)
        os.utime(path, (now.timestamp(), now.timestamp()))

    def _name(self, sender: str) -> str:
        return keyed_hash(b"mail\0" + sender.lower().encode(), key=self.key).hex()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand mail answer`."""
    parser.add_argument(
        "--sender",
        default=None,
        help="the envelope's sender, if the server knows it; empty: bounce",
    )


def run(options: argparse.Namespace) -> int:
    """Answers the message on standard input; says on standard error why, if it does not."""
    return answer_one(
        sys.stdin.buffer.read(HEAD_BYTES_MAX), os.environ, envelope=options.sender, now=moment_now()
    )


def answer_one(
    content: bytes, environment: Mapping[str, str], *, envelope: str | None, now: datetime
) -> int:
    """Answers one message and gives the exit code."""
    own = environment.get("EVENHAND_MAIL_FROM", "")
    if not _ADDRESS.fullmatch(own):
        raise Misconfigured(setting="EVENHAND_MAIL_FROM", why="no address to answer from")
    home = Path(environment.get("EVENHAND_HOME", "var")).absolute()
    url = environment.get("EVENHAND_PUBLIC_URL", "http://localhost:8600").rstrip("/")
    to = asked(content, own=own, envelope=envelope)
    if isinstance(to, Silence):
        return _silent(to)
    lately = Answered(home / "mail" / "answered", read_key(home / "keys" / "token.key"))
    why = lately.may(to.sender, now=now)
    if why is not None:
        return _silent(why)
    message = answer(to, own=own, url=f"{url}/authorities/", now=now)
    server = server_of(environment.get("EVENHAND_MAIL_SERVER", ""))
    if server is None:
        sys.stdout.buffer.write(message.as_bytes())
        sys.stdout.buffer.flush()
    else:
        try:
            # RFC 3834 section 3.3: an empty envelope sender, so that no bounce comes back.
            server.send(message, to=to.sender, sender="")
        except Unavailable as error:
            sys.stderr.write(f"evenhand: {error}\n")
            return TEMPORARY_FAILURE
    lately.note(to.sender, now=now)
    return 0


def _silent(why: Silence) -> int:
    sys.stderr.write(f"evenhand: not answered ({why.value})\n")
    return 0


def _head(content: bytes) -> Message | None:
    """Gives the head of a message; None where it has none that ends."""
    normal = content[:HEAD_BYTES_MAX].replace(b"\r\n", b"\n")
    head, end, _ = normal.partition(b"\n\n")
    if not end or head.count(b"\n") > HEADERS_MAX:
        return None
    # mbox files and some pipes put a line `From sender date` before the head.
    if head.startswith(b"From "):
        head = head.partition(b"\n")[2]
    return message_from_bytes(head + b"\n\n", policy=compat32)


def _silence(head: Message) -> Silence | None:
    """Gives why a message's own head forbids an answer (RFC 3834 section 2)."""
    if _value(head, "Auto-Submitted").split(";")[0].strip().lower() not in ("", "no"):
        return Silence.AUTOMATIC
    if head.get("X-Auto-Response-Suppress") or head.get("X-Autoreply") or head.get("X-Autorespond"):
        return Silence.AUTOMATIC
    if any(name.lower().startswith("list-") for name in head):
        return Silence.LIST
    if _value(head, "Precedence").strip().lower() in _PRECEDENCE:
        return Silence.LIST
    if _value(head, "Content-Type").strip().lower().startswith("multipart/report"):
        return Silence.BOUNCE
    if "Return-Path" in head and _value(head, "Return-Path").strip() in ("", "<>"):
        return Silence.BOUNCE
    return None


def _sender(head: Message) -> str | None:
    """Gives the one address to answer: the envelope's, else the only one in From."""
    path = _value(head, "Return-Path").strip()
    if path:
        return path
    names = [str(one) for one in head.get_all("From", [])]
    addresses = [address for _, address in getaddresses(names) if address]
    return addresses[0] if len(addresses) == 1 else None


def _value(head: Message, name: str) -> str:
    """Gives a header's text; what is no ASCII comes as replacement signs."""
    return str(head.get(name, ""))
