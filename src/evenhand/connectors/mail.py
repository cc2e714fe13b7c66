"""Mail that the desk writes: through the operator's mail server, or left in a folder for them.

The desk reads no mail box. It answers what a mail server hands to `evenhand mail answer`, and
tells the head offices of authorities what their officers received.
"""

import os
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import structlog
import yaml

from evenhand.base.clock import now as moment_now
from evenhand.base.errors import InputRefused, Misconfigured, NotAllowed, Unavailable
from evenhand.base.lists import Language

log = structlog.get_logger()

PERMANENT = 500
"""From this SMTP code on, trying again does not help (RFC 5321 section 4.2.1)."""

SEND_SECONDS_MAX = 20.0
"""Seconds that the mail server may take to accept one message."""


class RecipientWaits(Unavailable):
    """The mail server answers, and does not take mail for one mailbox now."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """The operator's mail server, which knows this machine."""

    host: str
    port: int

    def send(self, message: EmailMessage, *, to: str, sender: str) -> None:
        """Hands a message over, encrypted where the server offers that.

        `sender` is the envelope's, empty where nothing may come back. Raises `Unavailable` where
        trying again may help, `NotAllowed` where the server will not have this message.
        """
        try:
            with smtplib.SMTP(self.host, self.port, timeout=SEND_SECONDS_MAX) as server:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls()
                server.sendmail(sender, [to], message.as_bytes(policy=SMTP))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if any(code >= PERMANENT for code in codes):
                raise NotAllowed(peer="mail server", why="recipient refused") from error
            raise RecipientWaits(peer="mail server", why="recipient refused for now") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(peer="mail server", why=type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder of whole messages that wait for the mail server, or for somebody who sends them."""

    folder: Path

    def put(self, message: EmailMessage) -> None:
        """Writes a message into the folder; the same message twice is one file."""
        path = self.folder / f"{_file_name(message)}.eml"
        if path.exists() or path.with_suffix(".sent").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.touch(mode=0o600)
        with partial.open("wb") as file:
            file.write(message.as_bytes(policy=SMTP))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    def send(self, server: MailServer | None) -> int:
        """Sends what waits and gives how many were sent; without a server everything stays.

        What the server will not have is put aside under `.refused`, for a person to look at.
        """
        sent = 0
        for path in sorted(self.folder.glob("*.eml")) if server else ():
            assert server is not None
            message = message_from_bytes(path.read_bytes(), policy=SMTP)
            assert isinstance(message, EmailMessage)
            sender, to = _address_in(message, "From"), _address_in(message, "To")
            try:
                server.send(message, to=to, sender=sender)
            except NotAllowed as error:
                log.error("mail_refused", message=path.stem, **error.fields)  # noqa: TRY400
                path.replace(path.with_suffix(".refused"))
                continue
            except RecipientWaits as error:
                # One mailbox that is full or asks to come back must not hold up all others.
                log.info("mail_waits", message=path.stem, **error.fields)
                continue
            # Emptied before it is renamed: what was sent is nobody's here any more.
            path.write_bytes(b"")
            path.replace(path.with_suffix(".sent"))
            sent += 1
        return sent


def server_of(text: str) -> MailServer | None:
    """Gives the operator's mail server (`host:port`); None where none is named."""
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise Misconfigured(setting="EVENHAND_MAIL_SERVER", value=text, why="not host:port")
    return MailServer(host.strip("[]"), int(port))


def written(
    *, sender: str, to: str, subject: str, text: str, message_id: str, now: datetime
) -> EmailMessage:
    """Gives a plain message of ours; nothing of it can become a header of its own."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Evenhand", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message.set_content(text, charset="utf-8", cte="base64")
    return message


@dataclass(frozen=True, slots=True)
class MailedOffices:
    """The port `HeadOffices`: a message into the outbox, from where the worker sends it."""

    outbox: Outbox
    sender: str
    public_url: str
    clock: Callable[[], datetime] = moment_now

    def tell(
        self,
        address: str,
        *,
        number: str,
        reference: str,
        language: str,
        disclosure: UUID,
        confirm_by: datetime,
    ) -> None:
        """Tells a head office what an officer of theirs received, without any of the data.

        The message's id comes from the disclosure, so that what is told twice is told once.
        """
        spoken = Language(language) if language in set(Language) else Language.EN
        subject, text = _phrases()[spoken]
        values = {
            "number": number,
            "reference": " ".join(reference.split()) or "–",
            "day": f"{confirm_by.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            "url": f"{self.public_url}/authorities/",
        }
        try:
            message = written(
                sender=self.sender,
                to=address,
                subject=subject.format(**values),
                text=text.format(**values),
                message_id=f"<{disclosure}@{self.sender.rpartition('@')[2]}>",
                now=self.clock(),
            )
        except (ValueError, IndexError, HeaderParseError) as error:
            raise InputRefused(what="address of a head office", why="no mail address") from error
        self.outbox.put(message)


@dataclass(frozen=True, slots=True)
class MailedReporters:
    """The port `Mails` of reports: a message into the outbox, from where the worker sends it."""

    outbox: Outbox
    sender: str
    clock: Callable[[], datetime] = moment_now

    def mail(self, mailbox: str, subject: str, text: str, *, language: Language, key: str) -> None:
        """Hands over a mail; the same key twice is one message."""
        try:
            message = written(
                sender=self.sender,
                to=mailbox,
                subject=subject,
                text=text,
                message_id=f"<report-{key}@{self.sender.rpartition('@')[2]}>",
                now=self.clock(),
            )
        except (ValueError, IndexError, HeaderParseError) as error:
            raise InputRefused(what="mailbox of a reporter", why="no mail address") from error
        message["Content-Language"] = language.value
        message["Auto-Submitted"] = "auto-replied"
        self.outbox.put(message)


def _file_name(message: EmailMessage) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in str(message["Message-ID"])).strip(
        "-"
    )


def _address_in(message: EmailMessage, name: str) -> str:
    (address,) = message[name].addresses
    return str(address.addr_spec)


@cache
def _phrases() -> Mapping[Language, tuple[str, str]]:
    """Gives subject and text by language."""
    content = Path(__file__).with_name("head_office.yaml").read_text(encoding="utf-8")
    return {
        Language(language): (said["subject"], said["text"])
        for language, said in yaml.safe_load(content).items()
    }
