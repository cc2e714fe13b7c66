"""The robot says where requests are taken, and is silent wherever RFC 3834 asks for it."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.sealing import make_keys
from evenhand.connectors.mail import MailedOffices, MailServer, Outbox, RecipientWaits
from evenhand.connectors.mailbox import (
    ANSWERS_PER_HOUR_MAX,
    TEMPORARY_FAILURE,
    Asked,
    Silence,
    answer,
    answer_one,
    asked,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWN = "authorities@safety.example"
PLAIN = {
    "Return-Path": "<officer@police.example.de>",
    "From": "Officer <officer@police.example.de>",
    "To": OWN,
    "Subject": "Secret subject about Mr. X",
    "Message-ID": "<abc.1@police.example.de>",
}


def mail(body: str = "the secret body", **changes: str | None) -> bytes:
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    headers = {**PLAIN, **named}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def said(content: bytes, envelope: str | None = None) -> Asked | Silence:
    return asked(content, own=OWN, envelope=envelope)


def test_a_plain_message_is_answered_with_the_link_and_nothing_of_it():
    to = said(mail())
    assert isinstance(to, Asked)

    message = answer(to, own=OWN, url="https://safety.example/authorities/", now=NOW)

    text = message.get_content()
    assert message["To"] == "officer@police.example.de"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<abc.1@police.example.de>"
    assert text.count("https://safety.example/authorities/") == 5
    assert text.startswith("Anfragen von Behörden")
    whole = message.as_bytes(policy=SMTP).decode() + text
    assert not [
        one for one in ("Secret subject", "Mr. X", "secret body", "Officer <") if one in whole
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, Silence.AUTOMATIC),
        ({"Auto_Submitted": "auto-generated; owner=x"}, Silence.AUTOMATIC),
        ({"X_Auto_Response_Suppress": "OOF"}, Silence.AUTOMATIC),
        ({"X_Autoreply": "yes"}, Silence.AUTOMATIC),
        ({"List_Id": "<a.example>"}, Silence.LIST),
        ({"List_Unsubscribe": "<mailto:x@y.example>"}, Silence.LIST),
        ({"Precedence": "Bulk"}, Silence.LIST),
        ({"Return_Path": "<>"}, Silence.BOUNCE),
        ({"Return_Path": ""}, Silence.BOUNCE),
        ({"Content_Type": "multipart/report; report-type=delivery-status"}, Silence.BOUNCE),
        ({"Return_Path": "<MAILER-DAEMON@x.example>"}, Silence.ROBOT),
        ({"Return_Path": "<no-reply@x.example>"}, Silence.ROBOT),
        ({"Return_Path": "<news-request@x.example>"}, Silence.ROBOT),
        ({"Return_Path": "<bounces+1=a@x.example>"}, Silence.ROBOT),
        ({"Return_Path": f"<{OWN.upper()}>"}, Silence.ITSELF),
        ({"Return_Path": None, "From": None}, Silence.NO_SENDER),
        ({"Return_Path": None, "From": "a@x.example, b@y.example"}, Silence.NO_SENDER),
        ({"Return_Path": "<a@localhost>"}, Silence.NO_SENDER),
        ({"Return_Path": "<a b@x.example>"}, Silence.NO_SENDER),
        ({"Return_Path": "<ä@x.example>"}, Silence.NO_SENDER),
    ],
)
def test_the_robot_is_silent(changes: dict[str, str | None], why: Silence):
    assert said(mail(**changes)) is why


def test_a_message_that_says_it_is_no_automatic_one_is_answered():
    assert isinstance(said(mail(Auto_Submitted="No")), Asked)


def test_the_envelope_of_the_server_wins_over_what_the_message_says():
    assert said(mail(), envelope="") is Silence.BOUNCE
    to = said(mail(), envelope="other@x.example")
    assert isinstance(to, Asked)
    assert to.sender == "other@x.example"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no head at all",
        b"From: a@x.example\r\nwithout end",
        b"\xff\xfe\x00\x01\r\n\r\n",
        b": : :\r\n\r\nx",
        b"X: y\r\n" * 100_000 + b"\r\n",
        b"From: " + b"a" * 200_000 + b"@x.example\r\n\r\n",
    ],
)
def test_what_is_no_message_is_not_answered(content: bytes):
    assert isinstance(said(content), Silence)


def test_a_sender_with_a_line_end_makes_no_header():
    for evil in (
        "a@x.example\r\nBcc: b@y.example",
        "a@x.example%0aBcc:b@y.example",
        "a@x.example\n",
    ):
        to = said(mail(), envelope=evil)
        if isinstance(to, Asked):
            assert "\n" not in to.sender
            message = answer(to, own=OWN, url="https://x.example", now=NOW)
            assert message["Bcc"] is None
    folded = mail(Message_ID="<x@y.example>\r\n Bcc: b@y.example")
    to = said(folded)
    assert isinstance(to, Asked)
    assert answer(to, own=OWN, url="https://x.example", now=NOW)["Bcc"] is None


names = st.sampled_from(
    [*PLAIN, "Auto-Submitted", "List-Id", "Content-Type", "Precedence", "X-Foo", ""]
)
values = st.text(max_size=60) | st.binary(max_size=60).map(lambda one: one.decode("latin-1"))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(names, values), max_size=12), st.binary(max_size=80))
def test_nothing_that_is_sent_breaks_the_robot(headers: list[tuple[str, str]], body: bytes):
    head = "\r\n".join(f"{name}: {value}" for name, value in headers)
    content = head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body

    to = asked(content, own=OWN, envelope=None)

    if isinstance(to, Asked):
        made = answer(to, own=OWN, url="https://x.example", now=NOW).as_bytes(policy=SMTP)
        again = message_from_bytes(made, policy=SMTP)
        assert len(again.get_all("To")) == 1
        assert set(again.keys()) <= {
            "From", "To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version",
            "Content-Transfer-Encoding", "Auto-Submitted", "X-Auto-Response-Suppress",
            "In-Reply-To", "References",
        }  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the command is told."""
    make_keys(tmp_path / "keys")
    return {"EVENHAND_HOME": str(tmp_path), "EVENHAND_MAIL_FROM": OWN}


