"""The audit's screening: each text judged by itself, as what it is."""

import pytest

from evenhand.base.lists import EventKind
from evenhand.connectors.screening import PlaneScreen
from evenhand.pipeline import Resources, ScreeningPlane

SALE = "Cocaine & MDMA shop 24/7, worldwide shipping"


@pytest.fixture(scope="module")
def plane() -> ScreeningPlane:
    return ScreeningPlane.load(Resources.default())


def test_what_rules_find_is_named_by_its_harm(plane: ScreeningPlane) -> None:
    texts = ["Bread recipes", SALE, SALE, "Wetter in Hamburg"]
    kinds = [EventKind.MESSAGE, EventKind.ROOM_PUBLICATION, EventKind.MESSAGE, EventKind.PROFILE]

    found = PlaneScreen(plane).flagged(texts, kinds)

    assert found[0] == found[3] == ""
    assert found[1] == "m.tos.prohibited.drugs"


def test_many_like_texts_are_no_flood(plane: ScreeningPlane) -> None:
    same = ["See you at the market hall on Friday, doors open at eight"] * 5_000

    found = PlaneScreen(plane).flagged(same, [EventKind.MESSAGE] * len(same))

    assert set(found) == {""}


def test_nothing_is_flagged_in_nothing(plane: ScreeningPlane) -> None:
    assert PlaneScreen(plane).flagged([], []) == []
