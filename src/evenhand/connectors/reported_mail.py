"""What people and abuse desks report by mail: XARF, ARF (RFC 5965), or plain words with a link.

A message is read as bytes and never run: no link is fetched, nothing attached is opened but the
text of the report itself, and of HTML only the words are read. Whoever hands messages over has to
have checked their sender (SPF, DKIM, DMARC), since the outcome is sent there.
"""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from html.parser import HTMLParser
from itertools import islice

from evenhand.base.errors import InputRefused
from evenhand.base.lists import Language
from evenhand.base.personal import MailAddress, MessageText
from evenhand.connectors.mailbox import Asked, Silence, asked
from evenhand.reports import xarf
from evenhand.reports.checks import is_mailbox
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.limits import NAME_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from evenhand.reports.lists import ReportKind, Way
from evenhand.reports.places import Place, place_of

MAIL_BYTES_MAX = 2 * 2**20
"""Bytes of one message: a report is words; pictures have no place in one."""

PARTS_MAX = 50
"""Parts of one message that are looked at: a report has three."""

PART_BYTES_MAX = 262_144
"""Bytes of one part that are read: as much as one request to the API may hold."""

BOUNDARIES_MAX = 200
"""Times that a message may speak of a boundary: parts within parts take ever longer to part."""

CODECS_REFUSED = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape"})
"""Codecs of Python that are no charsets of mail: slow on long texts, or able to write anything."""

WORDS_MAX = 5_000
"""Words of a message in which a link is looked for."""

HARMS = {
    "fraud": "m.spam.fraud",
    "phishing": "m.spam.fraud",
    "virus": "m.tos.hacking",
    "abuse": "m.spam",
}
"""What the kinds of feedback of RFC 5965 stand for; the others say too little."""

_SHORTER = frozenset({Silence.BOUNCE, Silence.ITSELF})
_XARF_TYPES = frozenset({"application/json", "application/xarf+json", "text/json"})
_EDGES = "<>()[]{},;:!?\"'`*"


class MailRefused(InputRefused):
    """A message cannot be taken as a report."""

    remedy = "Send a link to what you report in plain text, or use the form on the desk's page."


class NoReport(InputRefused):
    """A message is a robot's, and no report: nothing is answered to it."""

    remedy = "Nothing has to be done."


def draft_of(
    content: bytes, *, own: str, sender: str | None, at: datetime, url: str = ""
) -> ReportDraft:
    """Gives the report that a message makes.

    sender  the envelope's, where it is known
    url     the desk's own address: what quotes our mail is no report of our pages
    """
    if not content.strip():
        raise MailRefused(why="nothing came on standard input")
    if len(content) > MAIL_BYTES_MAX:
        raise MailRefused(why="larger than two megabytes")
    if content.lower().count(b"boundary") > BOUNDARIES_MAX:
        raise MailRefused(why="too many parts within parts")
    who = asked(content, own=own, envelope=sender)
    if who in _SHORTER:
        raise NoReport(why=str(who))
    try:
        message = message_from_bytes(content, policy=compat32)
        parts = list(islice(_parts(message), PARTS_MAX))
    except (RecursionError, MessageError, ValueError, LookupError) as error:
        raise MailRefused(why="no message that could be read") from error
    for part in parts:
        found = _in_xarf(part, at=at)
        if found is not None:
            return found
    feedback = _feedback(parts)
    if who is Silence.NO_SENDER and not feedback:
        raise MailRefused(why=_why_no_sender(message, sender))
    if not isinstance(who, Asked) and not feedback:
        raise NoReport(why=str(who))
    given = _sender(message, sender)
    return _in_words(message, parts, feedback, given, content, at=at, url=url)


def _why_no_sender(message: Message, envelope: str | None) -> str:
    if not message.keys():
        return "no message: it has no head"
    if envelope:
        return "the sender given is no mail address, or the head of the message is too long"
    return "no sender to whom the outcome could be told"


def _parts(message: Message) -> Iterator[Message]:
    """Gives the parts of a message in order; what it carries of other messages stays shut."""
    open_ones = [message]
    while open_ones:
        part = open_ones.pop()
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            open_ones += [one for one in reversed(inner) if isinstance(one, Message)]


def _in_xarf(part: Message, *, at: datetime) -> ReportDraft | None:
    named = (part.get_filename() or "").lower().endswith((".json", ".xarf"))
    if part.get_content_type() not in _XARF_TYPES and not named:
        return None
    content = _bytes(part)
    if b"xarf_version" not in content:
        return None
    return replace(xarf.draft_of(xarf.read(content), way=Way.MAIL, at=at), slow=True)


