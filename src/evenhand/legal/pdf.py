"""Reads one PDF that somebody sent, in a process of its own: `python -m evenhand.legal.pdf`.

It reads a line of JSON and the document from its standard input, and prints a report after each
stage, each better than the one before; who started it takes the last whole line. It has no
environment, fetches nothing, can write no file, and ends when its limits of time and memory are
reached: a document can waste its own examination and nothing else.
"""

import base64
import json
import logging
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any

import pypdf
from asn1crypto import x509
from PIL import Image
from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pypdf.generic import StreamObject as PypdfStream

from evenhand.legal.document_limits import (
    CONTRAST_MIN,
    CPU_SECONDS_MAX,
    FORMS_DEPTH_MAX,
    MEMORY_BYTES_MAX,
    NESTING_MAX,
    OBJECTS_MAX,
    PAGES_MAX,
    PAGES_READ_MAX,
    PICTURE_PIXELS_MAX,
    PICTURE_PIXELS_MIN,
    PICTURES_MAX,
    REVISIONS_MAX,
    SIGNATURES_MAX,
    TEXT_CHARACTERS_MAX,
)
from evenhand.legal.documents import DocumentFinding, DocumentReport, SignatureLevel, finding
from evenhand.legal.signatures import Judged, Trust, clean, judge

IMAGE_EDITORS = (
    "photoshop", "gimp", "canva", "illustrator", "inkscape", "affinity", "pixlr", "paint",
    "pdfescape", "sejda", "smallpdf", "ilovepdf", "pdffiller", "pdf-xchange editor",
    "foxit phantom", "acrobat pro", "pdfelement", "soda pdf", "nitro",
)  # fmt: skip
"""What tools that alter pictures and finished PDFs call themselves; offices rarely use them."""

SCRIPT_KEYS = ("/JS", "/JavaScript", "/XFA")
LAUNCH_KEYS = ("/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/RichMedia")
FILE_KEYS = ("/EmbeddedFiles", "/EF")

ORDER = tuple(code.value for code in DocumentFinding)


def read(pdf: bytes, trust: Trust) -> Iterator[DocumentReport]:
    """Gives reports of a document, each better than the one before, the last one complete.

    A stage that fails leaves what the stages before it found.
    """
    unproved = SignatureLevel.BROKEN if b"/ByteRange" in pdf else SignatureLevel.NONE
    report = DocumentReport(unproved)
    for stage in (partial(_signatures, trust=trust), _structure, _pages, _pictures):
        try:
            report = stage(pdf, report)
        except Exception:  # noqa: BLE001  whatever these bytes provoke is a finding, not a fault
            report = _with(report, DocumentFinding.UNREADABLE)
        yield report


def _signatures(pdf: bytes, report: DocumentReport, *, trust: Trust) -> DocumentReport:
    """Checks every signature: its level is that of the weakest."""
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=True)
    except PdfReadError:
        return _with(report, DocumentFinding.IRREGULAR)
    if reader.encrypted:
        return _with(report, DocumentFinding.ENCRYPTED)
    if _objects(reader) > OBJECTS_MAX or reader.total_revisions > REVISIONS_MAX:
        return _with(report, DocumentFinding.TOO_MUCH_WORK)
    fields = list(enumerate_sig_fields(reader, filled_status=True))
    signatures = list(reader.embedded_regular_signatures)
    stamps = list(reader.embedded_timestamp_signatures)
    report = replace(report, signatures=len(signatures))
    if not fields:
        return _unsigned(report)
    if len(fields) > SIGNATURES_MAX:
        return _with(
            replace(report, level=SignatureLevel.BROKEN), DocumentFinding.TOO_MANY_SIGNATURES
        )
    if len(fields) != len(signatures) + len(stamps):
        return _with(replace(report, level=SignatureLevel.BROKEN), DocumentFinding.UNKNOWN_FORM)
    if not signatures:
        return _unsigned(report)
    return _joined(report, judge(reader, trust))


