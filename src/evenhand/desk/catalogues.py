"""Catalogues of words: reads `.po`, writes `.mo`, and finds every text that needs translating.

Translators know gettext, and Django speaks it; but its tools are C programs that a fresh machine
may lack. What of them is needed here is small: this module compiles the catalogues, and tests
hold that each is complete and compiled.

    python -m evenhand.desk.catalogues        compiles every catalogue
"""

import ast
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parents[1]
ROOMS = ("desk", "transparency")
"""Rooms that speak to people on pages."""

LANGUAGES = ("de", "fr", "ru", "kk")
"""Languages that need a catalogue; English is what stands in the sources."""

MARKERS = frozenset({"_", "gettext", "gettext_noop", "gettext_lazy"})
CONTEXT_END = "\x04"
PLURAL_END = "\0"
MAGIC = 0x950412DE

Catalogue = Mapping[str, str]
"""A text's key (context, singular, plural joined as `.mo` wants it) and its translation."""


def po_path(language: str) -> Path:
    """Gives the catalogue of one language: one for all rooms, so that a word has one meaning."""
    return SOURCE / "desk" / "locale" / language / "LC_MESSAGES" / "django.po"


def read_po(text: str) -> Catalogue:
    """Gives the entries of a `.po` file; the header stands under the empty key."""
    entries: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", text.strip()):
        fields = _fields(block)
        if "msgid" not in fields:
            continue
        key = fields["msgid"]
        value = fields.get("msgstr", "")
        if "msgid_plural" in fields:
            key += PLURAL_END + fields["msgid_plural"]
            forms = sorted(name for name in fields if name.startswith("msgstr["))
            value = PLURAL_END.join(fields[name] for name in forms)
        if "msgctxt" in fields:
            key = fields["msgctxt"] + CONTEXT_END + key
        assert key not in entries, f"twice in one catalogue: {key!r}"
        entries[key] = value
    return entries


def write_mo(entries: Catalogue) -> bytes:
    """Gives a compiled catalogue (GNU gettext manual, section 10.3); sorted, without hash table."""
    keys = sorted(entries, key=lambda key: key.encode())
    originals = [key.encode() for key in keys]
    translations = [entries[key].encode() for key in keys]
    count, header_bytes = len(keys), 7 * 4
    originals_at = header_bytes
    translations_at = originals_at + 8 * count
    content_at = translations_at + 8 * count
    tables, content = [], b""
    for texts in (originals, translations):
        for text in texts:
            tables.append(struct.pack("<II", len(text), content_at + len(content)))
            content += text + b"\0"
    head = struct.pack("<7I", MAGIC, 0, count, originals_at, translations_at, 0, content_at)
    return head + b"".join(tables) + content


def texts_in_sources() -> set[str]:
    """Gives the key of every text in templates and modules that a visitor may read."""
    found: set[str] = set()
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*")):
            if path.suffix == ".py":
                found.update(_texts_in_module(path.read_text("utf-8")))
            elif path.suffix == ".html":
                module = _as_module(templatize(path.read_text("utf-8"), origin=str(path)))
                found.update(_texts_in_module(module))
    return found


def compile_all() -> list[Path]:
    """Compiles every catalogue and gives the files written."""
    written = []
    for language in LANGUAGES:
        path = po_path(language)
        target = path.with_suffix(".mo")
        target.write_bytes(write_mo(read_po(path.read_text("utf-8"))))
        written.append(target)
    return written


def _as_module(templatized: str) -> str:
    """Gives only the calls of gettext that Django makes of a template's texts, one a line."""
    calls = re.findall(
        r"""(?:gettext|ngettext|_)\((?:u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^'")])+)\)""",
        templatized,
    )
    return "\n".join(calls)


def _texts_in_module(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        literals = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if node.func.id in MARKERS and literals:
            yield str(literals[0])
        elif node.func.id == "ngettext" and len(literals) >= 2:
            yield str(literals[0]) + PLURAL_END + str(literals[1])


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        if match := re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")$', line):
            name = match[1]
            fields[name] = ast.literal_eval(match[2])
        elif line.startswith('"'):
            fields[name] += ast.literal_eval(line)
    return fields


if __name__ == "__main__":
    for path in compile_all():
        sys.stdout.write(f"{path.relative_to(SOURCE)}\n")
