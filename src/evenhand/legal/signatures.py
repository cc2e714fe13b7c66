"""What the signatures in a PDF are worth, each by itself and all together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import SEEK_END

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from evenhand.legal.document_limits import NAME_CHARACTERS_MAX
from evenhand.legal.documents import DocumentFinding, SignatureLevel

QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
"""The extension in which a certificate calls itself qualified (EN 319 412-5)."""

QC_COMPLIANCE = bytes.fromhex("060604008e460101")
QC_DEVICE = bytes.fromhex("060604008e460104")
"""Statements "is qualified" and "key in a qualified device" (EN 319 412-5, 4.2.1 and 4.2.2)."""

SIGNING_USES = frozenset({"digital_signature", "non_repudiation"})
"""Either use will do: national certificate authorities differ in which they set for documents."""

OTHER_PURPOSES = frozenset(
    {"server_auth", "client_auth", "code_signing", "time_stamping", "ocsp_signing"}
)
"""Purposes that, standing alone, say that a certificate is not for papers (RFC 5280 4.2.1.12)."""

LAST_LINES = re.compile(rb"startxref\s+\d+\s+%%EOF[\s\0]*\Z")
"""How a PDF ends; mail programs add blanks."""

CHANGED = frozenset(
    {
        DocumentFinding.ALTERED,
        DocumentFinding.CHANGED_AFTER_SIGNING,
        DocumentFinding.FILLED_AFTER_SIGNING,
    }
)
BREAKING = CHANGED | {DocumentFinding.PARTLY_COVERED, DocumentFinding.CERTIFICATE_REVOKED}
UNTRUSTING = frozenset(
    {
        DocumentFinding.CERTIFICATE_EXPIRED,
        DocumentFinding.CERTIFICATE_NOT_YET_VALID,
        DocumentFinding.CERTIFICATE_WRONG_USE,
        DocumentFinding.WEAK_ALGORITHM,
        DocumentFinding.SIGNED_IN_FUTURE,
    }
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to trust, at what time."""

    roots: tuple[x509.Certificate, ...]
    qualified: frozenset[bytes]
    now: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """What one signature is worth."""

    level: SignatureLevel
    codes: tuple[DocumentFinding, ...]
    signer: str
    issuer: str
    signed_at: datetime | None
    time_proved: bool
    covers_file: bool
    changed: bool


def judge(reader: PdfFileReader, trust: Trust) -> list[Judged]:
    """Gives what each signature is worth, in the order in which they were made."""
    own_names = {name for name, _, _ in enumerate_sig_fields(reader)}
    loose = _has_loose_end(reader)
    return [
        _judged(reader, signature, trust, own_names, loose=loose)
        for signature in reader.embedded_regular_signatures
    ]


def _judged(
    reader: PdfFileReader,
    signature: EmbeddedPdfSignature,
    trust: Trust,
    own_names: set[str],
    *,
    loose: bool,
) -> Judged:
    certificate = signature.signer_cert
    status = validate_pdf_signature(
        signature,
        signer_validation_context=_context(reader, trust),
        key_usage_settings=KeyUsageConstraints(key_usage=SIGNING_USES),
    )
    broken = [*_integrity(status, own_names)]
    if loose or not _is_whole(signature):
        broken.append(DocumentFinding.PARTLY_COVERED)
    doubts = [*_doubts(status, certificate, trust)] if not broken else []
    stamp = status.timestamp_validity
    time_proved = bool(stamp and stamp.trusted)
    signed_at = stamp.timestamp if stamp and time_proved else status.signer_reported_dt
    if signed_at and signed_at.astimezone(UTC) > trust.now + timedelta(days=1):
        doubts.append(DocumentFinding.SIGNED_IN_FUTURE)
    if not time_proved:
        doubts.append(DocumentFinding.TIME_NOT_PROVED)
    return Judged(
        level=_level(status, trust, [*broken, *doubts]),
        codes=(*broken, *doubts),
        signer=_named(certificate.subject),
        issuer=_named(certificate.issuer),
        signed_at=signed_at.astimezone(UTC) if signed_at else None,
        time_proved=time_proved,
        covers_file=_covers(status) and not loose,
        changed=bool(set(broken) & CHANGED),
    )


def _has_loose_end(reader: PdfFileReader) -> bool:
    """Tells whether anything but blanks stands after the end of the file's last revision.

    No reader shows such bytes and no signature covers them; pyHanko (0.38) passes them over, and
    a program that repairs files may find another document in them.
    """
    last = reader.xrefs.get_xref_container_info(reader.total_revisions - 1)
    reader.stream.seek(last.end_location)
    rest = reader.stream.read()
    return rest.count(b"startxref") != 1 or LAST_LINES.search(rest) is None


