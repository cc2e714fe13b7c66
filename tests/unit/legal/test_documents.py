"""What documents prove, and that no document can do harm to who reads it."""

import json
import re
import subprocess
import zlib
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image
from pyhanko.pdf_utils.generic import NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from tests.conftest import START_SECONDS_MAX
from tests.unit.legal.papers import (
    NOW,
    letter,
    overwritten,
    partly_covered,
    revoked,
    root,
    seal,
    signed,
    signer,
    stamped,
    tampered,
    web_server,
    with_signature_field,
)

from evenhand.base.errors import Unavailable
from evenhand.legal import document_limits, documents, pdf
from evenhand.legal.documents import (
    LEVELS,
    SENTENCES,
    DocumentFinding,
    DocumentReport,
    SignatureLevel,
    examine,
    seal_distance,
)
from evenhand.legal.signatures import Trust

Level, Found = SignatureLevel, DocumentFinding
HOME, ABROAD = "Test Root", "Foreign Root"
ORDER = letter("Order no. 12 of the court of Musterstadt", "Data of @a:chat.example are wanted.")
QUALIFIED = bytes.fromhex("300a3008060604008e460101")
IN_DEVICE = bytes.fromhex("30143008060604008e4601013008060604008e460104")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the reading process take its time on a busy machine; its CPU stays limited."""
    monkeypatch.setattr(documents, "WALL_SECONDS_MAX", START_SECONDS_MAX)


def prosecutor():
    return signer("Prosecutor", by=HOME)


def stranger():
    return signer("Stranger", by=ABROAD)


def judge():
    return signer("Judge", by=HOME)


def report(document: bytes) -> DocumentReport:
    """Gives what the reading process finds, read here: a process each would take long."""
    trusted = root(HOME).certificate.public_bytes(Encoding.DER)
    trust = Trust((x509.Certificate.load(trusted),), frozenset(), NOW)
    *_, last = pdf.read(document, trust)
    return last


def apart(document: bytes) -> DocumentReport:
    """Gives what is found by a process of its own, as in earnest."""
    return examine(document, roots=[root(HOME).certificate], now=NOW)


def resigned() -> bytes:
    return signed(overwritten(signed(ORDER, prosecutor())), stranger(), field="Second")


def resigned_at_home() -> bytes:
    return signed(overwritten(signed(ORDER, prosecutor())), judge(), field="Second")


def countersigned() -> bytes:
    return signed(signed(ORDER, prosecutor()), judge(), field="Second")


def countersigned_in_its_place() -> bytes:
    return signed(
        signed(with_signature_field(ORDER, "Second"), prosecutor()), judge(), field="Second"
    )


def expired() -> bytes:
    return signed(ORDER, signer("Retired", by=HOME, until=timedelta(days=-1)))


def not_yet_valid() -> bytes:
    return signed(ORDER, signer("Early", by=HOME, since=timedelta(days=3)))


def wrong_use() -> bytes:
    return signed(ORDER, signer("Encrypting", by=HOME, documents=False))


def web_certificate() -> bytes:
    return signed(ORDER, signer("Web", by=HOME, purpose=web_server()))


def self_signed() -> bytes:
    return signed(ORDER, root("Nobody"))


def half_trusted() -> bytes:
    return signed(signed(ORDER, prosecutor()), stranger(), field="Second")


@pytest.mark.parametrize(
    ("make", "level", "whole", "changed", "code"),
    [
        (lambda: ORDER, Level.NONE, False, False, Found.NOT_SIGNED),
        (lambda: signed(ORDER, prosecutor()), Level.VALID_TRUSTED_CA, True, False, None),
        (countersigned, Level.VALID_TRUSTED_CA, True, False, None),
        (countersigned_in_its_place, Level.VALID_TRUSTED_CA, True, False, None),
        (lambda: tampered(signed(ORDER, prosecutor())), Level.BROKEN, True, True, Found.ALTERED),
        (lambda: partly_covered(ORDER, prosecutor()), Level.BROKEN, False, True,
         Found.PARTLY_COVERED),
        (lambda: overwritten(signed(ORDER, prosecutor())), Level.BROKEN, False, True,
         Found.CHANGED_AFTER_SIGNING),
        (resigned, Level.BROKEN, True, True, Found.SIGNED_AGAIN),
        (resigned_at_home, Level.BROKEN, True, True, Found.SIGNED_AGAIN),
        (lambda: signed(ORDER, stranger()), Level.VALID_UNKNOWN_CA, True, False,
         Found.UNKNOWN_ISSUER),
        (half_trusted, Level.VALID_UNKNOWN_CA, True, False, Found.UNKNOWN_ISSUER),
        (self_signed, Level.VALID_UNKNOWN_CA, True, False, Found.SELF_SIGNED),
        (expired, Level.VALID_UNKNOWN_CA, True, False, Found.CERTIFICATE_EXPIRED),
        (not_yet_valid, Level.VALID_UNKNOWN_CA, True, False, Found.CERTIFICATE_NOT_YET_VALID),
        (wrong_use, Level.VALID_UNKNOWN_CA, True, False, Found.CERTIFICATE_WRONG_USE),
        (web_certificate, Level.VALID_UNKNOWN_CA, True, False, Found.CERTIFICATE_WRONG_USE),
    ],
)  # fmt: skip
def test_a_document_gets_the_level_that_it_proves(
    make: Callable[[], bytes],
    level: SignatureLevel,
    whole: bool,
    changed: bool,
    code: DocumentFinding | None,
):
    found = report(make())

    assert found.level is level
    assert found.covers_whole_file is whole
    assert found.changed_after_signing is changed
    assert found.trusted is (level is Level.VALID_TRUSTED_CA)
    assert code is None or found.has(code)
    assert not found.has(Found.UNREADABLE, Found.TOO_MUCH_WORK, Found.IRREGULAR)


def test_a_signer_is_named_as_its_certificate_names_it():
    found = report(signed(ORDER, prosecutor()))

    assert (found.signer, found.issuer) == ("Prosecutor", HOME)
    assert found.signed_at is not None
    assert abs(found.signed_at - NOW) < timedelta(minutes=30)
    assert found.has(Found.TIME_NOT_PROVED)


def test_nobody_is_trusted_where_no_root_is_kept():
    found = examine(signed(ORDER, prosecutor()), roots=[], now=NOW)

    assert found.level is Level.VALID_UNKNOWN_CA


def test_a_signers_own_certificate_can_be_kept_as_what_is_trusted():
    own = signer("Prosecutor", by=HOME)

    found = examine(signed(ORDER, own), roots=[own.certificate], now=NOW)

    assert found.level is Level.VALID_TRUSTED_CA


@pytest.mark.parametrize(
    ("statements", "named", "level"),
    [
        (QUALIFIED, True, Level.ADES_QC),
        (IN_DEVICE, True, Level.QUALIFIED),
        (IN_DEVICE, False, Level.VALID_TRUSTED_CA),
        (b"", True, Level.VALID_TRUSTED_CA),
    ],
)
def test_a_qualified_level_needs_a_root_that_is_named_as_qualified(
    statements: bytes, named: bool, level: SignatureLevel
):
    roots = [root(HOME).certificate]
    document = signed(ORDER, signer("Qualified", by=HOME, qualified=statements))

    found = examine(document, roots=roots, now=NOW, qualified=roots if named else [])

    assert found.level is level


def test_a_time_stamp_of_somebody_trusted_proves_the_time():
    clock = signer("Clock", by=HOME, clock=True)
    at = NOW - timedelta(days=3)

    found = report(stamped(ORDER, prosecutor(), stamper=clock, at=at))

    assert (found.level, found.time_proved) == (Level.VALID_TRUSTED_CA, True)
    assert found.signed_at == at
    assert not found.has(Found.TIME_NOT_PROVED)


def test_a_time_stamp_of_a_stranger_proves_no_time():
    clock = signer("Clock", by=ABROAD, clock=True)

    found = report(stamped(ORDER, prosecutor(), stamper=clock, at=NOW - timedelta(days=3)))

    assert not found.time_proved
    assert found.has(Found.TIME_NOT_PROVED)


def test_a_revoked_certificate_breaks_the_signature():
    listed = signer("Listed", by=HOME, lists=True)

    found = report(revoked(ORDER, listed, of=HOME))

    assert found.level is Level.BROKEN
    assert found.has(Found.CERTIFICATE_REVOKED)


def test_a_list_of_revoked_certificates_that_is_elsewhere_is_not_fetched():
    found = report(signed(ORDER, signer("Listed", by=HOME, lists=True)))

    assert found.level is Level.VALID_TRUSTED_CA
    assert found.has(Found.REVOCATION_NOT_CHECKED)


@pytest.mark.parametrize(
    "tail",
    [b"\n%x", b"\n1 0 obj\n<<>>\nendobj\n", b"PK\x03\x04"],
    ids=["comment", "object", "archive"],
)
def test_bytes_after_the_end_are_covered_by_nobody(tail: bytes):
    found = report(signed(ORDER, prosecutor()) + tail)

    assert found.level is Level.BROKEN
    assert found.has(Found.PARTLY_COVERED)
    assert not found.covers_whole_file


def test_a_signature_that_the_file_no_longer_shows_proves_nothing():
    found = report(signed(ORDER, prosecutor()) + ORDER)

    assert found.level is Level.BROKEN
    assert found.has(Found.CHANGED_AFTER_SIGNING)
    assert found.changed_after_signing


def test_blanks_after_the_end_change_nothing():
    found = report(signed(ORDER, prosecutor()) + b"\r\n \0\n")

    assert (found.level, found.covers_whole_file) == (Level.VALID_TRUSTED_CA, True)


def test_no_signed_byte_can_be_changed_unseen():
    document = signed(ORDER, prosecutor())
    value = re.search(rb"/Contents <[0-9A-Fa-f]+>", document)
    assert value
    places = [n for n in range(0, len(document), 331) if not value.start() <= n < value.end()]

    for place in places:
        changed = bytearray(document)
        changed[place] ^= 1
        assert not report(bytes(changed)).trusted, place


def test_the_fields_of_a_form_may_not_be_filled_in_after_the_signature():
    writer = pypdf.PdfWriter(clone_from=BytesIO(ORDER))
    page = writer.pages[0]
    field = pypdf.generic.DictionaryObject(
        {
            pypdf.generic.NameObject("/Type"): pypdf.generic.NameObject("/Annot"),
            pypdf.generic.NameObject("/Subtype"): pypdf.generic.NameObject("/Widget"),
            pypdf.generic.NameObject("/FT"): pypdf.generic.NameObject("/Tx"),
            pypdf.generic.NameObject("/T"): pypdf.generic.TextStringObject("target"),
            pypdf.generic.NameObject("/V"): pypdf.generic.TextStringObject("@a:chat.example"),
            pypdf.generic.NameObject("/Rect"): pypdf.generic.ArrayObject(
                [pypdf.generic.NumberObject(n) for n in (10, 10, 100, 30)]
            ),
        }
    )
    reference = writer._add_object(field)
    page[pypdf.generic.NameObject("/Annots")] = pypdf.generic.ArrayObject([reference])
    writer._root_object[pypdf.generic.NameObject("/AcroForm")] = writer._add_object(
        pypdf.generic.DictionaryObject(
            {
                pypdf.generic.NameObject("/Fields"): pypdf.generic.ArrayObject([reference]),
                pypdf.generic.NameObject("/DA"): pypdf.generic.TextStringObject("/Helv 0 Tf 0 g"),
            }
        )
    )
    out = BytesIO()
    writer.write(out)
    form = signed(out.getvalue(), prosecutor())

    assert report(form).level is Level.VALID_TRUSTED_CA
    later = IncrementalPdfFileWriter(BytesIO(form))
    target = later.root["/AcroForm"]["/Fields"][0].get_object()
    target[NameObject("/V")] = TextStringObject("@b:chat.example")
    later.update_container(target)
    filled = BytesIO()
    later.write(filled)
    found = report(filled.getvalue())

    assert found.level is Level.BROKEN
    assert found.has(Found.FILLED_AFTER_SIGNING)
    assert found.changed_after_signing


def pdf_of(objects: list[bytes], *, root_number: int = 1, extra: bytes = b"") -> bytes:
    """Gives a small classic PDF of these objects, numbered from 1."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\n" % (len(objects) + 1, root_number, extra)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


