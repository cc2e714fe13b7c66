"""What a document can prove about itself: signature, coverage, later changes, tell-tale traces.

A document is somebody else's bytes. It is read in a process of its own that has no key, no
database and little time; whatever it holds, the answer is a level and findings, never an error.
The levels are those of an eIDAS validation, shortened; EN 319 102-1 describes the full one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from cryptography import x509


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
    """
    raise NotImplementedError
