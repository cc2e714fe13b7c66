"""Reads of a page what people read: its texts, those for the ear, and where one is missing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import yaml

from evenhand.desk.catalogues import PLURAL_END, po_path, read_po
from evenhand.markets.geography import country_names

PLACEHOLDER = re.compile(r"%\(\w+\)s|https?://\S+")

UNREAD = frozenset({"script", "style", "code", "pre", "kbd", "samp", "textarea", "template"})
"""What nobody reads as a sentence: programs, codes, keys, what somebody typed."""

VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "source", "wbr", "col"})
SPOKEN = ("aria-label", "alt", "title", "placeholder", "data-label")
"""Attributes that are read out or shown."""

NAMED = frozenset(
    {"a", "button", "caption", "dt", "h1", "h2", "h3", "label", "legend", "option", "summary", "th"}
)
"""Elements that are nothing without a text."""


@dataclass
class Texts(HTMLParser):
    """The texts of a page: one entry for each place where something is said.

    What stands under a `lang` of its own, or under `dir="auto"` or `translate="no"`,
    was written by the law or by people, and is not ours to translate.
    """

    language: str = ""
    found: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool, list[bool]]] = []

    @classmethod
    def read(cls, html: str, language: str) -> "Texts":
        """Gives the texts of a page in a language."""
        texts = cls(language)
        texts.feed(html)
        return texts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        said = [values[name] for name in SPOKEN if values.get(name)]
        if tag == "input" and values.get("type") in {"submit", "button"}:
            said.append(values.get("value", ""))
        if tag == "meta" and values.get("name") == "description":
            said.append(values.get("content", ""))
        if not self._unread() and ("lang" not in values or tag == "html"):
            self.found += [" ".join(text.split()) for text in said]
        if said or tag == "img" or values.get("aria-hidden") == "true":
            self._mark()
        if tag in VOID:
            return
        silent = bool(said) or values.get("aria-hidden") == "true"
        self._open.append((tag, self._foreign(tag, values), [silent]))

    def _foreign(self, tag: str, values: dict[str, str]) -> bool:
        return (
            tag in UNREAD
            or "code" in values.get("class", "").split()
            or ("lang" in values and tag != "html")
            or values.get("dir") == "auto"
            or values.get("translate") == "no"
        )

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text:
            return
        self._mark()
        if not self._unread():
            self.found.append(text)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, _, marks = self._open.pop()
            if name in NAMED and not marks[0]:
                self.empty.append(name)
            if name == tag:
                return

    def _mark(self) -> None:
        for _, _, marks in self._open:
            marks[0] = True

    def _unread(self) -> bool:
        return any(foreign for _, foreign, _ in self._open)


OURS = re.compile(
    r"https?://\S+|[\w.+-]+@[\w.-]+\.\w+|[@!$#][\w.=/+-]+(:[\w.-]+)?"
    r"|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\bEH-\d{4}-\d{6}\b"
    r"|\b\d+\.[0-9a-f]{8}\b|\b[a-z]{2,4}(-[a-z0-9]+)+\b|\bage1\w*|\b[a-z]+/[a-z]+\b"
)
"""Addresses, ids of the messenger, numbers of matters, versions of rules, ids of
laws, kinds of files."""

RAW = re.compile(
    r"\d{4}-\d\d-\d\d|\b[a-z]+_[a-z_]+\b|\b(?:None|True|False)(?=$|[,)\]])|[{}]|\[\]|%\(|\bm\.[a-z_]+"
)
"""What only programs write: their dates, members of closed lists, harms, empty values."""

WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’-][A-Za-zÀ-ÿ]+)*")
CYRILLIC = re.compile(r"[А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]")
CYRILLIC_LANGUAGES = frozenset({"ru", "kk"})
ALWAYS = frozenset(
    "Evenhand OpenAPI Atom Feed Deutsch English Français Tech Against Terrorism ms".split()  # noqa: SIM905
) | {"April", "August", "September", "November", "Kazakh"}
"""Names, languages as they call themselves, milliseconds, months that German and English
share, and a language that French and English do."""


def raw(texts: Texts, names: frozenset[str]) -> list[str]:
    """Gives the texts that show what only programs write."""
    return [text for text in texts.found if RAW.search(_without(text, names))]


def left_in_english(english: Texts, texts: Texts, names: frozenset[str]) -> list[str]:
    """Gives the texts of a page that stayed English.

    names  of people and offices, which every language keeps

    Where the language has letters of its own, each word in Latin letters is one too many, unless
    its translators wrote it; elsewhere each text that is the English one.
    """
    same = set(english.found)
    known = ALWAYS | _kept(texts.language)
    found = []
    for text in texts.found:
        if texts.language not in CYRILLIC_LANGUAGES and text not in same:
            continue
        words = WORD.findall(_without(text, names))
        if any(len(word) > 1 and word not in known and not word.isupper() for word in words):
            found.append(text)
    return found


def _without(text: str, names: frozenset[str]) -> str:
    for name in names:
        text = text.replace(name, " ")
    return OURS.sub(" ", text)


@cache
def _kept(language: str) -> frozenset[str]:
    """Gives the words that a language's translators kept: abbreviations, names, words it shares."""
    kept: set[str] = set()
    for text, said in _translations(language):
        if language in CYRILLIC_LANGUAGES:
            if CYRILLIC.search(said) or text == said:
                kept.update(WORD.findall(PLACEHOLDER.sub(" ", said)))
        elif text == said:
            kept.update(WORD.findall(said))
    return frozenset(kept)


def _translations(language: str) -> Iterator[tuple[str, str]]:
    for text, said in read_po(po_path(language).read_text("utf-8")).items():
        if text:
            yield from ((text, one) for one in said.split(PLURAL_END))
    english = country_names()
    for code, name in country_names(language).items():
        yield english[code], name
    yield from _law(language)


def _law(language: str) -> Iterator[tuple[str, str]]:
    """Gives what stands of the law in a language, which has no English beside it."""
    for room, folder in (
        ("markets", "words"),
        ("legal", "answers/phrases"),
        ("legal", "sentences"),
    ):
        path = files(f"evenhand.{room}").joinpath(*folder.split("/"), f"{language}.yaml")
        yield from (("", said) for said in _strings(yaml.safe_load(path.read_text("utf-8"))))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _strings(one)
        case list():
            for one in value:
                yield from _strings(one)
        case _:
            pass
