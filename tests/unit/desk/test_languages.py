import pytest
from django.test import RequestFactory

from evenhand.desk.languages import listed, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("kk", "kk"),
        ("ru;q=0.3, fr;q=0.8", "fr"),
        ("zh-CN, uk;q=0.9, ru;q=0.8", "ru"),
        ("xx, yy;q=0.1", "en"),
        ("de;q=nonsense, fr;q=0.1", "fr"),
        ("en, de", "en"),
    ],
)
def test_the_browsers_first_wish_that_we_speak_is_met(header: str, language: str) -> None:
    request = RequestFactory().get("/", headers={"accept-language": header})

    assert preferred(request) == language


def test_a_language_that_we_do_not_speak_is_not_chosen() -> None:
    assert listed("kk") == "kk"
    assert listed("tlh") is None
    assert listed(None) is None
