"""The report to the CyberTipline as XML: made from facts, checked against our part of its schema.

Text alone makes a report: an approach to a child leaves no file. The desk sends no files.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from lxml import etree

from evenhand.base.errors import InputRefused
from evenhand.childsafety.limits import DOCUMENT_BYTES_MAX
from evenhand.childsafety.lists import IncidentType

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that XML 1.0 cannot carry (§ 2.2)."""


class TipInvalid(InputRefused):
    """A report does not have the form that the CyberTipline takes."""

    remedy = "Correct the element named."


@dataclass(frozen=True, slots=True)
class TipFacts:
    """What a report says.

    account   the account reported, as the messenger names it (`espIdentifier`)
    text      what happened, in the words of the person who reports for the desk
    quoted    what was written, word by word, if it is needed to understand
    urgent    why it cannot wait; empty if it can
    matched   which hash lists a file stood on, by their names and numbers
    """

    incident: IncidentType
    at: datetime
    account: str
    channel: str
    messenger: str
    text: str
    mail: str
    quoted: str = ""
    urgent: str = ""
    matched: str = ""


def tip_document(facts: TipFacts) -> bytes:
    """Gives the report's XML; raises `TipInvalid` if it would not be taken."""
    root = etree.Element("report")
    summary = _add(root, "incidentSummary")
    _add(summary, "incidentType", facts.incident.value)
    _add_filled(summary, "escalateToHighPriority", facts.urgent)
    _add(summary, "incidentDateTime", facts.at.astimezone(UTC).isoformat(timespec="seconds"))
    chat = _add(_add(root, "internetDetails"), "chatImIncident")
    _add(chat, "chatClient", facts.messenger)
    _add_filled(chat, "chatRoomName", facts.channel)
    _add_filled(chat, "content", facts.quoted)
    _add(_add(_add(root, "reporter"), "reportingPerson"), "email", facts.mail)
    _add(_add(root, "personOrUserReported"), "espIdentifier", facts.account)
    _add(root, "additionalInfo", "\n\n".join(filter(None, (facts.text, facts.matched))))
    document = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    check_document(document)
    return document


def check_document(document: bytes) -> None:
    """Raises `TipInvalid` for what is too long, no XML, or not of the schema's form."""
    if len(document) > DOCUMENT_BYTES_MAX:
        raise TipInvalid(why="too long", bytes_max=DOCUMENT_BYTES_MAX)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        parsed = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise TipInvalid(why="no XML", line=error.lineno) from error
    if parsed.getroottree().docinfo.doctype:
        raise TipInvalid(why="declares a document type")
    schema = _schema()
    if not schema.validate(parsed):
        fault = schema.error_log[0]
        # The element's path alone: the fault's own words quote what people wrote.
        raise TipInvalid(why="not of the schema's form", element=fault.path)


@cache
def _schema() -> etree.XMLSchema:
    text = files("evenhand.childsafety").joinpath("cybertip.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, name)
    if text is not None:
        child.text = NOT_XML.sub("\ufffd", text)
    return child


def _add_filled(parent: etree._Element, name: str, text: str) -> None:
    if text.strip():
        _add(parent, name, text)
