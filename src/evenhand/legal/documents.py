"""What a document can prove about itself: signature, coverage, later changes, tell-tale traces.

A document is somebody else's bytes. It is read in a process of its own that has no key, no
database and little time; whatever it holds, the answer is a level and findings, never an error. A
machine that gives the process no time to read says nothing about the document: that is an error.
The levels are those of an eIDAS validation, shortened; EN 319 102-1 describes the full one.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evenhand.base.errors import Unavailable
from evenhand.legal.document_limits import BYTES_MAX, REPORT_BYTES_MAX, WALL_SECONDS_MAX


class SignatureLevel(StrEnum):
    """How far the signatures of a document carry, from nothing to the most."""

    NONE = "none"
    BROKEN = "broken"
    VALID_UNKNOWN_CA = "valid_unknown_ca"
    VALID_TRUSTED_CA = "valid_trusted_ca"
    ADES_QC = "ades_qc"
    QUALIFIED = "qualified"


TRUSTED_LEVELS = frozenset(
    {SignatureLevel.VALID_TRUSTED_CA, SignatureLevel.ADES_QC, SignatureLevel.QUALIFIED}
)
"""Levels at which a document proves by itself who wrote it."""

LEVELS: Mapping[SignatureLevel, str] = MappingProxyType(
    {
        SignatureLevel.NONE: "The document bears no electronic signature.",
        SignatureLevel.BROKEN: (
            "The document bears a signature that does not hold for what it shows now."
        ),
        SignatureLevel.VALID_UNKNOWN_CA: (
            "The document is what was signed, but nobody we trust vouches for the signer."
        ),
        SignatureLevel.VALID_TRUSTED_CA: (
            "The document is what was signed, and a certificate authority we trust for this "
            "authority vouches for the signer."
        ),
        SignatureLevel.ADES_QC: (
            "The document is what was signed, with a qualified certificate of an issuer we trust."
        ),
        SignatureLevel.QUALIFIED: (
            "The document is what was signed, with a qualified certificate whose key is said to "
            "be kept in a qualified device, of an issuer we trust."
        ),
    }
)
"""Each level in one plain sentence."""


class DocumentFinding(StrEnum):
    """What can be found in a document; `SENTENCES` explains each."""

    NOT_A_PDF = "not_a_pdf"
    TOO_LARGE = "too_large"
    TOO_MUCH_WORK = "too_much_work"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    IRREGULAR = "irregular"
    UNKNOWN_FORM = "unknown_form"
    NOT_SIGNED = "not_signed"
    IMAGE_ONLY = "image_only"
    ALTERED = "altered"
    PARTLY_COVERED = "partly_covered"
    CHANGED_AFTER_SIGNING = "changed_after_signing"
    FILLED_AFTER_SIGNING = "filled_after_signing"
    SIGNED_AGAIN = "signed_again"
    TOO_MANY_SIGNATURES = "too_many_signatures"
    UNKNOWN_ISSUER = "unknown_issuer"
    SELF_SIGNED = "self_signed"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_WRONG_USE = "certificate_wrong_use"
    WEAK_ALGORITHM = "weak_algorithm"
    SIGNED_IN_FUTURE = "signed_in_future"
    TIME_NOT_PROVED = "time_not_proved"
    REVOCATION_NOT_CHECKED = "revocation_not_checked"
    SAVED_REPEATEDLY = "saved_repeatedly"
    IMAGE_EDITOR = "image_editor"
    SCRIPT = "script"
    LAUNCHES = "launches"
    EMBEDDED_FILES = "embedded_files"
    MANY_PAGES = "many_pages"
    PICTURES_SKIPPED = "pictures_skipped"


SENTENCES: Mapping[DocumentFinding, str] = MappingProxyType(
    {
        DocumentFinding.NOT_A_PDF: "The file is not a PDF document.",
        DocumentFinding.TOO_LARGE: "The file is larger than any order needs and was not read.",
        DocumentFinding.TOO_MUCH_WORK: "Reading the file took too much work and was broken off.",
        DocumentFinding.ENCRYPTED: "The file is locked with a password and was not opened.",
        DocumentFinding.UNREADABLE: "The file is damaged, so that a part of it cannot be read.",
        DocumentFinding.IRREGULAR: (
            "The file breaks the rules of its format, so its signatures are not relied on."
        ),
        DocumentFinding.UNKNOWN_FORM: "A signature has a form that cannot be checked.",
        DocumentFinding.NOT_SIGNED: "There is no electronic signature in the document.",
        DocumentFinding.IMAGE_ONLY: "The pages are pictures: what is seen on them proves nothing.",
        DocumentFinding.ALTERED: "Signed bytes were altered, or the signature is not genuine.",
        DocumentFinding.PARTLY_COVERED: "A signature leaves a part of the document out.",
        DocumentFinding.CHANGED_AFTER_SIGNING: "The document was changed after it was signed.",
        DocumentFinding.FILLED_AFTER_SIGNING: "Fields were filled in after the signature.",
        DocumentFinding.SIGNED_AGAIN: (
            "The document was changed after a signature and then signed a second time."
        ),
        DocumentFinding.TOO_MANY_SIGNATURES: "There are more signatures than are checked.",
        DocumentFinding.UNKNOWN_ISSUER: (
            "The signer's certificate comes from nobody that is trusted for this authority."
        ),
        DocumentFinding.SELF_SIGNED: "The signer vouches for itself.",
        DocumentFinding.CERTIFICATE_EXPIRED: "The signer's certificate has expired.",
        DocumentFinding.CERTIFICATE_NOT_YET_VALID: "The signer's certificate is not valid yet.",
        DocumentFinding.CERTIFICATE_REVOKED: "The signer's certificate was revoked.",
        DocumentFinding.CERTIFICATE_WRONG_USE: (
            "The signer's certificate was not issued for signing documents."
        ),
        DocumentFinding.WEAK_ALGORITHM: "The signature uses a method that can be forged today.",
        DocumentFinding.SIGNED_IN_FUTURE: "The signature gives a time that is still to come.",
        DocumentFinding.TIME_NOT_PROVED: "The time of signing is the signer's own statement.",
        DocumentFinding.REVOCATION_NOT_CHECKED: (
            "Whether the certificate was revoked could not be seen from the document itself."
        ),
        DocumentFinding.SAVED_REPEATEDLY: "The file was changed after it had first been saved.",
        DocumentFinding.IMAGE_EDITOR: "The file was made with a tool for editing pictures or PDFs.",
        DocumentFinding.SCRIPT: "The file holds a script, which no order needs; it was not run.",
        DocumentFinding.LAUNCHES: "The file tries to start a program or open a page by itself.",
        DocumentFinding.EMBEDDED_FILES: "The file carries other files inside; none was opened.",
        DocumentFinding.MANY_PAGES: "The file has more pages than are read.",
        DocumentFinding.PICTURES_SKIPPED: "Some pictures were too large or damaged to be compared.",
    }
)
"""Each finding in one plain sentence."""


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What was found in a document.

    level            the lowest level of all its signatures
    signer           subject of the last signature's certificate; issuer likewise
    signed_at        what the last signature says; `time_proved` if a trusted stamp says so
    findings         code and sentence, gravest first
    text             what the pages say in letters, cut to a limit; personal data, so not printed
    seal_hashes      dHash of 64 bits of each picture, in hexadecimal
    """

    level: SignatureLevel
    signer: str = ""
    issuer: str = ""
    signed_at: datetime | None = None
    time_proved: bool = False
    signatures: int = 0
    covers_whole_file: bool = False
    changed_after_signing: bool = False
    findings: tuple[tuple[str, str], ...] = ()
    producer: str = ""
    pages: int = 0
    text: str = field(default="", repr=False)
    seal_hashes: tuple[str, ...] = ()

    @property
    def trusted(self) -> bool:
        """Tells whether the document proves by itself who wrote it."""
        return self.level in TRUSTED_LEVELS

    @property
    def sentence(self) -> str:
        """Gives the level in plain words."""
        return LEVELS[self.level]

    def has(self, *codes: DocumentFinding) -> bool:
        """Tells whether one of these was found."""
        return any(found in codes for found, _ in self.findings)

    def as_json(self) -> dict[str, object]:
        """Gives the report as a document's row keeps it: without the text of the pages."""
        return {
            "level": self.level.value,
            "explained": self.sentence,
            "signer": self.signer,
            "issuer": self.issuer,
            "signed_at": self.signed_at.isoformat() if self.signed_at else None,
            "time_proved": self.time_proved,
            "signatures": self.signatures,
            "covers_whole_file": self.covers_whole_file,
            "changed_after_signing": self.changed_after_signing,
            "findings": [list(finding) for finding in self.findings],
            "producer": self.producer,
            "pages": self.pages,
            "seal_hashes": list(self.seal_hashes),
        }


