"""Small figures for other people's pages: pictures with a style of their own, and pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from evenhand.base.lists import Language
from evenhand.transparency import words
from evenhand.transparency.days import PublishedDay
from evenhand.transparency.figures import Breakdown, Figure, Report

WIDTH = 480
HEIGHT = 260
DAYS = 30
ROWS = 6
SIZE_MIN = 10
"""The smallest letters of a figure, in its pixels."""

SHOWN = (Figure.SCREENED, Figure.DECISIONS, Figure.OBJECTIONS_RECEIVED, Figure.LEGAL_RECEIVED)
STYLE = """
.g{fill:#fff}.t{fill:#1b232c}.m{fill:#56606b}.b{fill:#0d5c69}.l{fill:#eeece5}.n{font-weight:650}
text{font-family:system-ui,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif}
@media(prefers-color-scheme:dark){
.g{fill:#192027}.t{fill:#e7eaed}.m{fill:#a5afb9}.b{fill:#5fb4c1}.l{fill:#212a32}}
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure: its title, what is drawn below it, and the same as rows of a table."""

    title: str
    shapes: str
    rows: Sequence[tuple[str, str]]


def embeds(days: Sequence[PublishedDay], latest: Report | None) -> dict[str, str]:
    """Gives each figure as a picture and as a page, in every language, by file name."""
    found: dict[str, str] = {}
    for language in Language:
        with translation.override(language.value):
            pictures = {"day": _day(days[0]), "decisions": _decisions(days)}
            if latest is not None:
                pictures["harms"] = _harms(latest)
            for name, picture in pictures.items():
                svg = _svg(picture, language)
                found[f"{name}.{language.value}.svg"] = svg
                found[f"{name}.{language.value}.html"] = _page(picture, svg, days[0], language)
    return found


def _day(entry: PublishedDay) -> Picture:
    rows = [
        (gettext(words.FIGURES[figure]), words.quantity(entry.figures.get(figure, 0)))
        for figure in SHOWN
    ]
    shapes = []
    for place, (label, number) in enumerate(rows):
        x, y = 24 + place % 2 * 228, 100 + place // 2 * 76
        shapes.append(_text(number, x, y, size=30, style="t n"))
        shapes.append(_text(label, x, y + 22, size=12.5, style="m", width=216))
    return Picture(date_format(entry.day, "DATE_FORMAT"), "".join(shapes), rows)


def _decisions(days: Sequence[PublishedDay]) -> Picture:
    values = [(entry.day, entry.decisions) for entry in reversed(days[:DAYS])]
    highest = max((quantity or 0 for _, quantity in values), default=0) or 1
    step = (WIDTH - 48) / max(len(values), 5)
    shapes = []
    for place, (_, quantity) in enumerate(values):
        height = max((quantity or 0) / highest * 120, 2)
        shapes.append(
            f'<rect class="{"b" if quantity else "l"}" x="{24 + place * step:.1f}"'
            f' y="{206 - height:.1f}" width="{step - 2:.1f}" height="{height:.1f}"/>'
        )
    shapes.append(
        _text(date_format(values[0][0], "SHORT_DATE_FORMAT"), 24, 222, size=11, style="m")
    )
    rows = [(date_format(day, "DATE_FORMAT"), words.quantity(number)) for day, number in values]
    return Picture(gettext("Decisions per day"), "".join(shapes), rows)


def _harms(report: Report) -> Picture:
    cells = report.public.breakdowns[Breakdown.DECISIONS_BY_HARM].rows[:ROWS]
    longest = max((row.quantity for row in cells), default=1)
    shapes, rows = [], []
    for place, row in enumerate(cells):
        label, y = words.label(Breakdown.DECISIONS_BY_HARM, row.key), 74 + place * 26
        rows.append((label, words.number(row.quantity)))
        shapes.append(_text(label, 24, y + 11, size=13, style="t", width=200))
        shapes.append(f'<rect class="l" x="236" y="{y}" width="150" height="13" rx="3"/>')
        width = max(row.quantity / longest * 150, 2)
        shapes.append(f'<rect class="b" x="236" y="{y}" width="{width:.1f}" height="13" rx="3"/>')
        shapes.append(_text(rows[-1][1], WIDTH - 24, y + 11, size=13, style="t", end=True))
    title = (
        f"{words.heading(Breakdown.DECISIONS_BY_HARM)} · {date_format(report.day, 'DATE_FORMAT')}"
    )
    return Picture(title, "".join(shapes), rows)


def _text(
    text: str, x: float, y: float, *, size: float, style: str, width: float = 0, end: bool = False
) -> str:
    """Gives a line of text; one that may be wider than `width` is smaller, or pressed together.

    Letters of wide fonts take 0.68 of the size in the mean, most take 0.55.
    """
    if width:
        size = max(SIZE_MIN, min(size, round(width / (len(text) * 0.68), 1)))
    pressed = width and len(text) * size * 0.55 > width
    fit = f' textLength="{width:.0f}" lengthAdjust="spacingAndGlyphs"' if pressed else ""
    anchor = ' text-anchor="end"' if end else ""
    return (
        f'<text class="{style}" x="{x:.0f}" y="{y:.0f}" font-size="{size}"{anchor}{fit}>'
        f"{escape(text)}</text>"
    )


def _svg(picture: Picture, language: Language) -> str:
    said = ", ".join(f"{label}: {number}" for label, number in picture.rows[:ROWS])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" lang="{language.value}">'
        f"<title>{escape(picture.title)}</title><desc>{escape(said)}</desc><style>{STYLE}</style>"
        f'<rect class="g" width="{WIDTH}" height="{HEIGHT}" rx="12"/>'
        f"{_text('Evenhand · ' + gettext('Transparency report'), 24, 32, size=12, style='m')}"
        f"{_text(picture.title, 24, 56, size=17, style='t n', width=432)}"
        f"{picture.shapes}"
        f"{_text(settings.PUBLIC_URL + '/reports/', 24, HEIGHT - 14, size=11, style='m')}</svg>\n"
    )


def _page(picture: Picture, svg: str, latest: PublishedDay, language: Language) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(number)}</td></tr>'
        for label, number in picture.rows
    )
    link = f"../{latest.day.isoformat()}/{language.value}.html"
    return (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(picture.title)} · Evenhand</title>"
        "<style>:root{color-scheme:light dark}body{margin:0}svg{display:block;max-width:100%;"
        "height:auto}main{position:relative;max-width:480px}"
        ".unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
        "a{display:block}</style></head><body><main>"
        f'<h1 class="unseen">{escape(picture.title)}</h1>'
        f'<a href="{link}" target="_top">{svg}</a>'
        f'<table class="unseen"><caption>{escape(picture.title)}</caption>'
        f"<tbody>{rows}</tbody></table></main></body></html>\n"
    )
