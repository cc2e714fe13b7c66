"""Receives a request at a door: seals and examines its document, and hands it to the legal room."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cryptography import x509
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext
from nacl.public import PublicKey

from evenhand.authorities.models import Authority, Officer
from evenhand.base.ids import new_id
from evenhand.base.limits import DOCUMENT_BYTES_MAX
from evenhand.base.sealing import read_key
from evenhand.desk.engines import pager
from evenhand.desk.filled import Filled
from evenhand.desk.intake import Asker, Choice, refuse_unlawful
from evenhand.evidence.steps import keep
from evenhand.legal import steps
from evenhand.legal.documents import DocumentReport, examine
from evenhand.legal.drafts import DocumentDraft, MatterDraft
from evenhand.legal.models import Matter
from evenhand.legal.suspicion import suspicion
from evenhand.markets.lists import AuthorityKind
from evenhand.markets.queries import state_of

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who brings a request: the officer, or who enters what was served on paper."""

    authority: Authority
    language: str
    received_at: datetime
    officer: Officer | None = None
    entered_by: UUID | None = None


def asker_of(authority: Authority, *, now: datetime) -> Asker:
    """Gives an authority as the law sees it today."""
    return Asker(
        country=authority.country,
        kind=AuthorityKind(authority.kind),
        market=state_of(authority.country),
        on=now.date(),
    )


def document_of(upload: "UploadedFile[bytes] | None") -> tuple[bytes | None, str]:
    """Gives the bytes of a document, or what is wrong with it in words."""
    if upload is None:
        return None, ""
    if (upload.size or 0) > DOCUMENT_BYTES_MAX:
        return None, gettext("The document is larger than 10 MB.")
    content = upload.read()
    if not content.startswith(b"%PDF-"):
        return None, gettext("The document is not a PDF.")
    return content, ""


def file_request(
    officer: Officer,
    choice: Choice,
    form: Filled,
    *,
    document: bytes | None,
    origin: str,
    now: datetime,
) -> Matter:
    """Files what an officer sends; the same origin again gives the request that stands."""
    sender = Sender(
        authority=officer.authority,
        language=officer.authority.language,
        received_at=now,
        officer=officer,
    )
    return file_from(sender, choice, form, document=document, origin=origin, now=now)


def file_from(
    sender: Sender,
    choice: Choice,
    form: Filled,
    *,
    document: bytes | None,
    origin: str,
    now: datetime,
) -> Matter:
    """Files what a sender brings: the law is asked again, whatever the door offered."""
    refuse_unlawful(choice, asker_of(sender.authority, now=now))
    matter_id = new_id(now=now)
    report = examined(document, sender.authority, now=now) if document else None
    with transaction.atomic():
        documents = kept(document, report, subject=matter_id, now=now)
        draft = MatterDraft(
            id=matter_id,
            origin=origin,
            entry=choice.entry.id,
            authority=sender.authority.id,
            country=sender.authority.country,
            received_at=sender.received_at,
            language=sender.language,
            purpose=choice.purpose,
            categories=choice.categories,
            identifiers=form.identifiers,
            fields=form.fields,
            officer=sender.officer.id if sender.officer else None,
            entered_by=sender.entered_by,
            emergency=choice.emergency,
            validator=choice.validator,
            validator_name=form.texts.get("validator_name", ""),
            reference=form.texts.get("reference", "")[:200],
            gagged_until=form.gagged_until,
            gag_basis=form.texts.get("gag_basis", ""),
            documents=documents,
        )
        found = suspicion(draft, choice.entry, sender.authority, sender.officer, report, now=now)
        return steps.receive(replace(draft, fraud=found.as_json()), pager=pager(), now=now)


def examined(document: bytes, authority: Authority, *, now: datetime) -> DocumentReport:
    """Gives what a document proves under the roots that the registry keeps for the authority."""
    return examine(document, roots=roots_of(authority), now=now)


def kept(
    document: bytes | None, report: DocumentReport | None, *, subject: UUID, now: datetime
) -> tuple[DocumentDraft, ...]:
    """Gives the document as the matter keeps it: its bytes under seal."""
    if document is None or report is None:
        return ()
    item = keep(
        document,
        media_type=PDF,
        subject=subject,
        to=PublicKey(read_key(settings.KEYS / "evidence.pub")),
        now=now,
    )
    digest = hashlib.sha256(document).digest()
    return (DocumentDraft(item.id, digest, report.level.value, report.trusted, report.as_json()),)


def roots_of(authority: Authority) -> tuple[x509.Certificate, ...]:
    """Gives the certificates that staff keep for an authority."""
    if not authority.certificates.strip():
        return ()
    return tuple(x509.load_pem_x509_certificates(authority.certificates.encode()))
