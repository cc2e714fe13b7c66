"""How an answer says things: words of its language, times and numbers as its readers write them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from unicodedata import category, normalize

import yaml

from evenhand.base.lists import Language
from evenhand.legal.answers.limits import SHOWN_CHARACTERS_MAX

Words = Mapping[str, Any]

UNSHOWN = "□"
"""Stands for a character that the fonts do not have, or that would turn the text around."""

SHOWABLE = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F), (0x370, 0x377), (0x37A, 0x37F), (0x384, 0x38A),
    (0x38C, 0x38C), (0x38E, 0x3A1), (0x3A3, 0x482), (0x48A, 0x4FF), (0x510, 0x513),
    (0x51A, 0x51D), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x2030, 0x2040), (0x2042, 0x2042),
    (0x2044, 0x2052), (0x2054, 0x205E), (0x20A0, 0x20C0), (0x2116, 0x2116), (0x2190, 0x2190),
    (0x2192, 0x2192), (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2260), (0x2264, 0x2265),
    (0x25A1, 0x25A1),
)  # fmt: skip
"""Characters that the engine's own fonts have, tried one by one: Latin, Greek, Cyrillic.

Others end the making of a PDF/A, some by a fault inside the engine; a closed list is safe.
"""


@cache
def words(language: Language) -> Words:
    """Gives the words of one language."""
    folder = files("evenhand.legal.answers.phrases")
    loaded = yaml.safe_load(folder.joinpath(f"{language.value}.yaml").read_text(encoding="utf-8"))
    return MappingProxyType(loaded)


def moment(said: Words, at: datetime) -> str:
    """Gives a moment as the reader writes it, in UTC, which it says."""
    here = at.astimezone(UTC)
    return str(said["date"]).format(
        day=here.day,
        month=said["months"][here.month - 1],
        year=here.year,
        hour=f"{here.hour:02}",
        minute=f"{here.minute:02}",
    )


def number(said: Words, count: int) -> str:
    """Gives a whole number in groups of three as the reader writes it."""
    return f"{count:,}".replace(",", said["thousands"])


def field(said: Words, code: str) -> str:
    """Gives what a field of a request is called; one without a word shows its code's words."""
    return str(said["fields"].get(code, code.replace("_", " ")))


def ground(said: Words, code: str) -> str:
    """Gives a ground of refusal in one sentence."""
    return str(said["grounds"][code])


def showable(text: str, *, shortened: str) -> str:
    """Gives a text as the PDF can show it: on one line, of known characters, not too long."""
    plain = " ".join(normalize("NFC", text[: SHOWN_CHARACTERS_MAX * 2]).split())
    shown = "".join(c if _has_glyph(c) else UNSHOWN for c in plain)
    whole = len(shown) <= SHOWN_CHARACTERS_MAX and len(text) <= SHOWN_CHARACTERS_MAX * 2
    return shown if whole else f"{shown[:SHOWN_CHARACTERS_MAX]} {shortened}"


def _has_glyph(character: str) -> bool:
    code = ord(character)
    return any(low <= code <= high for low, high in SHOWABLE) and category(character)[0] != "M"
