"""XARF version 4: what other people's abuse desks report, read into a report of ours.

Each report is validated against the format's own schemas (package `xarf`). Texts attached as
evidence are kept under seal; of everything else attached, pictures above all, only hash and size
are: nothing that is sent here is opened or stored unseen.
"""

import hashlib
import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

from evenhand.base.errors import InputRefused
from evenhand.base.harms import harms
from evenhand.base.lists import Language
from evenhand.base.personal import IpAddress, MailAddress, MessageText
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.limits import FINDINGS_MAX, NAME_CHARACTERS_MAX, XARF_DEPTH_MAX
from evenhand.reports.lists import ReportKind, Way
from evenhand.reports.places import place_of

VERSION = "4."
MORE = {
    "content/phishing": "m.spam.fraud",
    "content/malware": "m.tos.hacking",
    "content/csem": "m.child_safety",
    "content/ncii": "m.harassment",
    "content/remote-compromise": "m.tos.hacking",
    "content/brand-infringement": "m.spam.impersonation",
}
"""What the table of harms does not say: one harm has one type there, and these lead back."""

KEPT_PAYLOADS = ("text/plain", "message/rfc822", "application/json")


class XarfRefused(InputRefused):
    """Something is not a report in XARF version 4."""

    remedy = "Validate it against the schemas at xarf.org; the findings name the fields."


def read(content: bytes) -> Mapping[str, object]:
    """Gives what a text in XARF says, checked against its schemas; refuses everything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise XarfRefused(findings=("not JSON",)) from error
    if not isinstance(value, dict) or _depth(value) > XARF_DEPTH_MAX:
        raise XarfRefused(findings=("not one JSON object of a report's depth",))
    version = value.get("xarf_version")
    if not isinstance(version, str) or not version.startswith(VERSION):
        raise XarfRefused(findings=("xarf_version: must be 4",))
    from xarf import parse

    found = parse(value)
    if found.errors:
        said = [f"{one.field or 'report'}: {one.message[:120]}" for one in found.errors]
        raise XarfRefused(findings=tuple(said[:FINDINGS_MAX]))
    return value


def draft_of(
    value: Mapping[str, object],
    *,
    way: Way,
    at: datetime,
    language: Language = Language.EN,
    network: IpAddress | None = None,
) -> ReportDraft:
    """Gives the report that a text in XARF makes."""
    sender = value.get("reporter")
    reporter = sender if isinstance(sender, Mapping) else {}
    contact = str(reporter.get("contact", ""))
    typed = str(value.get("url") or value.get("source_identifier") or "")
    place = place_of(typed)
    if place is None:
        raise XarfRefused(
            findings=("url: a link by which the thing can be found, or an id as source_identifier",)
        )
    draft = ReportDraft(
        origin=_origin(contact, str(value.get("report_id", ""))),
        kind=ReportKind.USER_REPORT,
        way=way,
        about=place.about,
        text=MessageText(str(value.get("description") or _kind(value))),
        at=at,
        language=language,
        reporter=ReporterDraft(
            name=str(reporter.get("org", ""))[:NAME_CHARACTERS_MAX],
            mailbox=MailAddress(contact) if contact else None,
        ),
        harm=harm_of(value),
        account=place.account,
        channel=place.channel,
        event=place.event,
        network=network,
        place=typed,
    )
    return replace(draft, content=json.dumps(without_payloads(value)).encode())


def harm_of(value: Mapping[str, object]) -> str:
    """Gives the harm that a category and type stand for; empty where we have no word for it."""
    return _harms().get(_kind(value), "")


def without_payloads(value: Mapping[str, object]) -> dict[str, object]:
    """Gives a report without what is attached to it, texts excepted."""
    attached = value.get("evidence")
    rows = attached if isinstance(attached, list) else []
    return {**value, "evidence": [_shown(row) for row in rows if isinstance(row, Mapping)]}


def _shown(row: Mapping[str, object]) -> dict[str, object]:
    kind = str(row.get("content_type", "")).partition(";")[0].strip().lower()
    if kind in KEPT_PAYLOADS:
        return dict(row)
    payload = str(row.get("payload", ""))
    try:
        content = b64decode(payload, validate=True)
    except (NotBase64, ValueError):
        content = payload.encode(errors="replace")
    kept = {name: inner for name, inner in row.items() if name != "payload"}
    return {**kept, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _kind(value: Mapping[str, object]) -> str:
    return f"{value.get('category', '')}/{value.get('type', '')}"


def _origin(contact: str, report_id: str) -> str:
    named = f"{contact.casefold()}\0{report_id.casefold()}"
    return f"xarf:{hashlib.sha256(named.encode(errors='replace')).hexdigest()}"


@cache
def _harms() -> Mapping[str, str]:
    """Gives the harm for each type; where several have one, the first of the table."""
    known: dict[str, str] = {}
    for harm in harms().values():
        if harm.xarf_type:
            known.setdefault(harm.xarf_type, harm.code)
    named = {**known, **MORE}
    return {**named, **{kind.replace("-", "_"): code for kind, code in named.items()}}


def _depth(value: object) -> int:
    """Gives how deeply objects and lists lie in each other, without going there by calls."""
    deepest, open_ones = 0, [(value, 1)]
    while open_ones:
        one, depth = open_ones.pop()
        deepest = max(deepest, depth)
        inner = one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ()
        open_ones += [(part, depth + 1) for part in inner if isinstance(part, Mapping | list)]
    return deepest