def test_the_same_sender_is_answered_once_a_day(
    environment: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
):
    def ask(at: datetime) -> bytes:
        assert answer_one(mail(), environment, envelope=None, now=at) == 0
        return capfdbinary.readouterr().out

    assert b"Auto-Submitted: auto-replied" in ask(NOW)
    assert ask(NOW + timedelta(hours=1)) == b""
    assert ask(NOW + timedelta(days=2)) != b""
    kept = [path.name for path in (Path(environment["EVENHAND_HOME"]) / "mail").rglob("*")]
    assert not [name for name in kept if "officer" in name]


def test_a_flood_of_senders_is_answered_no_further(
    environment: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
):
    for number in range(ANSWERS_PER_HOUR_MAX + 3):
        content = mail(Return_Path=f"<a{number}@x.example>")
        answer_one(content, environment, envelope=None, now=NOW)

    assert capfdbinary.readouterr().out.count(b"Auto-Submitted") == ANSWERS_PER_HOUR_MAX


class Letters(socketserver.StreamRequestHandler):
    """A mail server that keeps what it gets, as far as the tests need one."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.strip().upper()
            self.server.lines.append(line.strip().decode())
            if word.startswith(b"RCPT") and b"REFUSED@" in word:
                self.wfile.write(b"550 no such\r\n")
            elif word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                letter = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    letter += part
                self.server.letters.append(letter)
                self.wfile.write(b"250 ok\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def server() -> Iterator[socketserver.ThreadingTCPServer]:
    """A mail server on loopback."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Letters) as made:
        made.letters, made.lines = [], []
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def address(server: socketserver.ThreadingTCPServer) -> str:
    return f"127.0.0.1:{server.server_address[1]}"


def test_with_a_mail_server_the_answer_goes_there_without_a_sender(
    environment: dict[str, str], server: socketserver.ThreadingTCPServer
):
    environment["EVENHAND_MAIL_SERVER"] = address(server)

    assert answer_one(mail(), environment, envelope=None, now=NOW) == 0

    assert len(server.letters) == 1
    assert [line for line in server.lines if line.lower().startswith("mail")] == ["mail FROM:<>"]
    assert b"secret" not in server.letters[0].lower()


def test_a_server_that_does_not_answer_is_a_failure_to_be_tried_again(environment: dict[str, str]):
    environment["EVENHAND_MAIL_SERVER"] = "127.0.0.1:9"

    assert answer_one(mail(), environment, envelope=None, now=NOW) == TEMPORARY_FAILURE
    environment["EVENHAND_MAIL_SERVER"] = ""
    assert answer_one(mail(), environment, envelope=None, now=NOW) == 0


def told(offices: MailedOffices, disclosure: UUID, to: str = "head@police.example") -> None:
    offices.tell(
        to,
        number="EH-2026-000001",
        reference="3 Js\r\nBcc: x@y.example",
        language="de",
        disclosure=disclosure,
        confirm_by=NOW + timedelta(days=5),
    )


def test_a_head_office_is_told_once_and_without_data(
    tmp_path: Path, server: socketserver.ThreadingTCPServer
):
    outbox, disclosure = Outbox(tmp_path / "out"), uuid4()
    offices = MailedOffices(outbox, OWN, "https://safety.example", clock=lambda: NOW)
    host, port = server.server_address

    told(offices, disclosure)
    told(offices, disclosure)
    assert outbox.send(None) == 0
    assert outbox.send(MailServer(host, port)) == 1
    told(offices, disclosure)
    assert outbox.send(MailServer(host, port)) == 0

    (letter,) = server.letters
    message = message_from_bytes(letter, policy=SMTP)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "head@police.example"
    assert message["Bcc"] is None
    assert "bis 2026-03-06 12:00 UTC" in message.get_content()
    assert [path.stat().st_size for path in (tmp_path / "out").iterdir()] == [0]


def test_a_message_that_the_server_refuses_hinders_no_other(
    tmp_path: Path, server: socketserver.ThreadingTCPServer
):
    outbox = Outbox(tmp_path / "out")
    offices = MailedOffices(outbox, OWN, "https://safety.example", clock=lambda: NOW)
    told(offices, UUID(int=1), to="refused@police.example")
    told(offices, UUID(int=2))

    assert outbox.send(MailServer(*server.server_address)) == 1
    assert [path.suffix for path in sorted((tmp_path / "out").iterdir())] == [".refused", ".sent"]
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_a_mailbox_that_waits_hinders_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, sent = Outbox(tmp_path / "out"), []
    offices = MailedOffices(outbox, OWN, "https://safety.example", clock=lambda: NOW)
    told(offices, UUID(int=1), to="full@police.example")
    told(offices, UUID(int=2))

    def send(_: MailServer, message: EmailMessage, *, to: str, sender: str) -> None:
        if to.startswith("full"):
            raise RecipientWaits(peer="mail server")
        sent.append(to)

    monkeypatch.setattr(MailServer, "send", send)

    assert outbox.send(MailServer("mail.example", 25)) == 1
    assert sent == ["head@police.example"]
    assert [path.suffix for path in sorted((tmp_path / "out").iterdir())] == [".eml", ".sent"]