def _unsigned(report: DocumentReport) -> DocumentReport:
    """Gives the report of a file that shows no signature: its bytes may still hold one."""
    if report.level is SignatureLevel.NONE:
        return _with(report, DocumentFinding.NOT_SIGNED)
    report = replace(report, changed_after_signing=True)
    return _with(report, DocumentFinding.NOT_SIGNED, DocumentFinding.CHANGED_AFTER_SIGNING)


def _joined(report: DocumentReport, judged: Sequence[Judged]) -> DocumentReport:
    levels = list(SignatureLevel)
    last = judged[-1]
    changed = any(one.changed for one in judged)
    report = replace(
        report,
        level=min((one.level for one in judged), key=levels.index),
        signer=last.signer,
        issuer=last.issuer,
        signed_at=last.signed_at,
        time_proved=last.time_proved,
        covers_whole_file=last.covers_file,
        changed_after_signing=changed,
    )
    codes = [code for one in judged for code in one.codes]
    if any(one.changed for one in judged[:-1]):
        codes.append(DocumentFinding.SIGNED_AGAIN)
    return _with(report, *codes)


def _structure(pdf: bytes, report: DocumentReport) -> DocumentReport:
    """Looks for traces that an order has no reason to bear: scripts, files, editing tools."""
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    codes: list[DocumentFinding] = []
    if reader.encrypted:
        return _with(report, DocumentFinding.ENCRYPTED)
    if _objects(reader) > OBJECTS_MAX or reader.total_revisions > REVISIONS_MAX:
        return _with(report, DocumentFinding.TOO_MUCH_WORK)
    if reader.total_revisions > 1 and not report.signatures:
        codes.append(DocumentFinding.SAVED_REPEATEDLY)
    keys = _keys(reader)
    for seen, code in (
        (SCRIPT_KEYS, DocumentFinding.SCRIPT),
        (LAUNCH_KEYS, DocumentFinding.LAUNCHES),
        (FILE_KEYS, DocumentFinding.EMBEDDED_FILES),
    ):
        if keys & set(seen):
            codes.append(code)
    producer = _producer(reader)
    if any(editor in producer.lower() for editor in IMAGE_EDITORS):
        codes.append(DocumentFinding.IMAGE_EDITOR)
    return _with(replace(report, producer=producer), *codes)


def _objects(reader: PdfFileReader) -> int:
    return sum(
        len(reader.xrefs.explicit_refs_in_revision(revision))
        for revision in range(min(reader.total_revisions, REVISIONS_MAX + 1))
    )


def _keys(reader: PdfFileReader) -> set[str]:
    """Gives all keys and action names of all dictionaries of the file, however they are nested."""
    found: set[str] = set()
    for revision in range(reader.total_revisions):
        for reference in reader.xrefs.explicit_refs_in_revision(revision):
            try:
                _collect(reader.get_object(reference, revision=revision), found, depth=0)
            except (PdfReadError, ValueError, KeyError, IndexError, TypeError):
                continue
    return found