def examine(
    pdf: bytes,
    *,
    roots: Sequence[x509.Certificate],
    now: datetime,
    qualified: Sequence[x509.Certificate] = (),
) -> DocumentReport:
    """Gives what a document proves, trusting `roots` and nobody else.

    `roots` are the certificates kept for the authority that the document claims to come from.
    `qualified` are those among them that a trusted list names as issuing qualified certificates;
    without them no document reaches a qualified level, whatever its certificate says of itself.
    A process of its own reads the document, within the limits of `document_limits`. Raises
    `Unavailable` where the machine had no time for it: that is no finding about a document.
    """
    if len(pdf) > BYTES_MAX:
        return _unread(pdf, DocumentFinding.TOO_LARGE)
    if b"%PDF-" not in pdf[:1024]:
        return _unread(pdf, DocumentFinding.NOT_A_PDF)
    asked = {
        "now": now.isoformat(),
        "roots": [_der(root) for root in roots],
        "qualified": [_der(root) for root in qualified],
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "evenhand.legal.pdf"],
            input=json.dumps(asked).encode() + b"\n" + pdf,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=WALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Unavailable(process="reader of documents", seconds=WALL_SECONDS_MAX) from late
    return _last(done.stdout, pdf, ended=done.returncode != 0)


def finding(code: DocumentFinding) -> tuple[str, str]:
    """Gives a finding with its sentence."""
    return code.value, SENTENCES[code]


