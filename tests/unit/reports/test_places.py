"""What an exact place stands for, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.reports.limits import ABOUT_CHARACTERS_MAX
from evenhand.reports.places import Place, place_of

EVENT = "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            f"https://matrix.to/#/!room:example.test/{EVENT}?via=example.test",
            Place(f"event:{EVENT}", channel="!room:example.test", event=EVENT),
        ),
        (
            "https://matrix.to/#/%23lobby:example.test",
            Place("channel:#lobby:example.test", channel="#lobby:example.test"),
        ),
        (
            "https://matrix.to/#/@sender:example.test",
            Place("account:@sender:example.test", account="@sender:example.test"),
        ),
        (
            f"matrix:roomid/room:example.test/e/{EVENT[1:]}",
            Place(f"event:{EVENT}", channel="!room:example.test", event=EVENT),
        ),
        (f" !room:x.test {EVENT} ", Place(f"event:{EVENT}", channel="!room:x.test", event=EVENT)),
        (f"event:{EVENT}", Place(f"event:{EVENT}", event=EVENT)),
        (EVENT, Place(f"event:{EVENT}", event=EVENT)),
        # Nobody makes somebody else the sender of a message by saying so.
        (f"{EVENT} @victim:example.test", Place(f"event:{EVENT}", event=EVENT)),
        ("https://example.test/page?q=1", Place("place:https://example.test/page?q=1")),
    ],
)
def test_a_place_is_read(text: str, place: Place) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize(
    "text",
    ["", "   ", "somewhere in a chat", "javascript:alert(1)", "file:///etc/passwd", "https://",
     "https://nodots/", "@nobody", "#nowhere", "https://matrix.to/#/", "matrix:u", "matrix:x/y",
     "https://[broken/", "$" + "x" * 400, "https://example.test/" + "x" * 3_000],
)  # fmt: skip
def test_what_nobody_could_find_is_no_place(text: str) -> None:
    assert place_of(text) is None


def test_a_long_address_is_named_by_its_hash() -> None:
    one, other = (place_of("https://example.test/" + sign * 500) for sign in "ab")

    assert one is not None
    assert other is not None
    assert one.about.startswith("place:sha256:")
    assert len(one.about) <= ABOUT_CHARACTERS_MAX
    assert one.about != other.about


@given(st.text(max_size=300) | st.from_regex(r"(https://matrix\.to/#/|matrix:|[!#@$]).*"))
def test_whatever_is_typed_gives_a_short_place_or_none(text: str) -> None:
    place = place_of(text)

    assert place is None or 0 < len(place.about) <= ABOUT_CHARACTERS_MAX
