"""Reports by mail: XARF, ARF, plain words; broken, huge, hostile, empty, robots."""

import json
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused
from evenhand.base.lists import Language
from evenhand.base.personal import reveal
from evenhand.connectors.reported_mail import MAIL_BYTES_MAX, MailRefused, NoReport, draft_of
from evenhand.reports.checks import check_report
from evenhand.reports.drafts import ReportDraft
from evenhand.reports.lists import Way

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = "desk@example.test"
LINK = "https://matrix.to/#/!room:x.test/$e1"
ORG = {"org": "Abuse Desk", "contact": "abuse@example.org", "domain": "example.org"}
XARF = {
    "xarf_version": "4.2.0",
    "report_id": "a1b2c3d4-e5f6-4890-abcd-ef1234567890",
    "timestamp": "2026-11-22T10:30:00Z",
    "reporter": ORG,
    "sender": ORG,
    "source_identifier": "@sender:x.test",
    "category": "content",
    "type": "fraud",
    "fraud_type": "investment",
    "url": LINK,
    "description": "Doubling of payments",
}
ARF = (
    "From: Abuse Desk <abuse@example.org>\r\nTo: desk@example.test\r\n"
    "Message-ID: <1@example.org>\r\n"
    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
    "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: fraud\r\n"
    f"User-Agent: x/1\r\nVersion: 1\r\nReported-URI: {LINK}\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\nBuy now\r\n--b--\r\n"
)


def mail(text: str = f"Look at {LINK}, it is fraud.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message.set_content(text)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given_ = {"From": "Ada Example <ada@example.org>", "To": OWN, "Message-ID": "<m1@example.org>"}
    for name, value in {**given_, **named}.items():
        message[name] = value
    return message


def read(message: EmailMessage | bytes, sender: str | None = None) -> ReportDraft:
    content = message if isinstance(message, bytes) else message.as_bytes()
    return draft_of(content, own=OWN, sender=sender, at=NOW)


def test_plain_words_with_a_link_are_a_report() -> None:
    draft = read(mail(Content_Language="ru"))

    assert (draft.about, draft.channel, draft.way) == ("event:$e1", "!room:x.test", Way.MAIL)
    assert draft.language is Language.RU
    assert draft.reporter.name == "Ada Example"
    assert draft.reporter.mailbox is not None
    assert reveal(draft.reporter.mailbox) == "ada@example.org"
    assert "it is fraud" in reveal(draft.text)
    assert check_report(draft) == ()


def test_the_same_message_again_is_the_same_report() -> None:
    assert read(mail()).origin == read(mail()).origin
    assert read(mail()).origin != read(mail(Message_ID="<m2@example.org>")).origin


def test_xarf_attached_is_read_and_words_around_it_are_not() -> None:
    message = mail("See attached.")
    message.add_attachment(
        json.dumps(XARF).encode(), maintype="application", subtype="json", filename="xarf.json"
    )

    draft = read(message)

    assert (draft.harm, draft.about) == ("m.spam.fraud", "event:$e1")
    assert draft.origin.startswith("xarf:")


def test_broken_xarf_is_named() -> None:
    message = mail("See attached.")
    broken = json.dumps({**XARF, "category": "none"}).encode()
    message.add_attachment(broken, maintype="application", subtype="json", filename="xarf.json")

    with pytest.raises(InputRefused, match="category"):
        read(message)


def test_arf_is_read() -> None:
    draft = read(ARF.encode())

    assert (draft.harm, draft.about) == ("m.spam.fraud", "event:$e1")
    assert "abuse report" in reveal(draft.text)
    assert "Buy now" not in reveal(draft.text)


def test_of_a_page_only_the_words_are_read() -> None:
    message = mail()
    message.set_content(
        f"<style>x{{}}</style><script>fetch('https://evil.example/')</script>"
        f"<p>Fraud at <a href='{LINK}'>this place</a></p><img src='https://evil.example/p.gif'>",
        subtype="html",
    )

    draft = read(message)

    assert draft.about == "event:$e1"
    assert "evil.example" not in reveal(draft.text)
    assert "Fraud at" in reveal(draft.text)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\x00" * 100, b"\xff\xfe\xfa", b"From: a\n\nno link", b"Subject: x",
     mail("no link at all").as_bytes(), b"x" * (MAIL_BYTES_MAX + 1)],
)  # fmt: skip
def test_what_is_no_report_is_refused_in_words(content: bytes) -> None:
    with pytest.raises((MailRefused, NoReport)) as caught:
        read(content)

    assert caught.value.fields["why"]


