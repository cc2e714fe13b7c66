"""Contrast of text and ground, computed from the style sheet itself (WCAG 2.2, 1.4.3, 1.4.11)."""

import re

import pytest

from evenhand.transparency.pages import house_style

TEXT_MIN = 4.5
SHAPE_MIN = 3.0

TEXT_PAIRS = [
    (text, ground)
    for ground in ("ground", "surface", "sunken")
    for text in ("ink", "muted", "accent", "bad")
] + [
    ("on-accent", "accent"),
    ("accent", "accent-soft"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("ink", "good-soft"),
    ("ink", "warn-soft"),
    ("ink", "bad-soft"),
]
SHAPE_PAIRS = [
    ("control", "surface"),
    ("accent", "ground"),
    *((f"series-{n}", "surface") for n in range(4)),
]


def palettes() -> dict[str, dict[str, str]]:
    style = house_style()
    blocks = re.findall(r":root\s*\{(.*?)\}", style, flags=re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block)) for block in blocks)
    assert light.keys() == dark.keys(), "both palettes name the same colours"
    return {"light": light, "dark": dark}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_guideline_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_is_legible(scheme: str, text: str, ground: str) -> None:
    palette = palettes()[scheme]

    assert contrast(palette[text], palette[ground]) >= TEXT_MIN


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_edges_and_bars_can_be_seen(scheme: str, shape: str, ground: str) -> None:
    palette = palettes()[scheme]

    assert contrast(palette[shape], palette[ground]) >= SHAPE_MIN


def test_the_style_sheet_loads_nothing_from_elsewhere() -> None:
    assert not re.search(r"url\(|@import|https?:", house_style())
