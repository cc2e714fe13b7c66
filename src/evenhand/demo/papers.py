"""Signed letters of invented authorities: a certificate authority, a letter, a signature.

The keys are made when the demo runs and end with it.
"""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO

import typst
from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

LETTER = b"""
#set document(title: "Letter", date: none)
#set page(width: 148mm, height: 210mm)
#for line in json(bytes(sys.inputs.lines)) { par(line) }
"""
VALID = timedelta(days=30)


@dataclass(slots=True)
class SealingOffice:
    """A certificate authority and the one seal that it certifies."""

    name: str
    now: datetime
    root: x509.Certificate = field(init=False)
    leaf: x509.Certificate = field(init=False)
    _key: ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        issuer = ec.generate_private_key(ec.SECP256R1())
        self._key = ec.generate_private_key(ec.SECP256R1())
        root, leaf = _name(f"{self.name}, root"), _name(self.name)
        self.root = _certificate(root, root, issuer.public_key(), issuer, ca=True, now=self.now)
        self.leaf = _certificate(leaf, root, self._key.public_key(), issuer, ca=False, now=self.now)

    @property
    def pem(self) -> str:
        """Gives the root certificate as the registry keeps it."""
        return self.root.public_bytes(serialization.Encoding.PEM).decode()

    def signed(self, *lines: str) -> bytes:
        """Gives a letter in PDF with these paragraphs, sealed (PAdES)."""
        pdf = typst.compile(
            LETTER, format="pdf", ignore_system_fonts=True, sys_inputs={"lines": json.dumps(lines)}
        )
        store = SimpleCertificateStore()
        store.register(_asn1(self.root))
        pkcs8 = self._key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        signer = signers.SimpleSigner(
            signing_cert=_asn1(self.leaf),
            signing_key=keys.PrivateKeyInfo.load(pkcs8),
            cert_registry=store,
        )
        metadata = signers.PdfSignatureMetadata(
            field_name="Seal", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
        )
        sealing = signers.PdfSigner(metadata, signer)
        made = asyncio.run(
            sealing.async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), in_place=False)
        )
        return bytes(made.getvalue())


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
    now: datetime,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