def _collect(value: object, found: set[str], *, depth: int) -> None:
    if depth > NESTING_MAX or isinstance(value, IndirectObject):
        return
    if isinstance(value, DictionaryObject):
        found.update(str(key) for key in value)
        found.add(str(value.raw_get("/S")) if "/S" in value else "")
        for key in value:
            _collect(value.raw_get(key), found, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            _collect(item, found, depth=depth + 1)


def _producer(reader: PdfFileReader) -> str:
    try:
        info = reader.trailer["/Info"]
    except KeyError:
        return ""
    if not isinstance(info, DictionaryObject):
        return ""
    said = [str(info[key]) for key in ("/Producer", "/Creator") if key in info]
    return clean(" / ".join(said))


def _pages(pdf: bytes, report: DocumentReport) -> DocumentReport:
    """Reads the letters on the first pages; pages that bear pictures alone are named."""
    if report.has(DocumentFinding.ENCRYPTED, DocumentFinding.TOO_MUCH_WORK):
        return report
    document = pypdf.PdfReader(BytesIO(pdf), strict=False)
    count = len(document.pages)
    text, pictures = "", False
    for number in range(min(count, PAGES_READ_MAX)):
        page = document.pages[number]
        text += page.extract_text() + "\n"
        pictures = pictures or any(True for _ in _picture_objects(page, depth=0))
        if len(text) > TEXT_CHARACTERS_MAX:
            break
    codes = [DocumentFinding.MANY_PAGES] if count > PAGES_MAX else []
    if pictures and not text.strip():
        codes.append(DocumentFinding.IMAGE_ONLY)
    return _with(replace(report, pages=count, text=text[:TEXT_CHARACTERS_MAX]), *codes)


def _pictures(pdf: bytes, report: DocumentReport) -> DocumentReport:
    """Hashes the pictures on the first pages, by which a seal is known again."""
    if report.has(DocumentFinding.ENCRYPTED, DocumentFinding.TOO_MUCH_WORK):
        return report
    document = pypdf.PdfReader(BytesIO(pdf), strict=False)
    hashes: list[str] = []
    skipped = False
    for number in range(min(len(document.pages), PAGES_READ_MAX)):
        for stream in _picture_objects(document.pages[number], depth=0):
            pixels = int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))
            if pixels < PICTURE_PIXELS_MIN:
                continue
            if pixels > PICTURE_PIXELS_MAX or len(hashes) >= PICTURES_MAX:
                skipped = True
                continue
            try:
                hashes.append(difference_hash(stream.decode_as_image()))
            except Exception:  # noqa: BLE001  one damaged picture must not hide the others
                skipped = True
    distinct = tuple(dict.fromkeys(one for one in hashes if one))
    codes = [DocumentFinding.PICTURES_SKIPPED] if skipped else []
    return _with(replace(report, seal_hashes=distinct), *codes)


def _picture_objects(page: Any, *, depth: int) -> Iterator[PypdfStream]:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    for value in (objects.get_object() if objects is not None else {}).values():
        stream = value.get_object()
        if stream.get("/Subtype") == "/Image":
            yield stream
        elif stream.get("/Subtype") == "/Form" and depth < FORMS_DEPTH_MAX:
            yield from _picture_objects(stream, depth=depth + 1)


def difference_hash(picture: Image.Image) -> str:
    """Gives 64 bits, in hexadecimal, that stay alike when a picture is scaled or compressed.

    Each bit says whether a pixel of the picture, shrunk to nine by eight, is darker than its
    right neighbour. A picture without any drawing in it gives "".
    """
    if picture.width * picture.height > PICTURE_PIXELS_MAX:
        return ""
    flat = Image.new("RGBA", picture.size, "white")
    flat.alpha_composite(picture.convert("RGBA"))
    grey = flat.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    pixels = grey.tobytes()
    if max(pixels) - min(pixels) < CONTRAST_MIN:
        return ""
    bits = 0
    for row in range(8):
        for column in range(8):
            here = row * 9 + column
            bits = bits << 1 | (pixels[here] < pixels[here + 1])
    return f"{bits:016x}"


def _with(report: DocumentReport, *codes: DocumentFinding) -> DocumentReport:
    """Gives a report with further findings, each once, gravest first as the list has them."""
    found = dict(report.findings) | dict(finding(code) for code in codes)
    return replace(
        report, findings=tuple(sorted(found.items(), key=lambda one: ORDER.index(one[0])))
    )


def _confine() -> None:
    """Binds this process: little time, little memory, no file to write, no core to leave."""
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX),
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main() -> None:
    """Reads what is asked and prints reports."""
    _confine()
    logging.disable(logging.CRITICAL)
    asked = json.loads(sys.stdin.buffer.readline())
    pdf = sys.stdin.buffer.read()
    trust = Trust(
        roots=tuple(x509.Certificate.load(base64.b64decode(one)) for one in asked["roots"]),
        qualified=frozenset(base64.b64decode(one) for one in asked["qualified"]),
        now=datetime.fromisoformat(asked["now"]),
    )
    for report in read(pdf, trust):
        printed = report.as_json() | {"text": report.text}
        sys.stdout.write(json.dumps(printed) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
