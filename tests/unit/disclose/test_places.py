"""Which links name a message, and to which addresses a key may travel."""

import pytest

from evenhand.base.errors import InputRefused
from evenhand.disclose.places import Place, checked_address, place_of


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ("https://matrix.to/#/!r:one.test/$e?via=one.test", Place("!r:one.test", "$e")),
        ("https://matrix.to/#/%21r%3Aone.test/%24e%2Dx", Place("!r:one.test", "$e-x")),
        ("https://matrix.to/#/!v12room/$e", Place("!v12room", "$e")),
        ("matrix:roomid/r:one.test/e/abc?via=one.test", Place("!r:one.test", "$abc")),
        ("matrix:roomid/r:one.test/event/abc", Place("!r:one.test", "$abc")),
        ("!r:one.test $e", Place("!r:one.test", "$e")),
    ],
)
def test_a_link_names_a_message(link: str, place: Place):
    assert place_of(link) == place


@pytest.mark.parametrize(
    "link",
    [
        "",
        "$e",
        "https://matrix.to/#/!r:one.test",
        "https://matrix.to/#/#room:one.test/$e",
        "https://matrix.to.evil.test/#/!r:one.test/$e",
        "matrix:u/me:one.test",
        "matrix:r/room:one.test/e/abc",
        "!r:one.test $e $f",
        "!r/../x $e",
        "!" + "r" * 300 + " $e",
    ],
)
def test_another_link_is_refused(link: str):
    with pytest.raises(InputRefused):
        place_of(link)


@pytest.mark.parametrize("text", ["https://desk.example/", "http://localhost:8000", "http://[::1]"])
def test_an_address_over_tls_or_on_this_machine_is_taken(text: str):
    assert checked_address(text, what="--desk") == text.rstrip("/")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "desk.example",
        "http://desk.example",
        "http://localhost.evil.test",
        "ftp://desk.example",
        "https://me:secret@desk.example",
        "https://",
        "https://desk.example:x",
        "https://[::1",
    ],
)
def test_an_address_that_would_carry_a_key_in_the_open_is_refused(text: str):
    with pytest.raises(InputRefused):
        checked_address(text, what="--desk")