def _is_whole(signature: EmbeddedPdfSignature) -> bool:
    """Tells whether a signature leaves out its own value alone (ISO 32000-2, 12.8.1)."""
    start, first, second, length = signature.byte_range
    own = len(signature.pkcs7_content) * 2 + 2
    signature.reader.stream.seek(0, SEEK_END)
    end = signature.reader.stream.tell()
    return bool(start == 0 and second == first + own and second + length <= end)


def _context(reader: PdfFileReader, trust: Trust) -> ValidationContext:
    """Gives whom to trust, with the lists of revoked certificates that the file brings along."""
    asked = {
        "trust_roots": list(trust.roots),
        "moment": trust.now,
        "allow_fetching": False,
        "revocation_mode": "soft-fail",
        "retroactive_revinfo": True,
    }
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return ValidationContext(**asked)
    return store.as_validation_context(asked)


def _integrity(status: PdfSignatureStatus, own_names: set[str]) -> Iterator[DocumentFinding]:
    """Gives why a signature does not hold for what the file shows now."""
    if not (status.intact and status.valid):
        yield DocumentFinding.ALTERED
    if status.coverage not in (
        SignatureCoverageLevel.ENTIRE_FILE,
        SignatureCoverageLevel.ENTIRE_REVISION,
    ):
        yield DocumentFinding.PARTLY_COVERED
    changes = status.diff_result
    if isinstance(changes, DiffResult):
        if changes.modification_level >= ModificationLevel.ANNOTATIONS or not status.docmdp_ok:
            yield DocumentFinding.CHANGED_AFTER_SIGNING
        elif changes.changed_form_fields - own_names:
            yield DocumentFinding.FILLED_AFTER_SIGNING
    elif changes is not None or not status.docmdp_ok:
        yield DocumentFinding.CHANGED_AFTER_SIGNING
    if status.revoked:
        yield DocumentFinding.CERTIFICATE_REVOKED


def _doubts(
    status: PdfSignatureStatus, certificate: x509.Certificate, trust: Trust
) -> Iterator[DocumentFinding]:
    """Gives what keeps an intact signature from being traced to somebody trusted."""
    if certificate.not_valid_after < trust.now:
        yield DocumentFinding.CERTIFICATE_EXPIRED
    if certificate.not_valid_before > trust.now:
        yield DocumentFinding.CERTIFICATE_NOT_YET_VALID
    if _wrong_use(certificate):
        yield DocumentFinding.CERTIFICATE_WRONG_USE
    if status.md_algorithm.lower() in ("md2", "md5", "sha1"):
        yield DocumentFinding.WEAK_ALGORITHM
    if status.validation_path is None and certificate.self_issued:
        yield DocumentFinding.SELF_SIGNED
    if not status.trusted and status.validation_path is None:
        yield DocumentFinding.UNKNOWN_ISSUER
    if status.trusted:
        yield DocumentFinding.REVOCATION_NOT_CHECKED


def _wrong_use(certificate: x509.Certificate) -> bool:
    uses, purposes = certificate.key_usage_value, certificate.extended_key_usage_value
    return (uses is None or not set(uses.native) & SIGNING_USES) or (
        purposes is not None and set(purposes.native) <= OTHER_PURPOSES
    )


def _level(
    status: PdfSignatureStatus, trust: Trust, codes: Sequence[DocumentFinding]
) -> SignatureLevel:
    """Gives what one signature is worth; a qualified level only under a root named as such."""
    if BREAKING & set(codes):
        return SignatureLevel.BROKEN
    if not status.trusted or UNTRUSTING & set(codes):
        return SignatureLevel.VALID_UNKNOWN_CA
    issuers = list(status.validation_path.iter_certs(include_root=True))[:-1]
    statements = _statements(status.signing_cert)
    if not any(issuer.dump() in trust.qualified for issuer in issuers) or (
        QC_COMPLIANCE not in statements
    ):
        return SignatureLevel.VALID_TRUSTED_CA
    return SignatureLevel.QUALIFIED if QC_DEVICE in statements else SignatureLevel.ADES_QC


def _statements(certificate: x509.Certificate) -> bytes:
    for extension in certificate["tbs_certificate"]["extensions"]:
        if extension["extn_id"].dotted == QC_STATEMENTS:
            return bytes(extension["extn_value"].contents)
    return b""


def _covers(status: PdfSignatureStatus) -> bool:
    """Tells whether nothing but time stamps and the like stands after what is covered."""
    if status.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return True
    changes = status.diff_result
    return (
        status.coverage is SignatureCoverageLevel.ENTIRE_REVISION
        and isinstance(changes, DiffResult)
        and changes.modification_level <= ModificationLevel.LTA_UPDATES
    )


def _named(name: x509.Name) -> str:
    parts = name.native.values()
    return clean(", ".join(", ".join(p) if isinstance(p, list) else str(p) for p in parts))


def clean(text: str) -> str:
    """Gives a text from a document without control characters, cut to what a name needs."""
    return "".join(c for c in text if c.isprintable())[:NAME_CHARACTERS_MAX]