@pytest.mark.parametrize(
    ("content", "sender", "why"),
    [
        (b"", None, "nothing came"),
        (b"\n", "ada@example.org", "nothing came"),
        (b"no head", "ada@example.org", "no head"),
        (mail().as_bytes(), "ada", "sender given"),
        (mail(From="nobody").as_bytes(), None, "no sender"),
    ],
)
def test_what_a_person_sent_wrongly_is_told_to_them(
    content: bytes, sender: str | None, why: str
) -> None:
    with pytest.raises(MailRefused, match=why):
        read(content, sender=sender)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.org>"},
    ],
)
def test_robots_are_not_answered(headers: dict[str, str]) -> None:
    with pytest.raises(NoReport):
        read(mail(**headers))


def test_a_bounce_of_our_own_mail_is_no_report() -> None:
    with pytest.raises(NoReport):
        read(mail(), sender="")


def test_parts_within_parts_end() -> None:
    head = "From: a@example.org\r\nMIME-Version: 1.0\r\n"
    deep = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(3_000)
    )

    with pytest.raises((MailRefused, NoReport)):
        read((head + deep).encode())


def test_a_long_report_is_cut_and_still_taken() -> None:
    draft = read(mail(f"{LINK} " + "word " * 20_000))

    assert check_report(draft) == ()


def test_headers_cannot_smuggle_a_second_recipient() -> None:
    content = b"From: =?utf-8?q?Eve=0ABcc=3A_all=40example=2Eorg?= <eve@example.org>\n\n" + (
        LINK.encode()
    )

    draft = read(content)

    assert "\n" not in draft.reporter.name
    assert draft.reporter.mailbox is not None
    assert reveal(draft.reporter.mailbox) == "eve@example.org"


@given(st.binary(max_size=2_000))
def test_whatever_bytes_come_there_is_a_report_or_a_reason(content: bytes) -> None:
    assert outcome_of(content)


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "x-none", "utf-7", "idna", "hex"]))
def test_whatever_a_part_claims_to_be_it_is_read_as_bytes(content: bytes, charset: str) -> None:
    head = f"From: a@example.org\nContent-Type: text/plain; charset={charset}\n\n{LINK} ".encode()
    assert outcome_of(head + content)


def outcome_of(content: bytes) -> object:
    """What the report is about, or why it is none."""
    try:
        return read(content).about
    except InputRefused as error:
        return error.fields


def part(charset: str, text: bytes) -> bytes:
    head = f"From: ada@example.org\nContent-Type: text/plain; charset={charset}\n\n"
    return head.encode() + text


def test_a_charset_that_is_none_of_mail_is_read_as_plain_bytes() -> None:
    long = part("punycode", LINK.encode() + b" " + b"a" * 200_000 + b"-zzz9" * 5_000)
    assert read(long).event == "$e1"

    halved = read(part("unicode_escape", LINK.encode() + b"\\ud800"))
    assert halved.event.encode() == b"$e1\\ud800"


def test_parts_within_parts_without_end_are_refused() -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one) for one in range(400)
    )
    with pytest.raises(MailRefused, match="parts within parts"):
        read(b"From: ada@example.org\n" + nested + LINK.encode())


def test_an_absence_that_quotes_our_mail_reports_nothing() -> None:
    url = "https://desk.example.test"
    content = mail(f"I am away.\n> It stands at {url}/report/follow/").as_bytes()

    with pytest.raises(MailRefused, match="no link"):
        draft_of(content, own=OWN, sender=None, at=NOW, url=url)
