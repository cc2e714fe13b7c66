from xml.etree import ElementTree as ET

import pytest

from evenhand.transparency.charts import bar, columns, parted, spread, stacked


def rectangles(svg: str) -> list[dict[str, str]]:
    return [dict(part.attrib) for part in ET.fromstring(svg).iter("rect")]


def test_a_bar_is_as_long_as_its_share() -> None:
    whole, part = rectangles(bar(25, of=100))

    assert whole["width"] == "100"
    assert part["width"] == "25"


def test_something_is_never_drawn_as_nothing() -> None:
    assert rectangles(bar(1, of=1_000_000))[1]["width"] == "1"
    assert rectangles(bar(0, of=1_000_000))[1]["width"] == "0"


def test_a_bar_of_an_empty_table_can_be_drawn() -> None:
    assert rectangles(bar(0, of=0))[1]["width"] == "0"


def test_stacked_parts_follow_one_another_and_fill_the_bar() -> None:
    parts = rectangles(stacked([(0, 1), (1, 1), (3, 2)]))

    assert [part["x"] for part in parts] == ["0", "25", "50"]
    assert [part["class"] for part in parts] == ["series-0", "series-1", "series-3"]
    assert sum(float(part["width"]) for part in parts) == pytest.approx(100)


def test_the_highest_day_has_the_highest_column() -> None:
    low, high, withheld = rectangles(columns([("1", 10), ("2", 40), ("3", None)]))

    assert float(high["height"]) == 150
    assert float(low["height"]) == pytest.approx(37.5)
    assert withheld["class"] == "column-withheld"


def test_a_parted_bar_shows_what_is_known_and_leaves_the_rest_grey() -> None:
    whole, first, second = rectangles(parted([(0, 30), (3, 10)], 50, of=100))

    assert (whole["class"], whole["width"]) == ("bar-unknown", "50")
    assert (first["x"], first["width"]) == ("0", "30")
    assert (second["class"], second["x"], second["width"]) == ("series-3", "30", "10")


def test_times_lie_on_a_scale_that_grows_tenfold_a_step() -> None:
    def ends(median: int, p95: int) -> tuple[float, float]:
        _, most, half = rectangles(spread(median, p95, longest=9_999))
        return float(half["width"]), float(most["width"])

    assert ends(99, 9_999) == pytest.approx((50, 100))
    assert ends(9, 999) == pytest.approx((25, 75))
    assert ends(0, 0) == (1, 1)
    assert rectangles(spread(0, 0, longest=0))[1]["width"] == "1"


def test_a_label_cannot_break_out_of_the_picture() -> None:
    svg = columns([("<script>", 1)])

    assert "<script>" not in svg
    assert ET.fromstring(svg).findtext("rect/title") == "<script>"


def test_pictures_carry_no_style_that_the_content_policy_would_refuse() -> None:
    for svg in (
        bar(1, of=2),
        stacked([(0, 1), (1, 2)]),
        columns([("1", 1)]),
        parted([(0, 1)], 2, of=2),
        spread(1, 2, longest=3),
    ):
        assert "style=" not in svg
        assert 'aria-hidden="true"' in svg