def _in_words(
    message: Message,
    parts: list[Message],
    feedback: dict[str, str],
    sender: str,
    content: bytes,
    *,
    at: datetime,
    url: str,
) -> ReportDraft:
    text = "\n\n".join(_texts(parts))
    place, typed = _place(feedback.get("reported-uri", ""), text, url=url)
    if place is None:
        raise MailRefused(why="no link to what is reported was found in the text")
    # The message as it came is not kept; what was too long for the reasons is cut and says so.
    cut = text if len(text) <= TEXT_CHARACTERS_MAX else text[: TEXT_CHARACTERS_MAX - 1] + "…"
    return ReportDraft(
        origin=f"mail:{_identity(message, sender, content)}",
        kind=ReportKind.USER_REPORT,
        way=Way.MAIL,
        about=place.about,
        text=MessageText(cut or typed),
        at=at,
        language=_language(message),
        reporter=ReporterDraft(name=_name(message), mailbox=MailAddress(sender)),
        harm=HARMS.get(feedback.get("feedback-type", ""), ""),
        account=place.account,
        channel=place.channel,
        event=place.event,
        place=typed,
        slow=True,
    )


def _feedback(parts: list[Message]) -> dict[str, str]:
    """Gives the fields of an abuse report in ARF, by their names in small letters."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            inner = part.get_payload()
            held = inner[0] if isinstance(inner, list) and inner else None
            lines = held.as_string() if isinstance(held, Message) else _text(part)
            pairs = (row.partition(":") for row in lines.splitlines()[:200])
            return {
                name.strip().lower(): value.strip()[:2_000] for name, colon, value in pairs if colon
            }
    return {}


def _texts(parts: list[Message]) -> Iterator[str]:
    """Gives the words of a message: plain text, else what HTML says to people."""
    plain = [_text(part) for part in parts if part.get_content_type() == "text/plain"]
    if any(text.strip() for text in plain):
        yield from (text.strip() for text in plain if text.strip())
        return
    for part in parts:
        if part.get_content_type() == "text/html":
            yield _Words.of(_text(part))


def _place(named: str, text: str, *, url: str) -> tuple[Place | None, str]:
    """Gives the first place in a text: one of the messenger before any other address."""
    words = [named, *(word.strip(_EDGES) for word in text.split()[:WORDS_MAX])]
    foreign = [word for word in words if word and not (url and word.startswith(f"{url}/"))]
    found = [(place_of(word), word) for word in foreign]
    known = [pair for pair in found if pair[0] is not None]
    ours = [pair for pair in known if pair[0] and not pair[0].about.startswith("place:")]
    return next(iter(ours or known), (None, ""))


def _bytes(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return content[:PART_BYTES_MAX] if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    content, charset = _bytes(part), part.get_content_charset("utf-8")
    try:
        known = codecs.lookup(charset).name.replace("-", "_") not in CODECS_REFUSED
        text = content.decode(charset if known else "utf-8", errors="replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", errors="replace")
    # Some charsets can write halves of signs, which no other text may hold.
    return text.encode(errors="replace").decode().replace("\0", "")


def _sender(message: Message, envelope: str | None) -> str:
    pairs = getaddresses([str(message.get("From", ""))[:1_000]])
    for address in (envelope or "", *(address for _, address in pairs)):
        typed = address.strip().strip("<>")
        if is_mailbox(typed):
            return typed
    raise MailRefused(why="no sender to whom the outcome could be told")


def _name(message: Message) -> str:
    try:
        header = str(make_header(decode_header(str(message.get("From", ""))[:1_000])))
        pairs = getaddresses([header])
    except (ValueError, LookupError, MessageError):
        return ""
    shown = " ".join(pairs[0][0].split()) if pairs else ""
    return "".join(sign for sign in shown if sign.isprintable())[:NAME_CHARACTERS_MAX]


def _language(message: Message) -> Language:
    said = re.findall(r"[a-z]{2}", str(message.get("Content-Language", ""))[:50].lower())
    return next((Language(one) for one in said if one in set(Language)), Language.EN)


def _identity(message: Message, sender: str, content: bytes) -> str:
    """Gives what makes a message the same when a server hands it over twice."""
    named = str(message.get("Message-ID", "")).strip()
    known = f"{sender}\0{named}".encode(errors="replace") if named else content
    return hashlib.sha256(known).hexdigest()


class _Words(HTMLParser):
    """The words of a page, with the addresses of its links; nothing of it is run."""

    def __init__(self) -> None:
        super().__init__()
        self._said: list[str] = []
        self._silent = 0

    @classmethod
    def of(cls, html: str) -> str:
        """Gives the words of a page."""
        reader = cls()
        try:
            reader.feed(html)
        except (AssertionError, ValueError):
            return ""
        return " ".join(" ".join(reader._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the address of a link, and what people do not see."""
        self._silent += tag in {"script", "style"}
        if tag == "a":
            self._said += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        """Notes that people see again what follows."""
        self._silent -= tag in {"script", "style"} and self._silent > 0

    def handle_data(self, data: str) -> None:
        """Notes what people read."""
        if not self._silent:
            self._said.append(data)
