"""The engine of translations: what is sent, and what becomes of each kind of answer."""

import json
from pathlib import Path

import httpx
import pytest

from evenhand.base.errors import Misconfigured
from evenhand.base.lists import Language
from evenhand.connectors.translation import CHARACTERS_MAX, TranslationEngine, engine_of


def engine(answer: httpx.Response | Exception, seen: list[httpx.Request]) -> TranslationEngine:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return TranslationEngine("http://words.test/", "key-1", httpx.MockTransport(handle))


def test_a_text_is_sent_with_the_key_and_comes_back_in_the_other_language():
    seen: list[httpx.Request] = []
    words = engine(httpx.Response(200, json={"translatedText": "Guten Tag"}), seen)

    assert words.translated("Сәлем", to=Language.DE) == "Guten Tag"
    assert str(seen[0].url) == "http://words.test/translate"
    assert json.loads(seen[0].content) == {
        "q": "Сәлем", "source": "auto", "target": "de", "format": "text", "api_key": "key-1",
    }  # fmt: skip


def test_a_long_text_is_cut():
    seen: list[httpx.Request] = []

    engine(httpx.Response(200, json={"translatedText": "x"}), seen).translated(
        "a" * (CHARACTERS_MAX + 1), to=Language.EN
    )

    assert len(json.loads(seen[0].content)["q"]) == CHARACTERS_MAX


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=["no"]),
        httpx.Response(200, json={"translatedText": 5}),
        httpx.Response(200, json={"translatedText": "  "}),
        httpx.Response(200, content=b'"' + b"x" * 2**21 + b'"'),
        httpx.ConnectError("refused"),
    ],
    ids=["error", "not_json", "list", "number", "blank", "huge", "down"],
)
def test_an_engine_that_fails_gives_no_translation(answer: httpx.Response | Exception):
    assert engine(answer, []).translated("Salut", to=Language.EN) is None


def test_without_an_address_there_is_no_engine_and_a_lost_key_is_said(tmp_path: Path):
    assert engine_of("", "") is None
    (tmp_path / "key").write_text("secret\n")
    found = engine_of("http://words.test", str(tmp_path / "key"))
    assert found is not None
    assert found.key == "secret"
    with pytest.raises(Misconfigured):
        engine_of("http://words.test", str(tmp_path / "none"))
