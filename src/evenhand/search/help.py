"""Help lines: whom people in a country can call or write to, by what they help with.

They are data with a source each (`hotlines.csv`). `checked` says who looked at the source last and
when; where it is empty, the operator has yet to do so before people are shown the line.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from evenhand.base.errors import Misconfigured
from evenhand.search.lists import HelpKind

ELSEWHERE = "**"
"""The country of lines for whoever has none of a kind in their own."""

FIELDS = ("countries", "kind", "name", "phone", "url", "languages", "hours", "source", "checked")

LINES_MAX = 5_000
"""Lines of a file: ten for each country and kind would be fewer."""

CELL_CHARACTERS_MAX = 300

_COUNTRY = re.compile(r"[A-Z]{2}|\*\*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PHONE = re.compile(r"[0-9+() .\-]*")
_URL = re.compile(r"https://[^\s/]+\.[^\s]*")


class HelpLinesRefused(Misconfigured):
    """A file of help lines cannot be used; line and reason say why."""

    remedy = "Correct the file of help lines at the line named."


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One line.

    countries  ISO 3166-1 alpha-2, or `**`
    name       as those who answer call themselves
    phone      as it is dialled in the country; empty if there is none
    url        https address; empty if there is none
    languages  ISO 639-1 in which they answer; empty if nobody has said
    hours      24/7, or as OpenStreetMap writes opening hours; empty if nobody has said
    source     where it can be checked
    checked    who checked it, and when; empty if nobody has
    """

    countries: tuple[str, ...]
    kind: HelpKind
    name: str
    phone: str
    url: str
    languages: tuple[str, ...]
    hours: str
    source: str
    checked: str


class HelpLines:
    """The lines of one file."""

    def __init__(self, lines: Sequence[HelpLine]) -> None:
        self.lines = tuple(lines)

    def of(
        self, kinds: Iterable[HelpKind], *, country: str | None, language: str = ""
    ) -> tuple[HelpLine, ...]:
        """Gives the lines of a country, in the order of the kinds; never none.

        Where a country has none of a kind, and for whoever is in no country that is known, it gives
        those for everywhere else. Lines that answer in the language asked for come first.
        """
        found: list[HelpLine] = []
        for kind in kinds:
            here = [one for one in self.lines if one.kind is kind and country in one.countries]
            rest = [one for one in self.lines if one.kind is kind and ELSEWHERE in one.countries]
            found += sorted(here or rest, key=lambda one: language not in one.languages)
        return tuple(found) or self._anywhere()

    def _anywhere(self) -> tuple[HelpLine, ...]:
        return tuple(
            one for one in self.lines if one.kind is HelpKind.CRISIS and ELSEWHERE in one.countries
        )


def read_help_lines(text: str) -> HelpLines:
    """Gives the lines of a CSV text; raises `HelpLinesRefused`."""
    rows = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if tuple(rows.fieldnames or ()) != FIELDS:
            raise HelpLinesRefused(line=1, why=f"the columns are {', '.join(FIELDS)}")
        found = tuple(_lines(rows))
    except csv.Error as error:
        raise HelpLinesRefused(line=rows.line_num + 1, why=str(error)) from error
    lines = HelpLines(found)
    if not lines.of((), country=None):
        raise HelpLinesRefused(line=1, why=f"a line of crisis for {ELSEWHERE} is wanted")
    return lines


def _lines(rows: "csv.DictReader[str]") -> Iterator[HelpLine]:
    for count, row in enumerate(rows, start=1):
        why = "too many lines" if count > LINES_MAX else _fault(row)
        if why:
            raise HelpLinesRefused(line=rows.line_num, why=why)
        yield HelpLine(
            countries=tuple(row["countries"].split()),
            kind=HelpKind(row["kind"]),
            name=row["name"],
            phone=row["phone"],
            url=row["url"],
            languages=tuple(row["languages"].split()),
            hours=row["hours"],
            source=row["source"],
            checked=row["checked"],
        )


def _fault(row: Mapping[str, str]) -> str:
    """Gives what is wrong with a row; empty if nothing is."""
    cells = [row.get(field) for field in FIELDS]
    if None in row or None in cells:
        return f"{len(FIELDS)} cells are wanted"
    if any(len(cell or "") > CELL_CHARACTERS_MAX for cell in cells):
        return f"a cell has more than {CELL_CHARACTERS_MAX} characters"
    wanted = (
        (row["countries"].split() and all(map(_COUNTRY.fullmatch, row["countries"].split())),
         f"countries: ISO 3166 codes or {ELSEWHERE}"),
        (row["kind"] in set(HelpKind), f"kind: one of {', '.join(HelpKind)}"),
        (row["name"].strip(), "name: who answers"),
        (row["phone"] or row["url"], "phone or url: how they are reached"),
        (_PHONE.fullmatch(row["phone"]), "phone: digits, + ( ) . - and spaces"),
        (not row["url"] or _URL.fullmatch(row["url"]), "url: an https address"),
        (all(map(_LANGUAGE.fullmatch, row["languages"].split())), "languages: ISO 639 codes"),
        (_URL.fullmatch(row["source"]), "source: an https address where it can be checked"),
    )  # fmt: skip
    return next((why for holds, why in wanted if not holds), "")


@cache
def shipped_help_lines() -> HelpLines:
    """Gives the lines that come with Evenhand."""
    text = files("evenhand.search").joinpath("hotlines.csv").read_text(encoding="utf-8")
    return read_help_lines(text)