def seal_distance(one: str, other: str) -> int:
    """Gives in how many of 64 bits two picture hashes differ; up to 6 they show the same seal."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _last(printed: bytes, pdf: bytes, *, ended: bool) -> DocumentReport:
    """Gives the best report that the reading process printed before it was done or was ended."""
    lines = printed[:REPORT_BYTES_MAX].split(b"\n")[:-1]
    if not lines:
        return _unread(pdf, DocumentFinding.TOO_MUCH_WORK)
    report = _parsed(json.loads(lines[-1]))
    if ended:
        report = replace(
            report, findings=(*report.findings, finding(DocumentFinding.TOO_MUCH_WORK))
        )
    return report


def _unread(pdf: bytes, code: DocumentFinding) -> DocumentReport:
    """Gives the report of a document that could not be read: a signature in it proves nothing."""
    level = SignatureLevel.BROKEN if b"/ByteRange" in pdf else SignatureLevel.NONE
    return DocumentReport(level, findings=(finding(code),))


def _parsed(printed: Mapping[str, Any]) -> DocumentReport:
    signed_at = printed["signed_at"]
    return DocumentReport(
        level=SignatureLevel(printed["level"]),
        signer=printed["signer"],
        issuer=printed["issuer"],
        signed_at=datetime.fromisoformat(signed_at) if signed_at else None,
        time_proved=printed["time_proved"],
        signatures=printed["signatures"],
        covers_whole_file=printed["covers_whole_file"],
        changed_after_signing=printed["changed_after_signing"],
        findings=tuple((code, sentence) for code, sentence in printed["findings"]),
        producer=printed["producer"],
        pages=printed["pages"],
        text=printed["text"],
        seal_hashes=tuple(printed["seal_hashes"]),
    )


def _der(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
