"""Pure: charts as SVG. Colours come from the page's style sheet, so that dark pages stay dark.

Each chart repeats what a table beside it says, and is hidden from screen readers for that reason.
"""

from collections.abc import Sequence
from html import escape
from math import log10

BAR_WIDTH = 100
BAR_HEIGHT = 8
COLUMNS_WIDTH = 720
COLUMNS_HEIGHT = 150
COLUMN_GAP = 3


def bar(quantity: int, *, of: int) -> str:
    """Gives one bar: the length of `quantity` in a row as long as `of`."""
    assert 0 <= quantity <= of
    width = _scaled(quantity, of, BAR_WIDTH)
    if quantity and width < 1:
        width = 1.0  # something is never drawn as nothing
    return (
        f'<svg class="bar" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" preserveAspectRatio="none"'
        ' aria-hidden="true" focusable="false">'
        f'<rect class="bar-rest" width="{BAR_WIDTH}" height="{BAR_HEIGHT}"/>'
        f'<rect class="bar-part" width="{_number(width)}" height="{BAR_HEIGHT}"/></svg>'
    )


def parted(parts: Sequence[tuple[int, int]], quantity: int, *, of: int) -> str:
    """Gives one bar as long as `quantity` of `of`, its known parts coloured, the rest grey."""
    assert sum(part for _, part in parts) <= quantity <= of
    shapes, x = [], 0.0
    for series, part in parts:
        width = _scaled(part, of, BAR_WIDTH)
        shapes.append(
            f'<rect class="series-{series}" x="{_number(x)}" width="{_number(width)}"'
            f' height="{BAR_HEIGHT}"/>'
        )
        x += width
    whole = max(_scaled(quantity, of, BAR_WIDTH), 1.0 if quantity else 0.0)
    return (
        f'<svg class="bar" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" preserveAspectRatio="none"'
        ' aria-hidden="true" focusable="false">'
        f'<rect class="bar-unknown" width="{_number(whole)}" height="{BAR_HEIGHT}"/>'
        f"{''.join(shapes)}</svg>"
    )


def stacked(parts: Sequence[tuple[int, int]]) -> str:
    """Gives one bar split by quantity; each part is a colour of the style sheet and a quantity."""
    total = sum(quantity for _, quantity in parts)
    shapes = []
    x = 0.0
    for series, quantity in parts:
        width = _scaled(quantity, total, BAR_WIDTH)
        shapes.append(
            f'<rect class="series-{series}" x="{_number(x)}" width="{_number(width)}"'
            f' height="{BAR_HEIGHT}"/>'
        )
        x += width
    return (
        f'<svg class="stacked" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" preserveAspectRatio="none"'
        f' aria-hidden="true" focusable="false">{"".join(shapes)}</svg>'
    )


def columns(values: Sequence[tuple[str, int | None]]) -> str:
    """Gives one column per label, oldest first; a value that is not shown is a low grey stub."""
    if not values:
        return ""
    highest = max((value or 0 for _, value in values), default=0)
    step = COLUMNS_WIDTH / len(values)
    shapes = [_line(COLUMNS_HEIGHT * share) for share in (0.25, 0.5, 0.75)]
    shapes += [
        _column(label, value, x=index * step, width=step - COLUMN_GAP, highest=highest)
        for index, (label, value) in enumerate(values)
    ]
    return (
        f'<svg class="columns" viewBox="0 0 {COLUMNS_WIDTH} {COLUMNS_HEIGHT}"'
        f' aria-hidden="true" focusable="false" preserveAspectRatio="none">{"".join(shapes)}</svg>'
    )


def spread(median: int, p95: int, *, longest: int) -> str:
    """Gives where half and nearly all of some times lie, on a scale that grows tenfold a step."""
    assert 0 <= median <= p95 <= longest
    half, most = (_on_scale(value, longest) for value in (median, p95))
    return (
        f'<svg class="spread" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" preserveAspectRatio="none"'
        ' aria-hidden="true" focusable="false">'
        f'<rect class="bar-rest" width="{BAR_WIDTH}" height="{BAR_HEIGHT}"/>'
        f'<rect class="spread-most" width="{_number(most)}" height="{BAR_HEIGHT}"/>'
        f'<rect class="bar-part" width="{_number(half)}" height="{BAR_HEIGHT}"/></svg>'
    )


def _on_scale(milliseconds: int, longest: int) -> float:
    return max(log10(milliseconds + 1) / log10(longest + 1) * BAR_WIDTH, 1.0) if longest else 1.0


def _line(y: float) -> str:
    return f'<line class="grid" x1="0" x2="{COLUMNS_WIDTH}" y1="{_number(y)}" y2="{_number(y)}"/>'


def _column(label: str, value: int | None, *, x: float, width: float, highest: int) -> str:
    height = 3.0 if value is None else max(_scaled(value, highest, COLUMNS_HEIGHT), 1.0)
    kind = "column-withheld" if value is None else "column"
    return (
        f'<rect class="{kind}" x="{_number(x)}" y="{_number(COLUMNS_HEIGHT - height)}"'
        f' width="{_number(width)}" height="{_number(height)}">'
        f"<title>{escape(label)}</title></rect>"
    )


def _scaled(quantity: int, of: int, length: int) -> float:
    return quantity / of * length if of else 0.0


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