CATALOG, PAGES = (
    b"<< /Type /Catalog /Pages 2 0 R %s >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
)
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] %s >>"


def with_stream(body: bytes, head: bytes) -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), head, body)


def bomb() -> bytes:
    """Gives a document whose page unpacks to far more than any memory given to it."""
    packed = zlib.compress(zlib.compress(b" " * 300_000_000, 9), 9)
    stream = with_stream(packed, b"/Filter [/FlateDecode /FlateDecode]")
    return pdf_of([CATALOG % b"", PAGES, PAGE % b"/Contents 4 0 R", stream])


def picture_bomb() -> bytes:
    head = (
        b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8"
        b" /ColorSpace /DeviceGray /Filter /FlateDecode"
    )
    page = PAGE % b"/Resources << /XObject << /I 4 0 R >> >>"
    return pdf_of([CATALOG % b"", PAGES, page, with_stream(zlib.compress(b"x" * 10**6), head)])


def many_objects() -> bytes:
    return pdf_of([CATALOG % b"", PAGES, PAGE % b"", *[b"[]"] * (document_limits.OBJECTS_MAX + 1)])


def many_pages() -> bytes:
    count = document_limits.PAGES_MAX + 1
    kids = b" ".join(b"%d 0 R" % (3 + n) for n in range(count))
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    return pdf_of([CATALOG % b"", pages, *[PAGE % b""] * count])


