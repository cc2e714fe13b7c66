"""Papers for tests: certificate authorities, letters, signatures and ways to tamper with them.

All keys are made when the tests run; every name stands on a domain reserved for examples.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO

import typst
from asn1crypto import crl as asn1_crl
from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.generic import NameObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

NOW = datetime.now(UTC).replace(microsecond=0)
LONG = timedelta(days=3650)

LETTER = b"""
#set document(title: "Letter", date: none)
#set page(width: 148mm, height: 210mm)
#let lines = json(bytes(sys.inputs.lines))
#let seal = json(bytes(sys.inputs.seal))
#if seal.len() > 0 { image(bytes(seal), width: 30mm) }
#for line in lines { par(line) }
"""


@dataclass(frozen=True)
class Signer:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def for_pyhanko(self) -> signers.SimpleSigner:
        store = SimpleCertificateStore()
        store.register_multiple(_asn1(one) for one in self.chain)
        pkcs8 = self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return signers.SimpleSigner(
            signing_cert=_asn1(self.certificate),
            signing_key=keys.PrivateKeyInfo.load(pkcs8),
            cert_registry=store,
        )


@cache
def root(name: str) -> Signer:
    """Gives a certificate authority of this name; the same name gives the same one."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - LONG)
        .not_valid_after(NOW + LONG)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Signer(made, key)


@cache
def signer(
    name: str,
    *,
    by: str,
    since: timedelta = timedelta(days=-30),
    until: timedelta = timedelta(days=300),
    documents: bool = True,
    purpose: x509.ObjectIdentifier | None = None,
    qualified: bytes = b"",
    lists: bool = False,
    clock: bool = False,
) -> Signer:
    """Gives a signer whom the authority `by` vouches for; the same words give the same one."""
    issuer = root(by)
    # The time stamper of pyHanko that is for tests knows RSA alone.
    key = rsa.generate_private_key(65537, 2048) if clock else _new_key()
    building = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + since)
        .not_valid_after(NOW + until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_documents=documents), critical=True)
    )
    if clock:
        purpose = ExtendedKeyUsageOID.TIME_STAMPING
    if purpose is not None:
        building = building.add_extension(x509.ExtendedKeyUsage([purpose]), critical=clock)
    if qualified:
        statement = x509.UnrecognizedExtension(
            x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), qualified
        )
        building = building.add_extension(statement, critical=False)
    if lists:
        place = [x509.UniformResourceIdentifier("https://lists.example/revoked.crl")]
        point = x509.DistributionPoint(place, None, None, None)
        building = building.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return Signer(building.sign(issuer.key, hashes.SHA256()), key, (issuer.certificate,))


def web_server() -> x509.ObjectIdentifier:
    """Gives the purpose of a certificate that is for web servers alone."""
    return ExtendedKeyUsageOID.SERVER_AUTH


def letter(*lines: str, seal: bytes = b"") -> bytes:
    """Gives a letter in PDF with these paragraphs and, on top, a picture."""
    made = typst.compile(
        LETTER,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"lines": json.dumps(lines), "seal": json.dumps(list(seal))},
        timestamp=0,
    )
    assert isinstance(made, bytes)
    return made


def seal(number: int, *, size: int = 160, scan: bool = False) -> bytes:
    """Gives a picture of an invented seal; `scan` draws it as a worse copy of itself."""
    picture = Image.new("RGB", (160, 160), "white")
    draw = ImageDraw.Draw(picture)
    spread = sha256(f"seal {number}".encode()).digest()
    draw.ellipse((8, 8, 152, 152), outline="navy", width=6)
    for place in range(12):
        x, y = 20 + spread[place] % 100, 20 + spread[place + 12] % 100
        draw.rectangle((x, y, x + 24, y + 18), fill="navy" if place % 2 else "steelblue")
    out = BytesIO()
    scaled = picture.resize((size, size))
    if scan:
        scaled.save(out, "JPEG", quality=60)
    else:
        scaled.save(out, "PNG")
    return out.getvalue()


def signed(pdf: bytes, by: Signer, *, field: str = "Signature") -> bytes:
    """Gives a document with a signature over all of it."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    meta = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    return signers.sign_pdf(writer, meta, signer=by.for_pyhanko()).getvalue()


def stamped(pdf: bytes, by: Signer, *, stamper: Signer, at: datetime) -> bytes:
    """Gives a document with a signature and a time stamp of somebody else on it."""
    made = stamper.for_pyhanko()
    meta = signers.PdfSignatureMetadata(
        field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    clock = DummyTimeStamper(
        tsa_cert=made.signing_cert,
        tsa_key=made.signing_key,
        certs_to_embed=made.cert_registry,
        fixed_dt=at,
    )
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    return signers.sign_pdf(writer, meta, signer=by.for_pyhanko(), timestamper=clock).getvalue()


def revoked(pdf: bytes, by: Signer, *, of: str) -> bytes:
    """Gives a signed document that brings along a list on which its certificate is revoked."""
    issuer = root(of)
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(by.certificate.serial_number)
        .revocation_date(NOW - timedelta(days=2))
        .build()
    )
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW - timedelta(days=1))
        .next_update(NOW + timedelta(days=6))
        .add_revoked_certificate(entry)
        .sign(issuer.key, hashes.SHA256())
    )
    out = BytesIO(signed(pdf, by))
    listed = asn1_crl.CertificateList.load(made.public_bytes(serialization.Encoding.DER))
    DocumentSecurityStore.add_dss(out, None, crls=[listed])
    return out.getvalue()


def with_signature_field(pdf: bytes, name: str) -> bytes:
    """Gives a document with an empty place for a signature."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    append_signature_field(writer, SigFieldSpec(name))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def tampered(pdf: bytes) -> bytes:
    """Gives a signed document in which one signed byte is another one."""
    place = pdf.index(b"/MediaBox")
    return pdf[:place] + pdf[place:].replace(b"419", b"418", 1)


def overwritten(pdf: bytes) -> bytes:
    """Gives a signed document onto whose first page something was drawn afterwards."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    drawn = StreamObject(stream_data=b"BT /F0 12 Tf 50 50 Td (0) Tj ET")
    page[NameObject("/Contents")] = writer.add_object(drawn)
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def partly_covered(pdf: bytes, by: Signer) -> bytes:
    """Gives a signed document whose genuine signature leaves the last bytes out."""
    whole = signed(pdf, by)
    found = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", whole)
    assert found
    start, first, second, length = (int(number) for number in found.groups())
    shorter = f"/ByteRange [{start} {first} {second} {length - 40}]".encode()
    patched = whole[: found.start()] + shorter.ljust(len(found[0])) + whole[found.end() :]
    covered = patched[start:first] + patched[second : second + length - 40]
    digest = sha256(covered).digest()
    fresh = asyncio.run(by.for_pyhanko().async_sign(digest, "sha256", use_pades=True)).dump()
    room = second - first - 2
    contents = b"<" + fresh.hex().encode().ljust(room, b"0") + b">"
    return patched[:first] + contents + patched[second:]


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, sign_certificates: bool = False, sign_documents: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign_documents,
        content_commitment=sign_documents,
        key_encipherment=not sign_certificates and not sign_documents,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
