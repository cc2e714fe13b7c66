"""The feed of days (Atom, RFC 4287): one entry per edition, so that readers see corrections too."""

from collections.abc import Sequence
from datetime import UTC
from xml.etree import ElementTree as ET

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from evenhand.base.lists import Language
from evenhand.transparency import words
from evenhand.transparency.days import PublishedDay
from evenhand.transparency.sections import HEADLINES

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES_MAX = 60
"""Days in the feed: who looks once in two months misses nothing."""


def feed_files(days: Sequence[PublishedDay]) -> dict[str, str]:
    """Gives the feeds, one per language, by file name."""
    feeds = {}
    for language in Language:
        with translation.override(language.value):
            feeds[f"feed.{language.value}.atom"] = _feed(days, language)
    return feeds


def _feed(days: Sequence[PublishedDay], language: Language) -> str:
    top = f"{settings.PUBLIC_URL}/reports"
    latest = sorted(days[:ENTRIES_MAX], key=lambda entry: (entry.at, entry.day), reverse=True)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": language.value})
    _add(root, "id", f"{top}/feed.{language.value}.atom")
    _add(root, "title", f"Evenhand · {gettext('Transparency reports')}")
    _add(root, "updated", _moment(latest[0]))
    ET.SubElement(root, "link", rel="self", href=f"{top}/feed.{language.value}.atom")
    ET.SubElement(root, "link", rel="alternate", href=f"{top}/{language.value}.html")
    _add(ET.SubElement(root, "author"), "name", "Evenhand")
    for entry in latest:
        root.append(_entry(entry, top, language))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _entry(entry: PublishedDay, top: str, language: Language) -> ET.Element:
    element = ET.Element("entry")
    edition = f"{entry.day.isoformat()}.{entry.revision}"
    title = gettext("Transparency report, %(day_text)s") % {
        "day_text": date_format(entry.day, "DATE_FORMAT")
    }
    if entry.revision > 1:
        title += " · " + gettext("corrected, edition %(number)s") % {"number": entry.revision}
    _add(element, "id", f"{top}/{edition}/")
    _add(element, "title", title)
    _add(element, "updated", _moment(entry))
    ET.SubElement(element, "link", rel="alternate", href=f"{top}/{edition}/{language.value}.html")
    said = [
        f"{gettext(words.FIGURES[figure])}: {words.quantity(entry.figures[figure])}."
        for figure in HEADLINES
        if entry.figures.get(figure, 0) != 0
    ]
    _add(element, "summary", " ".join(said))
    return element


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _moment(entry: PublishedDay) -> str:
    return entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