def deep() -> bytes:
    return pdf_of([CATALOG % b"", PAGES, PAGE % b"", b"[" * 100_000 + b"]" * 100_000])


def looping_pages() -> bytes:
    return pdf_of([CATALOG % b"", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>"])


def looping_xref() -> bytes:
    whole = pdf_of([CATALOG % b"", PAGES, PAGE % b""])
    return pdf_of([CATALOG % b"", PAGES, PAGE % b""], extra=b"/Prev %d" % whole.rindex(b"xref\n0"))


def slow_text() -> bytes:
    """Gives a page of one hundred megabytes of drawing, packed to a few kilobytes."""
    drawing = b"BT /F 1 Tf (a) Tj ET\n" * 3_000_000
    stream = with_stream(zlib.compress(drawing, 9), b"/Filter /FlateDecode")
    return pdf_of([CATALOG % b"", PAGES, PAGE % b"/Contents 4 0 R", stream])


def script() -> bytes:
    action = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    return pdf_of([CATALOG % action, PAGES, PAGE % b""])


def launching() -> bytes:
    return pdf_of([CATALOG % b"/OpenAction << /S /Launch /F (x.exe) >>", PAGES, PAGE % b""])


def carrying() -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(ORDER))
    writer.add_attachment("x.exe", b"MZ")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def locked() -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(ORDER))
    writer.encrypt("secret", algorithm="AES-256")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def scanned() -> bytes:
    out = BytesIO()
    Image.frombytes("L", (300, 400), bytes(range(240)) * 500).save(out, "PDF")
    return out.getvalue()


def edited() -> bytes:
    return pdf_of(
        [CATALOG % b"", PAGES, PAGE % b"", b"<< /Producer (Adobe Photoshop 25) >>"],
        extra=b"/Info 4 0 R",
    )


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", Found.NOT_A_PDF),
        (lambda: b"\x7fELF" * 1000, Found.NOT_A_PDF),
        (lambda: b"%PDF-1.7" + b" " * document_limits.BYTES_MAX, Found.TOO_LARGE),
        (lambda: b"%PDF-1.7\n" + b"\x00\xff" * 5000, Found.UNREADABLE),
        (many_objects, Found.TOO_MUCH_WORK),
        (deep, Found.UNREADABLE),
        (picture_bomb, Found.PICTURES_SKIPPED),
    ],
)
def test_a_hostile_document_is_a_finding(make: Callable[[], bytes], code: DocumentFinding):
    found = apart(make())

    assert found.level is Level.NONE
    assert found.has(code), found.findings


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: ORDER[: len(ORDER) // 2], Found.IRREGULAR),
        (many_pages, Found.MANY_PAGES),
        (looping_pages, Found.NOT_SIGNED),
        (looping_xref, Found.IRREGULAR),
        (script, Found.SCRIPT),
        (launching, Found.LAUNCHES),
        (carrying, Found.EMBEDDED_FILES),
        (locked, Found.ENCRYPTED),
        (scanned, Found.IMAGE_ONLY),
        (edited, Found.IMAGE_EDITOR),
    ],
)
def test_an_odd_document_is_a_finding(make: Callable[[], bytes], code: DocumentFinding):
    found = report(make())

    assert found.level is Level.NONE
    assert found.has(code), found.findings


@pytest.mark.parametrize("make", [bomb, slow_text])
def test_a_document_that_unpacks_to_more_than_fits_ends_with_what_was_found(
    make: Callable[[], bytes],
):
    found = apart(make())

    assert found.has(Found.NOT_SIGNED, Found.TOO_MUCH_WORK)
    assert found.level is Level.NONE
    assert len(found.text) <= document_limits.TEXT_CHARACTERS_MAX


def test_what_was_found_before_the_reader_was_ended_is_kept(monkeypatch: pytest.MonkeyPatch):
    first, *_ = pdf.read(signed(ORDER, prosecutor()), Trust((), frozenset(), NOW))
    printed = json.dumps(first.as_json() | {"text": ""}).encode() + b'\n{"level": '
    killed = subprocess.CompletedProcess([], returncode=-24, stdout=printed)
    monkeypatch.setattr(documents.subprocess, "run", lambda *_, **__: killed)

    found = apart(ORDER)

    assert found.level is Level.VALID_UNKNOWN_CA
    assert found.has(Found.TOO_MUCH_WORK)


def test_a_damaged_document_that_speaks_of_a_signature_counts_as_broken():
    document = signed(ORDER, prosecutor())

    assert report(document[:-200]).level is Level.BROKEN
    assert report(b"%PDF-1.7\n/ByteRange [0 1 2 3]").level is Level.BROKEN


def test_every_truncation_gives_a_report():
    document = signed(ORDER, prosecutor())
    trust = Trust(roots=(), qualified=frozenset(), now=NOW)

    for length in range(0, len(document), len(document) // 25):
        *_, last = pdf.read(document[:length], trust)
        assert last.level in (Level.NONE, Level.BROKEN)


def test_a_reader_that_dies_and_says_nothing_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(documents.sys, "executable", "/bin/false")

    found = apart(signed(ORDER, prosecutor()))

    assert found.level is Level.BROKEN
    assert found.has(Found.TOO_MUCH_WORK)


def test_a_machine_without_time_to_read_says_nothing_about_a_document(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(documents, "WALL_SECONDS_MAX", 0.001)

    with pytest.raises(Unavailable, match="reader of documents"):
        apart(signed(ORDER, prosecutor()))


def test_the_reader_gets_no_secret_of_its_parent(monkeypatch: pytest.MonkeyPatch):
    seen = {}
    run = documents.subprocess.run

    def spying(*arguments, **named):
        seen.update(named)
        return run(*arguments, **named)

    monkeypatch.setenv("DATABASE_URL", "secret")
    monkeypatch.setattr(documents.subprocess, "run", spying)
    apart(ORDER)

    assert seen["env"] == {}


def test_a_seal_is_known_again_when_it_is_scaled_or_compressed():
    plain, copy, other = (
        report(letter("Order", seal=picture)).seal_hashes
        for picture in (seal(1), seal(1, size=90, scan=True), seal(2))
    )

    assert len(plain) == len(copy) == len(other) == 1
    assert seal_distance(plain[0], copy[0]) <= 6
    assert seal_distance(plain[0], other[0]) > 12


def test_an_empty_picture_has_no_hash():
    assert pdf.difference_hash(Image.new("L", (200, 200), "white")) == ""


def test_what_is_kept_of_a_report_holds_no_text_of_the_pages():
    found = report(ORDER)

    assert "@a:chat.example" in found.text
    assert "@a:chat.example" not in json.dumps(found.as_json())
    assert "@a:chat.example" not in repr(found)


def test_every_level_and_finding_is_explained():
    assert set(LEVELS) == set(SignatureLevel)
    assert set(SENTENCES) == set(DocumentFinding)
    assert all(text.endswith(".") for text in [*LEVELS.values(), *SENTENCES.values()])
